"""An order from the agent's form to the customer's word: prepare, present, confirm, cancel.

What follows the word is in `commit_order`; `docs/orders.md` tells the whole life and what survives
which crash.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from vcounter.actions import registry
from vcounter.actions.base import Action, lang_of
from vcounter.domain.errors import (
    Forbidden,
    InvalidInput,
    KeyReused,
    NotRecording,
    PreconditionFailed,
    StepGone,
    WrongState,
)
from vcounter.domain.ids import Msisdn, OrderId, StepId, VisitId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.steps import StepKind, StepState
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.context import CustomerCaller, Deps, StaffCaller
from vcounter.services.identity.decide_identity import subscriber_of
from vcounter.services.identity.evidence import publish_identity
from vcounter.services.identity.new_contact import require_confirmed
from vcounter.services.identity.read_back import is_two_sided, keep_word, recording_of
from vcounter.services.orders.commit_order import submit_order
from vcounter.services.orders.order_events import reopen, tell, withdraw
from vcounter.services.orders.order_guard import (
    order_step,
    require_assurance,
    require_customer,
    require_recording,
)
from vcounter.services.orders.order_views import facts_of, freeze_quote, order_view, words_of
from vcounter.services.orders.pages import has_page, push_page_step
from vcounter.services.orders.schedule import check_due
from vcounter.services.orders.stages import go_on, tell_leads, waits_for, wants_approval
from vcounter.services.orders.switches import require_open
from vcounter.services.ports import AuditLine, Quote, RecordingStatus, UnitOfWork
from vcounter.services.visits import seal
from vcounter.services.visits.open_visit import require_serving
from vcounter.services.visits.steps import end_step, push_step

_KEY = re.compile(r"[\x21-\x7e]{1,80}")


async def prepare_order(
    deps: Deps,
    caller: StaffCaller,
    visit_id: VisitId,
    action_id: str,
    raw_inputs: Mapping[str, object],
    idempotency_key: str,
    due_at: datetime | None = None,
) -> dict[str, object]:
    """Draft an order after every check, and say in plain words what it means. Returns its view.

    With `due_at` it goes to the operator then, not at once. The same key and inputs return the same
    order, whatever became of it; other inputs raise KeyReused. Raises also NotFound, InvalidInput,
    ActionClosed, VisitGone, AssuranceTooLow, NotRecording, PreconditionFailed, OperatorUnavailable,
    MediaUnavailable.
    """
    action = registry.action(action_id)
    inputs = registry.parse_inputs(action, raw_inputs)
    key = own_key(visit_id, idempotency_key)
    now = deps.clock.now()
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        same = await _same_key(uow, visit, key, action_id, inputs)
        if same is not None:
            return order_view(same, visit.lang)
        require_serving(visit, caller)
        check_due(action, due_at, now)
        await require_open(uow, caller, action_id, due_at or now, now)
        msisdn = _number(visit)
        evidence = await uow.evidence.of_visit(visit_id)
        zone = (await uow.tenants.get(visit.tenant_id)).timezone
    require_assurance(action, evidence, visit.customer_party_id, msisdn, inputs, approved=False)
    await require_recording(deps, visit, action)
    record = await subscriber_of(deps, visit)
    require_confirmed(deps, action, inputs, evidence, visit, record)
    quote = await deps.bss.quote(action_id, msisdn, inputs)
    require_quote(quote)
    if due_at is not None:
        quote = replace(quote, effective_from=max(quote.effective_from, due_at))
    return await _draft(deps, caller, visit_id, action, inputs, key, quote, zone, due_at)


async def _draft(
    deps: Deps,
    caller: StaffCaller,
    visit_id: VisitId,
    action: Action,
    inputs: dict[str, str],
    key: str,
    quote: Quote,
    zone: str,
    due_at: datetime | None,
) -> dict[str, object]:
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        same = await _same_key(uow, visit, key, action.id, inputs)
        if same is not None:  # a double click that overtook us
            return order_view(same, visit.lang)
        require_serving(visit, caller)
        msisdn = _number(visit)
        evidence = await uow.evidence.of_visit(visit_id)
        held = require_assurance(
            action, evidence, visit.customer_party_id, msisdn, inputs, approved=False
        )
        assert visit.customer_party_id is not None
        order = Order(
            id=OrderId(deps.ids.new("ord")),
            tenant_id=visit.tenant_id,
            region=visit.region,
            visit_id=visit.id,
            party_id=visit.customer_party_id,
            action_id=action.id,
            msisdn=msisdn,
            maker_id=caller.id,
            idempotency_key=key,
            inputs=inputs,
            state=OrderState.DRAFT,
            created_at=deps.clock.now(),
            bss_version=quote.version,
            assurance=held.level.value,
            reference=held.reference.value,
            result=freeze_quote(quote, zone),
            due_at=due_at,
        )
        await uow.orders.add(order)
        await tell(uow, deps, visit, order, caller.id, "order.prepare")
        return order_view(order, visit.lang)


def own_key(visit_id: VisitId, key: str) -> str:
    """The key towards the operator: the client's, made unique by the visit. Raises InvalidInput."""
    if not _KEY.fullmatch(key):
        raise InvalidInput("1-80 printable characters", field="Idempotency-Key", reason="format")
    return f"{visit_id}:{key}"


