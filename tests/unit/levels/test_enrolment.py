"""A fresh reference: who may make one, and that the next visit finds it."""

from __future__ import annotations

import pytest

from tests.fakes.levels_world import Levels
from tests.fakes.order_world import NUMBER
from vcounter.adapters.bss.embedded import Fault
from vcounter.domain.errors import OperatorUnavailable, PreconditionFailed
from vcounter.domain.identity import EvidenceKind, Outcome, Reference
from vcounter.domain.steps import StepKind
from vcounter.domain.visit import FaceConsent
from vcounter.services.identity.re_enrol import enrol_face
from vcounter.services.ports import FaceMeasure

L3 = (
    (EvidenceKind.READ_BACK, Outcome.PASSED),
    (EvidenceKind.RECORDING, Outcome.PASSED),
)
CONSENT = (EvidenceKind.ENROL_CONSENT, Outcome.PASSED)


async def reach_l3(levels: Levels, **fields: object) -> None:
    face = await levels.picture("live_face", b"today's face")
    await levels.reach_l2(image_id=face.id, **fields)
    await levels.gather(*L3)
    await levels.gather((EvidenceKind.APPROVAL, Outcome.PASSED), by=(await levels.lead()).id)


async def enrol(levels: Levels) -> dict[str, object]:
    return await enrol_face(levels.deps, levels.agent, levels.visit_id)


async def refusal(levels: Levels) -> object:
    with pytest.raises(PreconditionFailed) as refused:
        await enrol(levels)
    return refused.value.fields["reason"]


async def test_next_visit_is_compared_with_todays_face(levels: Levels) -> None:
    await reach_l3(levels)
    await levels.push(StepKind.CONSENT, topic="enrol")
    assert (await levels.evidence(EvidenceKind.ENROL_CONSENT))[0].outcome is Outcome.REVIEW
    await levels.answer(given=True)

    view = await enrol(levels)

    found = await levels.deps.bss.portrait(NUMBER)
    assert found is not None
    assert found.jpeg == b"today's face"
    assert found.taken_on == levels.world.clock.now().date()
    assert view["enrolment"] == "done"
    assert "enrolment.make" in await levels.audited(levels.visit_id)


class Faces:
    """A laboratory that tells faces apart by their bytes' first letter."""

    async def measure_still(self, jpeg: bytes) -> FaceMeasure:
        box = (0.0, 0.0, 1.0, 1.0)
        return FaceMeasure(1, 0.0, 100, 100, 100, box, feature=jpeg[:1])

    async def same_person(self, first: bytes, second: bytes) -> bool:
        return first == second


@pytest.mark.parametrize(
    ("still", "kept"), [(b"A still", b"A still"), (b"B another", b"A frame")], ids=["same", "other"]
)
async def test_still_is_kept_only_if_it_shows_who_passed_the_challenge(
    levels: Levels, still: bytes, kept: bytes
) -> None:
    levels.deps.lab = Faces()
    await levels.world.change_visit(face_consent=FaceConsent.GIVEN)
    await levels.push(StepKind.FACE)
    await levels.picture("face_still", still)
    face = await levels.picture("live_face", b"A frame")
    await levels.reach_l2(image_id=face.id)
    await levels.gather(*L3)
    await levels.gather((EvidenceKind.APPROVAL, Outcome.PASSED), by=(await levels.lead()).id)
    await levels.gather(CONSENT)

    await enrol(levels)

    found = await levels.deps.bss.portrait(NUMBER)
    assert found is not None
    assert found.jpeg == kept


async def test_enrolment_needs_l3(levels: Levels) -> None:
    await levels.reach_l2()
    await levels.gather(CONSENT)

    assert await refusal(levels) == "level_too_low"


async def test_enrolment_needs_the_customers_word(levels: Levels) -> None:
    await reach_l3(levels)
    assert await refusal(levels) == "consent_missing"

    await levels.push(StepKind.CONSENT, topic="enrol")
    await levels.answer(given=False)

    assert await refusal(levels) == "consent_missing"


async def test_card_alone_makes_no_reference(levels: Levels) -> None:
    await reach_l3(levels, reference=Reference.CARD)
    await levels.gather(CONSENT)

    assert await refusal(levels) == "not_independent"


async def test_enrolment_is_done_once_though_answers_are_lost(levels: Levels) -> None:
    await reach_l3(levels)
    await levels.gather(CONSENT)
    levels.world.faults.plan("enrol", Fault.TIMEOUT_AFTER)
    with pytest.raises(OperatorUnavailable):
        await enrol(levels)

    await enrol(levels)
    await enrol(levels)

    assert len(await levels.evidence(EvidenceKind.ENROLMENT)) == 1
    made = [v for v in await levels.audited(levels.visit_id) if v == "enrolment.make"]
    assert len(made) == 1
