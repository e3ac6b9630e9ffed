"""What people add to the evidence: the agent's decision, told facts."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from vcounter.domain.agent import Role
from vcounter.domain.attempts import AttemptKind, AttemptOutcome
from vcounter.domain.errors import (
    InvalidInput,
    NotFound,
    PreconditionFailed,
    WrongState,
)
from vcounter.domain.identity import EvidenceKind, Outcome, Path, Source
from vcounter.domain.ids import ImageId, VisitId
from vcounter.domain.msisdn import parse_msisdn
from vcounter.domain.steps import StepKind
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps, StaffCaller, desk_room
from vcounter.services.identity import attempts
from vcounter.services.identity.evidence import (
    add_evidence,
    publish_identity,
    read_image,
    scope_of,
)
from vcounter.services.identity.identity_view import held_by
from vcounter.services.orders.order_guard import mark_duress
from vcounter.services.ports import AuditLine, Scope, Subscriber
from vcounter.services.visits.open_visit import require_serving

COMPARE_WAIT_S = 10.0


async def decide_as_agent(
    deps: Deps, caller: StaffCaller, visit_id: VisitId, outcome: Outcome, reason: str
) -> dict[str, object]:
    """The agent's own decision on what was gathered.

    A comparison under way is waited for: a decision counts only for what was known before it. A
    pass wants the face of the challenge before the camera at this moment.
    Raises WrongState (`comparing`; `capturing` while a picture is being taken; `presence_lost` when
    the face could not be confirmed, so that it has to come back or be challenged anew;
    `needs_referee` when only a referee may pass it), InvalidInput when a refusal or a review-zone
    pass comes without a reason.
    """
    await served_visit(deps, caller, visit_id)
    if outcome is Outcome.PASSED:
        await _refuse_while_capturing(deps, caller, visit_id)
    if not await deps.comparing.wait(visit_id, COMPARE_WAIT_S):
        raise WrongState("still comparing", state="comparing")
    if outcome is Outcome.PASSED:
        seen = await confirm_face(deps, caller.scope, visit_id)
        if seen not in (None, Outcome.PASSED):
            raise WrongState("face not confirmed", state="presence_lost")
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        evidence = await uow.evidence.of_visit(visit_id)
        held = held_by(evidence, visit.customer_party_id, visit)
        undecided = any(
            e.kind is EvidenceKind.FACE_MATCH and e.outcome is not Outcome.PASSED for e in evidence
        )
        if outcome is Outcome.PASSED and held.needs_referee:
            raise WrongState("needs a referee", state="needs_referee")
        if (outcome is Outcome.FAILED or undecided) and not reason.strip():
            raise InvalidInput("say why", field="reason", reason="required")
        await add_evidence(
            uow,
            deps,
            visit,
            EvidenceKind.AGENT_DECISION,
            outcome,
            source=Source.AGENT,
            by=caller.id,
            detail={"reason": reason.strip()[:200]},
        )
        view = await publish_identity(uow, deps, visit)
    deps.tally.identity_path("agent" if outcome is Outcome.PASSED else "refused")
    return view


_CAPTURES = frozenset({StepKind.FACE, StepKind.CARD_FRONT, StepKind.CARD_BACK, StepKind.CARD_TILT})


async def _refuse_while_capturing(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> None:
    """A picture on its way would undo the decision a moment later."""
    async with deps.db.read(caller.scope) as uow:
        current = await uow.steps.current(visit_id)
    if current is not None and current.kind in _CAPTURES:
        raise WrongState("a picture is being taken", state="capturing")


async def confirm_face(deps: Deps, scope: Scope, visit_id: VisitId) -> Outcome | None:
    """Look whether the challenge's face is still there; None where no face is a part of it."""
    async with deps.db.read(scope) as uow:
        visit = await uow.visits.get(visit_id)
        evidence = await uow.evidence.of_visit(visit_id)
    if held_by(evidence, visit.customer_party_id, visit).path is Path.NO_FACE:
        return None
    return await deps.presence.confirm(scope, visit_id)


