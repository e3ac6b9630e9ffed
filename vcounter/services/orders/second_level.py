"""What the second holder of an order holds, asked whenever it goes on."""

from __future__ import annotations

from vcounter.actions import registry
from vcounter.actions.second_party import SECOND_MSISDN
from vcounter.domain.errors import AssuranceTooLow
from vcounter.domain.identity import Assurance, EvidenceKind, Outcome, Source
from vcounter.domain.ids import Msisdn
from vcounter.domain.order import Order
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.evidence import add_evidence, publish_identity
from vcounter.services.identity.second_person import refuse_same_person
from vcounter.services.orders.order_guard import may_commit, require_assurance
from vcounter.services.ports import UnitOfWork


async def require_second(uow: UnitOfWork, order: Order, *, approved: bool = False) -> Assurance:
    """What the second holder holds for their own number, compared with what the action wants.

    Raises AssuranceTooLow, also while nobody is known as the second holder.
    """
    visit_id = order.second_visit_id
    evidence = await uow.evidence.of_visit(visit_id) if visit_id is not None else []
    return require_assurance(
        registry.action(order.action_id),
        evidence,
        order.second_party_id,
        second_number(order),
        order.inputs,
        approved=approved,
    )


def second_number(order: Order) -> Msisdn:
    """The number that the second holder is known by; empty when the order names none."""
    return Msisdn(order.inputs.get(SECOND_MSISDN, ""))


def wants_second(order: Order) -> bool:
    """Whether the order is two persons' business."""
    return registry.action(order.action_id).second_party and order.reverses_id is None


async def second_failure(uow: UnitOfWork, order: Order) -> str | None:
    """Why the second holder's part does not carry the order to the operator; None when it does."""
    if not wants_second(order):
        return None
    if order.second_confirmed_at is None:
        return "second_missing"
    try:
        await require_second(uow, order, approved=True)
    except AssuranceTooLow as error:
        return error.code
    return None


async def second_may_commit(uow: UnitOfWork, order: Order) -> bool:
    """Neither coercion nor fraud is suspected where the second holder is."""
    return order.second_visit_id is None or await may_commit(uow, order.second_visit_id)


async def approve_second(uow: UnitOfWork, deps: Deps, order: Order, by: StaffCaller) -> None:
    """The lead's yes is the last piece of the second holder's level as well, in the caller's
    transaction. Raises AssuranceTooLow, Forbidden for a lead who decided on this one's identity."""
    if not wants_second(order) or order.second_visit_id is None:
        return
    beside = await uow.visits.get(order.second_visit_id)
    refuse_same_person(await uow.evidence.of_visit(beside.id), by)
    await add_evidence(
        uow,
        deps,
        beside,
        EvidenceKind.APPROVAL,
        Outcome.PASSED,
        source=Source.REFEREE,
        by=by.id,
        detail={"reason": order.approval["reason"], "order": order.id},
    )
    await require_second(uow, order, approved=True)
    await publish_identity(uow, deps, beside)
