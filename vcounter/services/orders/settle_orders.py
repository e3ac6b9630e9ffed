"""The sweep that leaves no order hanging: at start and every few seconds, across tenants."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from vcounter.domain.errors import OperatorUnavailable, WrongState
from vcounter.domain.order import Order, OrderState
from vcounter.domain.visit import OPEN_STATES, Visit
from vcounter.services.context import Deps
from vcounter.services.orders.commit_order import ask_operator, submit_order
from vcounter.services.orders.order_events import reopen, withdraw
from vcounter.services.orders.schedule import TOLD, submit_due, tell_scheduled
from vcounter.services.orders.stages import is_approved, tell_leads, waits_for
from vcounter.services.ports import Scope

INTERVAL_S = 15.0
# Younger ones are still in the hands of the request that moved them.
MIN_AGE_S = 15.0

_IN_FLIGHT = (OrderState.CONFIRMED, OrderState.SUBMITTED, OrderState.UNKNOWN)
# What a former run left is asked at once, however long it was to wait.
_WHENEVER = timedelta(days=1)
_AWAITED = (OrderState.DRAFT, OrderState.AWAITING_CUSTOMER)
_TO_APPROVE = (OrderState.AWAITING_APPROVAL,)


async def run_settling(deps: Deps, interval_s: float = INTERVAL_S) -> None:
    """Settle what a former run left, then sweep until cancelled."""
    await settle_orders(deps, min_age_s=0.0)
    while True:
        await asyncio.sleep(interval_s)
        await settle_orders(deps)


async def settle_orders(deps: Deps, *, min_age_s: float = MIN_AGE_S) -> int:
    """One sweep; returns how many orders it looked at. Safe to run at any time and to race.

    `min_age_s=0` at start-up: nobody else can be working on what a former run left.

    Confirmed: submitted, unless it waits for a secret or stands under duress; those expire with
    their visit. Submitted or unknown: the operator is asked, at intervals that grow, and told again
    only if it never saw the key. Scheduled: submitted when its time has come. Not yet confirmed, or
    not yet approved: expires with its visit.
    """
    async with deps.db.read(None) as uow:
        by = deps.clock.now() + (timedelta() if min_age_s else _WHENEVER)
        flying = await uow.orders.to_try(_IN_FLIGHT, by)
        scheduled = await uow.orders.in_states((OrderState.SCHEDULED,))
        timely = await uow.orders.due(deps.clock.now())
        awaited = await uow.orders.in_states(_AWAITED)
        to_approve = await uow.orders.in_states(_TO_APPROVE)
    before = deps.clock.now() - timedelta(seconds=min_age_s)
    due = [order for order in flying if _since(order) <= before]
    for order in due:
        try:
            await _push_on(deps, order)
        except (OperatorUnavailable, WrongState):
            continue  # it moved meanwhile, or the next sweep finds it again
    for order in awaited:
        await _expire_if_over(deps, order)
    for order in to_approve:
        if is_approved(order):
            await submit_order(deps, _scope(order), order.id, recovering=True)
        await _expire_if_over(deps, order)
    for order in scheduled:
        if TOLD not in order.result:
            await tell_scheduled(deps, _scope(order), order.id)
    for order in timely:
        await submit_due(deps, _scope(order), order.id)
    return len(due) + len(awaited) + len(to_approve) + len(timely)


def _since(order: Order) -> datetime:
    return order.submitted_at or order.confirmed_at or order.created_at


async def _push_on(deps: Deps, order: Order) -> None:
    scope = _scope(order)
    if order.state is not OrderState.CONFIRMED:
        await ask_operator(deps, scope, order.id)
    elif waits_for(order) is not None:
        await _expire_if_over(deps, order)
    else:
        await submit_order(deps, scope, order.id, recovering=True)
        await _expire_if_over(deps, order)


async def _expire_if_over(deps: Deps, order: Order) -> None:
    """An order that nobody can confirm or key a secret for any more."""
    scope = _scope(order)
    async with deps.db.read(scope) as uow:
        visit = await uow.visits.get(order.visit_id)
    if _is_open(visit):
        return
    async with deps.db.write(scope) as uow:
        fresh = await uow.orders.get(order.id)
        if fresh.state not in (*_AWAITED, *_TO_APPROVE, OrderState.CONFIRMED):
            return
        await withdraw(uow, deps, visit, fresh, OrderState.EXPIRED, "system")
        if order.state in _TO_APPROVE:
            await tell_leads(uow, fresh)
    await reopen(deps, scope, visit.id)


def _scope(order: Order) -> Scope:
    return Scope(order.tenant_id, order.region)


def _is_open(visit: Visit) -> bool:
    return visit.state in OPEN_STATES