def _number(visit: Visit) -> Msisdn:
    if visit.msisdn is None:
        raise PreconditionFailed("no number yet", reason="number_missing")
    return visit.msisdn


async def _same_key(
    uow: UnitOfWork, visit: Visit, key: str, action_id: str, inputs: Mapping[str, str]
) -> Order | None:
    for order in await uow.orders.of_visit(visit.id):
        if order.idempotency_key == key:
            mine = (order.action_id, order.inputs, order.reverses_id)
            if mine != (action_id, dict(inputs), None):
                raise KeyReused("other inputs under this key")
            return order
    return None


def require_quote(quote: Quote) -> None:
    """Raises PreconditionFailed with all that the operator refuses."""
    failing = [c.code for c in quote.checks if not c.ok]
    if failing:
        raise PreconditionFailed(failing[0], reason=failing[0], failing=failing)


async def present_order(deps: Deps, caller: StaffCaller, order_id: OrderId) -> dict[str, object]:
    """Put the order on the customer's screen; again, if its step was taken off meanwhile.

    An order whose customer has not finished on the operator's page gets that page back.
    A confirmed order that still waits for the customer's secret or signature gets its number pad or
    its signing field back.
    Raises WrongState, VisitGone, ActionClosed, MediaUnavailable.
    """
    async with deps.db.read(caller.scope) as uow:
        order = await uow.orders.get(order_id)
        require_serving(await uow.visits.get(order.visit_id), caller)
    pad = order.state is OrderState.CONFIRMED and waits_for(order) == "secret"
    if pad:
        await seal.shut(deps, order.visit_id)
    try:
        async with deps.db.write(caller.scope) as uow:
            order = await uow.orders.get(order_id)
            visit = await uow.visits.get(order.visit_id)
            require_serving(visit, caller)
            if visit.msisdn != order.msisdn:
                raise PreconditionFailed("another number now", reason="number_changed")
            if order.state is not OrderState.CONFIRMED and order.reverses_id is None:
                now = deps.clock.now()
                await require_open(uow, caller, order.action_id, order.due_at or now, now)
            await _show(uow, deps, caller, visit, order, pad=pad)
            return order_view(order, visit.lang)
    finally:
        await reopen(deps, caller.scope, order.visit_id)


async def _show(
    uow: UnitOfWork, deps: Deps, caller: StaffCaller, visit: Visit, order: Order, *, pad: bool
) -> None:
    current = await uow.steps.current(visit.id)
    if current is not None and current.order_id == order.id:
        return  # a double click
    if order.state is OrderState.CONFIRMED and waits_for(order) == (
        "secret" if pad else "signature"
    ):
        await go_on(uow, deps, visit, order, caller.id)
        return
    if has_page(order):
        await push_page_step(uow, deps, visit, order, caller.id)
        return
    if order.state is not OrderState.AWAITING_CUSTOMER:
        order.to(OrderState.AWAITING_CUSTOMER, deps.clock.now())
        await uow.orders.save(order)
    plain = words_of(order).plain(facts_of(order), lang_of(visit.lang))
    params = {**asdict(plain), "action_id": order.action_id}
    await push_step(
        uow,
        deps.clock,
        deps.ids,
        visit,
        StepKind.CONFIRM,
        params,
        actor=caller.id,
        order_id=order.id,
    )
    await tell(uow, deps, visit, order, caller.id, "order.present")


async def answer_confirm(
    deps: Deps, caller: CustomerCaller, step_id: StepId, *, confirmed: bool
) -> None:
    """The customer's word on their own screen. From here on nothing of a yes is lost or done twice.

    A yes is taken only if everything still holds. The order goes to the operator at once, or first
    to what it waits for (`stages`): the sealed pad, a signature, a second person, its time. Before
    a second person the yes is the read-back as well, said while both sides are recorded. Raises
    StepGone, VisitGone, AssuranceTooLow, NotRecording, MediaUnavailable; nothing was changed then.
    """
    async with deps.db.read(caller.scope) as uow:
        step, order = await order_step(uow, caller, step_id)
        visit = await uow.visits.get(caller.party.visit_id)
    if step.kind is not StepKind.CONFIRM:
        raise StepGone("not a question")
    action = registry.action(order.action_id)
    wants_secret = confirmed and waits_for(order) == "secret"
    recording = None
    if confirmed:
        await require_recording(deps, visit, action)
        recording = await recording_of(deps, visit)
    if wants_secret:
        await seal.shut(deps, visit.id)
    try:
        async with deps.db.write(caller.scope) as uow:
            go = confirmed and await _take_yes(uow, deps, caller, step_id, recording)
            if not confirmed:
                await _take_no(uow, deps, caller, step_id)
    finally:
        if wants_secret:
            await reopen(deps, caller.scope, visit.id)
    if go:
        deps.spawn(submit_order(deps, caller.scope, order.id), f"submit {order.id}")


