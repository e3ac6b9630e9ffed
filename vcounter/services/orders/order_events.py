"""What every change of an order leaves behind: audit line, events, a bridge open again."""

from __future__ import annotations

from vcounter.domain.ids import VisitId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.steps import StepState
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps
from vcounter.services.orders.order_views import order_view, receipt_view
from vcounter.services.ports import AuditLine, Scope, UnitOfWork
from vcounter.services.visits import seal
from vcounter.services.visits.steps import end_step


async def tell(
    uow: UnitOfWork, deps: Deps, visit: Visit, order: Order, actor: str, verb: str
) -> None:
    """The audit line and the events of a change, in the change's own transaction."""
    detail = {"action": order.action_id, "state": order.state.value, "visit": order.visit_id}
    if order.failure:
        detail["failure"] = order.failure
    subject = deps.keys.blind_index(order.msisdn)
    await uow.audit.write(AuditLine(actor, verb, order.id, subject, detail))
    await uow.outbox.add(order.visit_id, "order", order_view(order, visit.lang), ("agent",))
    receipt = receipt_view(order, visit.lang)
    if receipt is not None:
        await uow.outbox.add(order.visit_id, "receipt", receipt, ("customer",))


async def withdraw(
    uow: UnitOfWork, deps: Deps, visit: Visit, order: Order, to: OrderState, actor: str
) -> None:
    """Cancel or expire an order and take its step off the screen, in the caller's transaction."""
    order.to(to, deps.clock.now())
    await uow.orders.save(order)
    current = await uow.steps.current(visit.id)
    if current is not None and current.order_id == order.id:
        await end_step(uow, deps.clock, visit, current, StepState.CANCELLED)
    await _end_seconds_step(uow, deps, order)
    await tell(uow, deps, visit, order, actor, f"order.{to.value}")


async def _end_seconds_step(uow: UnitOfWork, deps: Deps, order: Order) -> None:
    """The second holder is not asked any more either."""
    if order.second_visit_id is None:
        return
    current = await uow.steps.current(order.second_visit_id)
    if current is not None and current.order_id == order.id:
        beside = await uow.visits.get(order.second_visit_id)
        await end_step(uow, deps.clock, beside, current, StepState.CANCELLED)


async def reopen(deps: Deps, scope: Scope, visit_id: VisitId) -> None:
    """Make the seal follow the step after a commit."""
    await seal.follow_step(deps, scope, visit_id)
