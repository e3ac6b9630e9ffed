"""How a visit ends: hang-up, wrap-up, leaving the queue, a call-back instead."""

from __future__ import annotations

from datetime import datetime

from vcounter.domain.agent import AgentState
from vcounter.domain.errors import InvalidInput, MediaUnavailable, VisitGone
from vcounter.domain.ids import StaffId, VisitId
from vcounter.domain.steps import StepState
from vcounter.domain.visit import CUSTOMER_LEFT, Visit, VisitState
from vcounter.services.context import CustomerCaller, Deps, StaffCaller, desk_room
from vcounter.services.identity.consents import shorten_unproven
from vcounter.services.ports import AuditLine, Scope, UnitOfWork
from vcounter.services.views import me_view
from vcounter.services.visits.assign_visit import publish_visit, withdraw_offer
from vcounter.services.visits.companions import left_alone
from vcounter.services.visits.open_visit import require_serving
from vcounter.services.visits.recordings import close_recording
from vcounter.services.visits.steps import end_step
from vcounter.services.visits.talk import keep_message

DISPOSITIONS = ("done", "partly_done", "not_done", CUSTOMER_LEFT, "referred", "hall", "abusive")


async def end_by_agent(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> None:
    """Hang up: the customer sees the receipt, the agent wraps up. Safe to repeat."""
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        if visit.state is VisitState.WRAP_UP and visit.agent_id == caller.id:
            return
        require_serving(visit, caller)
        over = await _end(uow, deps, visit, caller.id)
    for ended in over:
        await after_end(deps, caller.scope, ended)


async def leave(deps: Deps, caller: CustomerCaller) -> None:
    """The customer hangs up or leaves the queue. Safe to repeat."""
    await customer_gone(deps, caller.scope, caller.party.visit_id, "left")


async def customer_gone(deps: Deps, scope: Scope, visit_id: VisitId, how: str) -> None:
    """The customer left, or stayed away past the grace time. Safe to repeat.

    A visit that waits is abandoned, or, if it was served before its agent was lost, closed.
    """
    over: list[VisitId] = []
    async with deps.db.write(scope) as uow:
        visit = await uow.visits.get(visit_id)
        was = visit.state
        if was in (VisitState.WAITING, VisitState.OFFERED):
            await _give_up(uow, deps, visit, how)
        elif was is VisitState.SERVING:
            over = await _end(uow, deps, visit, "customer")
    if visit.state is VisitState.CLOSED and not over and visit.state is not was:
        over = [visit_id]
    for ended in over:
        await after_end(deps, scope, ended)
    if was in (VisitState.WAITING, VisitState.OFFERED):
        await deps.live.close_room(visit_id)
    deps.poke()


async def _give_up(uow: UnitOfWork, deps: Deps, visit: Visit, how: str) -> None:
    now = deps.clock.now()
    await withdraw_offer(uow, deps, visit, how)
    current = await uow.steps.current(visit.id)
    if current is not None:
        await end_step(uow, deps.clock, visit, current, StepState.CANCELLED)
    if visit.connected_at is None:
        visit.abandon(now)
    else:
        visit.leave_served(now)
        await shorten_unproven(uow, deps, visit)
    await uow.visits.save(visit)
    await publish_visit(uow, visit)
    await uow.audit.write(AuditLine("customer", f"visit.{how}", visit.id))


async def _end(uow: UnitOfWork, deps: Deps, visit: Visit, actor: str) -> list[VisitId]:
    """End a served visit and the one beside it; which are over. Only the first is wrapped up."""
    over = await end_beside(uow, deps, visit, actor)
    now = deps.clock.now()
    current = await uow.steps.current(visit.id)
    if current is not None:
        await end_step(uow, deps.clock, visit, current, StepState.CANCELLED)
    if visit.companion_of is not None:
        visit.end_companion(now)
    else:
        visit.end(now)
    visit.aside = False
    await uow.visits.save(visit)
    await shorten_unproven(uow, deps, visit)
    if visit.companion_of is not None:
        await left_alone(uow, visit)
    elif visit.agent_id is not None:
        await _start_wrap_up(uow, visit.agent_id, now)
    await publish_visit(uow, visit)
    await uow.audit.write(AuditLine(actor, "visit.end", visit.id))
    return [*over, visit.id]


async def end_beside(uow: UnitOfWork, deps: Deps, visit: Visit, actor: str) -> list[VisitId]:
    """End the second holder's visit beside this one, in the caller's transaction."""
    over: list[VisitId] = []
    for beside in await uow.visits.companions_of(visit.id):
        over += await _end(uow, deps, beside, actor)
    if over:
        fresh = await uow.visits.get(visit.id)
        visit.version, visit.aside = fresh.version, fresh.aside
    return over


async def _start_wrap_up(uow: UnitOfWork, agent_id: StaffId, now: datetime) -> None:
    agent = (await uow.staff.get(agent_id)).agent
    if agent.state is AgentState.SERVING:
        agent.start_wrap_up(now)
        await uow.staff.save(agent)
        await uow.outbox.add(desk_room(agent.id), "me", me_view(agent))


async def after_end(deps: Deps, scope: Scope, visit_id: VisitId) -> None:
    """Close the call's media, then make its recording playable in the background."""
    await deps.live.stop_media(visit_id)
    try:
        await deps.media.close(visit_id)
    except MediaUnavailable:
        pass  # the worker is gone, and with it the call
    deps.spawn(close_recording(deps, scope, visit_id), f"close recording {visit_id}")


async def wrap_up(
    deps: Deps,
    caller: StaffCaller,
    visit_id: VisitId,
    disposition: str,
    tags: list[str],
    note: str,
) -> None:
    """Close the visit with the ticked outcome; the agent is ready again.

    Raises InvalidInput for an unknown disposition, VisitGone unless it is this agent's wrap-up.
    """
    if disposition not in DISPOSITIONS:
        raise InvalidInput("unknown disposition", field="disposition", reason="choice")
    now = deps.clock.now()
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        if visit.agent_id != caller.id or visit.state is not VisitState.WRAP_UP:
            raise VisitGone("not in wrap-up", state=visit.state.value)
        visit.wrap_up(disposition, now)
        await uow.visits.save(visit)
        agent = (await uow.staff.get(caller.id)).agent
        agent.finish_wrap_up(now)
        await uow.staff.save(agent)
        await uow.outbox.add(desk_room(agent.id), "me", me_view(agent))
        await uow.outbox.add(desk_room(agent.id), "visit", {"visit_id": None})
        if note.strip():
            await keep_message(uow, deps, visit, "note", note)
        detail = {"disposition": disposition, "tags": ",".join(sorted(tags))}
        await uow.audit.write(AuditLine(caller.id, "visit.wrap_up", visit_id, "", detail))
    deps.poke()


async def ask_call_back(deps: Deps, caller: CustomerCaller) -> None:
    """Take a call back instead of waiting. Raises WrongState unless waiting."""
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(caller.party.visit_id)
        visit.ask_call_back(deps.clock.now())
        await uow.visits.save(visit)
        await publish_visit(uow, visit)
        await uow.audit.write(AuditLine(caller.party.id, "visit.call_back", visit.id))
