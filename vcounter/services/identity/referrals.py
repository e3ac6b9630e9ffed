"""The referee's desk: visits that wait for a trained eye, their decisions, and how often it comes
to that (identity.md: how often each path is taken is a published figure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from vcounter.domain.agent import Role
from vcounter.domain.documents import DocumentType
from vcounter.domain.errors import Forbidden, InvalidInput, WrongState
from vcounter.domain.identity import (
    INDEPENDENT,
    Evidence,
    EvidenceKind,
    Outcome,
    Path,
    Reference,
    Source,
    Zone,
    is_refused,
)
from vcounter.domain.ids import VisitId
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.context import Deps, StaffCaller, desk_room
from vcounter.services.identity.decide_identity import confirm_face, today_of
from vcounter.services.identity.evidence import add_evidence, publish_identity, read_identity
from vcounter.services.identity.identity_view import held_by
from vcounter.services.identity.second_person import refuse_same_person
from vcounter.services.orders.order_guard import duress_since, suspected_since
from vcounter.services.ports import AuditLine, UnitOfWork
from vcounter.services.views import iso
from vcounter.services.visits.agent_view import customer_record, record_of
from vcounter.services.visits.open_visit import require_serving

Ask = Literal["decision", "approval", "duress", "fraud"]
MAX_STATS_VISITS = 20_000
_ASKS: dict[EvidenceKind, Ask] = {
    EvidenceKind.REFEREE_DECISION: "decision",
    EvidenceKind.APPROVAL: "approval",
}


async def refer(
    deps: Deps, caller: StaffCaller, visit_id: VisitId, reason: str
) -> dict[str, object]:
    """Ask a trained referee, the normal way for old portraits and doubtful faces.

    Raises InvalidInput without a reason, WrongState (`refused`) while a refusal stands: something
    new has to be gathered first.
    """
    if not reason.strip():
        raise InvalidInput("say why", field="reason", reason="required")
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        if is_refused(of_visit(await uow.evidence.of_visit(visit_id), visit)):
            raise WrongState("refused, and nothing new since", state="refused")
        await add_evidence(
            uow,
            deps,
            visit,
            EvidenceKind.REFEREE_DECISION,
            Outcome.REVIEW,
            source=Source.AGENT,
            by=caller.id,
            detail={"reason": reason.strip()[:200]},
        )
        await call_leads(uow, visit_id, "decision")
        return await publish_identity(uow, deps, visit)


async def call_leads(uow: UnitOfWork, visit_id: VisitId, ask: Ask) -> None:
    """Show every team lead that a visit waits for one of them."""
    for lead in await uow.staff.with_role(Role.TEAM_LEAD):
        await uow.outbox.add(desk_room(lead.id), "referral", {"visit_id": visit_id, "ask": ask})


def of_visit(evidence: Sequence[Evidence], visit: Visit) -> list[Evidence]:
    """What counts for the visit's customer and number, oldest first."""
    mine = [
        e for e in evidence if e.party_id == visit.customer_party_id and e.msisdn == visit.msisdn
    ]
    return sorted(mine, key=lambda e: (e.at, e.id))


def waiting(mine: Sequence[Evidence]) -> Evidence | None:
    """What was asked of the leads and not answered; a decision comes before an approval."""
    for kind in _ASKS:
        asked = [e for e in mine if e.kind is kind]
        if asked and asked[-1].outcome is Outcome.REVIEW:
            return asked[-1]
    return None


async def open_referrals(deps: Deps, caller: StaffCaller) -> list[dict[str, object]]:
    """The leads' queue: visits whose agent waits for a word or has set a silent mark, oldest first,
    each with the operator's record of the customer. Reading a record leaves an audit line."""
    found: list[tuple[Visit, dict[str, object]]] = []
    async with deps.db.read(caller.scope) as uow:
        for visit in await uow.visits.in_states((VisitState.SERVING,)):
            call = await _call(uow, visit)
            if call is None or visit.agent_id is None:
                continue
            agent = (await uow.staff.get(visit.agent_id)).agent
            item: dict[str, object] = {
                "visit_id": visit.id,
                "ask": call.ask,
                "agent": {"name": agent.name, "badge": agent.badge},
                "reason": call.reason,
                "asked_at": iso(call.at),
                "identity": await read_identity(uow, deps, visit),
            }
            found.append((visit, item))
    for visit, item in found:
        item["customer"] = await _record(deps, caller, visit)
    return [item for _, item in sorted(found, key=lambda pair: str(pair[1]["asked_at"]))]


