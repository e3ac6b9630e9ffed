"""Level L3: the read-back, the recording beside it, and a second person."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from tests.fakes.levels_world import Levels
from tests.fakes.order_world import SCOPE
from vcounter.domain.errors import Forbidden, PreconditionFailed, WrongState
from vcounter.domain.identity import EvidenceKind, Level, Outcome, Reference
from vcounter.domain.ids import StaffId
from vcounter.domain.visit import RecordingConsent
from vcounter.services.identity import read_back, referrals, second_person
from vcounter.services.identity.evidence import read_identity
from vcounter.services.identity.identity_view import held_by

READ = (EvidenceKind.READ_BACK, Outcome.PASSED)
RECORDED = (EvidenceKind.RECORDING, Outcome.PASSED)


async def push(levels: Levels) -> list[str]:
    step = await read_back.push_read_back(levels.deps, levels.agent, levels.visit_id)
    return [step.params["title"], *json.loads(step.params["lines"])]


async def ask(levels: Levels) -> None:
    await second_person.ask_approval(levels.deps, levels.agent, levels.visit_id, "SIM")


async def level(levels: Levels) -> Level:
    visit = await levels.visit()
    return held_by(await levels.evidence(), visit.customer_party_id, visit).level


async def recorded(levels: Levels) -> Outcome:
    await levels.reach_l2()
    await push(levels)
    await levels.answer(right=True)
    [item] = await levels.evidence(EvidenceKind.RECORDING)
    return item.outcome


async def test_read_back_names_nobody_in_full(levels: Levels) -> None:
    await levels.reach_l2()

    lines = await push(levels)

    text = "\n".join(lines)
    assert "张**" in text
    assert "138****6021" in text
    assert "预留照片" in text
    assert "张桂芳" not in text


async def test_read_back_is_in_the_customers_language(levels: Levels) -> None:
    await levels.world.change_visit(lang="en")
    await levels.reach_l2(reference=Reference.CARD)

    lines = await push(levels)

    assert lines[0] == "Please check"
    assert "compared with the card" in lines[2]


async def test_read_back_wants_l2_first(levels: Levels) -> None:
    with pytest.raises(PreconditionFailed) as refused:
        await push(levels)

    assert refused.value.fields["reason"] == "level_too_low"


async def test_customers_yes_comes_with_the_state_of_the_recording(levels: Levels) -> None:
    assert await recorded(levels) is Outcome.PASSED

    [item] = await levels.evidence(EvidenceKind.READ_BACK)
    assert item.outcome is Outcome.PASSED


@pytest.mark.parametrize("fault", ["stalled", "silent", "no consent"])
async def test_recording_in_doubt_is_none(levels: Levels, fault: str) -> None:
    levels.world.media.growing = fault != "stalled"
    levels.world.media.down = fault == "silent"
    if fault == "no consent":
        await levels.world.change_visit(recording_consent=RecordingConsent.REFUSED)

    assert await recorded(levels) is Outcome.FAILED


async def test_customers_no_is_told_and_nothing_else(levels: Levels) -> None:
    await levels.reach_l2()
    await push(levels)

    await levels.answer(right=False)

    [item] = await levels.evidence(EvidenceKind.READ_BACK, EvidenceKind.RECORDING)
    assert item.outcome is Outcome.FAILED
    steps = await levels.world.events("step")
    assert steps[-1]["step"]["outcome"] == {"right": "no"}
    with pytest.raises(PreconditionFailed) as refused:
        await ask(levels)
    assert refused.value.fields["reason"] == "read_back_missing"


async def test_second_person_makes_it_l3(levels: Levels) -> None:
    lead = await levels.lead()
    await levels.reach_l2()
    await levels.gather(READ, RECORDED)
    await ask(levels)
    [waiting] = await referrals.open_referrals(levels.deps, lead)
    assert (waiting["ask"], waiting["reason"]) == ("approval", "SIM")
    levels.world.clock.move(seconds=1)

    await referrals.decide(levels.deps, lead, levels.visit_id, Outcome.PASSED, "fine")

    assert await level(levels) is Level.L3
    async with levels.deps.db.read(SCOPE) as uow:
        view = await read_identity(uow, levels.deps, await levels.visit())
    assert view["second"] == {"state": "passed", "reason": "fine"}
    assert await referrals.open_referrals(levels.deps, lead) == []


async def test_refused_approval_leaves_it_at_l2(levels: Levels) -> None:
    await levels.reach_l2()
    await levels.gather(READ, RECORDED)
    await ask(levels)
    levels.world.clock.move(seconds=1)

    await referrals.decide(
        levels.deps, await levels.lead(), levels.visit_id, Outcome.FAILED, "strange"
    )

    assert await level(levels) is Level.L2


async def test_whoever_decided_is_no_second_person(levels: Levels) -> None:
    lead = await levels.lead()
    await levels.reach_l2()
    await levels.gather((EvidenceKind.REFEREE_DECISION, Outcome.PASSED), by=lead.id)
    await levels.gather(READ, RECORDED)
    await ask(levels)

    with pytest.raises(Forbidden):
        await referrals.decide(levels.deps, lead, levels.visit_id, Outcome.PASSED, "fine")
    other = await levels.lead("other")
    await referrals.decide(levels.deps, other, levels.visit_id, Outcome.PASSED, "fine")


async def test_visits_own_agent_is_no_second_person(levels: Levels) -> None:
    await levels.reach_l2()
    await levels.gather(READ, RECORDED)
    await ask(levels)
    lead = await levels.lead()
    await levels.world.change_visit(agent_id=lead.id)

    with pytest.raises(Forbidden):
        await referrals.decide(levels.deps, lead, levels.visit_id, Outcome.PASSED, "fine")


async def test_agent_is_no_referee(levels: Levels) -> None:
    await referrals.refer(levels.deps, levels.agent, levels.visit_id, "look")
    stranger = replace(levels.agent, agent=replace(levels.agent.agent, id=StaffId("stf_x")))

    with pytest.raises(Forbidden):
        await referrals.decide(levels.deps, stranger, levels.visit_id, Outcome.PASSED, "fine")


async def test_of_two_leads_at_once_one_is_heard(levels: Levels) -> None:
    leads = [await levels.lead("one"), await levels.lead("two")]
    await referrals.refer(levels.deps, levels.agent, levels.visit_id, "look")
    levels.world.clock.move(seconds=1)

    said = await asyncio.gather(
        *(
            referrals.decide(levels.deps, lead, levels.visit_id, outcome, "mine")
            for lead, outcome in zip(leads, (Outcome.PASSED, Outcome.FAILED), strict=True)
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(word, WrongState) for word in said) == 1
    decided = [e for e in await levels.evidence(EvidenceKind.REFEREE_DECISION) if e.by]
    assert len([e for e in decided if e.outcome is not Outcome.REVIEW]) == 1
