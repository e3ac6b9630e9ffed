"""Orders that were asked about in vain, or half undone: a person has to look at them."""

from __future__ import annotations

from vcounter.domain.errors import WrongState
from vcounter.domain.ids import OrderId
from vcounter.domain.order import Order, OrderState
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.orders.commit_order import ask_operator
from vcounter.services.orders.order_events import tell
from vcounter.services.orders.order_views import order_view
from vcounter.services.orders.parts import compensate_again
from vcounter.services.ports import AuditLine, Scope
from vcounter.services.views import iso


async def dead_orders(
    deps: Deps, caller: StaffCaller, limit: int, after: OrderId | None
) -> dict[str, object]:
    """The orders that were given up, in the order they were made; `next` continues. Audited."""
    items: list[dict[str, object]] = []
    async with deps.db.read(caller.scope) as uow:
        orders = await uow.orders.dead(limit, after)
        for order in orders:
            visit = await uow.visits.get(order.visit_id)
            items.append(
                {
                    "order": order_view(order, visit.lang),
                    "visit_id": order.visit_id,
                    "attempts": order.attempts,
                    "dead_since": iso(order.dead_since),
                }
            )
    async with deps.db.write(caller.scope) as uow:
        for order in orders:
            subject = deps.keys.blind_index(order.msisdn)
            await uow.audit.write(AuditLine(caller.id, "order.view", order.id, subject))
    return {"items": items, "next": orders[-1].id if len(orders) == limit else None}


async def retry_order(deps: Deps, caller: StaffCaller, order_id: OrderId) -> dict[str, object]:
    """Take a dead order up again: ask the operator anew, or undo anew what was left half done.

    What is half done stays on the list until it is undone, whatever is killed meanwhile. Raises
    NotFound, WrongState for an order that was not given up or is being undone. Audited.
    """
    async with deps.db.write(caller.scope) as uow:
        order = await uow.orders.get(order_id)
        visit = await uow.visits.get(order.visit_id)
        if order.dead_since is None:
            raise WrongState("not given up", state=order.state.value)
        if order.state is OrderState.FAILED:
            order.undo_again(deps.clock.now())
        else:
            order.take_up_again(deps.clock.now())
        await uow.orders.save(order)
        await tell(uow, deps, visit, order, caller.id, "order.retry")
        view = order_view(order, visit.lang)
    work = _compensate if order.state is OrderState.FAILED else _ask
    deps.spawn(work(deps, caller.scope, order), f"retry {order.id}")
    return view


async def _ask(deps: Deps, scope: Scope, order: Order) -> None:
    await ask_operator(deps, scope, order.id)


async def _compensate(deps: Deps, scope: Scope, order: Order) -> None:
    done = await compensate_again(deps, order)
    async with deps.db.write(scope) as uow:
        fresh = await uow.orders.get(order.id)
        visit = await uow.visits.get(order.visit_id)
        if done:
            fresh.undone()
        else:
            fresh.next_try_at = None
        await uow.orders.save(fresh)
        await tell(uow, deps, visit, fresh, "system", "order.compensate")
