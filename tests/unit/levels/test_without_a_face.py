"""Without a face: consent as evidence, what a refusal withdraws, questions, a contact's code."""

from __future__ import annotations

import re

import pytest

from tests.fakes.levels_world import Levels
from tests.fakes.order_world import CONTACT, NUMBER, SCOPE
from vcounter.adapters.bss.embedded import NewSubscriber, demo_person
from vcounter.domain.errors import InvalidInput, PreconditionFailed, WrongState
from vcounter.domain.identity import EvidenceKind, Level, Outcome, Path
from vcounter.domain.ids import Msisdn
from vcounter.domain.steps import StepKind
from vcounter.services.identity import contact_code, questions, referrals
from vcounter.services.identity.evidence import read_identity, read_image
from vcounter.services.identity.identity_view import held_by
from vcounter.services.visits.numbers import set_number

CARD = (
    (EvidenceKind.CARD_FRONT, Outcome.PASSED),
    (EvidenceKind.CARD_BACK, Outcome.PASSED),
    (EvidenceKind.DOCUMENT, Outcome.PASSED),
)


async def refuse(levels: Levels, *, given: bool = False) -> None:
    await levels.push(StepKind.CONSENT, topic="face")
    await levels.answer(given=given)


async def draw(levels: Levels) -> list[str]:
    drawn = await questions.draw_questions(levels.deps, levels.agent, levels.visit_id)
    return [str(q["code"]) for q in drawn]


async def mark(levels: Levels, marks: dict[str, bool]) -> None:
    await questions.answer_questions(levels.deps, levels.agent, levels.visit_id, marks)


async def test_word_on_the_face_is_evidence_with_its_text(levels: Levels) -> None:
    await refuse(levels, given=True)

    [item] = await levels.evidence(EvidenceKind.FACE_CONSENT)

    assert item.outcome is Outcome.PASSED
    assert item.detail == {"text": "face-1", "lang": "zh-CN"}


async def test_word_given_before_the_number_is_written_with_it(levels: Levels) -> None:
    await levels.world.change_visit(msisdn=None)
    await refuse(levels)
    assert await levels.evidence() == []

    await set_number(levels.deps, levels.agent, levels.visit_id, NUMBER)

    [item] = await levels.evidence(EvidenceKind.FACE_CONSENT)
    assert (item.outcome, item.msisdn) == (Outcome.FAILED, NUMBER)


async def test_word_goes_along_to_another_number(levels: Levels) -> None:
    await refuse(levels)

    await set_number(levels.deps, levels.agent, levels.visit_id, Msisdn("13800006022"))

    said = await levels.evidence(EvidenceKind.FACE_CONSENT)
    assert [e.msisdn for e in said] == [NUMBER, "13800006022"]


async def test_refusal_deletes_what_was_taken_of_the_face(levels: Levels) -> None:
    face = await levels.picture("live_face")
    still, card = await levels.picture("face_still"), await levels.picture("card_front", b"card")
    await levels.gather(
        (EvidenceKind.LIVENESS, Outcome.PASSED),
        (EvidenceKind.FACE_MATCH, Outcome.FAILED),
        (EvidenceKind.PRESENCE, Outcome.PASSED),
        image_id=face.id,
    )

    await refuse(levels)

    async with levels.deps.db.read(SCOPE) as uow:
        assert [i.id for i in await uow.images.of_visit(levels.visit_id)] == [card.id]
    for row in (face, still):
        assert not await levels.deps.blobs.exists(row.blob_key)
        assert await levels.audited(row.id) == ["image.delete"]
    assert await read_image(levels.deps, await levels.visit(), card) == b"card"
    assert {e.kind for e in await levels.evidence()} == {EvidenceKind.FACE_CONSENT}
    [said] = await levels.evidence(EvidenceKind.FACE_CONSENT)
    assert said.detail["before"] == "failed"  # a refusal does not wash a mismatch away unseen


async def test_three_questions_are_drawn_in_an_order_of_their_own(levels: Levels) -> None:
    orders = set()
    for _ in range(6):
        codes = await draw(levels)
        assert len(set(codes)) == 3
        orders.add(tuple(codes))
        await mark(levels, dict.fromkeys(codes, True))

    assert len(orders) > 1


async def test_open_draw_comes_again_and_is_no_second_one(levels: Levels) -> None:
    assert await draw(levels) == await draw(levels)

    [item] = await levels.evidence(EvidenceKind.CONTROL_QUESTIONS)
    assert item.outcome is Outcome.REVIEW
    async with levels.deps.db.read(SCOPE) as uow:
        view = await read_identity(uow, levels.deps, await levels.visit())
    assert view["questions"] == {"drawn": 3, "outcome": "asked"}


async def test_one_wrong_answer_fails_the_draw(levels: Levels) -> None:
    codes = await draw(levels)

    await mark(levels, {**dict.fromkeys(codes, True), codes[0]: False})

    last = (await levels.evidence(EvidenceKind.CONTROL_QUESTIONS))[-1]
    assert (last.outcome, last.detail["wrong"]) == (Outcome.FAILED, "1")
    with pytest.raises(WrongState):
        await mark(levels, dict.fromkeys(codes, True))


async def test_only_exactly_the_drawn_questions_can_be_marked(levels: Levels) -> None:
    codes = await draw(levels)

    for marks in ({codes[0]: True}, {**dict.fromkeys(codes, True), "other": True}, {}):
        with pytest.raises(InvalidInput):
            await mark(levels, marks)


async def test_contact_is_sent_a_code_that_the_customer_keys(levels: Levels) -> None:
    step = await contact_code.send_contact_code(levels.deps, levels.agent, levels.visit_id)
    [message] = await levels.world.inbox.messages(CONTACT)
    assert message.template == "contact_code"
    assert NUMBER not in message.text

    await levels.answer(digits=re.findall(r"\b\d{6}\b", message.text)[0])

    assert step.params == {"purpose": "contact_code", "length": "6", "secret": "no"}
    [item] = await levels.evidence(EvidenceKind.CONTACT_CODE)
    assert item.outcome is Outcome.PASSED
    assert await levels.evidence(EvidenceKind.SMS_CODE) == []


async def test_number_without_a_contact_is_told_so(
    levels: Levels,
) -> None:
    await set_number(levels.deps, levels.agent, levels.visit_id, Msisdn("13800006029"))
    demo = demo_person("13800006029")
    assert demo is not None
    await levels.world.bss.hall.open_number(NewSubscriber(demo.person, test=True))

    with pytest.raises(PreconditionFailed) as refused:
        await contact_code.send_contact_code(levels.deps, levels.agent, levels.visit_id)
    assert refused.value.fields["reason"] == "no_alternate_contact"
    with pytest.raises(PreconditionFailed) as refused:
        await draw(levels)
    assert refused.value.fields["reason"] == "too_few_questions"


async def test_referee_decides_and_l2_has_no_reference(levels: Levels) -> None:
    await refuse(levels)
    await levels.gather(*CARD, (EvidenceKind.CONTACT_CODE, Outcome.PASSED))
    await mark(levels, dict.fromkeys(await draw(levels), True))
    await referrals.refer(levels.deps, levels.agent, levels.visit_id, "no face")
    lead = await levels.lead()

    levels.world.clock.move(seconds=1)
    await referrals.decide(levels.deps, lead, levels.visit_id, Outcome.PASSED, "knows the answers")

    visit = await levels.visit()
    held = held_by(await levels.evidence(), visit.customer_party_id, visit)
    assert (held.level, held.path, held.reference) == (Level.L2, Path.NO_FACE, "none")
