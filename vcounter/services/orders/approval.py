"""The second person: a team lead approves or refuses an order that the customer has confirmed.

The customer's yes was the read-back of level L3. The lead's yes is its last piece of evidence, so
that the level of the order becomes L3 in the transaction that approves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from vcounter.actions import registry
from vcounter.actions.base import Text, lang_of
from vcounter.domain.agent import Role
from vcounter.domain.errors import Forbidden, InvalidInput, VisitGone, WrongState
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Source
from vcounter.domain.ids import OrderId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.decide_identity import today_of
from vcounter.services.identity.evidence import add_evidence, publish_identity, read_identity
from vcounter.services.identity.second_person import refuse_same_person
from vcounter.services.orders.commit_order import submit_order
from vcounter.services.orders.order_events import tell
from vcounter.services.orders.order_guard import require_assurance, require_recording
from vcounter.services.orders.order_views import order_view
from vcounter.services.orders.second_level import approve_second
from vcounter.services.orders.stages import APPROVED, is_approved, tell_leads
from vcounter.services.ports import AuditLine, UnitOfWork
from vcounter.services.views import iso
from vcounter.services.visits.agent_view import customer_record, record_of
from vcounter.services.visits.talk import keep_message

APPROVAL_REFUSED = "approval_refused"
REFUSED = "refused"
Word = Literal["approved", "refused"]
_REFUSED_WORDS = Text(
    "值班长没有同意办理这项业务,业务没有办理,也不会收费。详情请问营业员。",
    "The team lead did not agree to this, so nothing was changed and nothing is charged. "
    "Please ask the agent for the reason.",
)


async def open_approvals(
    deps: Deps, caller: StaffCaller, limit: int, after: OrderId | None
) -> dict[str, object]:
    """The orders that wait for a second person, oldest first: what the agent sees of each, the
    evidence and the operator's record. `next` continues the list. Each reading is audited."""
    found: list[tuple[Order, Visit, dict[str, object]]] = []
    async with deps.db.read(caller.scope) as uow:
        orders = await uow.orders.page((OrderState.AWAITING_APPROVAL,), limit, after)
        for order in orders:
            if is_approved(order):
                continue  # on its way to the operator
            visit = await uow.visits.get(order.visit_id)
            found.append((order, visit, await _item(uow, deps, caller, visit, order)))
    for order, visit, item in found:
        item["customer"] = await _record(deps, caller, visit, order)
    return {
        "items": [item for _, _, item in found],
        "next": orders[-1].id if len(orders) == limit else None,
    }


async def _item(
    uow: UnitOfWork, deps: Deps, caller: StaffCaller, visit: Visit, order: Order
) -> dict[str, object]:
    maker = (await uow.staff.get(order.maker_id)).agent
    mine = _of_order(await uow.evidence.of_visit(visit.id), order)
    return {
        "order": order_view(order, visit.lang),
        "visit_id": visit.id,
        "maker": {"name": maker.name, "badge": maker.badge},
        "may_decide": _refusal(caller, visit, order, mine) is None,
        "asked_at": iso(order.confirmed_at),
        "identity": await read_identity(uow, deps, visit),
    }


async def _record(
    deps: Deps, caller: StaffCaller, visit: Visit, order: Order
) -> dict[str, object] | None:
    record = await record_of(deps, visit)
    subject = deps.keys.blind_index(order.msisdn)
    async with deps.db.write(caller.scope) as uow:
        await uow.audit.write(AuditLine(caller.id, "approval.view", order.id, subject))
        if record is not None:
            await uow.audit.write(AuditLine(caller.id, "record.view", visit.id, subject))
    return customer_record(record, await today_of(deps, visit)) if record else None


