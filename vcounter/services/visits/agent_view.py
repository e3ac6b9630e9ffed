"""The whole of a visit as its agent, or a team lead, may see it."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from vcounter.domain.errors import OperatorUnavailable
from vcounter.domain.ids import VisitId
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.evidence import read_identity
from vcounter.services.orders.order_guard import is_under_duress
from vcounter.services.orders.order_views import order_view
from vcounter.services.ports import AuditLine, Subscriber
from vcounter.services.sms.views import sms_view
from vcounter.services.views import (
    agent_visit,
    message_view,
    step_view,
    subscriber_view,
    timeline,
)
from vcounter.services.visits.companions import companion_view
from vcounter.services.visits.photo import photos_of
from vcounter.services.visits.recordings import recording_light


async def agent_view(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> dict[str, object]:
    """Everything on the agent's screen for one visit. Reading the record leaves an audit line.

    Callers check before that this agent may see the visit (`desk.may_see_visit`).
    """
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        tenant = await uow.tenants.get(visit.tenant_id)
    today = deps.clock.now().astimezone(ZoneInfo(tenant.timezone)).date()
    record = await record_of(deps, visit)
    light = await recording_light(deps, visit)
    if record is not None:
        async with deps.db.write(caller.scope) as uow:
            subject = deps.keys.blind_index(record.msisdn)
            await uow.audit.write(AuditLine(caller.id, "record.view", visit_id, subject))
    async with deps.db.read(caller.scope) as uow:
        groups = {g.id: g for g in await uow.skill_groups.all()}
        steps = await uow.steps.of_visit(visit_id)
        current = await uow.steps.current(visit_id)
        evidence = await uow.evidence.of_visit(visit_id)
        orders = await uow.orders.of_visit(visit_id)
        messages = await uow.messages.of_visit(visit_id)
        sent = await uow.sms.of_visit(visit_id)
        identity = await read_identity(uow, deps, visit)
        images = await uow.images.of_visit(visit_id)
        companion = await companion_view(uow, visit)
        duress = await is_under_duress(uow, visit_id)
        link = await uow.links.of_visit(visit_id)
        to_undo = await uow.orders.get(link.order_id) if link and link.order_id else None
    party = visit.customer_party_id
    return {
        "visit": agent_visit(visit, groups[visit.skill_group_id]),
        "customer": customer_record(record, today),
        "step": step_view(current) if current else None,
        "steps": [step_view(s) for s in steps],
        "messages": [message_view(m) for m in messages if m.sender != "file"],
        "identity": identity,
        "photos": photos_of(images, steps),
        "orders": [order_view(o, visit.lang) for o in orders],
        "undo_order": order_view(to_undo, visit.lang) if to_undo else None,
        "recording": light,
        "timeline": timeline(visit, steps, evidence, orders),
        "sms": [sms_view(row) for row in sent],
        "duress": duress,
        "companion": companion,
        "customer_online": bool(party and deps.live.online(party)),
    }


def customer_record(record: Subscriber | None, today: date) -> dict[str, object] | None:
    """The operator's record in the agent's form, or None while no number is known."""
    return subscriber_view(record, today) if record else None


async def record_of(deps: Deps, visit: Visit) -> Subscriber | None:
    """The record behind the visit's number; a silent operator's system shows as no record."""
    if visit.msisdn is None:
        return None
    try:
        record = await deps.bss.find(visit.msisdn)
    except OperatorUnavailable:
        return None
    return None if record is None or (visit.simulated and not record.test) else record