async def mark_coerced(deps: Deps, caller: StaffCaller, visit_id: VisitId, *, on: bool) -> None:
    """The silent mark of a coached or frightened customer: nothing commits, the leads are called.

    Nothing on the customer's side shows it. Raises VisitGone.
    """
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        await mark_duress(uow, caller.id, visit_id, on=on)
        for lead in await uow.staff.with_role(Role.TEAM_LEAD):
            await uow.outbox.add(desk_room(lead.id), "duress", {"visit_id": visit_id, "on": on})


@dataclass(frozen=True, slots=True)
class ProtectiveFacts:
    """What a caller at 3 a.m. can tell without any document (level L1a)."""

    name: str
    document_number: str
    fact_code: str
    answer: str
    call_back: str


async def check_facts(
    deps: Deps, caller: StaffCaller, visit_id: VisitId, facts: ProtectiveFacts
) -> dict[str, object]:
    """Compare the told facts with the record, all at once: which one was wrong is not said.

    Raises TooMany once the number's wrong answers of the day are used up, whatever was told.
    """
    parse_msisdn(facts.call_back, "call_back")
    visit = await served_visit(deps, caller, visit_id)
    record = await subscriber_of(deps, visit)
    questions = {q.code: q.expected for q in await deps.bss.control_questions(record.msisdn)}
    right = (
        _plain(facts.name) == _plain(record.name)
        and _plain(facts.document_number) == _plain(record.document_number)
        and facts.fact_code in questions
        and _plain(facts.answer) == _plain(questions[facts.fact_code])
    )
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        await attempts.require_room(uow, deps, visit, AttemptKind.FACTS)
        if not right:
            await attempts.note(uow, deps, visit, AttemptKind.FACTS, AttemptOutcome.WRONG)
        await add_evidence(
            uow,
            deps,
            visit,
            EvidenceKind.PROTECTIVE_FACTS,
            Outcome.PASSED if right else Outcome.FAILED,
            source=Source.AGENT,
            by=caller.id,
            detail={"fact": facts.fact_code},
        )
        return await publish_identity(uow, deps, visit)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


async def subscriber_of(deps: Deps, visit: Visit) -> Subscriber:
    """The operator's record of the visit's number.

    Raises PreconditionFailed, OperatorUnavailable.
    """
    if visit.msisdn is None:
        raise PreconditionFailed("no number yet", reason="number_missing")
    record = await deps.bss.find(visit.msisdn)
    if record is None or (visit.simulated and not record.test):
        raise PreconditionFailed("unknown number", reason="number_unknown")
    return record


async def served_visit(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> Visit:
    """The visit that this agent serves now. Raises VisitGone."""
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
    require_serving(visit, caller)
    return visit


async def today_of(deps: Deps, visit: Visit) -> date:
    """Today, where the visit's tenant is."""
    async with deps.db.read(scope_of(visit)) as uow:
        tenant = await uow.tenants.get(visit.tenant_id)
    return deps.clock.now().astimezone(ZoneInfo(tenant.timezone)).date()


async def control_questions(
    deps: Deps, caller: StaffCaller, visit_id: VisitId
) -> list[dict[str, object]]:
    """Questions from the operator's record with the expected answers, for the serving agent."""
    visit = await served_visit(deps, caller, visit_id)
    record = await subscriber_of(deps, visit)
    async with deps.db.write(caller.scope) as uow:
        await uow.audit.write(AuditLine(caller.id, "questions.view", visit_id))
    found = await deps.bss.control_questions(record.msisdn)
    return [{"code": q.code, "expected": q.expected} for q in found]


async def view_image(deps: Deps, caller: StaffCaller, visit: Visit, image_id: str) -> bytes:
    """One stored picture, with an audit line. Raises NotFound for pictures of other visits."""
    async with deps.db.write(caller.scope) as uow:
        row = await uow.images.get(ImageId(image_id))
        if row.visit_id != visit.id:
            raise NotFound("another visit's picture")
        await uow.audit.write(AuditLine(caller.id, "image.view", row.id, "", {"kind": row.kind}))
    return await read_image(deps, visit, row)
