"""An order that wants a second person: the customer's yes reads it back, a lead's makes it L3."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from tests.fakes.actions import change_action
from tests.fakes.order_world import SCOPE, OrderWorld
from vcounter.domain.errors import (
    AssuranceTooLow,
    CounterError,
    Forbidden,
    InvalidInput,
    NotRecording,
    VisitGone,
    WrongState,
)
from vcounter.domain.identity import EvidenceKind, Level, Outcome
from vcounter.domain.ids import OrderId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.visit import VisitState
from vcounter.services.context import StaffCaller
from vcounter.services.orders import order_guard
from vcounter.services.orders.approval import Word, decide_order, open_approvals
from vcounter.services.orders.run_action import cancel_order
from vcounter.services.orders.settle_orders import settle_orders
from vcounter.services.ports import RecordingStatus


@pytest.fixture(autouse=True)
def second_person(monkeypatch: pytest.MonkeyPatch) -> None:
    change_action(monkeypatch, "suspend_service", level=Level.L3, second_person=True)


async def waiting(world: OrderWorld) -> OrderId:
    order_id = await world.confirm("suspend_service")
    await world.spawner.run()
    return order_id


async def decide(
    world: OrderWorld, lead: StaffCaller, order_id: OrderId, word: Word = "approved"
) -> Order:
    await decide_order(world.deps, lead, order_id, word, "looked at it")
    await world.spawner.run()
    return await world.order(order_id)


async def outcomes(world: OrderWorld, *kinds: EvidenceKind) -> list[tuple[str, str]]:
    async with world.deps.db.read(SCOPE) as uow:
        found = await uow.evidence.of_visit(world.visit_id)
    return [(e.kind.value, e.outcome.value) for e in found if e.kind in kinds]


async def test_an_approved_order_is_carried_out_while_the_clock_runs(
    world: OrderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The approval was stamped a moment before its own evidence, which then did not count: on a
    clock that runs every approved order failed for its level."""
    lead = await world.lead()
    order_id = await waiting(world)
    still = world.clock.now

    def runs() -> datetime:
        world.clock.move(milliseconds=1)
        return still()

    monkeypatch.setattr(world.clock, "now", runs)

    assert (await decide(world, lead, order_id)).state is OrderState.SUCCEEDED


async def test_customers_yes_is_the_read_back_and_the_order_waits(world: OrderWorld) -> None:
    await world.lead()

    order = await world.order(await waiting(world))

    assert order.state is OrderState.AWAITING_APPROVAL
    assert await world.state() == "ACTIVE"
    assert await outcomes(world, EvidenceKind.READ_BACK, EvidenceKind.RECORDING) == [
        ("read_back", "passed"),
        ("recording", "passed"),
    ]
    [told] = await world.events("approval")
    assert told == {
        "order_id": order.id,
        "visit_id": world.visit_id,
        "state": "awaiting_approval",
    }


async def test_leads_yes_makes_level_3_and_sends_the_order(world: OrderWorld) -> None:
    lead = await world.lead()

    order = await decide(world, lead, await waiting(world))

    assert (order.state, order.assurance) == (OrderState.SUCCEEDED, "L3")
    assert order.approver_id == lead.id
    assert order.approval["decision"] == "approved"
    assert await outcomes(world, EvidenceKind.APPROVAL) == [("approval", "passed")]
    assert await world.state() == "SUSPENDED_VOL"
    assert "order.approve" in await world.audited(order.id)


async def test_leads_no_ends_the_order_and_both_sides_hear_it(world: OrderWorld) -> None:
    lead = await world.lead()

    order = await decide(world, lead, await waiting(world), "refused")

    assert (order.state, order.failure) == (OrderState.DECLINED, "approval_refused")
    assert await world.state() == "ACTIVE"
    said = [(m["sender"], m["text"]) for m in await world.events("message")]
    assert said[0][0] == "system"
    assert "值班长没有同意" in said[0][1]
    assert said[1] == ("note", "looked at it")


