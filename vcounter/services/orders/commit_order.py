"""From the customer's yes to a settled order: submit, ask, settle, receipt.

Each stage is one transaction. The operator is called between them with the order's key, so that
after a crash anywhere the same stages, run again, have one effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from vcounter.actions import registry
from vcounter.domain.errors import (
    AssuranceTooLow,
    InvalidInput,
    KeyReused,
    MediaUnavailable,
    NotFound,
    NotRecording,
    OperatorUnavailable,
    StepGone,
    WrongState,
)
from vcounter.domain.identity import L3_KINDS, Evidence
from vcounter.domain.ids import OrderId, StepId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.steps import StepKind, StepState
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.context import CustomerCaller, Deps
from vcounter.services.orders.disclose import push_disclosure, push_shown
from vcounter.services.orders.how_to import send_how_to
from vcounter.services.orders.order_events import reopen, tell
from vcounter.services.orders.order_guard import (
    may_commit,
    order_step,
    require_assurance,
    require_customer,
    require_recording,
)
from vcounter.services.orders.order_receipts import Receipted, send_receipt
from vcounter.services.orders.order_views import UNDO_URL
from vcounter.services.orders.pages import await_page, close_page_step
from vcounter.services.orders.parts import COMPENSATION_FAILED, finish_parts
from vcounter.services.orders.second_level import second_failure, second_may_commit
from vcounter.services.orders.stages import is_approved, schedule, waits_for, wants_approval
from vcounter.services.orders.undo_url import undo_url
from vcounter.services.ports import BssCommand, BssResult, Scope, UnitOfWork
from vcounter.services.visits import seal
from vcounter.services.visits.steps import end_step

_AT_OPERATOR = frozenset({OrderState.SUBMITTED, OrderState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class _Claim:
    """An order that goes to the operator now, or, when `go` is False, one that must not."""

    order: Order
    go: bool


async def submit_order(
    deps: Deps, scope: Scope, order_id: OrderId, *, recovering: bool = False
) -> None:
    """Bring a confirmed order to the operator and settle it. Safe to repeat at any time.

    Assurance and coercion are asked again, and the recording too unless `recovering`: after a crash
    it cannot be growing, and it was when the customer said yes. An order that may not go on fails
    with that reason; one under duress or suspicion silently stays where it is. No answer leaves it
    `unknown`.
    """
    standing = None if recovering else await _recording_failure(deps, scope, order_id)
    try:
        async with deps.db.write(scope) as uow:
            claim = await _claim(uow, deps, order_id, standing)
    except WrongState:
        return  # somebody else moved it at the same moment
    if claim.go:
        await _execute(deps, scope, claim.order, secret=None)


async def _recording_failure(deps: Deps, scope: Scope, order_id: OrderId) -> str | None:
    async with deps.db.read(scope) as uow:
        order = await uow.orders.get(order_id)
        visit = await uow.visits.get(order.visit_id)
    try:
        await require_recording(deps, visit, registry.action(order.action_id))
    except (NotRecording, MediaUnavailable) as error:
        return error.code
    return None


async def _claim(uow: UnitOfWork, deps: Deps, order_id: OrderId, standing: str | None) -> _Claim:
    order = await uow.orders.get(order_id)
    if order.state is OrderState.SUBMITTED:
        return _Claim(order, go=True)
    if not _is_ready(order, deps.clock.now()):
        return _Claim(order, go=False)
    visit = await uow.visits.get(order.visit_id)
    if order.state is not OrderState.UNKNOWN:
        if not (await may_commit(uow, visit.id) and await second_may_commit(uow, order)):
            return _Claim(order, go=False)
        failure = await _assurance_failure(uow, order) or await second_failure(uow, order)
        failure = failure or standing
        if failure is not None:
            order.failure = failure
            await move(uow, deps, visit, order, OrderState.FAILED)
            return _Claim(order, go=False)
        if await schedule(uow, deps, visit, order):
            return _Claim(order, go=False)
    await move(uow, deps, visit, order, OrderState.SUBMITTED)
    return _Claim(order, go=True)


def _is_ready(order: Order, now: datetime) -> bool:
    """Whether nobody has to say or give anything more before the operator hears of it."""
    match order.state:
        case OrderState.CONFIRMED:
            return waits_for(order) is None and not wants_approval(order)
        case OrderState.AWAITING_APPROVAL:
            return is_approved(order)
        case OrderState.SCHEDULED:
            return order.due_at is not None and order.due_at <= now
        case OrderState.UNKNOWN:
            return True
        case _:
            return False


async def _assurance_failure(uow: UnitOfWork, order: Order) -> str | None:
    evidence = await uow.evidence.of_visit(order.visit_id)
    try:
        _require(order, evidence)
    except AssuranceTooLow as error:
        return error.code
    return None


def _require(order: Order, evidence: Sequence[Evidence]) -> None:
    """Raises AssuranceTooLow."""
    require_assurance(
        registry.action(order.action_id),
        _for_order(order, evidence),
        order.party_id,
        order.msisdn,
        order.inputs,
        undoing=order.reverses_id is not None,
    )


def _for_order(order: Order, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Once a second person approved this order, the read-back of another one says nothing about it:
    of what makes L3 only that counts which the approval saw."""
    if not is_approved(order):
        return list(evidence)
    at = datetime.fromisoformat(order.approval["at"])
    return [e for e in evidence if e.kind not in L3_KINDS or e.at <= at]


