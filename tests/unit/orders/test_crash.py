"""kill -9 between every two steps of an order: after a restart there is exactly one effect.

A `Killed` is raised before or after each call that leaves the process; what was in memory is then
dropped, the world is opened anew on the same files, and the sweep runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.order_world import CONTACT, NEW_PASSWORD, NUMBER, OrderWorld, order_world
from vcounter.adapters.bss.embedded import Fault
from vcounter.domain.ids import OrderId
from vcounter.domain.order import OrderState
from vcounter.services.commit_order import ask_operator, submit_order
from vcounter.services.seal import follow_step
from vcounter.services.settle_orders import settle_orders

SUSPENDED = "SUSPENDED_VOL"


class Killed(BaseException):
    """The process is gone. Not an Exception, so that nothing handles it."""


class Killer:
    """Counts the borders that are crossed and kills at one of them."""

    def __init__(self, at: int) -> None:
        self.at, self.crossed, self.armed = at, 0, False

    def border(self) -> None:
        if not self.armed:
            return
        self.crossed += 1
        if self.crossed == self.at:
            raise Killed

    def arm(self, world: OrderWorld) -> None:
        """Put a border before and after every call to a port that leaves the process."""
        self.armed = True
        world.deps.db = _Database(world.deps.db, self)  # type: ignore[assignment]
        for port, names in (
            (world.bss, ("find", "execute", "query")),
            (world.inbox, ("send",)),
            (world.media, ("set_sealed", "recording")),
        ):
            for name in names:
                setattr(port, name, self._fenced(getattr(port, name)))

    def _fenced(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def fenced(*given: Any, **named: Any) -> Any:
            self.border()
            value = await call(*given, **named)
            self.border()
            return value

        return fenced


class _Database:
    def __init__(self, inner: Any, killer: Killer) -> None:
        self._inner, self._killer = inner, killer

    @asynccontextmanager
    async def write(self, scope: Any) -> AsyncIterator[Any]:
        self._killer.border()
        async with self._inner.write(scope) as uow:
            yield uow
            self._killer.border()  # everything written, nothing committed
        self._killer.border()

    def read(self, scope: Any) -> Any:
        return self._inner.read(scope)


async def _reopen(world: OrderWorld) -> None:
    """Restart: what was spawned is gone, the ports are whole again."""
    world.spawner.drop()
    world.deps.db = world.deps.db._inner  # type: ignore[attr-defined]
    for port, names in (
        (world.bss, ("find", "execute", "query")),
        (world.inbox, ("send",)),
        (world.media, ("set_sealed", "recording")),
    ):
        for name in names:
            delattr(port, name)
    world.media.sealed = False
    world.media.growing = False  # nothing records just after a start


async def _crash_at(world: OrderWorld, action_id: str, border: int) -> tuple[bool, Killer]:
    """Run the customer's yes and what follows, killed at a border; whether it was reached."""
    order_id = await world.prepare(action_id)
    await world.present(order_id)
    killer = Killer(border)
    killer.arm(world)
    try:
        await world.answer(confirmed=True)
        if action_id == "reset_service_password":
            await world.answer(digits=NEW_PASSWORD)
        await world.spawner.run()
        reached = False
    except Killed:
        reached = True
    killer.armed = False
    await _reopen(world)
    return reached, killer


async def _only_order(world: OrderWorld) -> Any:
    async with world.deps.db.read(world.agent.scope) as uow:
        [order] = await uow.orders.of_visit(world.visit_id)
    return order


@pytest.mark.parametrize("action_id", ["suspend_service", "query_puk", "reset_service_password"])
async def test_crash_at_any_border_leaves_one_effect_or_none(folder: Path, action_id: str) -> None:
    """Confirmed: one effect and a success. Not confirmed: no effect, the question stands."""
    border, reached = 0, True
    while reached:
        border += 1
        here = folder / str(border)
        await asyncio.to_thread(_copy_database, folder, here)
        async with order_world(here) as world:
            before = (await world.bss.find(NUMBER)).version  # type: ignore[union-attr]
            reached, _ = await _crash_at(world, action_id, border)
            was = (await _only_order(world)).state
            await follow_step(world.deps, world.agent.scope, world.visit_id)  # as at start-up
            await settle_orders(world.deps, min_age_s=0)
            await settle_orders(world.deps, min_age_s=0)

            await _judge(world, action_id, was, before)
    assert border > 8


def _copy_database(source: Path, target: Path) -> None:
    target.mkdir()
    (target / "counter.db").write_bytes((source / "counter.db").read_bytes())


async def _judge(world: OrderWorld, action_id: str, was: OrderState, before: int) -> None:
    order = await _only_order(world)
    after = (await world.bss.find(NUMBER)).version  # type: ignore[union-attr]
    done = await world.bss.query(order.idempotency_key)
    messages = await world.inbox.messages(CONTACT) + await world.inbox.messages(NUMBER)
    if was is OrderState.AWAITING_CUSTOMER:
        assert order.state is OrderState.AWAITING_CUSTOMER
        assert (await world.step()).order_id == order.id
        assert (done, messages, after) == (None, [], before)
        return
    if action_id == "reset_service_password":
        await _judge_secret(world, order, done)
        return
    assert order.state is OrderState.SUCCEEDED
    assert done is not None
    assert done.done
    assert after - before == (1 if action_id == "suspend_service" else 0)
    assert len(messages) == 1
    if action_id == "query_puk":
        assert (await world.step()).sealed
        assert world.media.sealed
    receipts = [e for e in await world.events("receipt") if e["order_id"] == order.id]
    assert len(receipts) == 1


async def _judge_secret(world: OrderWorld, order: Any, done: Any) -> None:
    """The secret dies with the process: it had its effect, or never will, and we say which."""
    changed = await world.bss.check_password(NUMBER, NEW_PASSWORD)
    match order.state:
        case OrderState.SUCCEEDED:
            assert changed
        case OrderState.FAILED:
            assert order.failure == "secret_missing"
            assert not changed
            assert not done.done
        case state:
            assert state is OrderState.CONFIRMED  # still waits for the customer to key it
            assert (done, changed) == (None, False)


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
    await asyncio.sleep(0.3)  # the operator's late answer is over now
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
    with suppress(Killed):
        await world.spawner.run()
