"""Every authority is asked; silence, age and simulation weaken what it says, never the reverse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import pytest

from tests.fakes.identity_world import ANNA, BEN, IdentityWorld
from tests.fakes.order_world import NUMBER, SCOPE
from vcounter.adapters.authority.wire import silent
from vcounter.domain.errors import ImageUnusable, InvalidInput, MediaUnavailable
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Reference, Source, Zone
from vcounter.domain.steps import StepKind, StepState
from vcounter.domain.visit import Visit
from vcounter.services.identity.compare_faces import compare_faces
from vcounter.services.identity.decide_identity import decide_as_agent
from vcounter.services.identity.evidence import store_picture
from vcounter.services.identity.take_picture import take_picture
from vcounter.services.ports import Claimed, MatchReport, ReferenceReport


@dataclass
class NationalService:
    """An authority outside, that answers what it is told to."""

    zone: Zone = Zone.MATCH
    reason: str = ""
    asks_outside: bool = True
    asked: list[tuple[Claimed, list[bytes]]] = field(default_factory=list)

    async def compare(self, claimed: Claimed, live: Sequence[bytes]) -> ReferenceReport:
        self.asked.append((claimed, list(live)))
        match = MatchReport(self.zone, 0.95, None, None, len(live), "national 7", {"match": 0.9})
        if self.reason:
            match = silent(self.reason)
        return ReferenceReport(Reference.AUTHORITY, match, date(2024, 1, 1))


async def visit_of(checked: IdentityWorld) -> Visit:
    async with checked.deps.db.read(SCOPE) as uow:
        visit: Visit = await uow.visits.get(checked.visit_id)
    return visit


async def compare(checked: IdentityWorld) -> dict[Reference, Evidence]:
    checked.deps.comparing.begin(checked.visit_id)
    await compare_faces(checked.deps, await visit_of(checked))
    return {e.reference: e for e in await checked.evidence(EvidenceKind.FACE_MATCH)}


async def show_portrait(checked: IdentityWorld, shows: bytes) -> None:
    row = await store_picture(checked.deps, await visit_of(checked), "card_portrait", shows)
    async with checked.deps.db.write(SCOPE) as uow:
        await uow.images.add(row)


async def test_every_reference_at_hand_is_compared(checked: IdentityWorld) -> None:
    service = NationalService()
    checked.deps.authorities = (*checked.deps.authorities, service)
    await show_portrait(checked, BEN)
    await checked.challenge()

    found = await compare(checked)

    assert {r: e.zone for r, e in found.items()} == {
        Reference.ENROLMENT: Zone.MATCH,
        Reference.AUTHORITY: Zone.MATCH,
        Reference.CARD: Zone.MISMATCH,
    }
    assert {r: e.source for r, e in found.items()} == {
        Reference.ENROLMENT: Source.OPERATOR,
        Reference.AUTHORITY: Source.OPERATOR,
        Reference.CARD: Source.UPLOAD,
    }
    enrolment = found[Reference.ENROLMENT]
    assert enrolment.detail["taken_on"] == "2024-06-01"
    assert enrolment.detail["engine"] == "fake 1"
    assert enrolment.detail["threshold_match"] == "0.240"
    assert enrolment.image_sha256
    [(claimed, frames)] = service.asked
    record = await checked.record()
    assert (claimed.name, claimed.document_number) == (record.name, record.document_number)
    assert frames == [ANNA] * 3


async def test_simulated_visit_asks_nobody_outside(checked: IdentityWorld) -> None:
    service = NationalService()
    checked.deps.authorities = (service,)
    await checked.change_visit(simulated=True)
    await checked.challenge()

    assert await compare(checked) == {}
    assert service.asked == []


@pytest.mark.parametrize("who", ["operator", "engine"])
async def test_silence_is_review_and_no_reference(checked: IdentityWorld, who: str) -> None:
    await checked.challenge()
    checked.enrolled.down, checked.lab.down = who == "operator", who == "engine"

    found = await compare(checked)

    enrolment = found[Reference.ENROLMENT]
    assert (enrolment.outcome, enrolment.zone) == (Outcome.REVIEW, None)
    assert enrolment.detail["reason"] == f"{who}_silent"
    assert (await checked.identity())["reference"] == "none"


async def test_silent_service_is_review(checked: IdentityWorld) -> None:
    checked.deps.authorities = (NationalService(reason="authority_time_out"),)
    await checked.challenge()

    found = await compare(checked)

    assert found[Reference.AUTHORITY].outcome is Outcome.REVIEW
    assert found[Reference.AUTHORITY].zone is None
    assert found[Reference.AUTHORITY].detail["reason"] == "authority_time_out"


async def test_person_without_a_portrait_leaves_no_evidence(checked: IdentityWorld) -> None:
    checked.enrolled.jpeg = None
    await checked.challenge()

    assert await compare(checked) == {}


async def test_old_portrait_is_looked_at_twice(checked: IdentityWorld) -> None:
    """A match with a portrait of eleven years ago is the agent's to give a reason for."""
    checked.enrolled.taken_on = date(2015, 6, 1)
    await checked.challenge()

    found = await compare(checked)

    enrolment = found[Reference.ENROLMENT]
    assert (enrolment.outcome, enrolment.zone) == (Outcome.REVIEW, Zone.REVIEW)
    assert enrolment.detail["reason"] == "age_gap"
    with pytest.raises(InvalidInput) as refused:
        await decide_as_agent(checked.deps, checked.agent, checked.visit_id, Outcome.PASSED, "")
    assert refused.value.fields["reason"] == "required"


