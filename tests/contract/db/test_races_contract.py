"""Two at once: exactly one wins, on every database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contract.db.test_visits_contract import link, ticket
from tests.contract.db.world import AT, NUMBER, OURS, add_visit
from vcounter.adapters.db import SqlDatabase
from vcounter.domain.errors import AgentTaken, KeyReused, VisitGone, WrongState
from vcounter.domain.ids import StaffId, VisitId
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.ports import CodeRow

RING = AT + timedelta(seconds=20)
TIMES = 6


async def race(contenders: list[Callable[[], Awaitable[object]]]) -> list[object]:
    """Let all start at once; results and errors in the order given."""
    gate = asyncio.Event()

    async def run(contender: Callable[[], Awaitable[object]]) -> object:
        await gate.wait()
        return await contender()

    tasks = [asyncio.create_task(run(contender)) for contender in contenders]
    await asyncio.sleep(0)
    gate.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_visit_offered_by_two_rings_at_one_agent(db: SqlDatabase) -> None:
    await add_visit(db, OURS)
    async with db.write(OURS.scope) as uow:
        await uow.staff.add(OURS.staff("bo"))

    async def offer(agent_id: StaffId) -> None:
        async with db.read(OURS.scope) as uow:
            visit = await uow.visits.get(OURS.visit().id)
        async with db.write(OURS.scope) as uow:
            visit.offer_to(agent_id, AT, RING)
            await uow.visits.save(visit)

    agents = [OURS.staff().agent.id, OURS.staff("bo").agent.id]
    results = await race([lambda who=who: offer(who) for who in agents])

    assert sorted(type(result).__name__ for result in results) in (
        ["NoneType", "VisitGone"],
        ["NoneType", "WrongState"],  # the loser read the winner's change
    )


async def test_agent_reserved_by_two_visits_serves_one(db: SqlDatabase) -> None:
    """The agents' own version decides."""
    visits = [(await add_visit(db, OURS, str(n)))[0] for n in range(TIMES)]
    async with db.read(OURS.scope) as uow:
        agent = (await uow.staff.get(OURS.staff().agent.id)).agent

    async def reserve(visit: Visit) -> None:
        mine = replace(agent)
        async with db.write(OURS.scope) as uow:
            mine.reserve(AT)
            await uow.staff.save(mine)
            visit.offer_to(mine.id, AT, RING)
            await uow.visits.save(visit)

    results = await race([lambda visit=visit: reserve(visit) for visit in visits])

    assert results.count(None) == 1
    assert sum(isinstance(result, AgentTaken) for result in results) == TIMES - 1
    async with db.read(OURS.scope) as uow:
        assert len(await uow.visits.in_states([VisitState.OFFERED])) == 1
        assert len(await uow.visits.in_states([VisitState.WAITING])) == TIMES - 1


async def test_schema_refuses_a_second_visit_at_a_desk(db: SqlDatabase) -> None:
    """Whatever a use case forgets to check, the index does not."""
    visits = [(await add_visit(db, OURS, str(n)))[0] for n in range(TIMES)]

    async def seize(visit: Visit) -> None:
        async with db.write(OURS.scope) as uow:
            visit.offer_to(OURS.staff().agent.id, AT, RING)
            await uow.visits.save(visit)

    results = await race([lambda visit=visit: seize(visit) for visit in visits])

    assert results.count(None) == 1
    assert sum(isinstance(result, AgentTaken) for result in results) == TIMES - 1


async def test_ticket_taken_by_many_opens_one_door(db: SqlDatabase) -> None:
    async with db.write(OURS.scope) as uow:
        await uow.tickets.add(ticket())

    async def take() -> object:
        async with db.write(None) as uow:
            return await uow.tickets.take("ticket-hash", AT)

    results = await race([take] * TIMES)

    assert results.count(ticket()) == 1
    assert results.count(None) == TIMES - 1


async def test_link_consumed_by_many_makes_one_visit(db: SqlDatabase) -> None:
    async with db.write(OURS.scope) as uow:
        await uow.links.add(link())

    async def consume(number: int) -> bool:
        async with db.write(OURS.scope) as uow:
            return await uow.links.consume("link-hash", VisitId(f"vis_{number}"))

    results = await race([lambda n=n: consume(n) for n in range(TIMES)])

    assert results.count(True) == 1
    assert results.count(False) == TIMES - 1


