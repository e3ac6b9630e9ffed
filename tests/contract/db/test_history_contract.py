"""What was before: visits and orders of a number, and looking orders up, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.contract.db.world import AT, NUMBER, OTHERS, OURS, Desk, add_visit
from vcounter.adapters.db import SqlDatabase
from vcounter.domain.ids import Msisdn, StaffId
from vcounter.domain.order import OrderState
from vcounter.services.ports import OrderQuery

ELSE = Msisdn("13912340000")


async def add_orders(db: SqlDatabase, desk: Desk, count: int) -> None:
    """One visit with orders a minute apart, the last two in the same moment."""
    visit, party = await add_visit(db, desk)
    async with db.write(desk.scope) as uow:
        for at in range(count):
            order = desk.order(visit, party, desk.staff().agent.id, f"{at:03d}")
            order.created_at = AT + timedelta(minutes=min(at, count - 2))
            await uow.orders.add(order)


async def found(db: SqlDatabase, desk: Desk, query: OrderQuery) -> list[str]:
    async with db.read(desk.scope) as uow:
        return [order.id.rsplit("_", 1)[1] for order in await uow.orders.search(query)]


async def test_orders_come_newest_first_with_what_lists_need(db: SqlDatabase) -> None:
    await add_orders(db, OURS, 4)

    async with db.read(OURS.scope) as uow:
        orders = await uow.orders.search(OrderQuery())

    assert [o.id[-3:] for o in orders] == ["003", "002", "001", "000"]
    assert {(o.msisdn, o.action_id, o.state) for o in orders} == {
        (NUMBER, "suspend_service", OrderState.DRAFT)
    }


async def test_pages_hold_each_order_once_though_moments_are_equal(db: SqlDatabase) -> None:
    await add_orders(db, OURS, 7)
    query, seen = OrderQuery(limit=2), []

    async with db.read(OURS.scope) as uow:
        while page := await uow.orders.search(query):
            seen += [order.id[-3:] for order in page]
            query = replace(query, before=(page[-1].created_at, page[-1].id))

    assert seen == ["006", "005", "004", "003", "002", "001", "000"]


async def test_each_filter_narrows(db: SqlDatabase) -> None:
    await add_orders(db, OURS, 4)
    us = OURS.staff().agent.id

    assert await found(db, OURS, OrderQuery(msisdn=ELSE)) == []
    assert len(await found(db, OURS, OrderQuery(msisdn=NUMBER))) == 4
    assert await found(db, OURS, OrderQuery(action_id="query_puk")) == []
    assert await found(db, OURS, OrderQuery(state=OrderState.SUCCEEDED)) == []
    assert await found(db, OURS, OrderQuery(makers=[StaffId("stf_x")])) == []
    assert await found(db, OURS, OrderQuery(makers=[])) == []
    assert len(await found(db, OURS, OrderQuery(makers=[us]))) == 4
    since = OrderQuery(since=AT + timedelta(minutes=1), until=AT + timedelta(minutes=2))
    assert await found(db, OURS, since) == ["001"]


async def test_nobody_else_finds_them(db: SqlDatabase) -> None:
    await add_orders(db, OURS, 3)

    for desk in OTHERS:
        assert await found(db, desk, OrderQuery()) == []
        assert await found(db, desk, OrderQuery(msisdn=NUMBER)) == []
        async with db.read(desk.scope) as uow:
            assert await uow.visits.of_number(NUMBER, 10) == []
            assert await uow.staff.named([OURS.staff().agent.id]) == {}


async def test_the_visits_of_a_number_newest_first(db: SqlDatabase) -> None:
    async with db.write(OURS.scope) as uow:
        for name, after_s in (("1", 0), ("2", 60), ("3", 30)):
            await uow.visits.add(OURS.visit(name, after_s=after_s))
        other = OURS.visit("4")
        other.msisdn = ELSE
        await uow.visits.add(other)
        unknown = OURS.visit("5")
        unknown.msisdn = None
        await uow.visits.add(unknown)

    async with db.read(OURS.scope) as uow:
        visits = await uow.visits.of_number(NUMBER, 2)

    assert [v.id[-1] for v in visits] == ["2", "3"]
    assert {v.msisdn for v in visits} == {NUMBER}


async def test_tells_which_visits_have_a_recording(db: SqlDatabase) -> None:
    recorded, _ = await add_visit(db, OURS, "1")
    bare, _ = await add_visit(db, OURS, "2")
    async with db.write(OURS.scope) as uow:
        await uow.recordings.add(OURS.recording(recorded))

    async with db.read(OURS.scope) as uow:
        assert await uow.recordings.recorded([recorded.id, bare.id]) == {recorded.id}
        assert await uow.recordings.recorded([]) == set()
    async with db.read(OTHERS[0].scope) as uow:
        assert await uow.recordings.recorded([recorded.id]) == set()


async def test_staff_are_found_by_badge_and_named_together(db: SqlDatabase) -> None:
    agent = OURS.staff().agent

    async with db.read(OURS.scope) as uow:
        assert [a.id for a in await uow.staff.with_badge(agent.badge)] == [agent.id]
        assert await uow.staff.with_badge("9999") == []
        named = await uow.staff.named([agent.id, StaffId("stf_x"), agent.id])
    assert {staff_id: a.name for staff_id, a in named.items()} == {agent.id: agent.name}
