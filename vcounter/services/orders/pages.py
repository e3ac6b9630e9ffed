"""Orders that the customer finishes on a page of the operator's own: paying, signing at the bank.

Until then the order stays `submitted`. The page's address is for the customer's screen alone; it is
kept with the order, sealed, so that a reloaded page finds it again.
"""

from __future__ import annotations

from vcounter.actions.base import lang_of
from vcounter.domain.errors import StepGone
from vcounter.domain.ids import OrderId, StepId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.steps import StepKind, StepState
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.context import CustomerCaller, Deps
from vcounter.services.orders.order_guard import order_step, require_customer
from vcounter.services.orders.order_views import facts_of, words_of
from vcounter.services.ports import AuditLine, BssResult, Scope, UnitOfWork
from vcounter.services.visits.steps import end_step, push_step

_ADDRESS = "page.address"


async def await_page(deps: Deps, scope: Scope, order_id: OrderId, result: BssResult) -> None:
    """Keep the page's address and put its step on the customer's screen. Safe to repeat."""
    async with deps.db.write(scope) as uow:
        order = await uow.orders.get(order_id)
        if order.state is not OrderState.SUBMITTED:
            return
        visit = await uow.visits.get(order.visit_id)
        if result.page:
            order.result = {**order.result, _ADDRESS: result.page}
            await uow.orders.save(order)
        if visit.state is VisitState.SERVING and _ADDRESS in order.result:
            await push_page_step(uow, deps, visit, order, "system")


def has_page(order: Order) -> bool:
    """Whether the customer is to finish it on the operator's page now."""
    return order.state is OrderState.SUBMITTED and _ADDRESS in order.result


async def push_page_step(
    uow: UnitOfWork, deps: Deps, visit: Visit, order: Order, actor: str
) -> None:
    """The step that opens the page; what both sides see of it is only what the order is about."""
    current = await uow.steps.current(visit.id)
    if current is not None and current.order_id == order.id and current.kind is StepKind.PAY:
        return
    plain = words_of(order).plain(facts_of(order), lang_of(visit.lang))
    params = {"what": plain.what, "cost": plain.cost, "action_id": order.action_id}
    await push_step(
        uow, deps.clock, deps.ids, visit, StepKind.PAY, params, actor=actor, order_id=order.id
    )


async def close_page_step(
    uow: UnitOfWork, deps: Deps, visit: Visit, order: Order, *, done: bool
) -> None:
    """The page is over: its step leaves the screen, in the caller's transaction."""
    current = await uow.steps.current(visit.id)
    if current is None or current.order_id != order.id or current.kind is not StepKind.PAY:
        return
    state = StepState.DONE if done else StepState.FAILED
    await end_step(
        uow, deps.clock, visit, current, state, {"result": "done" if done else "not_done"}
    )


async def page_of_step(deps: Deps, caller: CustomerCaller, step_id: StepId) -> str:
    """The address of the operator's page, for the customer's screen alone; each reading is audited.

    Raises StepGone, VisitGone.
    """
    async with deps.db.write(caller.scope) as uow:
        step, order = await order_step(uow, caller, step_id)
        visit = await uow.visits.get(caller.party.visit_id)
        require_customer(visit, order, caller)
        address = order.result.get(_ADDRESS, "")
        if step.kind is not StepKind.PAY or not address:
            raise StepGone("no page")
        subject = deps.keys.blind_index(order.msisdn)
        await uow.audit.write(AuditLine(caller.party.id, "order.page", order.id, subject))
    return address
