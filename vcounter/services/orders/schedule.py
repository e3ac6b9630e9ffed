"""Orders that wait for their time: brought to the operator when it has come, told when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from vcounter.actions.base import Action, lang_of
from vcounter.domain.errors import (
    CounterError,
    InvalidInput,
    NotFound,
    OperatorUnavailable,
    WrongState,
)
from vcounter.domain.ids import OrderId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps
from vcounter.services.identity.evidence import scope_of
from vcounter.services.orders.commit_order import move, submit_order
from vcounter.services.orders.order_receipts import SMS_TIMEOUT_S, trusted_recipient
from vcounter.services.orders.order_views import facts_of
from vcounter.services.orders.undo_url import cancel_url
from vcounter.services.ports import Quote, Scope, Sms
from vcounter.services.sms.compose import compose

MAX_AHEAD = timedelta(days=90)
# A mark of coercion or fraud holds an order back; longer than this and nobody should get it.
GIVE_UP = timedelta(hours=24)
TOLD = "scheduled.told"


def check_due(action: Action, due_at: datetime | None, now: datetime) -> None:
    """Whether such an order may wait for that time: not one that the customer has to key something
    for, watch or pay. Raises InvalidInput."""
    if due_at is None:
        return
    if due_at.tzinfo is None or not now < due_at <= now + MAX_AHEAD:
        raise InvalidInput("not within 90 days", field="due_at", reason="range")
    if action.secret or action.discloses or action.shows or action.pays_on_page:
        raise InvalidInput("now or never", field="due_at", reason="unexpected")


async def submit_due(deps: Deps, scope: Scope, order_id: OrderId) -> None:
    """Bring an order whose time has come to the operator, if it still means what the customer was
    told. Safe to repeat and to race.

    Marks of coercion and fraud are asked again, and hold it back for a day at most. What is refused
    now the customer hears by SMS.
    """
    async with deps.db.read(scope) as uow:
        order = await uow.orders.get(order_id)
    if order.state is not OrderState.SCHEDULED:
        return
    try:
        quote = await deps.bss.quote(order.action_id, order.msisdn, order.inputs)
    except OperatorUnavailable:
        return  # the next sweep asks again
    except NotFound:
        quote = None
    reason = _moved(order, quote)
    with suppress(WrongState):
        if reason is None and quote is not None:
            await _take_version(deps, scope, order_id, quote.version)
            await submit_order(deps, scope, order_id, recovering=True)
        await _give_up(deps, scope, order_id, reason)


def _moved(order: Order, quote: Quote | None) -> str | None:
    """Why the order is not what the customer agreed to any more."""
    if quote is None:
        return "not_found"
    failing = [check.code for check in quote.checks if not check.ok]
    if failing:
        return failing[0]
    return None if quote.price_fen == facts_of(order).price_fen else "version_moved"


async def _take_version(deps: Deps, scope: Scope, order_id: OrderId, version: int) -> None:
    """The record may have moved since; what the order means has not."""
    async with deps.db.write(scope) as uow:
        order = await uow.orders.get(order_id)
        if order.state is OrderState.SCHEDULED and order.bss_version != version:
            order.bss_version = version
            await uow.orders.save(order)


async def _give_up(deps: Deps, scope: Scope, order_id: OrderId, reason: str | None) -> None:
    async with deps.db.read(scope) as uow:
        order = await uow.orders.get(order_id)
        visit = await uow.visits.get(order.visit_id)
    assert order.due_at is not None
    late = order.due_at + GIVE_UP <= deps.clock.now()
    held = order.state is OrderState.SCHEDULED
    if order.state is OrderState.FAILED or (held and (reason or late)):
        await tell_refused(deps, visit, order)
    if not held or not (reason or late):
        return
    async with deps.db.write(scope) as uow:
        order = await uow.orders.get(order_id)
        if order.state is not OrderState.SCHEDULED:
            return
        order.failure = reason
        state = OrderState.FAILED if reason else OrderState.EXPIRED
        await move(uow, deps, visit, order, state)


async def tell_refused(deps: Deps, visit: Visit, order: Order) -> None:
    """By SMS, once: an order that waited for its time was not carried out."""
    await _send(deps, visit, order, "refused", {"tail": order.msisdn[-4:]})


async def tell_scheduled(deps: Deps, scope: Scope, order_id: OrderId) -> None:
    """By SMS, once: when it will be done, and the link that cancels it. Safe to repeat."""
    async with deps.db.read(scope) as uow:
        order = await uow.orders.get(order_id)
        visit = await uow.visits.get(order.visit_id)
    if order.state is not OrderState.SCHEDULED or TOLD in order.result or order.due_at is None:
        return
    lang = lang_of(visit.lang)
    local = order.due_at.astimezone(facts_of(order).zone)
    at = f"{local:%Y-%m-%d %H:%M}" if lang == "en" else f"{local.month}月{local.day}日{local:%H:%M}"
    url = await cancel_url(deps, visit, order)
    values = {"at": at, "tail": order.msisdn[-4:], "url": url}
    await _send(deps, visit, order, "scheduled", values)
    async with deps.db.write(scope) as uow:
        order = await uow.orders.get(order_id)
        if order.state is OrderState.SCHEDULED:
            order.result = {**order.result, TOLD: "yes"}
            await uow.orders.save(order)


async def _send(
    deps: Deps, visit: Visit, order: Order, what: str, values: Mapping[str, str]
) -> None:
    """A gateway or an operator that fails holds nothing up."""
    scope = scope_of(visit)
    words = await compose(deps, scope, f"order.{what}", lang_of(visit.lang), values)
    with suppress(CounterError, TimeoutError):
        record = await deps.bss.find(order.msisdn)
        to = trusted_recipient(order, record) if record else None
        if to is None:
            return
        async with asyncio.timeout(SMS_TIMEOUT_S):
            await deps.sms.send(
                Sms(
                    to,
                    words.text,
                    words.template,
                    f"{what}-{order.id}",
                    visit_id=visit.id,
                    scope=scope,
                    version=words.version,
                )
            )
