"""Taking a done order back: an order of its own that undoes another one at the operator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from vcounter.actions import registry
from vcounter.actions.base import Action
from vcounter.domain.errors import (
    AssuranceTooLow,
    KeyReused,
    PreconditionFailed,
    VisitGone,
    WrongState,
)
from vcounter.domain.identity import Assurance, Evidence, EvidenceKind, Level, covers
from vcounter.domain.ids import OrderId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.decide_identity import subscriber_of
from vcounter.services.orders.order_events import tell
from vcounter.services.orders.order_guard import require_assurance, require_recording
from vcounter.services.orders.order_views import freeze_quote, order_view
from vcounter.services.orders.run_action import own_key, require_quote
from vcounter.services.orders.undo_url import undo_until
from vcounter.services.ports import Quote, UnitOfWork
from vcounter.services.visits.open_visit import require_serving

_OVER = frozenset(
    {OrderState.FAILED, OrderState.DECLINED, OrderState.EXPIRED, OrderState.CANCELLED}
)


async def prepare_reversal(
    deps: Deps, caller: StaffCaller, order_id: OrderId, idempotency_key: str
) -> dict[str, object]:
    """Draft the taking back of a done order, in the visit the agent is serving: this one or a later
    one of the same number. Returns its view.

    The customer confirms it like any order; undoing wants the action's level, for L3 the level L2,
    and L1 at least of a party that did not make the order: a number alone is anybody's to say.
    Raises VisitGone, WrongState (not done, taken back already, or being taken back), NotFound,
    PreconditionFailed (`number_changed`, `cannot_undo`, `undo_too_late`, or the operator's reason),
    AssuranceTooLow, NotRecording, KeyReused, InvalidInput, OperatorUnavailable, MediaUnavailable.
    """
    async with deps.db.read(caller.scope) as uow:
        original = await uow.orders.get(order_id)
        visit = await _serving(uow, caller, original)
        evidence = await uow.evidence.of_visit(visit.id)
        zone = (await uow.tenants.get(visit.tenant_id)).timezone
    key = own_key(visit.id, idempotency_key)
    action = registry.action(original.action_id)
    _require_same_number(visit, original)
    same = await _same(deps, caller, visit, key, original.id)
    if same is not None:
        return order_view(same, visit.lang)
    require_undoable(action, original, deps.clock.now())
    _assured(action, evidence, visit, original)
    await require_recording(deps, visit, action)
    await subscriber_of(deps, visit)
    quote = await quote_undo(deps, original)
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit.id)
        require_serving(visit, caller)
        _require_same_number(visit, original)
        held = _assured(action, await uow.evidence.of_visit(visit.id), visit, original)
        order = await add_reversal(uow, deps, visit, original.id, key, quote, zone, held)
        order.maker_id = caller.id
        await uow.orders.save(order)
        await tell(uow, deps, visit, order, caller.id, "order.prepare_reversal")
        return order_view(order, visit.lang)


async def _serving(uow: UnitOfWork, caller: StaffCaller, original: Order) -> Visit:
    """The visit at the desk; of two holders that of the order's number."""
    serving = await uow.visits.of_agent(caller.id, (VisitState.SERVING,))
    if not serving:
        raise VisitGone("nobody at the desk", state="closed")
    return next((v for v in serving if v.msisdn == original.msisdn), serving[0])


def _require_same_number(visit: Visit, original: Order) -> None:
    if visit.msisdn != original.msisdn:
        raise PreconditionFailed("another number", reason="number_changed")


async def _same(
    deps: Deps, caller: StaffCaller, visit: Visit, key: str, original_id: OrderId
) -> Order | None:
    async with deps.db.read(caller.scope) as uow:
        found = [o for o in await uow.orders.of_visit(visit.id) if o.idempotency_key == key]
    if found and found[0].reverses_id != original_id:
        raise KeyReused("another order's key")
    return found[0] if found else None


def _assured(
    action: Action, evidence: Sequence[Evidence], visit: Visit, original: Order
) -> Assurance:
    held = require_assurance(
        action,
        evidence,
        visit.customer_party_id,
        original.msisdn,
        original.inputs,
        undoing=True,
    )
    if visit.customer_party_id == original.party_id or covers(held.level, Level.L1):
        return held
    raise AssuranceTooLow(
        action.id,
        needed=Level.L1.value,
        held=held.level.value,
        missing=[EvidenceKind.SMS_CODE.value],
        reference=held.reference.value,
        independent=False,
    )


def require_undoable(action: Action, original: Order, now: datetime) -> None:
    """The very order can be taken back, and in time. Raises WrongState, PreconditionFailed."""
    if original.state is not OrderState.SUCCEEDED:
        raise WrongState("nothing to take back", state=original.state.value)
    if action.undo_id != action.id or original.reverses_id is not None:
        raise PreconditionFailed("not taken back", reason="cannot_undo")
    until = undo_until(original.result)
    if until is not None and until <= now:
        raise PreconditionFailed("too late", reason="undo_too_late")


async def quote_undo(deps: Deps, original: Order) -> Quote:
    """What taking it back would mean now. Raises PreconditionFailed, OperatorUnavailable."""
    quote = await deps.bss.quote(
        original.action_id, original.msisdn, original.inputs, reverses=original.idempotency_key
    )
    require_quote(quote)
    return quote


async def add_reversal(
    uow: UnitOfWork,
    deps: Deps,
    visit: Visit,
    original_id: OrderId,
    key: str,
    quote: Quote,
    zone: str,
    held: Assurance,
) -> Order:
    """The draft of a reversal, in the caller's transaction; at most one of an order is on its way.

    Raises WrongState.
    """
    await uow.hold(f"reversal/{original_id}")
    original = await uow.orders.get(original_id)
    if original.state is not OrderState.SUCCEEDED:
        raise WrongState("taken back already", state=original.state.value)
    if any(o.state not in _OVER for o in await uow.orders.reversals_of(original_id)):
        raise WrongState("being taken back", state="reversing")
    assert visit.customer_party_id is not None
    order = Order(
        id=OrderId(deps.ids.new("ord")),
        tenant_id=visit.tenant_id,
        region=visit.region,
        visit_id=visit.id,
        party_id=visit.customer_party_id,
        action_id=original.action_id,
        msisdn=original.msisdn,
        maker_id=original.maker_id,
        idempotency_key=key,
        inputs=dict(original.inputs),
        state=OrderState.DRAFT,
        created_at=deps.clock.now(),
        bss_version=quote.version,
        assurance=held.level.value,
        reference=held.reference.value,
        result=freeze_quote(quote, zone),
        reverses_id=original.id,
    )
    await uow.orders.add(order)
    return order
