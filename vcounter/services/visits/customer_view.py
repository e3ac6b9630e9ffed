"""The whole of a visit as its customer may see it."""

from __future__ import annotations

from vcounter.domain.visit import VisitState
from vcounter.services.context import CustomerCaller, Deps
from vcounter.services.orders.order_views import receipts_of
from vcounter.services.views import agent_name, customer_visit, message_view, step_view
from vcounter.services.visits.assign_visit import place_now
from vcounter.services.visits.large_print import is_own_number, wants_large_print

_MEDIA_STATES = frozenset({VisitState.OFFERED, VisitState.SERVING})

_SAID = ("customer", "agent", "system")  # the staff's own notes are not for the customer


async def customer_view(deps: Deps, caller: CustomerCaller) -> dict[str, object]:
    """Everything on the customer's screen: state, agent, place, step, words, receipts."""
    visit_id = caller.party.visit_id
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        agent = (await uow.staff.get(visit.agent_id)).agent if visit.agent_id else None
        step = await uow.steps.current(visit_id)
        messages = await uow.messages.of_visit(visit_id)
        orders = await uow.orders.of_visit(visit_id)
        own = await is_own_number(uow, visit)
    connected = visit.state in (VisitState.SERVING, VisitState.WRAP_UP, VisitState.CLOSED)
    return {
        "visit": customer_visit(visit),
        "agent": agent_name(agent) if connected else None,
        "place": await place_now(deps, caller.scope, visit_id),
        "step": step_view(step) if step else None,
        "messages": [message_view(m) for m in messages if m.sender in _SAID],
        "receipts": receipts_of(orders, visit.lang),
        "large_print": await wants_large_print(deps, visit, own=own),
        "media": {"started": visit.state in _MEDIA_STATES},
    }