async def move(uow: UnitOfWork, deps: Deps, visit: Visit, order: Order, state: OrderState) -> None:
    """Store a change that the server made, with what it leaves behind."""
    order.to(state, deps.clock.now())
    await uow.orders.save(order)
    await tell(uow, deps, visit, order, "system", f"order.{state.value}")


async def submit_secret(deps: Deps, caller: CustomerCaller, step_id: StepId, secret: str) -> None:
    """Take the secret from the sealed pad and pass it to the operator; it is kept nowhere.

    One that cannot be taken raises InvalidInput and leaves the pad up. Raises also StepGone,
    VisitGone, NotRecording, AssuranceTooLow, MediaUnavailable, OperatorUnavailable.
    """
    async with deps.db.read(caller.scope) as uow:
        _, order = await order_step(uow, caller, step_id)
        visit = await uow.visits.get(caller.party.visit_id)
    action = registry.action(order.action_id)
    record = await deps.bss.find(order.msisdn)
    reason = action.check_secret(secret, order.msisdn, record.birth if record else None)
    if reason is not None:
        raise InvalidInput("secret refused", field="answer.digits", reason=reason)
    await require_recording(deps, visit, action)
    async with deps.db.write(caller.scope) as uow:
        order = await _claim_secret(uow, deps, caller, step_id)
    await reopen(deps, caller.scope, order.visit_id)
    if order.state is OrderState.SUBMITTED:
        deps.spawn(_execute(deps, caller.scope, order, secret=secret), f"submit {order.id}")


async def _claim_secret(
    uow: UnitOfWork, deps: Deps, caller: CustomerCaller, step_id: StepId
) -> Order:
    step, order = await order_step(uow, caller, step_id)
    visit = await uow.visits.get(caller.party.visit_id)
    require_customer(visit, order, caller)
    if step.kind is not StepKind.NUMBER_PAD or order.state is not OrderState.CONFIRMED:
        raise StepGone("no secret wanted")
    evidence = await uow.evidence.of_visit(visit.id)
    _require(order, evidence)
    await end_step(uow, deps.clock, visit, step, StepState.DONE, {"result": "given"})
    if await may_commit(uow, visit.id):
        await move(uow, deps, visit, order, OrderState.SUBMITTED)
    return order


async def _execute(deps: Deps, scope: Scope, order: Order, *, secret: str | None) -> None:
    try:
        result = await deps.bss.execute(await _command(deps, scope, order, secret))
        result = await finish_parts(deps, order, result)
    except OperatorUnavailable:
        with suppress(WrongState):  # settled at the same moment by the sweep
            await _mark_unknown(deps, scope, order.id)
        return
    except (KeyReused, NotFound) as error:
        result = BssResult(False, error.code, order.bss_version)
    if result.pending:
        await await_page(deps, scope, order.id, result)
    else:
        await settle_order(deps, scope, order.id, result)


async def _command(deps: Deps, scope: Scope, order: Order, secret: str | None) -> BssCommand:
    reverses = ""
    if order.reverses_id is not None:
        async with deps.db.read(scope) as uow:
            reverses = (await uow.orders.get(order.reverses_id)).idempotency_key
    return BssCommand(
        idempotency_key=order.idempotency_key,
        action_id=order.action_id,
        msisdn=order.msisdn,
        version=order.bss_version,
        inputs=order.inputs,
        secret=secret,
        reverses=reverses,
    )


async def _mark_unknown(deps: Deps, scope: Scope, order_id: OrderId) -> None:
    async with deps.db.write(scope) as uow:
        order = await uow.orders.get(order_id)
        if order.state is OrderState.SUBMITTED:
            visit = await uow.visits.get(order.visit_id)
            order.try_later(deps.clock.now())
            await move(uow, deps, visit, order, OrderState.UNKNOWN)