async def decide_order(
    deps: Deps, caller: StaffCaller, order_id: OrderId, word: Word, reason: str
) -> dict[str, object]:
    """The lead's word on an order; a yes sends it to the operator at once. Returns its view.

    Of two leads at once one is heard. Raises InvalidInput without a reason, Forbidden for whoever
    made the order, serves the visit or decided the identity, WrongState when the order does not
    wait any more, and for a yes VisitGone, AssuranceTooLow, NotRecording, MediaUnavailable when
    what it rests on is gone meanwhile; then it waits on.
    """
    if not reason.strip():
        raise InvalidInput("say why", field="reason", reason="required")
    async with deps.db.read(caller.scope) as uow:
        order = await uow.orders.get(order_id)
        visit = await uow.visits.get(order.visit_id)
    if word == APPROVED:
        await require_recording(deps, visit, registry.action(order.action_id))
    async with deps.db.write(caller.scope) as uow:
        await uow.hold(f"approval/{order_id}")
        order = await uow.orders.get(order_id)
        visit = await uow.visits.get(order.visit_id)
        mine = _of_order(await uow.evidence.of_visit(visit.id), order)
        if order.state is not OrderState.AWAITING_APPROVAL or is_approved(order):
            raise WrongState("decided already", state=order.state.value)
        refusal = _refusal(caller, visit, order, mine)
        if refusal is not None:
            raise refusal
        _write_word(order, deps, caller, word, reason)
        if word == APPROVED:
            await _approve(uow, deps, caller, visit, order)
        else:
            await _refuse(uow, deps, caller, visit, order)
        view = order_view(order, visit.lang)
    if word == APPROVED:
        deps.spawn(submit_order(deps, caller.scope, order.id), f"submit {order.id}")
    return view


def _of_order(evidence: Sequence[Evidence], order: Order) -> list[Evidence]:
    return [e for e in evidence if e.party_id == order.party_id and e.msisdn == order.msisdn]


def _refusal(
    caller: StaffCaller, visit: Visit, order: Order, mine: Sequence[Evidence]
) -> Forbidden | None:
    """Why this person cannot be the second one."""
    if caller.agent.role is not Role.TEAM_LEAD:
        return Forbidden("not a lead", reason="role")
    if caller.id in (order.maker_id, visit.agent_id):
        return Forbidden("the maker", reason="same_person")
    try:
        refuse_same_person(mine, caller)
    except Forbidden:
        return Forbidden("decided the identity", reason="same_person")
    return None


def _write_word(order: Order, deps: Deps, caller: StaffCaller, word: Word, reason: str) -> None:
    order.approver_id = caller.id
    order.approval = {
        "decision": word,
        "reason": reason.strip()[:200],
        "at": deps.clock.now().isoformat(),
    }


async def _approve(
    uow: UnitOfWork, deps: Deps, caller: StaffCaller, visit: Visit, order: Order
) -> None:
    if visit.state is not VisitState.SERVING:
        raise VisitGone("not being served", state=visit.state.value)
    if visit.msisdn != order.msisdn or visit.customer_party_id != order.party_id:
        raise WrongState("another number now", state="number_changed")
    await add_evidence(
        uow,
        deps,
        visit,
        EvidenceKind.APPROVAL,
        Outcome.PASSED,
        source=Source.REFEREE,
        by=caller.id,
        detail={"reason": order.approval["reason"], "order": order.id},
    )
    await approve_second(uow, deps, order, caller)
    # Not before its own evidence: of what makes L3 only that counts which is no later.
    order.approval = {**order.approval, "at": deps.clock.now().isoformat()}
    held = require_assurance(
        registry.action(order.action_id),
        await uow.evidence.of_visit(visit.id),
        order.party_id,
        order.msisdn,
        order.inputs,
    )
    order.assurance, order.reference = held.level.value, held.reference.value
    await uow.orders.save(order)
    await tell(uow, deps, visit, order, caller.id, "order.approve")
    await tell_leads(uow, order)
    await publish_identity(uow, deps, visit)


async def _refuse(
    uow: UnitOfWork, deps: Deps, caller: StaffCaller, visit: Visit, order: Order
) -> None:
    order.failure = APPROVAL_REFUSED
    order.to(OrderState.DECLINED, deps.clock.now())
    await uow.orders.save(order)
    await tell(uow, deps, visit, order, caller.id, "order.refuse")
    await tell_leads(uow, order)
    words = _REFUSED_WORDS.say(lang_of(visit.lang))
    await keep_message(uow, deps, visit, "system", words)
    await keep_message(uow, deps, visit, "note", order.approval["reason"])
