"""Comparing the live face with every authority's portrait and with the card's own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from vcounter.domain.errors import (
    CounterError,
    ImageUnusable,
    InvalidInput,
    MediaUnavailable,
    NotFound,
    OperatorUnavailable,
)
from vcounter.domain.identity import EvidenceKind, Outcome, Reference, Source, Zone
from vcounter.domain.visit import FaceConsent, Visit
from vcounter.services.context import Deps
from vcounter.services.identity.decide_identity import subscriber_of, today_of
from vcounter.services.identity.evidence import add_evidence, publish_identity, read_image, scope_of
from vcounter.services.ports import (
    Claimed,
    ImageRow,
    MatchReport,
    ReferenceReport,
    UnitOfWork,
)
from vcounter.services.visits.on_behalf import on_behalf_of

LIVE_FRAMES = 5
AGE_GAP = "age_gap"


@dataclass(frozen=True, slots=True)
class Challenged:
    """The newest challenge's frames, the best first, and the picture its evidence names."""

    row: ImageRow
    frames: list[bytes]


async def compare_faces(deps: Deps, visit: Visit) -> None:
    """Compare the frames of the newest challenge with every reference at hand, keep the results.

    The caller has said `deps.comparing.begin`. An engine's or authority's error or silence is kept
    as `review` in no zone: never a pass, and no reference that a disclosure could rest on. Does
    nothing until there is a live face.
    """
    try:
        with on_behalf_of(visit.id):
            await _compare_all(deps, visit)
    finally:
        await deps.comparing.end(visit.id)
        async with deps.db.write(scope_of(visit)) as uow:
            await publish_identity(uow, deps, visit)


async def _compare_all(deps: Deps, visit: Visit) -> None:
    async with deps.db.read(scope_of(visit)) as uow:
        images = await uow.images.of_visit(visit.id)
    challenged = await live_face(deps, visit, images)
    if challenged is None:
        return
    today = await today_of(deps, visit)
    frames = challenged.frames
    asked = [_ask_card(deps, visit, row, frames) for row in _newest(images, "card_portrait", 1)]
    claimed = await _claimed(deps, visit)
    if claimed is not None:
        asked += [
            authority.compare(claimed, frames)
            for authority in deps.authorities
            if not (visit.simulated and authority.asks_outside)
        ]
    found = [report for report in await asyncio.gather(*asked) if report is not None]
    async with deps.db.write(scope_of(visit)) as uow:
        if (await uow.visits.get(visit.id)).face_consent is FaceConsent.REFUSED:
            return  # withdrawn meanwhile: its pictures are gone, and nothing is kept of them
        for report in found:
            match = second_look(report, deps, today)
            await _keep(uow, deps, visit, challenged.row, replace(report, match=match))


async def live_face(deps: Deps, visit: Visit, images: list[ImageRow]) -> Challenged | None:
    """The frames that the newest challenge kept, decrypted; None before there is any."""
    rows = _newest(images, "live_face", LIVE_FRAMES)
    rows = [row for row in rows if row.at == rows[0].at]
    if not rows:
        return None
    return Challenged(rows[0], [await read_image(deps, visit, row) for row in rows])


def _newest(images: list[ImageRow], kind: str, count: int) -> list[ImageRow]:
    rows = [i for i in images if i.kind == kind]
    return sorted(rows, key=lambda i: (i.at, i.id), reverse=True)[:count]


async def _claimed(deps: Deps, visit: Visit) -> Claimed | None:
    """Whose face it should be, by the operator's record; nobody for an unknown number."""
    if visit.msisdn is None:
        return None
    try:
        record = await subscriber_of(deps, visit)
    except OperatorUnavailable:
        return Claimed(visit.msisdn, "", "")
    except CounterError:
        return None
    return Claimed(record.msisdn, record.name, record.document_number)


async def _ask_card(
    deps: Deps, visit: Visit, row: ImageRow, frames: list[bytes]
) -> ReferenceReport | None:
    try:
        match = await deps.lab.compare(frames, await read_image(deps, visit, row))
    except (MediaUnavailable, ImageUnusable):
        match = _silent("engine_silent")
    except (InvalidInput, NotFound):
        match = _silent("picture_altered")
    return ReferenceReport(Reference.CARD, match)


def _silent(reason: str) -> MatchReport:
    return MatchReport(Zone.REVIEW, None, None, None, 0, "none", {}, reason)


def second_look(report: ReferenceReport, deps: Deps, today: date) -> MatchReport:
    """The match, or a doubt of it where the portrait is too old: the agent looks and says why.

    Both engines lose half of the genuine pairs over a large age gap, and what they still call a
    match deserves a person's eyes.
    """
    old = timedelta(days=365.25 * deps.policy.portrait_old_years)
    taken = report.taken_on
    if report.match.zone is Zone.MATCH and taken is not None and today - taken > old:
        return replace(report.match, zone=Zone.REVIEW, reason=AGE_GAP)
    return report.match


_OUTCOMES = {
    Zone.MATCH: Outcome.PASSED,
    Zone.REVIEW: Outcome.REVIEW,
    Zone.MISMATCH: Outcome.FAILED,
}


async def _keep(
    uow: UnitOfWork, deps: Deps, visit: Visit, row: ImageRow, asked: ReferenceReport
) -> None:
    match = asked.match
    taken = {"taken_on": asked.taken_on.isoformat()} if asked.taken_on else {}
    await add_evidence(
        uow,
        deps,
        visit,
        EvidenceKind.FACE_MATCH,
        _OUTCOMES[match.zone],
        source=_SOURCES[asked.reference],
        reference=asked.reference,
        zone=match.zone if match.frames else None,
        image_id=row.id,
        detail=scores(match) | taken,
    )


_SOURCES = {
    Reference.CARD: Source.UPLOAD,
    Reference.ENROLMENT: Source.OPERATOR,
    Reference.AUTHORITY: Source.OPERATOR,
}


def scores(report: MatchReport) -> dict[str, str]:
    """A comparison as text: scores, the thresholds in force, frames, engine and reason."""
    found: Mapping[str, float | None] = {
        "fused": report.fused,
        "sface": report.sface,
        "dlib": report.dlib,
    }
    detail = {name: f"{value:.3f}" for name, value in found.items() if value is not None}
    detail |= {f"threshold_{name}": f"{value:.3f}" for name, value in report.thresholds.items()}
    detail |= {"frames": str(report.frames), "engine": report.engine}
    if report.reason:
        detail["reason"] = report.reason
    return detail
