"""An operator that stays silent is asked ever more rarely, then a person has to look."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.order_world import SCOPE, OrderWorld
from vcounter.adapters.bss.embedded import Fault
from vcounter.domain.errors import WrongState
from vcounter.domain.order import MAX_ATTEMPTS, Order, OrderState
from vcounter.services.orders.commit_order import settle_order
from vcounter.services.orders.dead_letters import dead_orders, retry_order
from vcounter.services.orders.settle_orders import settle_orders
from vcounter.services.ports import BssResult


async def unknown(world: OrderWorld) -> Order:
    world.faults.plan("execute", Fault.TIMEOUT_BEFORE)
    order = await world.carry_out("suspend_service")
    assert order.state is OrderState.UNKNOWN
    return order


async def give_up(world: OrderWorld) -> Order:
    order = await unknown(world)
    for _ in range(MAX_ATTEMPTS - 1):  # the first was the submission itself
        world.faults.plan("query", Fault.TIMEOUT_BEFORE)
        world.clock.move(hours=2)
        await settle_orders(world.deps)
    return await world.order(order.id)


async def test_waits_between_tries_grow(world: OrderWorld) -> None:
    order = await unknown(world)
    waits = [(order.next_try_at or world.clock.now()) - world.clock.now()]
    for _ in range(3):
        world.faults.plan("query", Fault.TIMEOUT_BEFORE)
        world.clock.move(seconds=waits[-1].total_seconds())
        await settle_orders(world.deps)
        order = await world.order(order.id)
        assert order.next_try_at is not None
        waits.append(order.next_try_at - world.clock.now())

    assert waits == [timedelta(seconds=s) for s in (15, 30, 60, 120)]


async def test_nobody_asks_before_the_time(world: OrderWorld) -> None:
    order = await unknown(world)
    world.clock.move(seconds=14)

    await settle_orders(world.deps)
    assert (await world.order(order.id)).state is OrderState.UNKNOWN
    world.clock.move(seconds=2)
    await settle_orders(world.deps)

    assert (await world.order(order.id)).state is OrderState.SUCCEEDED


async def test_order_nobody_can_tell_about_waits_for_a_person(world: OrderWorld) -> None:
    order = await give_up(world)

    assert order.dead_since is not None
    assert order.state is OrderState.UNKNOWN
    found = await dead_orders(world.deps, await world.lead(), 10, None)
    [item] = found["items"]  # type: ignore[misc]
    assert (item["order"]["id"], item["order"]["state"]) == (order.id, "unknown")
    assert {"order.dead", "order.view"} <= set(await world.audited(order.id))


async def test_dead_order_is_left_alone_until_a_person_retries_it(world: OrderWorld) -> None:
    order = await give_up(world)
    world.clock.move(hours=5)
    await settle_orders(world.deps)
    assert (await world.order(order.id)).state is OrderState.UNKNOWN

    await retry_order(world.deps, await world.lead(), order.id)
    await world.spawner.run()

    done = await world.order(order.id)
    assert (done.state, done.dead_since) == (OrderState.SUCCEEDED, None)
    assert "order.retry" in await world.audited(order.id)


async def test_only_what_was_given_up_is_retried(world: OrderWorld) -> None:
    order = await world.carry_out("suspend_service")

    with pytest.raises(WrongState):
        await retry_order(world.deps, await world.lead(), order.id)


async def test_new_process_asks_at_once(world: OrderWorld) -> None:
    order = await unknown(world)

    await settle_orders(world.deps, min_age_s=0)

    assert (await world.order(order.id)).state is OrderState.SUCCEEDED


async def test_half_undone_order_failed_and_waits_for_a_person(world: OrderWorld) -> None:
    order = await unknown(world)
    await settle_order(world.deps, SCOPE, order.id, BssResult(False, "compensation_failed", 1))

    order = await world.order(order.id)
    assert order.state is OrderState.FAILED
    assert order.dead_since is not None
    await retry_order(world.deps, await world.lead(), order.id)
    await world.spawner.run()
    assert (await world.order(order.id)).dead_since is not None  # the operator refuses again


async def half_undone(world: OrderWorld) -> Order:
    order = await unknown(world)
    await settle_order(world.deps, SCOPE, order.id, BssResult(False, "compensation_failed", 1))
    return await world.order(order.id)


async def test_half_undone_order_is_not_forgotten_by_a_crash(world: OrderWorld) -> None:
    order = await half_undone(world)
    lead = await world.lead()

    await retry_order(world.deps, lead, order.id)
    world.spawner.drop()

    found = await dead_orders(world.deps, lead, 10, None)
    assert [item["order"]["id"] for item in found["items"]] == [order.id]  # type: ignore[attr-defined]
    world.clock.move(minutes=1)
    await retry_order(world.deps, lead, order.id)


async def test_two_leads_do_not_undo_one_order_at_once(world: OrderWorld) -> None:
    order = await half_undone(world)
    lead = await world.lead()
    await retry_order(world.deps, lead, order.id)

    with pytest.raises(WrongState):
        await retry_order(world.deps, lead, order.id)

    await world.spawner.run()  # the operator refuses: at once it may be tried again
    await retry_order(world.deps, lead, order.id)
