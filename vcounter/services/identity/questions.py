"""Control questions from the operator's record, for a customer who is not known by the face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vcounter.domain.attempts import AttemptKind, AttemptOutcome
from vcounter.domain.errors import InvalidInput, PreconditionFailed, WrongState
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Source
from vcounter.domain.ids import VisitId
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity import attempts
from vcounter.services.identity.decide_identity import subscriber_of
from vcounter.services.identity.evidence import add_evidence, publish_identity
from vcounter.services.ports import AuditLine, ControlQuestion, IdFactory
from vcounter.services.visits.open_visit import require_serving

DRAWN = 3


async def draw_questions(
    deps: Deps, caller: StaffCaller, visit_id: VisitId
) -> list[dict[str, object]]:
    """Three questions drawn at random, in random order, with the expected answers. Audited.

    A draw that waits for its answers is given again, so that nobody fishes for easy ones; until it
    is answered rightly it counts as failed. Raises VisitGone, TooMany, OperatorUnavailable,
    PreconditionFailed (`too_few_questions`: only a hall can help).
    """
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
    require_serving(visit, caller)
    record = await subscriber_of(deps, visit)
    known = {q.code: q for q in await deps.bss.control_questions(record.msisdn)}
    if len(known) < DRAWN:
        raise PreconditionFailed("too few questions", reason="too_few_questions")
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        drawn = _waiting(await uow.evidence.of_visit(visit_id), visit)
        if drawn is None or not set(_codes(drawn)) <= known.keys():
            await attempts.require_room(uow, deps, visit, AttemptKind.QUESTIONS)
            attempt = await attempts.note(
                uow, deps, visit, AttemptKind.QUESTIONS, AttemptOutcome.OPEN
            )
            codes = _draw(sorted(known), deps.ids)
            drawn = await add_evidence(
                uow,
                deps,
                visit,
                EvidenceKind.CONTROL_QUESTIONS,
                Outcome.REVIEW,
                source=Source.OPERATOR,
                by=caller.id,
                detail={"drawn": str(DRAWN), "codes": ",".join(codes), "attempt": attempt.id},
            )
            await publish_identity(uow, deps, visit)
        subject = deps.keys.blind_index(record.msisdn)
        await uow.audit.write(AuditLine(caller.id, "questions.draw", visit_id, subject))
    return [_shown(known[code]) for code in _codes(drawn)]


async def answer_questions(
    deps: Deps, caller: StaffCaller, visit_id: VisitId, answers: Mapping[str, bool]
) -> dict[str, object]:
    """The agent's marks: passed only if every drawn question was answered rightly.

    Raises VisitGone, WrongState when nothing is drawn, InvalidInput unless exactly the drawn ones
    are marked.
    """
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        await uow.hold(f"questions/{visit_id}")
        drawn = _waiting(await uow.evidence.of_visit(visit_id), visit)
        if drawn is None:
            raise WrongState("nothing drawn", state="no_draw")
        codes = _codes(drawn)
        if set(answers) != set(codes):
            raise InvalidInput("mark all that were drawn", field="answers", reason="choice")
        right = all(answers.values())
        outcome = AttemptOutcome.RIGHT if right else AttemptOutcome.WRONG
        await uow.attempts.settle(drawn.detail["attempt"], outcome)
        await add_evidence(
            uow,
            deps,
            visit,
            EvidenceKind.CONTROL_QUESTIONS,
            Outcome.PASSED if right else Outcome.FAILED,
            source=Source.AGENT,
            by=caller.id,
            detail={
                "drawn": str(DRAWN),
                "codes": ",".join(codes),
                "wrong": str(sum(not answer for answer in answers.values())),
            },
        )
        return await publish_identity(uow, deps, visit)


def _waiting(evidence: Sequence[Evidence], visit: Visit) -> Evidence | None:
    """The draw that waits for its answers, if the last word is one."""
    mine = [
        e
        for e in evidence
        if e.kind is EvidenceKind.CONTROL_QUESTIONS
        and e.msisdn == visit.msisdn
        and e.party_id == visit.customer_party_id
    ]
    last = max(mine, key=lambda e: (e.at, e.id), default=None)
    return last if last is not None and last.outcome is Outcome.REVIEW else None


def _codes(drawn: Evidence) -> list[str]:
    return drawn.detail["codes"].split(",")


def _draw(codes: list[str], ids: IdFactory) -> list[str]:
    """DRAWN of them in random order, each choice unguessable."""
    left = list(codes)
    return [left.pop(ids.number(len(left))) for _ in range(DRAWN)]


def _shown(question: ControlQuestion) -> dict[str, object]:
    return {"code": question.code, "expected": question.expected}
