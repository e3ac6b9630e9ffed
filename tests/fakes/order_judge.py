"""What must be true of an order after a crash, a restart and the sweep."""

from __future__ import annotations

from tests.fakes.order_world import CONTACT, NEW_PASSWORD, NUMBER, OrderWorld
from vcounter.domain.order import Order, OrderState
from vcounter.services.orders.settle_orders import settle_orders
from vcounter.services.ports import BssResult
from vcounter.services.visits.seal import follow_step


async def only_order(world: OrderWorld) -> Order:
    async with world.deps.db.read(world.agent.scope) as uow:
        [order] = await uow.orders.of_visit(world.visit_id)
    return order


async def version(world: OrderWorld) -> int:
    found = await world.bss.find(NUMBER)
    assert found is not None
    return found.version


async def restart_and_judge(world: OrderWorld, action_id: str, before: int) -> None:
    """Run what a start runs, twice, then look: confirmed means one effect, else none."""
    was = (await only_order(world)).state
    await follow_step(world.deps, world.agent.scope, world.visit_id)
    await settle_orders(world.deps, min_age_s=0)
    await settle_orders(world.deps, min_age_s=0)

    order = await only_order(world)
    done = await world.bss.query(order.idempotency_key)
    if was is OrderState.AWAITING_CUSTOMER:
        assert order.state is OrderState.AWAITING_CUSTOMER
        assert (await world.step()).order_id == order.id
        assert (done, await version(world), await world.sent()) == (None, before, [])
    elif action_id == "reset_service_password":
        await _judge_secret(world, order, done)
    else:
        await _judge_done(world, order, done, before)


async def _judge_done(world: OrderWorld, order: Order, done: BssResult | None, before: int) -> None:
    assert order.state is OrderState.SUCCEEDED
    assert done is not None
    assert done.done
    changes = 0 if order.action_id == "query_puk" else 1
    assert await version(world) == before + changes
    assert await world.sent() == [(CONTACT, f"receipt.{order.action_id}")]
    receipts = [e for e in await world.events("receipt") if e["order_id"] == order.id]
    assert len(receipts) == 1
    if order.action_id == "query_puk":
        assert (await world.step()).sealed
        assert world.media.sealed


async def _judge_secret(world: OrderWorld, order: Order, done: BssResult | None) -> None:
    """The secret dies with the process: it had its effect, or never will, and we say which."""
    changed = await world.bss.check_password(NUMBER, NEW_PASSWORD)
    match order.state:
        case OrderState.SUCCEEDED:
            assert changed
        case OrderState.FAILED:
            assert order.failure == "secret_missing"
            assert done is not None
            assert not changed
            assert not done.done
        case state:
            assert state is OrderState.CONFIRMED  # still waits for the customer to key it
            assert (done, changed) == (None, False)