@dataclass(frozen=True, slots=True)
class _Call:
    """Why a visit is on the leads' desk."""

    ask: Ask
    reason: str
    at: datetime


async def _call(uow: UnitOfWork, visit: Visit) -> _Call | None:
    """What the visit waits for; a mark of coercion or fraud comes first: nobody is asked to decide,
    but a lead should know and stand by."""
    marks: tuple[tuple[Ask, datetime | None], ...] = (
        ("duress", await duress_since(uow, visit.id)),
        ("fraud", await suspected_since(uow, visit.id)),
    )
    for ask, since in marks:
        if since is not None:
            return _Call(ask, "", since)
    asked = waiting(of_visit(await uow.evidence.of_visit(visit.id), visit))
    if asked is None:
        return None
    return _Call(_ASKS[asked.kind], asked.detail.get("reason", ""), asked.at)


async def _record(deps: Deps, caller: StaffCaller, visit: Visit) -> dict[str, object] | None:
    record = await record_of(deps, visit)
    if record is None:
        return None
    async with deps.db.write(caller.scope) as uow:
        subject = deps.keys.blind_index(record.msisdn)
        await uow.audit.write(AuditLine(caller.id, "record.view", visit.id, subject))
    return customer_record(record, await today_of(deps, visit))


async def decide(
    deps: Deps, caller: StaffCaller, visit_id: VisitId, outcome: Outcome, reason: str
) -> dict[str, object]:
    """The lead's word on what is asked: the referee's decision, or the second person's approval.

    Of two leads at once one is heard. Raises Forbidden for the visit's own agent and, for an
    approval, for whoever decided; InvalidInput without reason, WrongState when nobody asks, or
    when another face than the challenge's is before the camera (`presence_lost`).
    """
    if not reason.strip():
        raise InvalidInput("say why", field="reason", reason="required")
    await _confirm(deps, caller, visit_id, outcome)
    async with deps.db.write(caller.scope) as uow:
        await uow.hold(f"referral/{visit_id}")
        visit = await uow.visits.get(visit_id)
        if caller.agent.role is not Role.TEAM_LEAD or caller.id == visit.agent_id:
            raise Forbidden("not a referee for this visit")
        mine = of_visit(await uow.evidence.of_visit(visit_id), visit)
        asked = waiting(mine)
        if visit.state is not VisitState.SERVING or asked is None:
            raise WrongState("nobody asked", state=visit.state.value)
        if asked.kind is EvidenceKind.APPROVAL:
            refuse_same_person(mine, caller)
        await add_evidence(
            uow,
            deps,
            visit,
            asked.kind,
            outcome,
            source=Source.REFEREE,
            by=caller.id,
            detail={"reason": reason.strip()[:200]},
        )
        detail = {"ask": _ASKS[asked.kind], "outcome": outcome.value}
        await uow.audit.write(AuditLine(caller.id, "referral.decide", visit_id, "", detail))
        view = await publish_identity(uow, deps, visit)
    if asked.kind is EvidenceKind.REFEREE_DECISION:
        _tally(deps, mine, visit, outcome)
    return view


async def _confirm(deps: Deps, caller: StaffCaller, visit_id: VisitId, outcome: Outcome) -> None:
    """A referee may pass a face that is in doubt, but not one that is another by now."""
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        asked = waiting(of_visit(await uow.evidence.of_visit(visit_id), visit))
    is_pass = asked is not None and asked.kind is EvidenceKind.REFEREE_DECISION
    is_referee = caller.agent.role is Role.TEAM_LEAD and caller.id != visit.agent_id
    if outcome is not Outcome.PASSED or not is_pass or not is_referee:
        return
    if await confirm_face(deps, caller.scope, visit_id) is Outcome.FAILED:
        raise WrongState("another face", state="presence_lost")


def _tally(deps: Deps, mine: Sequence[Evidence], visit: Visit, outcome: Outcome) -> None:
    no_face = held_by(mine, visit.customer_party_id, visit).path is Path.NO_FACE
    passed = "no_face" if no_face else "referee"
    deps.tally.identity_path(passed if outcome is Outcome.PASSED else "refused")
    for code in reasons(mine, no_face=no_face):
        deps.tally.referral(code, outcome.value)


