"""Where a receipt sends the customer who wants to take the order back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from vcounter.actions import registry
from vcounter.actions.base import Action
from vcounter.domain.identity import Level, covers
from vcounter.domain.order import Order
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps
from vcounter.services.orders.order_guard import wants_independent
from vcounter.services.ports import Scope
from vcounter.services.visits.open_visit import store_link

UNDO_UNTIL = "undo_until"


def undo_until(result: Mapping[str, str]) -> datetime | None:
    """Until when an order may be taken back, where that ends."""
    text = result.get(UNDO_UNTIL, "")
    return datetime.fromisoformat(text) if text else None


def undone_by_code(action: Action, order: Order) -> bool:
    """Whether a code to the number is enough to take this very order back without a visit: there is
    no call then, and so nothing to record."""
    if action.undo_id != action.id or action.locks_sim:
        return False
    inputs = order.inputs
    return covers(Level.L1, action.needed(inputs)) and not wants_independent(action, inputs)


async def undo_url(deps: Deps, visit: Visit, order: Order) -> str | None:
    """The address that goes into the receipt of a done order; None where nothing can be undone.

    A crash may leave an unused link behind; it expires like any other.
    """
    action = registry.action(order.action_id)
    if action.undo_id is None or order.reverses_id is not None or not deps.policy.public_url:
        return None
    until = undo_until(order.result) if action.undo_id == action.id else None
    if until is not None and until <= deps.clock.now():
        return None
    page = "u" if undone_by_code(action, order) else "c"
    return await _address(deps, visit, order, page, until)


async def cancel_url(deps: Deps, visit: Visit, order: Order) -> str:
    """The address that cancels an order before its time comes: a code is always enough for that."""
    return await _address(deps, visit, order, "u", order.due_at)


async def _address(
    deps: Deps, visit: Visit, order: Order, page: str, until: datetime | None
) -> str:
    token = await store_link(
        deps,
        Scope(visit.tenant_id, visit.region),
        actor="system",
        msisdn=order.msisdn,
        lang=visit.lang,
        simulated=visit.simulated,
        order_id=order.id,
        expires_at=until,
    )
    return f"{deps.policy.public_url.rstrip('/')}/{page}/{token}"
