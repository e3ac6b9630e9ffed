"""Disclosures: from the operator's system to the customer's screen, with nobody in between.

The bridge is shut before the step goes up, and the value is fetched only while it is up and the
bridge says it is shut. The value passes through this process once and is kept nowhere.
"""

from __future__ import annotations

import json

from vcounter.actions import registry
from vcounter.actions.base import lang_of
from vcounter.domain.errors import MediaUnavailable, StepGone, WrongState
from vcounter.domain.ids import OrderId, StepId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.steps import StepKind, StepState
from vcounter.domain.visit import Visit
from vcounter.services.context import CustomerCaller, Deps, StaffCaller
from vcounter.services.orders.order_events import reopen
from vcounter.services.orders.order_guard import order_step, require_customer
from vcounter.services.orders.order_views import facts_of, order_view, words_of
from vcounter.services.ports import AuditLine, Disclosed, UnitOfWork
from vcounter.services.visits import seal
from vcounter.services.visits.open_visit import require_serving
from vcounter.services.visits.steps import end_step, push_step


async def push_disclosure(
    uow: UnitOfWork, deps: Deps, visit: Visit, order: Order, actor: str
) -> None:
    """Put the sealed screen up, in the caller's transaction. The bridge must be shut before."""
    action = registry.action(order.action_id)
    receipt = words_of(order).receipt(facts_of(order), lang_of(visit.lang))
    notes = [line.value for line in receipt.lines[1:2]]  # the one line that says what to mind
    params = {
        "kind": action.discloses or "",
        "title": receipt.title,
        "lines": json.dumps(notes, ensure_ascii=False),
    }
    await push_step(
        uow,
        deps.clock,
        deps.ids,
        visit,
        StepKind.SHOW,
        params,
        actor=actor,
        sealed=True,
        order_id=order.id,
    )


async def push_shown(uow: UnitOfWork, deps: Deps, visit: Visit, order: Order, actor: str) -> None:
    """Show openly what an order found (a balance, a bill), in the caller's transaction.

    Nothing that the agent is showing meanwhile is pushed off the customer's screen for it.
    """
    shows = registry.action(order.action_id).shows
    current = await uow.steps.current(visit.id)
    busy = current is not None and current.order_id != order.id
    if shows is None or busy or order.reverses_id is not None:
        return
    shown = shows(facts_of(order), lang_of(visit.lang))
    if not shown.lines:
        return
    params = {
        "kind": "shown",
        "title": shown.title,
        "lines": json.dumps(shown.lines, ensure_ascii=False),
    }
    await push_step(
        uow,
        deps.clock,
        deps.ids,
        visit,
        StepKind.SHOW,
        params,
        actor=actor,
        order_id=order.id,
    )


async def show_again(deps: Deps, caller: StaffCaller, order_id: OrderId) -> dict[str, object]:
    """Put a done disclosure back on the customer's screen; the operator limits how long and often.

    Raises WrongState, VisitGone, MediaUnavailable.
    """
    async with deps.db.read(caller.scope) as uow:
        order = await uow.orders.get(order_id)
        require_serving(await uow.visits.get(order.visit_id), caller)
    if registry.action(order.action_id).discloses is None:
        raise WrongState("nothing to show", state=order.state.value)
    await seal.shut(deps, order.visit_id)
    try:
        async with deps.db.write(caller.scope) as uow:
            order = await uow.orders.get(order_id)
            visit = await uow.visits.get(order.visit_id)
            require_serving(visit, caller)
            if order.state is not OrderState.SUCCEEDED:
                raise WrongState("nothing to show", state=order.state.value)
            current = await uow.steps.current(visit.id)
            if current is None or current.order_id != order.id:
                await push_disclosure(uow, deps, visit, order, caller.id)
            return order_view(order, visit.lang)
    finally:
        await reopen(deps, caller.scope, order.visit_id)


async def reveal_step(deps: Deps, caller: CustomerCaller, step_id: StepId) -> Disclosed:
    """The value behind the sealed screen that is up, for the customer's page alone.

    Given only while the visit is served, the step is up and the bridge confirms that it is shut;
    all of it is asked again after the operator answered, and the value dropped if it changed.
    Raises StepGone, VisitGone, MediaUnavailable, NotFound, PreconditionFailed, OperatorUnavailable.
    """
    async with deps.db.write(caller.scope) as uow:
        order = await _disclosed(uow, caller, step_id)
        subject = deps.keys.blind_index(order.msisdn)
        await uow.audit.write(AuditLine(caller.party.id, "order.reveal", order.id, subject))
    await _require_shut(deps, order)
    disclosed = await deps.bss.reveal(order.idempotency_key)
    async with deps.db.read(caller.scope) as uow:
        await _disclosed(uow, caller, step_id)
    await _require_shut(deps, order)
    return disclosed


async def _disclosed(uow: UnitOfWork, caller: CustomerCaller, step_id: StepId) -> Order:
    step, order = await order_step(uow, caller, step_id)
    visit = await uow.visits.get(caller.party.visit_id)
    require_customer(visit, order, caller)
    if step.kind is not StepKind.SHOW or not step.sealed or order.state is not OrderState.SUCCEEDED:
        raise StepGone("nothing to reveal")
    return order


async def _require_shut(deps: Deps, order: Order) -> None:
    if not (await deps.media.recording(order.visit_id)).sealed:
        raise MediaUnavailable("the bridge is not shut")


async def close_disclosure(deps: Deps, caller: CustomerCaller, step_id: StepId) -> None:
    """The customer has read it: the screen goes, then the bridge opens. Raises StepGone."""
    async with deps.db.write(caller.scope) as uow:
        step, order = await order_step(uow, caller, step_id)
        visit = await uow.visits.get(caller.party.visit_id)
        if step.kind is not StepKind.SHOW or order.party_id != caller.party.id:
            raise StepGone("not a disclosure")
        await end_step(uow, deps.clock, visit, step, StepState.DONE, {"result": "seen"})
    await reopen(deps, caller.scope, caller.party.visit_id)
