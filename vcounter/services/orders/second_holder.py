"""The second holder of an order: asked in a visit of their own, with a level of their own.

The order belongs to the first visit. It goes on once both have said yes, and to the operator only
while both levels hold and neither is coerced or suspected.
"""

from __future__ import annotations

from dataclasses import asdict

from vcounter.actions import registry
from vcounter.actions.base import lang_of
from vcounter.actions.second_party import SECOND_MSISDN
from vcounter.domain.errors import (
    NotRecording,
    PreconditionFailed,
    StepGone,
    VisitGone,
    WrongState,
)
from vcounter.domain.ids import OrderId, StepId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.steps import StepKind, StepState
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.context import CustomerCaller, Deps, StaffCaller
from vcounter.services.identity.evidence import publish_identity
from vcounter.services.identity.read_back import is_two_sided, keep_word, recording_of
from vcounter.services.orders.commit_order import submit_order
from vcounter.services.orders.order_events import tell, withdraw
from vcounter.services.orders.order_guard import order_step, require_recording
from vcounter.services.orders.order_views import facts_of, order_view
from vcounter.services.orders.second_level import require_second, second_number, wants_second
from vcounter.services.orders.stages import go_on, wants_approval
from vcounter.services.ports import RecordingStatus, UnitOfWork
from vcounter.services.visits.open_visit import require_serving
from vcounter.services.visits.steps import end_step, push_step

SECOND_DECLINED = "second_declined"
_ASKED = frozenset({OrderState.AWAITING_CUSTOMER, OrderState.CONFIRMED})


async def present_to_second(
    deps: Deps, caller: StaffCaller, order_id: OrderId
) -> dict[str, object]:
    """Put the order on the second holder's screen, in their own words. Returns the order's view.

    Raises WrongState unless the first holder has the order before them or has confirmed it,
    VisitGone while nobody has joined, PreconditionFailed when the second visit is about another
    number than the order names, AssuranceTooLow, NotRecording, MediaUnavailable.
    """
    async with deps.db.read(caller.scope) as uow:
        order = await uow.orders.get(order_id)
        beside = await _beside(uow, caller, order)
    await require_recording(deps, beside, registry.action(order.action_id))
    async with deps.db.write(caller.scope) as uow:
        order = await uow.orders.get(order_id)
        visit = await uow.visits.get(order.visit_id)
        beside = await _beside(uow, caller, order)
        current = await uow.steps.current(beside.id)
        if current is not None and current.order_id == order.id:
            return order_view(order, visit.lang)  # a double click
        assert beside.customer_party_id is not None
        order.second_visit_id, order.second_party_id = beside.id, beside.customer_party_id
        await require_second(uow, order)
        await uow.orders.save(order)
        words = registry.action(order.action_id).second_plain
        assert words is not None
        plain = words(facts_of(order), lang_of(beside.lang))
        await push_step(
            uow,
            deps.clock,
            deps.ids,
            beside,
            StepKind.CONFIRM,
            {**asdict(plain), "action_id": order.action_id},
            actor=caller.id,
            order_id=order.id,
        )
        await tell(uow, deps, visit, order, caller.id, "order.present_second")
        return order_view(order, visit.lang)


async def _beside(uow: UnitOfWork, caller: StaffCaller, order: Order) -> Visit:
    visit = await uow.visits.get(order.visit_id)
    require_serving(visit, caller)
    wanted = wants_second(order) and order.second_confirmed_at is None
    if not wanted or order.state not in _ASKED:
        raise WrongState("not to be asked", state=order.state.value)
    beside = await uow.visits.companions_of(visit.id)
    if not beside:
        raise VisitGone("nobody has joined", state="no_companion")
    if beside[0].msisdn != order.inputs[SECOND_MSISDN]:
        raise PreconditionFailed("another number", reason="number_changed")
    return beside[0]


async def is_seconds_step(deps: Deps, caller: CustomerCaller, order_id: OrderId) -> bool:
    """Whether the caller is asked as the second holder of the order."""
    async with deps.db.read(caller.scope) as uow:
        order = await uow.orders.get(order_id)
    return order.second_party_id == caller.party.id and order.party_id != caller.party.id


async def answer_second(
    deps: Deps, caller: CustomerCaller, step_id: StepId, *, confirmed: bool
) -> None:
    """The second holder's word. A yes lets the order go on if the first holder said yes as well; a
    no ends it. Raises StepGone, VisitGone, AssuranceTooLow, NotRecording, MediaUnavailable."""
    async with deps.db.read(caller.scope) as uow:
        _, order = await order_step(uow, caller, step_id)
        beside = await uow.visits.get(caller.party.visit_id)
    recording = None
    if confirmed:
        await require_recording(deps, beside, registry.action(order.action_id))
        recording = await recording_of(deps, beside)
    async with deps.db.write(caller.scope) as uow:
        go = await _take(uow, deps, caller, step_id, recording, confirmed=confirmed)
    if go:
        deps.spawn(submit_order(deps, caller.scope, order.id), f"submit {order.id}")


async def _take(
    uow: UnitOfWork,
    deps: Deps,
    caller: CustomerCaller,
    step_id: StepId,
    recording: RecordingStatus | None,
    *,
    confirmed: bool,
) -> bool:
    step, order = await order_step(uow, caller, step_id)
    beside = await uow.visits.get(caller.party.visit_id)
    visit = await uow.visits.get(order.visit_id)
    _require_second_holder(caller, beside, visit, order)
    if step.kind is not StepKind.CONFIRM or order.state not in _ASKED:
        raise StepGone("not to be asked any more")
    if not confirmed:
        order.failure = SECOND_DECLINED
        await end_step(uow, deps.clock, beside, step, StepState.DECLINED, {"confirmed": "no"})
        await withdraw(uow, deps, visit, order, OrderState.CANCELLED, caller.party.id)
        return False
    await require_second(uow, order)
    if wants_approval(order):
        if not is_two_sided(recording):
            raise NotRecording("one side only", reason="not_two_sided")
        await keep_word(uow, deps, beside, recording, right=True)
        await publish_identity(uow, deps, beside)
    order.second_confirmed_at = deps.clock.now()
    await uow.orders.save(order)
    await end_step(uow, deps.clock, beside, step, StepState.DONE, {"confirmed": "yes"})
    await tell(uow, deps, visit, order, caller.party.id, "order.confirm_second")
    return order.state is OrderState.CONFIRMED and await go_on(uow, deps, visit, order, "system")


def _require_second_holder(
    caller: CustomerCaller, beside: Visit, visit: Visit, order: Order
) -> None:
    if visit.state is not VisitState.SERVING or beside.state is not VisitState.SERVING:
        raise VisitGone("not being served", state=visit.state.value)
    mine = order.second_party_id == caller.party.id and order.second_visit_id == beside.id
    if not mine or beside.companion_of != order.visit_id or beside.msisdn != second_number(order):
        raise StepGone("another party's order")
