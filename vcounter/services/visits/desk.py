"""The agent's own state, and what a desk shows."""

from __future__ import annotations

from vcounter.domain.agent import Agent, AgentState, NotReadyReason, Role
from vcounter.domain.errors import VisitGone
from vcounter.domain.ids import StaffId, VisitId
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.context import Deps, StaffCaller, desk_room
from vcounter.services.ports import AuditLine, Scope
from vcounter.services.views import me_view, offer_view
from vcounter.services.visits.agent_view import agent_view
from vcounter.services.visits.assign_visit import publish_visit, queue_view
from vcounter.services.visits.close_visit import after_end, end_beside


async def set_state(
    deps: Deps, caller: StaffCaller, state: AgentState, reason: NotReadyReason
) -> Agent:
    """Become ready or not ready. Raises WrongState while a customer is at the desk."""
    now = deps.clock.now()
    async with deps.db.write(caller.scope) as uow:
        agent = (await uow.staff.get(caller.id)).agent
        if state is AgentState.READY:
            agent.become_ready(now)
        else:
            agent.become_not_ready(reason, now)
        await uow.staff.save(agent)
        await uow.outbox.add(desk_room(agent.id), "me", me_view(agent))
        detail = {"state": agent.state.value, "reason": reason.value}
        await uow.audit.write(AuditLine(caller.id, "staff.state", caller.id, "", detail))
    deps.poke()
    return agent


async def desk_view(deps: Deps, caller: StaffCaller) -> dict[str, object]:
    """All that a desk needs to draw itself: me, what rings, the visit in hand, the queue."""
    async with deps.db.read(caller.scope) as uow:
        agent = (await uow.staff.get(caller.id)).agent
        mine = await uow.visits.of_agent(
            caller.id, (VisitState.OFFERED, VisitState.SERVING, VisitState.WRAP_UP)
        )
        groups = {g.id: g for g in await uow.skill_groups.all()}
    ringing = next((v for v in mine if v.state is VisitState.OFFERED), None)
    alone = (v for v in mine if v.companion_of is None)
    in_hand = next((v for v in alone if v.state is not VisitState.OFFERED), None)
    now = deps.clock.now()
    return {
        "me": me_view(agent),
        "offer": offer_view(ringing, groups[ringing.skill_group_id], now) if ringing else None,
        "visit": await agent_view(deps, caller, in_hand.id) if in_hand else None,
        "queue": await queue_view(deps, caller.scope),
    }


async def may_see_visit(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> Visit:
    """The visit, if it is this agent's own or the caller leads the team. Raises VisitGone."""
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
    if caller.id in (visit.agent_id, visit.last_agent_id) or caller.agent.role is Role.TEAM_LEAD:
        return visit
    raise VisitGone("somebody else's visit", state=visit.state.value)


async def desk_lost(deps: Deps, scope: Scope, staff_id: StaffId) -> list[Visit]:
    """The agent's browser stayed away past the grace time.

    A free agent becomes not ready; a served customer goes to the head of the queue with the step
    and everything gathered kept; a second holder beside them has to be invited again. Returns the
    visits that wait again.
    """
    now = deps.clock.now()
    over: list[VisitId] = []
    async with deps.db.write(scope) as uow:
        agent = (await uow.staff.get(staff_id)).agent
        all_served = await uow.visits.of_agent(staff_id, (VisitState.SERVING,))
        serving = [visit for visit in all_served if visit.companion_of is None]
        for visit in serving:
            over += await end_beside(uow, deps, visit, staff_id)
            visit.lose_agent()
            await uow.visits.save(visit)
            await publish_visit(uow, visit)
            await uow.audit.write(AuditLine(staff_id, "visit.agent_lost", visit.id))
        if agent.state in (AgentState.READY, AgentState.SERVING):
            agent.state = AgentState.NOT_READY
            agent.reason, agent.since = NotReadyReason.CONNECTION_LOST, now
            await uow.staff.save(agent)
            await uow.outbox.add(desk_room(agent.id), "me", me_view(agent))
    for ended in over:
        await after_end(deps, scope, ended)
    deps.poke()
    return serving
