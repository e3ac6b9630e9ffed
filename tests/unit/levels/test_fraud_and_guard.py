"""Suspected fraud, and what an order wants that cannot be undone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.levels_world import Levels
from tests.fakes.order_world import NUMBER, SCOPE
from vcounter.actions import registry
from vcounter.actions.base import Action
from vcounter.domain.errors import AssuranceTooLow, InvalidInput
from vcounter.domain.identity import EvidenceKind, Level, Outcome, Reference
from vcounter.domain.order import OrderState
from vcounter.services.identity import fraud
from vcounter.services.identity.evidence import read_identity
from vcounter.services.orders.order_guard import require_assurance
from vcounter.services.visits.customer_view import customer_view


async def flag(levels: Levels, *, on: bool = True, reason: str = "coached") -> None:
    await fraud.flag_fraud(levels.deps, levels.agent, levels.visit_id, on=on, reason=reason)


async def seen(levels: Levels) -> object:
    async with levels.deps.db.read(SCOPE) as uow:
        return (await read_identity(uow, levels.deps, await levels.visit()))["fraud"]


async def test_nothing_commits_while_fraud_is_suspected(levels: Levels) -> None:
    await levels.reach_l2()
    order_id = await levels.world.confirm("suspend_service")
    await flag(levels)

    await levels.world.spawner.run()

    assert (await levels.world.order(order_id)).state is OrderState.CONFIRMED
    assert await levels.world.state() == "ACTIVE"


async def test_leads_are_called_and_the_customer_sees_nothing(levels: Levels) -> None:
    await levels.lead()
    before = await customer_view(levels.deps, levels.world.customer)
    told = len(await levels.world.events("message"))

    await flag(levels)

    assert await levels.world.events("fraud") == [{"visit_id": levels.visit_id, "on": True}]
    after = await customer_view(levels.deps, levels.world.customer)
    assert after == before
    async with levels.deps.db.read(None) as uow:
        shown = [
            r for r in await uow.outbox.pending() if not r.audience or "customer" in r.audience
        ]
    assert [r for r in shown if r.room == levels.visit_id] == []
    assert len(await levels.world.events("message")) == told + 1  # the staff's own note
    assert await levels.audited(levels.visit_id) == ["visit.fraud"]


async def test_number_stays_marked_for_the_next_visit(levels: Levels) -> None:
    await flag(levels)
    assert await seen(levels) == {"on": True, "before": False}

    await levels.go_to(*await levels.another_visit("next"))
    assert await seen(levels) == {"on": False, "before": True}
    levels.world.clock.move(days=181)

    assert await seen(levels) == {"on": False, "before": False}


async def test_mark_taken_back_is_gone(levels: Levels) -> None:
    await flag(levels)
    await flag(levels)  # twice is once
    await flag(levels, on=False, reason="the daughter explained")

    assert await seen(levels) == {"on": False, "before": False}
    await levels.go_to(*await levels.another_visit("next"))
    assert await seen(levels) == {"on": False, "before": False}


async def test_suspicion_wants_a_reason(levels: Levels) -> None:
    with pytest.raises(InvalidInput):
        await flag(levels, reason="  ")


def careless(**fields: object) -> Action:
    """An action at L2 that forgot to ask for an independent reference."""
    action = registry.action("suspend_service")
    return replace(action, needs_independent_reference=False, **fields)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    "action",
    [careless(undo_id=None), careless(discloses="puk"), careless(locks_sim=True)],
    ids=["no undo", "discloses", "changes the SIM"],
)
async def test_card_alone_does_not_carry_what_cannot_be_undone(
    levels: Levels, action: Action
) -> None:
    await levels.reach_l2(reference=Reference.CARD)
    party = levels.world.customer.party.id

    with pytest.raises(AssuranceTooLow) as refused:
        require_assurance(action, await levels.evidence(), party, NUMBER)

    assert refused.value.fields["independent"] is True
    assert require_assurance(careless(), await levels.evidence(), party, NUMBER)


@pytest.mark.parametrize("action", [careless(undo_id=None), careless(discloses="puk")])
async def test_no_face_carries_only_what_can_be_undone(levels: Levels, action: Action) -> None:
    await levels.gather(
        (EvidenceKind.FACE_CONSENT, Outcome.FAILED),
        (EvidenceKind.CARD_FRONT, Outcome.PASSED),
        (EvidenceKind.CARD_BACK, Outcome.PASSED),
        (EvidenceKind.DOCUMENT, Outcome.PASSED),
        (EvidenceKind.CONTROL_QUESTIONS, Outcome.PASSED),
        (EvidenceKind.CONTACT_CODE, Outcome.PASSED),
        (EvidenceKind.REFEREE_DECISION, Outcome.PASSED),
    )
    party = levels.world.customer.party.id

    with pytest.raises(AssuranceTooLow):
        require_assurance(action, await levels.evidence(), party, NUMBER)
    held = require_assurance(careless(), await levels.evidence(), party, NUMBER)

    assert (held.level, held.reference) == (Level.L2, Reference.NONE)


async def test_enrolment_photograph_carries_what_cannot_be_undone(levels: Levels) -> None:
    await levels.reach_l2()
    party = levels.world.customer.party.id

    held = require_assurance(careless(undo_id=None), await levels.evidence(), party, NUMBER)

    assert held.reference is Reference.ENROLMENT


async def test_order_below_l2_wants_no_face(levels: Levels) -> None:
    await levels.gather((EvidenceKind.SMS_CODE, Outcome.PASSED))
    party = levels.world.customer.party.id

    held = require_assurance(
        careless(level=Level.L1, undo_id=None), await levels.evidence(), party, NUMBER
    )

    assert held.level is Level.L1
