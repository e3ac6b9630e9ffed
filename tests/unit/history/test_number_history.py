"""A number's past: for whom serves it now, whole, in order, and audited."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.order_world import NUMBER, SCOPE, OrderWorld
from vcounter.adapters.bss.embedded import Fault, NewTicket
from vcounter.domain.agent import Role
from vcounter.domain.errors import VisitGone
from vcounter.domain.ids import Msisdn, PartyId, RecordingId, StaffId, VisitId
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.context import StaffCaller
from vcounter.services.history.number_history import history_of
from vcounter.services.ports import Party, RecordingRow

Items = list[dict[str, object]]


def as_role(world: OrderWorld, role: Role) -> StaffCaller:
    return replace(world.agent, agent=replace(world.agent.agent, id=StaffId("stf_x"), role=role))


async def earlier_visit(
    world: OrderWorld, name: str, hours_ago: int, msisdn: Msisdn = NUMBER
) -> Visit:
    """A closed visit of two minutes by the same agent, recorded."""
    async with world.deps.db.write(SCOPE) as uow:
        now = await uow.visits.get(world.visit_id)
        at = world.clock.now() - timedelta(hours=hours_ago)
        visit = replace(
            now,
            id=VisitId(f"vis_{name}"),
            state=VisitState.CLOSED,
            msisdn=msisdn,
            entered_at=at,
            connected_at=at + timedelta(seconds=30),
            ended_at=at + timedelta(seconds=150),
            disposition="done",
            agent_id=None,
            last_agent_id=world.agent.id,
            customer_party_id=PartyId(f"pty_{name}"),
            version=0,
        )
        await uow.visits.add(visit)
        party = Party(
            PartyId(f"pty_{name}"), *_scope(), visit.id, "customer", f"hash-{name}", "phone", at
        )
        await uow.parties.add(party)
        await uow.recordings.add(
            RecordingRow(RecordingId(f"rec_{name}"), *_scope(), visit.id, "muxed", "raw", at, at)
        )
    return visit


def _scope() -> tuple[object, ...]:
    return SCOPE.tenant_id, SCOPE.region


async def items(world: OrderWorld, caller: StaffCaller | None = None) -> Items:
    view = await history_of(world.deps, caller or world.agent, world.visit_id)
    return view["items"]  # type: ignore[return-value]  # the view's list


async def test_tells_earlier_visits_with_desk_badge_outcome_length_and_recording(
    world: OrderWorld,
) -> None:
    await earlier_visit(world, "before", 5)

    (visit,) = await items(world)

    assert (visit["kind"], visit["desk_zh"], visit["desk_en"]) == ("visit", "综合", "General")
    assert visit["agent"] == {"name": "王芳", "badge": "1023"}
    assert (visit["disposition"], visit["length_s"], visit["recorded"]) == ("done", 120, True)


async def test_puts_visits_orders_and_tickets_in_one_order_newest_first(world: OrderWorld) -> None:
    old = await earlier_visit(world, "old", 5)
    done = await world.carry_out("suspend_service")
    at = world.clock.now() - timedelta(hours=3)
    async with world.deps.db.write(SCOPE) as uow:
        moved = replace(
            done,
            id=type(done.id)("ord_old"),
            visit_id=old.id,
            party_id=PartyId("pty_old"),
            idempotency_key="old",
            created_at=at,
            version=0,
        )
        await uow.orders.add(moved)
    new = NewTicket("T1", "fault", "open", "宽带断线", world.clock.now() - timedelta(hours=4))
    await world.bss.hall.open_ticket(NUMBER, new)

    found = await items(world)

    assert [(one["kind"], one["id"]) for one in found] == [
        ("order", "ord_old"),
        ("ticket", "T1"),
        ("visit", "vis_old"),
    ]
    assert found[0]["action_id"] == "suspend_service"
    assert found[1]["title"] == "宽带断线"


async def test_holds_nothing_of_this_visit_nor_of_another_number(world: OrderWorld) -> None:
    await world.carry_out("suspend_service")
    await earlier_visit(world, "other", 5, Msisdn("13800006022"))

    assert await items(world) == []


async def test_an_operator_that_is_silent_leaves_our_own_history_standing(
    world: OrderWorld,
) -> None:
    await earlier_visit(world, "before", 5)
    world.faults.plan("tickets", Fault.TIMEOUT_BEFORE)

    view = await history_of(world.deps, world.agent, world.visit_id)

    assert view["tickets_known"] is False
    assert len(view["items"]) == 1  # type: ignore[arg-type]  # the view's list


async def test_every_read_leaves_an_audit_line_that_does_not_name_the_number(
    world: OrderWorld,
) -> None:
    await items(world)
    await items(world)

    async with world.deps.db.read(SCOPE) as uow:
        lines = [line for _, line in await uow.audit.of_object(world.visit_id)]
    reads = [line for line in lines if line.verb == "history.view"]
    assert [line.actor for line in reads] == [world.agent.id] * 2
    assert NUMBER not in repr(reads)


@pytest.mark.parametrize("state", [VisitState.CLOSED, VisitState.WAITING])
async def test_an_agent_reads_it_only_while_the_customer_is_at_the_desk(
    world: OrderWorld, state: VisitState
) -> None:
    await world.change_visit(state=state, last_agent_id=world.agent.id)

    with pytest.raises(VisitGone):
        await items(world)


async def test_another_agent_reads_nothing_and_a_team_lead_may(world: OrderWorld) -> None:
    await earlier_visit(world, "before", 5)

    with pytest.raises(VisitGone):
        await items(world, as_role(world, Role.AGENT))
    assert len(await items(world, as_role(world, Role.TEAM_LEAD))) == 1


async def test_a_visit_without_a_number_has_no_past(world: OrderWorld) -> None:
    await earlier_visit(world, "before", 5)
    await world.change_visit(msisdn=None)

    assert await items(world) == []
