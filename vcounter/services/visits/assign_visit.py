"""Pairing: one waiting visit, one ready agent, decided by the database alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from vcounter.domain.agent import AgentState
from vcounter.domain.errors import AgentTaken, OfferGone, VisitGone, WrongState
from vcounter.domain.ids import StaffId, VisitId
from vcounter.domain.queueing import FreeAgent, Waiting, pair, place_of
from vcounter.domain.visit import ELDER_PRIORITY, Visit, VisitState
from vcounter.services.context import Deps, StaffCaller, desk_room
from vcounter.services.ports import AuditLine, Scope, UnitOfWork
from vcounter.services.views import (
    agent_name,
    agent_visit,
    customer_visit,
    me_view,
    offer_view,
    place_view,
)


@dataclass(slots=True)
class Paired:
    """What one pass did."""

    offered: list[VisitId] = field(default_factory=list)
    missed: list[VisitId] = field(default_factory=list)


async def assign_all(deps: Deps) -> Paired:
    """One pass over every scope: end rings that are over, then pair whoever is free."""
    async with deps.db.read(None) as uow:
        scopes = await uow.tenants.scopes()
    done = Paired()
    for scope in scopes:
        done.missed += await end_rings(deps, scope)
        done.offered += await assign_scope(deps, scope)
    return done


async def assign_scope(deps: Deps, scope: Scope) -> list[VisitId]:
    """Pair the head of the queue with the free agents of one scope."""
    async with deps.db.read(scope) as uow:
        free = await uow.staff.free()
        waiting = await uow.visits.waiting() if free else []
    offered = []
    for visit, agent in pair(waiting, free):
        if await reserve_agent(deps, scope, visit, agent):
            offered.append(visit.visit_id)
    return offered


async def reserve_agent(deps: Deps, scope: Scope, waiting: Waiting, free: FreeAgent) -> bool:
    """Hold one agent for one waiting visit until the ring time is over.

    Of two callers racing for the same agent or visit exactly one wins; the other gets False and
    the visit keeps its place.
    """
    now = deps.clock.now()
    try:
        async with deps.db.write(scope) as uow:
            agent = (await uow.staff.get(free.staff_id)).agent
            visit = await uow.visits.get(waiting.visit_id)
            agent.reserve(now)
            visit.offer_to(agent.id, now, now + timedelta(seconds=deps.policy.ring_time_s))
            await uow.staff.save(agent)
            await uow.visits.save(visit)
            groups = {g.id: g for g in await uow.skill_groups.all()}
            offer = offer_view(visit, groups[visit.skill_group_id], now)
            await publish_visit(uow, visit)
            await uow.outbox.add(desk_room(agent.id), "offer", offer)
            await uow.outbox.add(desk_room(agent.id), "me", me_view(agent))
            await uow.audit.write(
                AuditLine("system", "visit.offer", visit.id, "", {"to": agent.id})
            )
    except (AgentTaken, VisitGone, WrongState):
        return False
    await deps.live.start_media(waiting.visit_id)
    return True


async def accept_offer(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> Visit:
    """The agent takes the call. Raises OfferGone when the ring is over or the customer left."""
    now = deps.clock.now()
    try:
        async with deps.db.write(caller.scope) as uow:
            visit = await uow.visits.get(visit_id)
            if visit.state is VisitState.SERVING and visit.agent_id == caller.id:
                return visit  # a double click
            agent = (await uow.staff.get(caller.id)).agent
            visit.accept(caller.id, now)
            agent.serve(now)
            await uow.visits.save(visit)
            await uow.staff.save(agent)
            await uow.audit.write(AuditLine(caller.id, "visit.accept", visit_id))
            await publish_visit(uow, visit)
            await uow.outbox.add(desk_room(caller.id), "me", me_view(agent))
            await uow.outbox.add(desk_room(caller.id), "visit", {"visit_id": visit_id})
    except (VisitGone, WrongState, AgentTaken) as error:
        raise OfferGone(str(error)) from error
    await deps.live.start_media(visit_id)
    return visit


async def decline_offer(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> None:
    """The agent does not take it: as a missed ring, without waiting for the time."""
    await _miss(deps, caller.scope, visit_id, caller.id, "declined")
    deps.poke()


async def end_rings(deps: Deps, scope: Scope) -> list[VisitId]:
    """Missed rings: the agent is not ready, the customer back at the same place."""
    async with deps.db.read(scope) as uow:
        over = await uow.visits.rings_over(deps.clock.now())
    missed = []
    for visit in over:
        if visit.agent_id is None:
            continue
        try:
            await _miss(deps, scope, visit.id, visit.agent_id, "missed")
            missed.append(visit.id)
        except OfferGone:
            continue
    return missed


async def _miss(deps: Deps, scope: Scope, visit_id: VisitId, agent_id: StaffId, how: str) -> None:
    now = deps.clock.now()
    try:
        async with deps.db.write(scope) as uow:
            visit = await uow.visits.get(visit_id)
            if visit.state is not VisitState.OFFERED:
                raise OfferGone("not ringing")
            visit.miss(agent_id)
            agent = (await uow.staff.get(agent_id)).agent
            agent.miss_ring(now)
            await uow.visits.save(visit)
            await uow.staff.save(agent)
            await uow.audit.write(AuditLine(agent_id, f"visit.{how}", visit_id))
            await publish_visit(uow, visit)
            gone: dict[str, object] = {"visit_id": visit_id, "reason": how}
            await uow.outbox.add(desk_room(agent_id), "offer_gone", gone)
            await uow.outbox.add(desk_room(agent_id), "me", me_view(agent))
    except (VisitGone, WrongState, AgentTaken) as error:
        raise OfferGone(str(error)) from error


async def withdraw_offer(uow: UnitOfWork, deps: Deps, visit: Visit, reason: str) -> None:
    """The customer left while it rang: the agent is ready again, nothing held against them."""
    if visit.agent_id is None:
        return
    agent = (await uow.staff.get(visit.agent_id)).agent
    if agent.state is AgentState.OFFERED:
        agent.release(deps.clock.now())
        await uow.staff.save(agent)
        await uow.outbox.add(desk_room(agent.id), "me", me_view(agent))
    gone: dict[str, object] = {"visit_id": visit.id, "reason": reason}
    await uow.outbox.add(desk_room(agent.id), "offer_gone", gone)


async def publish_visit(uow: UnitOfWork, visit: Visit) -> None:
    """Tell both sides the visit's present state, each in its own words."""
    agent = (await uow.staff.get(visit.agent_id)).agent if visit.agent_id else None
    groups = {g.id: g for g in await uow.skill_groups.all()}
    await uow.outbox.add(
        visit.id,
        "visit",
        {"visit": customer_visit(visit), "agent": agent_name(agent)},
        ("customer",),
    )
    await uow.outbox.add(
        visit.id, "visit", {"visit": agent_visit(visit, groups[visit.skill_group_id])}, ("agent",)
    )