async def test_lead_sees_what_the_agent_sees_and_reading_is_audited(world: OrderWorld) -> None:
    lead = await world.lead()
    order_id = await waiting(world)

    found = await open_approvals(world.deps, lead, 10, None)

    [item] = found["items"]  # type: ignore[misc]
    assert item["order"]["id"] == order_id
    assert item["order"]["plain_agent"]["what"]
    assert item["identity"]["to_l3"] == ["approval"]
    assert item["customer"]["name"] == "张桂芳"
    assert item["may_decide"]
    assert "approval.view" in await world.audited(order_id)
    assert "record.view" in await world.audited(world.visit_id)


async def test_list_goes_on_where_a_page_ended(world: OrderWorld) -> None:
    lead = await world.lead()
    first = await world.confirm("suspend_service")
    second = await world.confirm("suspend_service", "form-2", scope="out")

    page = await open_approvals(world.deps, lead, 1, None)
    rest = await open_approvals(world.deps, lead, 1, OrderId(str(page["next"])))
    end = await open_approvals(world.deps, lead, 1, OrderId(str(rest["next"])))

    ids = [item["order"]["id"] for part in (page, rest) for item in part["items"]]  # type: ignore[attr-defined]
    assert ids == [first, second]
    assert end == {"items": [], "next": None}


async def test_only_another_lead_may_be_the_second_person(world: OrderWorld) -> None:
    order_id = await waiting(world)
    promoted = replace(world.agent.agent, role=(await world.lead()).agent.role)
    itself = StaffCaller(world.agent.session, promoted)

    for caller in (world.agent, itself):
        with pytest.raises(Forbidden):
            await decide_order(world.deps, caller, order_id, "approved", "me")

    assert (await world.order(order_id)).state is OrderState.AWAITING_APPROVAL
    found = await open_approvals(world.deps, itself, 10, None)
    assert not found["items"][0]["may_decide"]  # type: ignore[index]


async def test_whoever_decided_the_identity_cannot_approve(world: OrderWorld) -> None:
    lead = await world.lead()
    async with world.deps.db.write(SCOPE) as uow:
        [decision] = [
            e
            for e in await uow.evidence.of_visit(world.visit_id)
            if e.kind is EvidenceKind.AGENT_DECISION
        ]
        by_lead = replace(
            decision, id=type(decision.id)("evd_x"), kind=EvidenceKind.REFEREE_DECISION, by=lead.id
        )
        await uow.evidence.add(by_lead)
    order_id = await waiting(world)

    with pytest.raises(Forbidden):
        await decide_order(world.deps, lead, order_id, "approved", "again me")

    assert await outcomes(world, EvidenceKind.APPROVAL) == []


async def test_of_two_leads_at_once_one_is_heard(world: OrderWorld) -> None:
    leads = [await world.lead("first"), await world.lead("second")]
    order_id = await waiting(world)

    words: tuple[Word, Word] = ("approved", "refused")
    heard = await asyncio.gather(
        *(
            decide_order(world.deps, lead, order_id, word, "x")
            for lead, word in zip(leads, words, strict=True)
        ),
        return_exceptions=True,
    )
    await world.spawner.run()

    assert sum(isinstance(h, WrongState) for h in heard) == 1
    order = await world.order(order_id)
    assert order.state in (OrderState.SUCCEEDED, OrderState.DECLINED)
    assert (await world.state() == "SUSPENDED_VOL") is (order.state is OrderState.SUCCEEDED)


async def test_evidence_gone_meanwhile_stops_the_approval(world: OrderWorld) -> None:
    lead = await world.lead()
    order_id = await waiting(world)
    async with world.deps.db.write(SCOPE) as uow:
        await uow.evidence.delete(world.visit_id, (EvidenceKind.FACE_MATCH,))

    with pytest.raises(AssuranceTooLow):
        await decide_order(world.deps, lead, order_id, "approved", "x")

    assert (await world.order(order_id)).state is OrderState.AWAITING_APPROVAL
    assert await outcomes(world, EvidenceKind.APPROVAL) == []


