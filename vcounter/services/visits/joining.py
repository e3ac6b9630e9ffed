"""Opening an invitation: the second holder's visit begins beside the first one."""

from __future__ import annotations

from datetime import datetime

from vcounter.domain.errors import LinkExpired, LinkInUse
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.context import desk_room
from vcounter.services.ports import Link, UnitOfWork


async def first_visit(uow: UnitOfWork, link: Link) -> Visit:
    """The visit that an invitation is for, in the transaction that opens the second one.

    Raises LinkExpired when it is not served any more, LinkInUse while somebody else has joined.
    """
    assert link.companion_of is not None
    await uow.hold(f"companion/{link.companion_of}")
    first = await uow.visits.get(link.companion_of)
    if first.state is not VisitState.SERVING or first.agent_id is None:
        raise LinkExpired("the first visit is over")
    if await uow.visits.companions_of(first.id):
        raise LinkInUse("somebody has joined already")
    return first


def join(visit: Visit, first: Visit, now: datetime) -> None:
    """Make a new visit one beside `first`: at its agent's desk at once, who turns to it later."""
    visit.companion_of = first.id
    visit.skill_group_id, visit.priority = first.skill_group_id, first.priority
    visit.state = VisitState.SERVING
    visit.agent_id = visit.last_agent_id = first.agent_id
    visit.connected_at = now
    visit.aside = True


async def announce(uow: UnitOfWork, visit: Visit, first: Visit) -> None:
    """Tell the agent's desk that the second holder is here."""
    assert first.agent_id is not None
    body: dict[str, object] = {"visit_id": visit.id, "of": first.id, "here": True}
    await uow.outbox.add(desk_room(first.agent_id), "companion", body)
