"""What each side may see, as plain JSON: the only place where entities become wire objects.

The customer's view never holds a document number, a score or another person's data; the agent's
view never holds a PUK, a password or a call record, because no entity here carries one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from vcounter.domain.agent import Agent
from vcounter.domain.identity import Evidence
from vcounter.domain.msisdn import mask_msisdn
from vcounter.domain.order import Order
from vcounter.domain.queueing import Place, age_on
from vcounter.domain.steps import Step, StepState
from vcounter.domain.visit import ELDER_PRIORITY, Visit
from vcounter.services.ports import ChatMessage, SkillGroup, Subscriber


def iso(moment: datetime | None) -> str | None:
    """UTC with a trailing Z, milliseconds."""
    if moment is None:
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def me_view(agent: Agent) -> dict[str, object]:
    """An agent's own state."""
    return {
        "id": agent.id,
        "name": agent.name,
        "badge": agent.badge,
        "role": agent.role.value,
        "state": agent.state.value,
        "reason": agent.reason.value if agent.reason else None,
        "since": iso(agent.since),
    }


def step_view(step: Step) -> dict[str, object]:
    """A step as both sides see it; it holds no secret by construction."""
    return {
        "id": step.id,
        "kind": step.kind.value,
        "params": dict(step.params),
        "state": step.state.value,
        "sealed": step.sealed,
        "order_id": step.order_id,
        "outcome": dict(step.outcome),
        "pushed_at": iso(step.pushed_at),
        "ended_at": iso(step.ended_at),
    }


def message_view(message: ChatMessage) -> dict[str, object]:
    return {
        "id": message.id,
        "sender": message.sender,
        "text": message.text,
        "at": iso(message.at),
    }


def place_view(place: Place) -> dict[str, object]:
    return {"ahead": place.ahead, "wait_s": place.wait_s}


def offer_view(visit: Visit, group: SkillGroup, now: datetime) -> dict[str, object]:
    """What an agent sees while it rings."""
    return {
        "visit_id": visit.id,
        "skill_group": group.code,
        "elder": visit.priority <= ELDER_PRIORITY,
        "wait_s": max(0, round((now - visit.entered_at).total_seconds())),
        "ring_until": iso(visit.ring_until),
        "lang": visit.lang,
        "msisdn_masked": mask_msisdn(visit.msisdn) if visit.msisdn else None,
        "simulated": visit.simulated,
    }


def customer_visit(visit: Visit) -> dict[str, object]:
    return {
        "id": visit.id,
        "state": visit.state.value,
        "lang": visit.lang,
        "recording": visit.recording_consent.value,
        "face_consent": visit.face_consent.value,
        "simulated": visit.simulated,
        "msisdn_masked": mask_msisdn(visit.msisdn) if visit.msisdn else None,
        "joins_another": visit.companion_of is not None,
        "aside": visit.aside,
    }


def agent_visit(visit: Visit, group: SkillGroup) -> dict[str, object]:
    return {
        "id": visit.id,
        "state": visit.state.value,
        "lang": visit.lang,
        "region": visit.region,
        "skill_group": group.code,
        "simulated": visit.simulated,
        "recording": visit.recording_consent.value,
        "face_consent": visit.face_consent.value,
        "entered_at": iso(visit.entered_at),
        "connected_at": iso(visit.connected_at),
        "ended_at": iso(visit.ended_at),
        "msisdn": visit.msisdn,
        "companion_of": visit.companion_of,
        "aside": visit.aside,
    }


def agent_name(agent: Agent | None) -> dict[str, object] | None:
    """How the customer sees the agent: a name and the badge number."""
    return {"name": agent.name, "badge": agent.badge} if agent else None


def subscriber_view(record: Subscriber, today: date) -> dict[str, object]:
    """The record as far as an agent needs it; the document number stays on the server."""
    alternate = record.alternate_contact
    return {
        "name": record.name,
        "msisdn": record.msisdn,
        "sex": record.sex,
        "age": age_on(record.birth, today),
        "address_short": record.address[:12],
        "stars": record.stars,
        "plan": record.plan,
        "state": record.state,
        "stop_reasons": list(record.stop_reasons),
        "opened_on": record.opened_on.isoformat(),
        "has_enrolment": record.has_enrolment,
        "elder_care": record.elder_care,
        "dialect": record.dialect,
        "large_print": record.large_print,
        "document_type": record.document_type.value,
        "alternate_contact_masked": mask_msisdn(alternate) if alternate else None,
    }


def timeline(
    visit: Visit, steps: Sequence[Step], evidence: Sequence[Evidence], orders: Sequence[Order]
) -> list[dict[str, object]]:
    """What happened, in order, as codes: entered, connected, step ends, evidence, orders, end."""
    items: list[tuple[datetime, str, dict[str, object]]] = [(visit.entered_at, "entered", {})]
    if visit.connected_at:
        items.append((visit.connected_at, "connected", {}))
    for step in steps:
        if step.ended_at and step.state is not StepState.REPLACED:
            items.append(
                (step.ended_at, "step", {"kind": step.kind.value, "state": step.state.value})
            )
    for item in evidence:
        items.append(
            (item.at, "evidence", {"kind": item.kind.value, "outcome": item.outcome.value})
        )
    for order in orders:
        moment = order.settled_at or order.confirmed_at or order.created_at
        items.append((moment, "order", {"action_id": order.action_id, "state": order.state.value}))
    if visit.ended_at:
        items.append((visit.ended_at, "ended", {}))
    items.sort(key=lambda entry: entry[0])
    return [{"at": iso(at), "code": code, "detail": detail} for at, code, detail in items]