async def _take_no(uow: UnitOfWork, deps: Deps, caller: CustomerCaller, step_id: StepId) -> None:
    step, order = await order_step(uow, caller, step_id)
    visit = await uow.visits.get(caller.party.visit_id)
    require_customer(visit, order, caller)
    order.to(OrderState.DECLINED, deps.clock.now())
    await uow.orders.save(order)
    await end_step(uow, deps.clock, visit, step, StepState.DECLINED, {"confirmed": "no"})
    await tell(uow, deps, visit, order, caller.party.id, "order.decline")


async def _take_yes(
    uow: UnitOfWork,
    deps: Deps,
    caller: CustomerCaller,
    step_id: StepId,
    recording: RecordingStatus | None,
) -> bool:
    """Whether the order goes to the operator after the commit."""
    step, order = await order_step(uow, caller, step_id)
    visit = await uow.visits.get(caller.party.visit_id)
    require_customer(visit, order, caller)
    held = require_assurance(
        registry.action(order.action_id),
        await uow.evidence.of_visit(visit.id),
        order.party_id,
        order.msisdn,
        order.inputs,
        approved=False,
        undoing=order.reverses_id is not None,
    )
    if wants_approval(order):
        if not is_two_sided(recording):
            raise NotRecording("one side only", reason="not_two_sided")
        await keep_word(uow, deps, visit, recording, right=True)
        await publish_identity(uow, deps, visit)
    order.assurance, order.reference = held.level.value, held.reference.value
    order.to(OrderState.CONFIRMED, deps.clock.now())
    await uow.orders.save(order)
    await end_step(uow, deps.clock, visit, step, StepState.DONE, {"confirmed": "yes"})
    await tell(uow, deps, visit, order, caller.party.id, "order.confirm")
    return await go_on(uow, deps, visit, order, "system")


async def cancel_order(deps: Deps, caller: StaffCaller, order_id: OrderId) -> dict[str, object]:
    """Take back an order that has not gone to the operator. Safe to repeat.

    Raises WrongState once the customer's yes is on its way, Forbidden for another agent's order.
    """
    async with deps.db.write(caller.scope) as uow:
        order = await uow.orders.get(order_id)
        visit = await uow.visits.get(order.visit_id)
        if not await _may_cancel(uow, caller, visit, order):
            raise Forbidden("another agent's order")
        if order.state is not OrderState.CANCELLED:
            if order.state is OrderState.CONFIRMED and waits_for(order) is None:
                raise WrongState("on its way", state=order.state.value)
            await withdraw(uow, deps, visit, order, OrderState.CANCELLED, caller.id)
            if order.confirmed_at is not None:
                await tell_leads(uow, order)
        view = order_view(order, visit.lang)
    await reopen(deps, caller.scope, order.visit_id)
    return view


async def _may_cancel(uow: UnitOfWork, caller: StaffCaller, visit: Visit, order: Order) -> bool:
    """The visit's own agent; an order that waits for its time, whoever serves the number now."""
    if order.state is OrderState.SCHEDULED:
        serving = await uow.visits.of_agent(caller.id, (VisitState.SERVING,))
        return any(v.msisdn == order.msisdn for v in serving)
    return visit.agent_id == caller.id


async def decline_pad(deps: Deps, caller: CustomerCaller, step_id: StepId) -> None:
    """The customer does not want to key a secret, or to sign, after all: nothing has gone to the
    operator.

    Raises StepGone, VisitGone.
    """
    async with deps.db.write(caller.scope) as uow:
        step, order = await order_step(uow, caller, step_id)
        visit = await uow.visits.get(caller.party.visit_id)
        require_customer(visit, order, caller)
        if step.kind not in (StepKind.NUMBER_PAD, StepKind.SIGN):
            raise StepGone("not a pad")
        await end_step(uow, deps.clock, visit, step, StepState.DECLINED, {"result": "declined"})
        await withdraw(uow, deps, visit, order, OrderState.CANCELLED, caller.party.id)
    await reopen(deps, caller.scope, visit.id)


async def read_order(deps: Deps, caller: StaffCaller, order_id: OrderId) -> dict[str, object]:
    """One order's view, audited. Raises NotFound; the caller checks who may see the visit."""
    async with deps.db.write(caller.scope) as uow:
        order = await uow.orders.get(order_id)
        visit = await uow.visits.get(order.visit_id)
        subject = deps.keys.blind_index(order.msisdn)
        await uow.audit.write(AuditLine(caller.id, "order.view", order.id, subject))
    return order_view(order, visit.lang)
