"""A fresh reference: today's face becomes the operator's newest enrolment photograph.

Old photographs do not work (identity.md); the next visit finds this one.
"""

from __future__ import annotations

from collections.abc import Sequence

from vcounter.domain.errors import (
    ImageUnusable,
    InvalidInput,
    MediaUnavailable,
    NotFound,
    PreconditionFailed,
)
from vcounter.domain.identity import (
    INDEPENDENT,
    Evidence,
    EvidenceKind,
    Level,
    Outcome,
    Source,
    Zone,
    covers,
)
from vcounter.domain.ids import VisitId
from vcounter.domain.steps import StepKind
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.decide_identity import subscriber_of, today_of
from vcounter.services.identity.evidence import (
    add_evidence,
    publish_identity,
    read_identity,
    read_image,
)
from vcounter.services.identity.identity_view import held_by
from vcounter.services.identity.referrals import of_visit
from vcounter.services.ports import AuditLine, ImageRow, UnitOfWork
from vcounter.services.visits.open_visit import require_serving


async def enrol_face(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> dict[str, object]:
    """Give the operator the face of this visit's challenge as its newest photograph. Once a visit.

    Raises VisitGone, OperatorUnavailable (repeat it: the key is the visit's), PreconditionFailed:
    `level_too_low` below L3, `consent_missing`, `not_independent` when the face was neither matched
    with a portrait from elsewhere than the card nor passed by a referee.
    """
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        mine = of_visit(await uow.evidence.of_visit(visit_id), visit)
        if _is_done(mine):
            return await read_identity(uow, deps, visit)
        _require(mine, visit)
        best, still = await _pictures(uow, visit, mine)
    record = await subscriber_of(deps, visit)
    row, jpeg = await _better(deps, visit, best, still)
    today = await today_of(deps, visit)
    await deps.bss.enrol(record.msisdn, jpeg, today, f"{visit_id}:enrolment", caller.id)
    async with deps.db.write(caller.scope) as uow:
        await uow.hold(f"enrolment/{visit_id}")
        visit = await uow.visits.get(visit_id)
        if not _is_done(of_visit(await uow.evidence.of_visit(visit_id), visit)):
            await add_evidence(
                uow,
                deps,
                visit,
                EvidenceKind.ENROLMENT,
                Outcome.PASSED,
                source=Source.OPERATOR,
                image_id=row.id,
                by=caller.id,
                detail={"taken_on": today.isoformat()},
            )
            subject = deps.keys.blind_index(record.msisdn)
            detail = {"image": row.id, "sha256": row.sha256}
            await uow.audit.write(AuditLine(caller.id, "enrolment.make", visit_id, subject, detail))
        return await publish_identity(uow, deps, visit)


def _is_done(mine: Sequence[Evidence]) -> bool:
    return any(e.kind is EvidenceKind.ENROLMENT and e.outcome is Outcome.PASSED for e in mine)


def _require(mine: Sequence[Evidence], visit: Visit) -> None:
    held = held_by(mine, visit.customer_party_id, visit)
    if not covers(held.level, Level.L3):
        raise PreconditionFailed("L3 first", reason="level_too_low")
    said = [e for e in mine if e.kind is EvidenceKind.ENROL_CONSENT]
    if not said or said[-1].outcome is not Outcome.PASSED:
        raise PreconditionFailed("no consent", reason="consent_missing")
    matched = any(
        e.kind is EvidenceKind.FACE_MATCH and e.reference in INDEPENDENT and e.zone is Zone.MATCH
        for e in mine
    )
    refereed = any(
        e.kind is EvidenceKind.REFEREE_DECISION and e.outcome is Outcome.PASSED for e in mine
    )
    if not (matched and held.reference in INDEPENDENT) and not refereed:
        raise PreconditionFailed("the card alone", reason="not_independent")


async def _pictures(
    uow: UnitOfWork, visit: Visit, mine: Sequence[Evidence]
) -> tuple[ImageRow, ImageRow | None]:
    """The challenge's best live frame, and the still sent during it, if there is one.

    Raises PreconditionFailed (`picture_missing`) once the frame is gone.
    """
    challenge = next(e for e in reversed(mine) if e.kind is EvidenceKind.LIVENESS)
    images = await uow.images.of_visit(visit.id)
    best = next((i for i in images if i.id == challenge.image_id), None)
    if best is None:
        raise PreconditionFailed("the picture is gone", reason="picture_missing")
    steps = await uow.steps.of_visit(visit.id)
    begun = [s.pushed_at for s in steps if s.kind is StepKind.FACE and s.pushed_at <= challenge.at]
    stills = [
        i for i in images if i.kind == "face_still" and begun and max(begun) <= i.at <= challenge.at
    ]
    return best, stills[-1] if stills else None


async def _better(
    deps: Deps, visit: Visit, best: ImageRow, still: ImageRow | None
) -> tuple[ImageRow, bytes]:
    """The full-size still, if it shows the person who passed the challenge, else the live frame.

    The still was compared with the stream when it came; the face may have changed until the
    challenge had its baseline, so it is compared again. Silence and doubt keep the live frame.
    """
    frame = await read_image(deps, visit, best)
    if still is None:
        return best, frame
    try:
        jpeg = await read_image(deps, visit, still)
        first, second = await deps.lab.measure_still(frame), await deps.lab.measure_still(jpeg)
        if not first.feature or not second.feature:
            return best, frame
        if await deps.lab.same_person(first.feature, second.feature):
            return still, jpeg
    except (MediaUnavailable, ImageUnusable, NotFound, InvalidInput):
        pass
    return best, frame