async def _try_later(deps: Deps, scope: Scope, order_id: OrderId) -> None:
    with suppress(WrongState):  # it moved at the same moment
        async with deps.db.write(scope) as uow:
            order = await uow.orders.get(order_id)
            if order.state not in _AT_OPERATOR:
                return
            order.try_later(deps.clock.now())
            await uow.orders.save(order)
            if order.dead_since is not None:
                visit = await uow.visits.get(order.visit_id)
                await tell(uow, deps, visit, order, "system", "order.dead")


async def ask_operator(deps: Deps, scope: Scope, order_id: OrderId) -> None:
    """Settle an order whose outcome is not known here: ask, and only if the operator never saw its
    key, send it again under the same key.

    A secret is gone by then; the operator refuses without it, for good, so that a late original
    cannot take effect after we said that it failed.
    """
    async with deps.db.read(scope) as uow:
        order = await uow.orders.get(order_id)
    if order.state not in _AT_OPERATOR:
        return
    try:
        result = await deps.bss.query(order.idempotency_key)
    except OperatorUnavailable:
        await _try_later(deps, scope, order_id)
        return
    if result is None:
        await submit_order(deps, scope, order_id, recovering=True)
        return
    if result.pending:
        return  # the customer is still on the operator's page
    try:
        result = await finish_parts(deps, order, result)
    except OperatorUnavailable:
        await _try_later(deps, scope, order_id)
        return
    await settle_order(deps, scope, order_id, result)


async def settle_order(deps: Deps, scope: Scope, order_id: OrderId, result: BssResult) -> None:
    """Record the operator's outcome once: state, audit, receipt, and the disclosure's screen.

    The SMS goes out before the commit, under a key of the order's own: a crash between the two
    repeats the stage and sends nothing twice. Safe to repeat and to race.
    """
    async with deps.db.read(scope) as uow:
        order = await uow.orders.get(order_id)
        visit = await uow.visits.get(order.visit_id)
    if order.state not in _AT_OPERATOR:
        return
    receipted = Receipted("nobody", None)
    if result.done:
        order.result = {**order.result, **result.values}
        try:
            receipted = await send_receipt(deps, visit, order, await undo_url(deps, visit, order))
            await send_how_to(deps, visit, order)
        except OperatorUnavailable:
            await _try_later(deps, scope, order_id)
            return  # still in flight: the next round knows whose card may get the receipt
    shut = result.done and await _shut_for_disclosure(deps, visit, order)
    try:
        async with deps.db.write(scope) as uow:
            await _settle(uow, deps, order_id, result, receipted, disclose=shut)
    except WrongState:
        return  # somebody else settled it at the same moment
    finally:
        if shut:
            await reopen(deps, scope, visit.id)


async def _shut_for_disclosure(deps: Deps, visit: Visit, order: Order) -> bool:
    """Whether the sealed screen may go up at once; if not, the agent shows it again later."""
    if registry.action(order.action_id).discloses is None:
        return False
    if visit.state is not VisitState.SERVING:
        return False
    try:
        await seal.shut(deps, visit.id)
    except MediaUnavailable:
        return False
    return True


async def _settle(
    uow: UnitOfWork,
    deps: Deps,
    order_id: OrderId,
    result: BssResult,
    receipted: Receipted,
    *,
    disclose: bool,
) -> None:
    order = await uow.orders.get(order_id)
    if order.state not in _AT_OPERATOR:
        return
    visit = await uow.visits.get(order.visit_id)
    await close_page_step(uow, deps, visit, order, done=result.done)
    if not result.done:
        order.failure = result.reason
        order.to(OrderState.FAILED, deps.clock.now())
        if result.reason == COMPENSATION_FAILED:
            order.dead_since = deps.clock.now()
        await uow.orders.save(order)
        await tell(uow, deps, visit, order, "system", "order.failed")
        return
    if order.reverses_id is not None:
        await _mark_reversed(uow, deps, order)
    order.result = {**order.result, **result.values, "sms": receipted.sms}
    if receipted.undo_url:
        order.result[UNDO_URL] = receipted.undo_url
    await move(uow, deps, visit, order, OrderState.SUCCEEDED)
    if visit.state is not VisitState.SERVING:
        return
    if disclose:
        await push_disclosure(uow, deps, visit, order, "system")
    else:
        await push_shown(uow, deps, visit, order, "system")


async def _mark_reversed(uow: UnitOfWork, deps: Deps, reversal: Order) -> None:
    """What was taken back says so, in the transaction in which the taking back succeeds."""
    assert reversal.reverses_id is not None
    original = await uow.orders.get(reversal.reverses_id)
    if original.state is OrderState.SUCCEEDED:
        visit = await uow.visits.get(original.visit_id)
        await move(uow, deps, visit, original, OrderState.REVERSED)
