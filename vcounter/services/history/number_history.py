"""One number's past in one timeline, for the agent who serves it now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from vcounter.domain.agent import Agent, Role
from vcounter.domain.errors import OperatorUnavailable, VisitGone
from vcounter.domain.ids import Msisdn, SkillGroupId, StaffId, VisitId
from vcounter.domain.msisdn import mask_msisdn
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.ports import (
    AuditLine,
    OperatorTicket,
    OrderLine,
    OrderQuery,
    SkillGroup,
    UnitOfWork,
)
from vcounter.services.views import iso

MAX_VISITS = 50
MAX_ORDERS = 100
_AT_DESK = (VisitState.SERVING, VisitState.WRAP_UP)
Item = dict[str, object]


async def history_of(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> dict[str, object]:
    """Earlier visits, their orders and the operator's tickets about a visit's number, newest first.

    For the agent at whose desk the visit is, and for team leads; each read leaves an audit line.
    Nothing of this visit itself is in it. An operator that does not answer leaves its tickets out
    and is said to have (`tickets_known`). Raises NotFound, VisitGone.
    """
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        _require_desk(caller, visit)
        number = visit.msisdn
        if number is None:
            return {"msisdn_masked": None, "tickets_known": True, "items": []}
        items = await _ours(uow, visit, number)
        subject = deps.keys.blind_index(number)
        await uow.audit.write(AuditLine(caller.id, "history.view", visit_id, subject))
    known = True
    try:
        items += [_ticket_item(ticket) for ticket in await deps.bss.tickets(number)]
    except OperatorUnavailable:
        known = False
    items.sort(key=lambda entry: entry[0], reverse=True)
    return {
        "msisdn_masked": mask_msisdn(number),
        "tickets_known": known,
        "items": [item for _, item in items],
    }


def _require_desk(caller: StaffCaller, visit: Visit) -> None:
    """An agent who served somebody yesterday has no business with their past today."""
    if caller.agent.role is Role.TEAM_LEAD:
        return
    if visit.agent_id != caller.id or visit.state not in _AT_DESK:
        raise VisitGone("not at this desk", state=visit.state.value)


async def _ours(uow: UnitOfWork, visit: Visit, number: Msisdn) -> list[tuple[datetime, Item]]:
    visits = [v for v in await uow.visits.of_number(number, MAX_VISITS) if v.id != visit.id]
    query = OrderQuery(msisdn=number, limit=MAX_ORDERS)
    orders = [o for o in await uow.orders.search(query) if o.visit_id != visit.id]
    recorded = await uow.recordings.recorded([v.id for v in visits])
    agents = [agent for v in visits if (agent := v.agent_id or v.last_agent_id)]
    who = await uow.staff.named([*(o.maker_id for o in orders), *agents])
    groups = {group.id: group for group in await uow.skill_groups.all()}
    return [
        *((v.entered_at, _visit_item(v, groups, who, v.id in recorded)) for v in visits),
        *((o.created_at, order_item(o, who)) for o in orders),
    ]


def _visit_item(
    visit: Visit,
    groups: Mapping[SkillGroupId, SkillGroup],
    who: Mapping[StaffId, Agent],
    is_recorded: bool,
) -> Item:
    agent_id = visit.agent_id or visit.last_agent_id
    group = groups.get(visit.skill_group_id)
    length = None
    if visit.connected_at and visit.ended_at:
        length = max(0, round((visit.ended_at - visit.connected_at).total_seconds()))
    return {
        "kind": "visit",
        "id": visit.id,
        "at": iso(visit.entered_at),
        "state": visit.state.value,
        "desk_zh": group.name_zh if group else "",
        "desk_en": group.name_en if group else "",
        "agent": _person(who.get(agent_id)) if agent_id else None,
        "disposition": visit.disposition,
        "length_s": length,
        "recorded": is_recorded,
    }


def order_item(order: OrderLine, who: Mapping[StaffId, Agent]) -> Item:
    """An order as lists show it: the number masked, no inputs, no result."""
    return {
        "kind": "order",
        "id": order.id,
        "at": iso(order.created_at),
        "visit_id": order.visit_id,
        "action_id": order.action_id,
        "msisdn_masked": mask_msisdn(order.msisdn),
        "state": order.state.value,
        "settled_at": iso(order.settled_at),
        "failure": order.failure,
        "assurance": order.assurance,
        "agent": _person(who.get(order.maker_id)),
    }


def _ticket_item(ticket: OperatorTicket) -> tuple[datetime, Item]:
    return ticket.opened_at, {
        "kind": "ticket",
        "id": ticket.no,
        "at": iso(ticket.opened_at),
        "what": ticket.kind,
        "state": ticket.state,
        "title": ticket.title,
        "due_at": iso(ticket.due_at),
    }


def _person(agent: Agent | None) -> dict[str, object] | None:
    return {"name": agent.name, "badge": agent.badge} if agent else None