async def tell_places(deps: Deps, scope: Scope) -> None:
    """Send every waiting customer their place and the expected wait."""
    async with deps.db.read(scope) as uow:
        waiting = await uow.visits.waiting()
        if not waiting:
            return
        handle_s = await uow.visits.mean_handle_s(deps.policy.handle_time_s)
        duty = {g: await uow.staff.on_duty(g) for g in {w.skill_group_id for w in waiting}}
    for entry in waiting:
        place = place_of(entry.visit_id, waiting, duty[entry.skill_group_id], handle_s)
        await deps.live.direct(entry.visit_id, "place", place_view(place), ("customer",))


async def place_now(deps: Deps, scope: Scope, visit_id: VisitId) -> dict[str, object] | None:
    """The place of one visit, or None when it is not waiting."""
    async with deps.db.read(scope) as uow:
        waiting = await uow.visits.waiting()
        mine = next((w for w in waiting if w.visit_id == visit_id), None)
        if mine is None:
            return None
        handle_s = await uow.visits.mean_handle_s(deps.policy.handle_time_s)
        duty = await uow.staff.on_duty(mine.skill_group_id)
    return place_view(place_of(visit_id, waiting, duty, handle_s))


async def queue_view(deps: Deps, scope: Scope) -> dict[str, object]:
    """The queue in three figures, for every desk."""
    async with deps.db.read(scope) as uow:
        waiting = await uow.visits.waiting()
    now = deps.clock.now()
    longest = max(((now - w.entered_at).total_seconds() for w in waiting), default=0.0)
    return {
        "waiting": len(waiting),
        "longest_wait_s": round(longest),
        "elder_waiting": sum(w.priority <= ELDER_PRIORITY for w in waiting),
    }
