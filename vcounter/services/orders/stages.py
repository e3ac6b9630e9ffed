"""What an order still waits for between the customer's yes and the operator."""

from __future__ import annotations

from typing import Literal

from vcounter.actions import registry
from vcounter.actions.base import lang_of
from vcounter.domain.agent import Role
from vcounter.domain.order import Order, OrderState
from vcounter.domain.service_password import LENGTH
from vcounter.domain.steps import StepKind
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps, desk_room
from vcounter.services.orders.order_events import tell
from vcounter.services.orders.order_views import facts_of, words_of
from vcounter.services.ports import UnitOfWork
from vcounter.services.visits.steps import push_step

APPROVED = "approved"
Wait = Literal["secret", "signature", "second_party"]


def waits_for(order: Order) -> Wait | None:
    """What somebody has to give before a confirmed order may go on. Taking an order back wants
    nothing but the customer's yes."""
    action = registry.action(order.action_id)
    if order.reverses_id is not None:
        return None
    if action.signs and order.signature_image_id is None:
        return "signature"
    if action.second_party and order.second_confirmed_at is None:
        return "second_party"
    return "secret" if action.secret is not None else None


def wants_approval(order: Order) -> bool:
    """Whether a second person has still to say yes. Taking back wants the customer alone."""
    if order.reverses_id is not None or is_approved(order):
        return False
    return registry.action(order.action_id).second_person


def is_approved(order: Order) -> bool:
    return order.approval.get("decision") == APPROVED


async def go_on(uow: UnitOfWork, deps: Deps, visit: Visit, order: Order, actor: str) -> bool:
    """Bring a confirmed order to its next stage, in the caller's transaction; whether it is to be
    submitted after the commit. Call it again once what the order waited for is there.

    Where a secret is wanted, the bridge must be shut before the commit.
    """
    match waits_for(order):
        case "secret":
            await push_pad(uow, deps, visit, order, actor)
            return False
        case "signature":
            await push_signing(uow, deps, visit, order, actor)
            return False
        case "second_party":
            return False
        case None:
            pass
    if wants_approval(order):
        await _await_approval(uow, deps, visit, order)
        return False
    return not await schedule(uow, deps, visit, order)


async def schedule(uow: UnitOfWork, deps: Deps, visit: Visit, order: Order) -> bool:
    """Let an order wait for its time, if that is still to come; whether it does."""
    now = deps.clock.now()
    if order.due_at is None or order.due_at <= now:
        return False
    order.to(OrderState.SCHEDULED, now)
    await uow.orders.save(order)
    await tell(uow, deps, visit, order, "system", "order.schedule")
    return True


async def _await_approval(uow: UnitOfWork, deps: Deps, visit: Visit, order: Order) -> None:
    order.to(OrderState.AWAITING_APPROVAL, deps.clock.now())
    await uow.orders.save(order)
    await tell(uow, deps, visit, order, "system", "order.ask_approval")
    await tell_leads(uow, order)


async def tell_leads(uow: UnitOfWork, order: Order) -> None:
    """Every team lead's desk hears that the list of approvals changed."""
    body = {"order_id": order.id, "visit_id": order.visit_id, "state": order.state.value}
    for lead in await uow.staff.with_role(Role.TEAM_LEAD):
        await uow.outbox.add(desk_room(lead.id), "approval", body)


async def push_pad(uow: UnitOfWork, deps: Deps, visit: Visit, order: Order, actor: str) -> None:
    """The sealed number pad for a new password. The bridge must be shut before the commit."""
    params = {"purpose": "new_password", "length": str(LENGTH), "secret": "yes"}
    await push_step(
        uow,
        deps.clock,
        deps.ids,
        visit,
        StepKind.NUMBER_PAD,
        params,
        actor=actor,
        sealed=True,
        order_id=order.id,
    )


async def push_signing(uow: UnitOfWork, deps: Deps, visit: Visit, order: Order, actor: str) -> None:
    """The field to sign in, under the words that were agreed to."""
    plain = words_of(order).plain(facts_of(order), lang_of(visit.lang))
    params = {"what": plain.what, "cost": plain.cost, "action_id": order.action_id}
    await push_step(
        uow, deps.clock, deps.ids, visit, StepKind.SIGN, params, actor=actor, order_id=order.id
    )