@pytest.mark.parametrize("how", ["growing", "consent"])
async def test_recording_that_stopped_stops_the_approval(world: OrderWorld, how: str) -> None:
    lead = await world.lead()
    order_id = await waiting(world)
    world.media.growing = False

    with pytest.raises(NotRecording):
        await decide_order(world.deps, lead, order_id, "approved", "x")

    assert await world.state() == "ACTIVE"


async def test_yes_of_a_customer_recorded_alone_is_not_taken(
    world: OrderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def one_sided(_: object) -> RecordingStatus:
        return RecordingStatus(True, False, 500, 500, 0)

    order_id = await world.prepare("suspend_service")
    await world.present(order_id)
    monkeypatch.setattr(world.media, "recording", one_sided)

    with pytest.raises(NotRecording):
        await world.answer(confirmed=True)

    assert (await world.order(order_id)).state is OrderState.AWAITING_CUSTOMER


async def test_approval_wants_a_reason(world: OrderWorld) -> None:
    lead = await world.lead()
    order_id = await waiting(world)

    with pytest.raises(InvalidInput):
        await decide_order(world.deps, lead, order_id, "approved", "  ")


async def test_order_nobody_approved_expires_with_the_visit(world: OrderWorld) -> None:
    lead = await world.lead()
    order_id = await waiting(world)
    await world.change_visit(state=VisitState.WRAP_UP)

    with pytest.raises(VisitGone):
        await decide_order(world.deps, lead, order_id, "approved", "too late")
    await settle_orders(world.deps)

    assert (await world.order(order_id)).state is OrderState.EXPIRED


async def test_agent_may_take_back_what_waits_for_approval(world: OrderWorld) -> None:
    lead = await world.lead()
    order_id = await waiting(world)

    await cancel_order(world.deps, world.agent, order_id)

    with pytest.raises(WrongState):
        await decide_order(world.deps, lead, order_id, "approved", "x")
    assert (await world.order(order_id)).state is OrderState.CANCELLED


async def test_approved_order_survives_a_crash(world: OrderWorld) -> None:
    lead = await world.lead()
    order_id = await waiting(world)
    await decide_order(world.deps, lead, order_id, "approved", "x")
    world.spawner.drop()

    await settle_orders(world.deps, min_age_s=0)

    assert (await world.order(order_id)).state is OrderState.SUCCEEDED


async def test_duress_holds_an_approved_order_silently(world: OrderWorld) -> None:
    lead = await world.lead()
    order_id = await waiting(world)
    async with world.deps.db.write(SCOPE) as uow:
        await order_guard.mark_duress(uow, "stf", world.visit_id, on=True)

    order = await decide(world, lead, order_id)

    assert order.state is OrderState.AWAITING_APPROVAL
    assert await world.state() == "ACTIVE"


async def test_one_approval_carries_one_order(world: OrderWorld) -> None:
    """The read-back of the second order must not void the first one's approval, nor borrow it."""
    lead = await world.lead()
    first = await waiting(world)
    await decide_order(world.deps, lead, first, "approved", "x")
    world.clock.move(seconds=1)
    second = await world.confirm("suspend_service", "form-2", scope="out")
    await world.spawner.run()

    assert (await world.order(first)).state is OrderState.SUCCEEDED
    assert (await world.order(second)).state is OrderState.AWAITING_APPROVAL
    with pytest.raises(CounterError):
        await decide_order(world.deps, world.agent, second, "approved", "x")


async def test_evidence_of_a_pass_is_not_an_approval_of_the_order(world: OrderWorld) -> None:
    """A second approval of the visit alone (`/visits/{id}/approval`) sends no order."""
    lead = await world.lead()
    order_id = await waiting(world)
    async with world.deps.db.write(SCOPE) as uow:
        found = await uow.evidence.of_visit(world.visit_id)
        item = replace(
            found[-1],
            id=type(found[-1].id)("evd_y"),
            kind=EvidenceKind.APPROVAL,
            outcome=Outcome.PASSED,
            by=lead.id,
        )
        await uow.evidence.add(item)

    await settle_orders(world.deps, min_age_s=0)

    assert (await world.order(order_id)).state is OrderState.AWAITING_APPROVAL