async def test_guesses_at_once_spend_a_try_each(db: SqlDatabase) -> None:
    """Of six guesses at a code with three tries, three are let through."""
    visit, _ = await add_visit(db, OURS)
    async with db.write(OURS.scope) as uow:
        await uow.codes.put(CodeRow(visit.id, NUMBER, "hash", RING, 3))

    async def guess() -> bool:
        async with db.write(OURS.scope) as uow:
            row = await uow.codes.get(visit.id, NUMBER)
            if row is None or row.tries_left == 0:
                return False
            await uow.codes.spend_try(visit.id, NUMBER)
            return True

    results = await race([guess] * TIMES)

    assert results.count(True) == 3
    assert results.count(False) == 3


async def test_steps_pushed_at_once_leave_one_up(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)

    async def push(number: int) -> None:
        async with db.write(OURS.scope) as uow:
            await uow.steps.add(OURS.step(visit, str(number)))

    results = await race([lambda n=n: push(n) for n in range(TIMES)])

    assert results.count(None) == 1
    assert sum(isinstance(result, WrongState) for result in results) == TIMES - 1


async def test_order_sent_twice_is_stored_once(db: SqlDatabase) -> None:
    visit, party = await add_visit(db, OURS)
    maker = OURS.staff().agent.id

    async def add(number: int) -> None:
        order = OURS.order(visit, party, maker, str(number))
        async with db.write(OURS.scope) as uow:
            await uow.orders.add(replace(order, idempotency_key="double-click"))

    results = await race([lambda n=n: add(n) for n in range(TIMES)])

    assert results.count(None) == 1
    assert sum(isinstance(result, KeyReused) for result in results) == TIMES - 1


async def test_second_writer_waits_and_then_sees_that_it_is_late(db: SqlDatabase) -> None:
    """The first is still open when the second writes; no update is lost."""
    visit, _ = await add_visit(db, OURS)
    stale, holding, go_on = replace(visit), asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with db.write(OURS.scope) as uow:
            visit.offer_to(OURS.staff().agent.id, AT, RING)
            await uow.visits.save(visit)
            holding.set()
            await go_on.wait()

    async def follow() -> None:
        await holding.wait()
        async with db.write(OURS.scope) as uow:
            stale.abandon(AT)
            await uow.visits.save(stale)

    first, second = asyncio.create_task(hold()), asyncio.create_task(follow())
    await holding.wait()
    await asyncio.wait([second], timeout=0.05)
    assert not second.done()
    go_on.set()

    await first
    with pytest.raises(VisitGone):
        await second


async def test_visit_key_made_by_many_is_one(db: SqlDatabase) -> None:
    async def key() -> object:
        return await db.keys.data_key(OURS.scope, VisitId("vis_x"))

    assert len(set(await race([key] * TIMES))) == 1


async def test_event_numbers_of_a_room_follow_the_commits(db: SqlDatabase) -> None:
    """The transaction that adds first but commits last gets the higher number."""
    visit, _ = await add_visit(db, OURS)
    added, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with db.write(OURS.scope) as uow:
            await uow.outbox.add(visit.id, "message", {"n": "slow"})
            added.set()
            await go_on.wait()

    async def fast() -> None:
        async with db.write(OURS.scope) as uow:
            await uow.outbox.add(visit.id, "message", {"n": "fast"})

    task = asyncio.create_task(slow())
    await added.wait()
    if db.is_sqlite:  # one writer: the other cannot even begin
        go_on.set()
        await task
        await fast()
        expected = ["slow", "fast"]
    else:
        await fast()
        go_on.set()
        await task
        expected = ["fast", "slow"]

    async with db.read(None) as uow:
        assert [row.body["n"] for row in await uow.outbox.pending()] == expected


async def test_rooms_told_in_opposite_orders_do_not_deadlock(db: SqlDatabase) -> None:
    rooms = ["desk:stf_1", "desk:stf_2"]

    async def tell(order: list[str]) -> None:
        async with db.write(OURS.scope) as uow:
            for room in order:
                await uow.outbox.add(room, "me", {})

    orders = [rooms, rooms[::-1]] * 4
    results = await race([lambda order=order: tell(order) for order in orders])

    assert results == [None] * 8
