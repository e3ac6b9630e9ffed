"""kill -9 between every two steps of an order: after a restart there is exactly one effect.

Here the death is an exception at each border, after which what was in memory is dropped;
`tests/resilience/test_order_kill.py` does the same with a real SIGKILL.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fakes.killer import Killed, Killer, say_yes
from tests.fakes.order_judge import restart_and_judge, version
from tests.fakes.order_world import NEW_PASSWORD, NUMBER, OrderWorld, order_world
from vcounter.adapters.bss.embedded import Fault
from vcounter.domain.ids import OrderId
from vcounter.domain.order import OrderState
from vcounter.services.orders.commit_order import ask_operator, submit_order
from vcounter.services.orders.settle_orders import settle_orders


@pytest.mark.parametrize("action_id", ["suspend_service", "query_puk", "reset_service_password"])
async def test_crash_at_any_border_leaves_one_effect_or_none(folder: Path, action_id: str) -> None:
    """Confirmed: one effect and a success. Not confirmed: no effect, the question stands."""
    border, reached = 0, True
    while reached:
        border += 1
        here = folder / str(border)
        await asyncio.to_thread(_copy_database, folder, here)
        async with order_world(here) as world:
            before = await version(world)
            await world.present(await world.prepare(action_id))
            killer = Killer(border)
            killer.arm(world)
            reached = False
            try:
                await say_yes(world, action_id)
            except Killed:
                reached = True
            killer.disarm(world)

            await restart_and_judge(world, action_id, before)
    assert border > 8


def _copy_database(source: Path, target: Path) -> None:
    target.mkdir()
    (target / "counter.db").write_bytes((source / "counter.db").read_bytes())


async def test_sweep_and_live_path_at_once_have_one_effect(world: OrderWorld) -> None:
    order_id = await world.confirm("suspend_service")
    before = await world.bss.find(NUMBER)

    await asyncio.gather(
        world.spawner.run(),
        submit_order(world.deps, world.agent.scope, order_id),
        submit_order(world.deps, world.agent.scope, order_id, recovering=True),
        settle_orders(world.deps, min_age_s=0),
        ask_operator(world.deps, world.agent.scope, order_id),
    )
    await settle_orders(world.deps, min_age_s=0)

    after = await world.bss.find(NUMBER)
    assert before is not None
    assert after is not None
    assert (await world.order(order_id)).state is OrderState.SUCCEEDED
    assert after.version == before.version + 1
    assert len(await world.sent()) == 1
    assert len(await world.events("receipt")) == 1


@pytest.mark.parametrize(
    ("fault", "meanwhile"),
    [
        (Fault.TIMEOUT_AFTER, OrderState.UNKNOWN),
        (Fault.TIMEOUT_BEFORE, OrderState.UNKNOWN),
        (Fault.SLOW, OrderState.UNKNOWN),
        (Fault.DUPLICATE, OrderState.SUCCEEDED),
    ],
)
async def test_silent_operator_leaves_it_unknown_until_a_query_settles_it(
    world: OrderWorld, fault: Fault, meanwhile: OrderState
) -> None:
    before = await world.bss.find(NUMBER)
    world.faults.plan("execute", fault)

    order = await world.carry_out("suspend_service")
    assert order.state is meanwhile
    if meanwhile is OrderState.UNKNOWN:
        assert await world.events("receipt") == []
    await settle_orders(world.deps, min_age_s=0)
    await settle_orders(world.deps, min_age_s=0)

    after = await world.bss.find(NUMBER)
    assert before is not None
    assert after is not None
    assert (await world.order(order.id)).state is OrderState.SUCCEEDED
    assert after.version == before.version + 1


async def test_record_that_moved_meanwhile_fails_the_order(world: OrderWorld) -> None:
    world.faults.plan("execute", Fault.STALE)

    order = await world.carry_out("suspend_service")

    assert (order.state, order.failure) == (OrderState.FAILED, "version_moved")
    assert await world.state() == "ACTIVE"
    assert await world.sent() == []


async def test_operator_that_stays_silent_keeps_it_unknown(world: OrderWorld) -> None:
    world.faults.plan("execute", Fault.TIMEOUT_BEFORE)
    world.faults.plan("query", *[Fault.TIMEOUT_BEFORE] * 3)
    order = await world.carry_out("suspend_service")

    for _ in range(3):
        await settle_orders(world.deps, min_age_s=0)
        assert (await world.order(order.id)).state is OrderState.UNKNOWN

    await settle_orders(world.deps, min_age_s=0)
    assert (await world.order(order.id)).state is OrderState.SUCCEEDED


async def test_late_secret_has_no_effect_once_the_order_failed(world: OrderWorld) -> None:
    """The original call was slow, we restarted, and told the customer that it failed."""
    world.faults.plan("execute", Fault.SLOW)
    order_id: OrderId = await world.confirm("reset_service_password")
    live = asyncio.create_task(world.spawner.run())
    await asyncio.sleep(0.05)  # the call is on its way; the operator has not begun

    await settle_orders(world.deps, min_age_s=0)

    assert (await world.order(order_id)).failure == "secret_missing"
    await live
    await asyncio.sleep(0.8)  # the operator's late answer is over now
    assert not await world.bss.check_password(NUMBER, NEW_PASSWORD)
    assert (await world.order(order_id)).state is OrderState.FAILED


async def test_failing_gateway_does_not_hold_the_order_up(world: OrderWorld) -> None:
    async def silent(sms: object) -> None:
        raise TimeoutError

    world.deps.sms.send = silent  # type: ignore[method-assign,assignment]

    order = await world.carry_out("suspend_service")

    assert order.state is OrderState.SUCCEEDED
    assert order.result["sms"] == "failed"


async def test_young_orders_are_left_to_the_request_that_moved_them(world: OrderWorld) -> None:
    order_id = await world.confirm("suspend_service")

    await settle_orders(world.deps)
    assert (await world.order(order_id)).state is OrderState.CONFIRMED

    world.clock.move(seconds=16)
    await settle_orders(world.deps)
    assert (await world.order(order_id)).state is OrderState.SUCCEEDED
    await world.spawner.run()  # the request comes late and finds everything done
    assert len(await world.sent()) == 1