async def test_age_does_not_soften_a_mismatch(checked: IdentityWorld) -> None:
    checked.enrolled.jpeg, checked.enrolled.taken_on = BEN, date(2010, 6, 1)
    await checked.challenge()

    assert (await compare(checked))[Reference.ENROLMENT].zone is Zone.MISMATCH


async def test_unknown_number_has_no_reference(checked: IdentityWorld) -> None:
    await checked.challenge()
    visit = await visit_of(checked)
    visit.msisdn = type(NUMBER)("13800009998")
    checked.deps.comparing.begin(checked.visit_id)

    await compare_faces(checked.deps, visit)

    assert await checked.evidence(EvidenceKind.FACE_MATCH) == []


# --- a still of the face --------------------------------------------------------------------------


async def test_still_beside_the_stream_is_kept_and_the_challenge_goes_on(
    checked: IdentityWorld,
) -> None:
    step = await checked.push(StepKind.FACE)

    await take_picture(checked.deps, checked.customer, step.id, ANNA)
    await take_picture(checked.deps, checked.customer, step.id, ANNA)

    kinds = [i["kind"] for i in (await checked.identity())["images"]]
    assert kinds == ["face_still"]
    async with checked.deps.db.read(SCOPE) as uow:
        assert (await uow.steps.get(step.id)).state is StepState.PUSHED
        assert len(await uow.images.of_visit(checked.visit_id)) == 1
    assert await checked.evidence(EvidenceKind.LIVENESS) == []


@pytest.mark.parametrize(
    ("still", "stream"), [(BEN, ANNA), (ANNA, None), (b"", ANNA)], ids=["other", "dark", "nobody"]
)
async def test_still_that_the_stream_does_not_show_is_refused(
    checked: IdentityWorld, still: bytes, stream: bytes | None
) -> None:
    step = await checked.push(StepKind.FACE)
    checked.stream.shows = stream

    with pytest.raises(ImageUnusable):
        await take_picture(checked.deps, checked.customer, step.id, still)

    assert (await checked.identity())["images"] == []


async def test_still_is_never_what_is_compared(checked: IdentityWorld) -> None:
    step = await checked.push(StepKind.FACE)
    await take_picture(checked.deps, checked.customer, step.id, ANNA)
    async with checked.deps.db.write(SCOPE) as uow:
        step.finish(StepState.FAILED, checked.clock.now())
        await uow.steps.save(step)

    assert await compare(checked) == {}


async def test_silent_laboratory_keeps_no_still(checked: IdentityWorld) -> None:
    step = await checked.push(StepKind.FACE)
    checked.lab.down = True

    with pytest.raises(MediaUnavailable):
        await take_picture(checked.deps, checked.customer, step.id, ANNA)

    assert (await checked.identity())["images"] == []
