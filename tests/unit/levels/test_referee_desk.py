"""The referee's desk: the customer's record beside the question, and the published figures."""

from __future__ import annotations

import pytest

from tests.fakes.levels_world import Levels
from vcounter.adapters.measured import MetricTally
from vcounter.domain.errors import WrongState
from vcounter.domain.identity import EvidenceKind, Outcome, Zone
from vcounter.domain.steps import StepKind
from vcounter.observability.metrics import Metrics
from vcounter.services.identity import decide_identity, referrals
from vcounter.services.identity.fraud import flag_fraud

OLD = {"portrait": "old"}


async def test_record_stands_beside_the_question_and_is_audited(levels: Levels) -> None:
    lead = await levels.lead()
    await referrals.refer(levels.deps, levels.agent, levels.visit_id, "old card")

    [item] = await referrals.open_referrals(levels.deps, lead)

    assert item["ask"] == "decision"
    assert isinstance(item["customer"], dict)
    assert item["customer"]["name"] == "张桂芳"
    assert "document_number" not in item["customer"]
    assert "record.view" in await levels.audited(levels.visit_id)


async def test_nobody_decides_what_was_not_asked(levels: Levels) -> None:
    lead = await levels.lead()

    with pytest.raises(WrongState):
        await referrals.decide(levels.deps, lead, levels.visit_id, Outcome.PASSED, "fine")


async def test_decisions_are_counted_by_path_and_reason(levels: Levels) -> None:
    metrics = Metrics()
    levels.deps.tally = MetricTally(metrics)
    lead = await levels.lead()
    await levels.gather((EvidenceKind.FACE_MATCH, Outcome.FAILED), zone=Zone.MISMATCH)
    await levels.gather((EvidenceKind.DOCUMENT, Outcome.PASSED), detail=OLD)
    await referrals.refer(levels.deps, levels.agent, levels.visit_id, "look")
    levels.world.clock.move(seconds=1)

    await referrals.decide(levels.deps, lead, levels.visit_id, Outcome.FAILED, "another person")
    await decide_identity.decide_as_agent(
        levels.deps, levels.agent, levels.visit_id, Outcome.FAILED, "as well"
    )

    page = metrics.render().decode()
    assert 'vcounter_identity_path_total{path="refused"} 2.0' in page
    assert 'vcounter_referral_total{outcome="failed",reason="mismatch"} 1.0' in page
    assert 'vcounter_referral_total{outcome="failed",reason="old_portrait"} 1.0' in page


async def test_figures_tell_how_ended_visits_were_decided(levels: Levels) -> None:
    lead = await levels.lead()
    await levels.reach_l2()
    await levels.go_to(*await levels.another_visit("old"))
    await levels.reach_l2(detail=OLD, of=EvidenceKind.DOCUMENT, zone=Zone.REVIEW)
    await levels.gather((EvidenceKind.REFEREE_DECISION, Outcome.PASSED), by=lead.id)
    await levels.go_to(*await levels.another_visit("undecided"))
    await levels.gather((EvidenceKind.SMS_CODE, Outcome.PASSED))
    await levels.go_to(*await levels.another_visit("open"))
    await levels.reach_l2()

    figures = await referrals.referral_stats(levels.deps, lead, 30)

    assert figures == {
        "days": 30,
        "visits": 2,
        "by_path": {"agent": 1, "referee": 1, "no_face": 0, "refused": 0},
        "share_referee": 0.5,
        "reasons": {"old_portrait": 1},
        "by_referee_outcome": {"passed": 1, "failed": 0},
    }
    levels.world.clock.move(days=31)
    assert (await referrals.referral_stats(levels.deps, lead, 30))["visits"] == 0


async def test_refused_customer_is_not_referred_again_until_something_is_new(
    levels: Levels,
) -> None:
    lead = await levels.lead()
    await levels.gather((EvidenceKind.FACE_MATCH, Outcome.FAILED), zone=Zone.MISMATCH)
    await referrals.refer(levels.deps, levels.agent, levels.visit_id, "look")
    levels.world.clock.move(seconds=1)
    await referrals.decide(levels.deps, lead, levels.visit_id, Outcome.FAILED, "another person")

    with pytest.raises(WrongState, match="refused"):
        await referrals.refer(levels.deps, levels.agent, levels.visit_id, "please")

    levels.world.clock.move(seconds=1)
    await levels.gather((EvidenceKind.CARD_FRONT, Outcome.PASSED))
    await referrals.refer(levels.deps, levels.agent, levels.visit_id, "a better picture")


@pytest.mark.parametrize("ask", ["duress", "fraud"])
async def test_silent_marks_stand_on_the_leads_desk_until_they_are_taken_back(
    levels: Levels, ask: str
) -> None:
    lead = await levels.lead()

    async def mark(*, on: bool) -> None:
        if ask == "duress":
            await decide_identity.mark_coerced(levels.deps, levels.agent, levels.visit_id, on=on)
        else:
            await flag_fraud(levels.deps, levels.agent, levels.visit_id, on=on, reason="why")

    await mark(on=True)
    [item] = await referrals.open_referrals(levels.deps, lead)
    assert (item["ask"], item["visit_id"]) == (ask, levels.visit_id)

    levels.world.clock.move(seconds=1)
    await mark(on=False)
    assert await referrals.open_referrals(levels.deps, lead) == []


async def test_nobody_passes_while_a_picture_is_being_taken(levels: Levels) -> None:
    await levels.push(StepKind.CARD_FRONT)

    with pytest.raises(WrongState, match="picture") as refusal:
        await decide_identity.decide_as_agent(
            levels.deps, levels.agent, levels.visit_id, Outcome.PASSED, ""
        )
    assert refusal.value.fields["state"] == "capturing"
