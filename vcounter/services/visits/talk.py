"""Words between the two sides, kept with the visit."""

from __future__ import annotations

from typing import Literal

from vcounter.domain.errors import InvalidInput, VisitGone, WrongState
from vcounter.domain.ids import MessageId, VisitId
from vcounter.domain.visit import OPEN_STATES, Visit
from vcounter.services.context import CustomerCaller, Deps, StaffCaller
from vcounter.services.ports import ChatMessage, UnitOfWork
from vcounter.services.views import message_view
from vcounter.services.visits.open_visit import require_serving

MAX_CHARS = 500


async def say_as_customer(deps: Deps, caller: CustomerCaller, text: str) -> dict[str, object]:
    """Keep and pass on the customer's words.

    Raises InvalidInput, VisitGone when it is over, WrongState while a sealed step is up: a secret
    must not be typed to the agent by mistake.
    """
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(caller.party.visit_id)
        if visit.state not in OPEN_STATES:
            raise VisitGone("over", state=visit.state.value)
        current = await uow.steps.current(visit.id)
        if current is not None and current.sealed:
            raise WrongState("what is on the screen is the customer's own", state="sealed")
        return await keep_message(uow, deps, visit, "customer", text)


async def say_as_agent(
    deps: Deps, caller: StaffCaller, visit_id: VisitId, text: str
) -> dict[str, object]:
    """Keep and pass on the agent's words. Raises InvalidInput, VisitGone."""
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        return await keep_message(uow, deps, visit, "agent", text)


async def keep_message(
    uow: UnitOfWork,
    deps: Deps,
    visit: Visit,
    sender: Literal["customer", "agent", "system", "note"],
    text: str,
) -> dict[str, object]:
    """Store a message of 1-500 characters; notes stay with the staff, the rest goes to both."""
    words = text.strip()
    if not words or len(words) > MAX_CHARS:
        raise InvalidInput("empty or too long", field="text", reason="length")
    message = ChatMessage(
        id=MessageId(deps.ids.new("msg")),
        tenant_id=visit.tenant_id,
        region=visit.region,
        visit_id=visit.id,
        sender=sender,
        text=words,
        at=deps.clock.now(),
    )
    await uow.messages.add(message)
    view = message_view(message)
    await uow.outbox.add(visit.id, "message", view, ("agent",) if sender == "note" else ())
    return view