def reasons(mine: Sequence[Evidence], *, no_face: bool) -> list[str]:
    """Why it came to the referee, as codes; `asked` when the agent could have decided."""
    latest = {(e.kind, e.reference): e for e in sorted(mine, key=lambda e: (e.at, e.id))}
    newest = {kind: e for (kind, reference), e in latest.items() if reference is Reference.NONE}
    faces = [e for e in latest.values() if e.kind is EvidenceKind.FACE_MATCH]
    found = ["no_face"] if no_face else []
    if any(e.zone is Zone.MISMATCH for e in faces):
        found.append("mismatch")
    for kind in _PICTURES:
        if kind in newest and newest[kind].outcome is not Outcome.PASSED:
            found.append(kind.value)
    document = newest.get(EvidenceKind.DOCUMENT)
    if document is not None:
        found += _of_document(document, faces)
    return found or ["asked"]


_PICTURES = (
    EvidenceKind.LIVENESS,
    EvidenceKind.PRESENCE,
    EvidenceKind.CARD_FRONT,
    EvidenceKind.CARD_BACK,
)


def _of_document(document: Evidence, faces: Sequence[Evidence]) -> list[str]:
    found = []
    kind = document.detail.get("type", DocumentType.RESIDENT_ID)
    if kind != DocumentType.RESIDENT_ID:
        found.append("other_document")
    if document.detail.get("read") == "differs":
        found.append("read_differs")
    fresh = any(e.reference in INDEPENDENT and e.zone is Zone.MATCH for e in faces)
    if document.detail.get("portrait") == "old" and not fresh:
        found.append("old_portrait")
    return found


async def referral_stats(deps: Deps, caller: StaffCaller, days: int) -> dict[str, object]:
    """How the customers of the visits that ended in the last `days` days were identified.

    Counted are visits in which somebody decided; by the last decision for the visit's number:
    `agent`, `referee`, `no_face` (a referee's, without a face), `refused`. `share_referee` is the
    share of them in which a referee decided; `reasons` say why it came to the referee, one visit
    may have several. At most MAX_STATS_VISITS visits, the newest. Audited.
    """
    since = deps.clock.now() - timedelta(days=days)
    by_path: Counter[str] = Counter()
    by_reason: Counter[str] = Counter()
    by_referee: Counter[str] = Counter()
    async with deps.db.write(caller.scope) as uow:
        await uow.audit.write(AuditLine(caller.id, "referral.stats", str(days)))
    async with deps.db.read(caller.scope) as uow:
        for visit in await uow.visits.ended_since(since, MAX_STATS_VISITS):
            mine = of_visit(await uow.evidence.of_visit(visit.id), visit)
            last = _last_decision(mine)
            if last is None:
                continue
            no_face = held_by(mine, visit.customer_party_id, visit).path is Path.NO_FACE
            by_path[_path(last, no_face=no_face)] += 1
            if last.kind is EvidenceKind.REFEREE_DECISION:
                by_referee[last.outcome.value] += 1
                by_reason.update(reasons(mine, no_face=no_face))
    visits, refereed = by_path.total(), by_referee.total()
    return {
        "days": days,
        "visits": visits,
        "by_path": {path: by_path[path] for path in ("agent", "referee", "no_face", "refused")},
        "share_referee": round(refereed / visits, 4) if visits else 0.0,
        "reasons": dict(by_reason.most_common()),
        "by_referee_outcome": {o: by_referee[o] for o in ("passed", "failed")},
    }


_DECISIONS = frozenset({EvidenceKind.AGENT_DECISION, EvidenceKind.REFEREE_DECISION})


def _last_decision(mine: Sequence[Evidence]) -> Evidence | None:
    made = [e for e in mine if e.kind in _DECISIONS and e.outcome is not Outcome.REVIEW]
    return made[-1] if made else None


def _path(last: Evidence, *, no_face: bool) -> str:
    if last.outcome is Outcome.FAILED:
        return "refused"
    if no_face:
        return "no_face"
    return "referee" if last.kind is EvidenceKind.REFEREE_DECISION else "agent"
