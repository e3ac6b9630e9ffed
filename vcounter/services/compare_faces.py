"""Comparing the live face with what the operator holds and with the card's own portrait."""

from __future__ import annotations

from vcounter.domain.errors import MediaUnavailable, OperatorUnavailable
from vcounter.domain.identity import EvidenceKind, Outcome, Reference, Source, Zone
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps
from vcounter.services.evidence import add_evidence, publish_identity, read_image, scope_of
from vcounter.services.ports import ImageRow, MatchReport

LIVE_FRAMES = 5


async def compare_faces(deps: Deps, visit: Visit) -> None:
    """Compare the frames of the newest challenge with every reference at hand, keep the results.

    The caller has said `deps.comparing.begin`. An engine's error or silence is kept as `review` in
    no zone: never a pass, and no reference that a disclosure could rest on. Does nothing until
    there is a live face.
    """
    try:
        await _compare_all(deps, visit)
    finally:
        await deps.comparing.end(visit.id)
        async with deps.db.write(scope_of(visit)) as uow:
            await publish_identity(uow, deps, visit)


async def _compare_all(deps: Deps, visit: Visit) -> None:
    async with deps.db.read(scope_of(visit)) as uow:
        images = await uow.images.of_visit(visit.id)
    live_rows = _newest(images, "live_face", LIVE_FRAMES)
    live_rows = [row for row in live_rows if row.at == live_rows[0].at]
    if not live_rows:
        return
    live = [await read_image(deps, visit, row) for row in live_rows]
    reports: list[tuple[Reference, MatchReport, dict[str, str]]] = []
    enrolment = await _enrolment(deps, visit)
    if enrolment is not None:
        jpeg, detail = enrolment
        reports.append((Reference.ENROLMENT, await _compare(deps, live, jpeg), detail))
    for row in _newest(images, "card_portrait", 1):
        portrait = await read_image(deps, visit, row)
        reports.append((Reference.CARD, await _compare(deps, live, portrait), {}))
    async with deps.db.write(scope_of(visit)) as uow:
        for reference, report, detail in reports:
            await add_evidence(
                uow,
                deps,
                visit,
                EvidenceKind.FACE_MATCH,
                _OUTCOMES[report.zone],
                source=Source.STREAM,
                reference=reference,
                zone=report.zone if report.frames else None,
                image_id=live_rows[0].id,
                detail=_scores(report) | detail,
            )


_OUTCOMES = {
    Zone.MATCH: Outcome.PASSED,
    Zone.REVIEW: Outcome.REVIEW,
    Zone.MISMATCH: Outcome.FAILED,
}


def _newest(images: list[ImageRow], kind: str, count: int) -> list[ImageRow]:
    rows = [i for i in images if i.kind == kind]
    return sorted(rows, key=lambda i: (i.at, i.id), reverse=True)[:count]


async def _enrolment(deps: Deps, visit: Visit) -> tuple[bytes, dict[str, str]] | None:
    if visit.msisdn is None:
        return None
    try:
        portrait = await deps.bss.portrait(visit.msisdn)
    except OperatorUnavailable:
        return None
    if portrait is None:
        return None
    return portrait.jpeg, {"taken_on": portrait.taken_on.isoformat()}


async def _compare(deps: Deps, live: list[bytes], reference: bytes) -> MatchReport:
    try:
        return await deps.lab.compare(live, reference)
    except MediaUnavailable:
        return MatchReport(
            zone=Zone.REVIEW,
            fused=None,
            sface=None,
            dlib=None,
            frames=0,
            engine="none",
            thresholds={},
            reason="engine_silent",
        )


def _scores(report: MatchReport) -> dict[str, str]:
    scores = {"fused": report.fused, "sface": report.sface, "dlib": report.dlib}
    detail = {name: f"{value:.3f}" for name, value in scores.items() if value is not None}
    detail |= {f"threshold_{name}": f"{value:.3f}" for name, value in report.thresholds.items()}
    detail |= {"frames": str(report.frames), "engine": report.engine}
    if report.reason:
        detail["reason"] = report.reason
    return detail
