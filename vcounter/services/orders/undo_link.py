"""An undo link: the customer takes an order back without a visit, by a code to the number.

The token names an order and gives no power. Reading it changes nothing; a code is sent to the
number, never to a card that cannot be trusted, and the code with a yes undoes, once, in time.
Where more than a code is wanted the link opens a visit for exactly that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from vcounter.actions import registry
from vcounter.actions.base import Lang, Plain, lang_of
from vcounter.domain.attempts import AttemptKind, AttemptOutcome
from vcounter.domain.errors import (
    CodeWrong,
    InvalidInput,
    LinkInvalid,
    PreconditionFailed,
    TooMany,
    WrongState,
)
from vcounter.domain.identity import Assurance, Evidence, EvidenceKind, Outcome
from vcounter.domain.ids import OrderId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.visit import OPEN_STATES, Visit
from vcounter.services.context import Deps, sha256_hex
from vcounter.services.identity import attempts
from vcounter.services.identity.guesses import judge_code
from vcounter.services.identity.send_code import BARRED_STATES, put_code, send_secret
from vcounter.services.orders.commit_order import submit_order
from vcounter.services.orders.order_events import tell, withdraw
from vcounter.services.orders.order_guard import require_assurance
from vcounter.services.orders.order_views import facts_of
from vcounter.services.orders.reversal import add_reversal, quote_undo
from vcounter.services.orders.undo_url import undo_until, undone_by_code
from vcounter.services.ports import AuditLine, Link, Scope, Subscriber

# How the order behind a link stands: may be undone by a code; wants a visit; was undone; is being
# undone; the time is over; the customer is still with an agent, who can do it.
Standing = Literal["ready", "visit", "undone", "undoing", "late", "serving"]
_BUSY = frozenset({OrderState.CONFIRMED, OrderState.SUBMITTED, OrderState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Undoing:
    """What the page says: how it stands, and the order in the words of its undoing."""

    standing: Standing
    lang: Lang
    tail: str
    plain: Plain | None


@dataclass(frozen=True, slots=True)
class _Found:
    link: Link
    scope: Scope
    order: Order
    visit: Visit
    standing: Standing


async def read_link(deps: Deps, token: str) -> Undoing:
    """What the page shows; nothing changes. Raises LinkInvalid for a forged or foreign token,
    OperatorUnavailable."""
    found = await _find(deps, token)
    lang = lang_of(found.link.lang)
    action = registry.action(found.order.action_id)
    undone = action.words if found.order.state is OrderState.SCHEDULED else action.undone
    plain = undone.plain(facts_of(found.order), lang) if undone else None
    return Undoing(found.standing, lang, found.order.msisdn[-4:], plain)


async def _find(deps: Deps, token: str) -> _Found:
    async with deps.db.read(None) as uow:
        link = await uow.links.get(sha256_hex(token))
    if link is None or link.order_id is None:
        raise LinkInvalid("no undo link")
    scope = Scope(link.tenant_id, link.region)
    async with deps.db.read(scope) as uow:
        order = await uow.orders.get(link.order_id)
        visit = await uow.visits.get(order.visit_id)
        reversing = any(o.state in _BUSY for o in await uow.orders.reversals_of(order.id))
    record = await deps.bss.find(order.msisdn)
    standing = _standing(deps, link, order, visit, record, reversing=reversing)
    return _Found(link, scope, order, visit, standing)


def _standing(
    deps: Deps,
    link: Link,
    order: Order,
    visit: Visit,
    record: Subscriber | None,
    *,
    reversing: bool,
) -> Standing:
    if order.state in (OrderState.REVERSED, OrderState.CANCELLED):
        return "undone"
    if reversing:
        return "undoing"
    now, until = deps.clock.now(), undo_until(order.result)
    if link.expires_at <= now or (until is not None and until <= now):
        return "late"
    if visit.state in OPEN_STATES:
        return "serving"
    action = registry.action(order.action_id)
    trusted = record is not None and record.state not in BARRED_STATES
    mine = visit.customer_party_id == order.party_id
    if order.state is OrderState.SCHEDULED and trusted and mine:
        return "ready"
    if order.state is not OrderState.SUCCEEDED or not trusted:
        return "visit"
    if not mine or not undone_by_code(action, order):
        return "visit"
    return "ready"


async def send_undo_code(deps: Deps, token: str) -> Undoing:
    """Send a fresh code to the number; it counts against the number's limits like any other.

    Raises LinkInvalid, WrongState when a code does not undo it (any more), TooMany,
    OperatorUnavailable.
    """
    found = await _ready(deps, token)
    visit = _for_number(found)
    async with deps.db.write(found.scope) as uow:
        await attempts.require_room(uow, deps, visit, AttemptKind.CODE)
        await attempts.require_room(uow, deps, visit, AttemptKind.CODE_SENT)
        await attempts.note(uow, deps, visit, AttemptKind.CODE_SENT, AttemptOutcome.OPEN)
        code = await put_code(uow, deps, visit, "sms_code")
        subject = deps.keys.blind_index(found.order.msisdn)
        await uow.audit.write(AuditLine("undo_link", "order.undo_code", found.order.id, subject))
    await send_secret(deps, visit, found.order.msisdn, "sms_code", {"code": code})
    return await read_link(deps, token)


async def undo_by_code(deps: Deps, token: str, code: str) -> Undoing:
    """Take the order back: the code is right and the customer says yes. Once; a repeat finds it
    undone. Returns how it stands afterwards. A mark of coercion or fraud on the visit holds it back
    silently, like any order.

    Raises LinkInvalid, WrongState, CodeWrong, TooMany, InvalidInput, PreconditionFailed with the
    operator's reason, OperatorUnavailable.
    """
    if not (code.isascii() and code.isdigit() and len(code) <= 8):
        raise InvalidInput("digits only", field="code", reason="digits")
    found = await _ready(deps, token)
    if found.order.state is OrderState.SCHEDULED:
        await _cancel_by_code(deps, found, code)
        return await read_link(deps, token)
    visit, original = _for_number(found), found.order
    quote = await quote_undo(deps, original)
    async with deps.db.write(found.scope) as uow:
        left = await judge_code(uow, deps, visit, "sms_code", code)
        order_id = None
        if left == -1:
            held = _by_code(await uow.evidence.of_visit(visit.id), deps, original)
            zone = (await uow.tenants.get(visit.tenant_id)).timezone
            earlier = len(await uow.orders.reversals_of(original.id))
            key = f"{original.idempotency_key}#link{earlier}"
            order = await add_reversal(uow, deps, visit, original.id, key, quote, zone, held)
            await _confirm(deps, order)
            await uow.orders.save(order)
            await tell(uow, deps, visit, order, order.party_id, "order.undo_by_link")
            order_id = order.id
    if isinstance(left, TooMany):
        raise left
    if order_id is None:
        raise CodeWrong("wrong", tries_left=left)
    await submit_order(deps, found.scope, order_id, recovering=True)
    await _require_not_failed(deps, found.scope, order_id)
    return await read_link(deps, token)


async def _cancel_by_code(deps: Deps, found: _Found, code: str) -> None:
    """An order that waits for its time is cancelled; nothing has gone to the operator."""
    async with deps.db.write(found.scope) as uow:
        left = await judge_code(uow, deps, _for_number(found), "sms_code", code)
        if left == -1:
            order = await uow.orders.get(found.order.id)
            await withdraw(uow, deps, found.visit, order, OrderState.CANCELLED, order.party_id)
    if isinstance(left, TooMany):
        raise left
    if left != -1:
        raise CodeWrong("wrong", tries_left=left)


async def _ready(deps: Deps, token: str) -> _Found:
    found = await _find(deps, token)
    if found.standing != "ready":
        raise WrongState("not by a code", state=found.standing)
    return found


def _for_number(found: _Found) -> Visit:
    """The order's visit, as far as codes go: about the order's number."""
    return replace(found.visit, msisdn=found.order.msisdn)


def _by_code(evidence: list[Evidence], deps: Deps, original: Order) -> Assurance:
    """What the code alone carries: nothing that the visit held before counts. Raises
    AssuranceTooLow."""
    since = deps.clock.now() - timedelta(seconds=1)
    fresh = [
        e
        for e in evidence
        if e.kind is EvidenceKind.SMS_CODE and e.outcome is Outcome.PASSED and e.at >= since
    ]
    return require_assurance(
        registry.action(original.action_id),
        fresh,
        original.party_id,
        original.msisdn,
        original.inputs,
        undoing=True,
    )


async def _confirm(deps: Deps, order: Order) -> None:
    """The page's yes: shown, read and said in one step."""
    now = deps.clock.now()
    order.to(OrderState.AWAITING_CUSTOMER, now)
    order.to(OrderState.CONFIRMED, now)


async def _require_not_failed(deps: Deps, scope: Scope, order_id: OrderId) -> None:
    async with deps.db.read(scope) as uow:
        order = await uow.orders.get(order_id)
    if order.state is OrderState.FAILED:
        raise PreconditionFailed("refused", reason=order.failure or "refused")
