"""Consents as evidence, each with the version of its text; a refusal of the face withdraws.

Separate consent to face processing, and another way without it: 人脸识别技术应用安全管理办法
(CAC and MPS, in force 2025-06-01).
"""

from __future__ import annotations

from datetime import timedelta

from vcounter.domain.identity import Evidence, EvidenceKind, Level, Outcome, Source, covers
from vcounter.domain.visit import FaceConsent, RecordingConsent, Visit
from vcounter.services.context import Deps
from vcounter.services.identity.deletion_proof import deletion_line
from vcounter.services.identity.evidence import add_evidence, publish_identity
from vcounter.services.identity.identity_view import held_by
from vcounter.services.ports import AuditLine, UnitOfWork

# Raised whenever the words on the customer's screen change.
TEXT_VERSIONS = {"face": "face-1", "recording": "recording-1", "enrol": "enrol-1"}
FACE_PICTURES = frozenset({"live_face", "face_still"})
_SHOWS_THE_FACE = FACE_PICTURES | {"snapshot"}
_OF_THE_FACE = (EvidenceKind.LIVENESS, EvidenceKind.FACE_MATCH, EvidenceKind.PRESENCE)


async def take_consent(
    uow: UnitOfWork, deps: Deps, visit: Visit, topic: str, *, given: bool
) -> list[str]:
    """Keep the customer's word; returns the keys of blobs to delete after the commit."""
    gone: list[str] = []
    if topic == "face":
        visit.face_consent = FaceConsent.GIVEN if given else FaceConsent.REFUSED
    elif topic == "recording":
        visit.recording_consent = RecordingConsent.GIVEN if given else RecordingConsent.REFUSED
    await uow.visits.save(visit)
    await uow.audit.write(
        AuditLine(
            str(visit.customer_party_id),
            "consent.give" if given else "consent.refuse",
            visit.id,
            "",
            {"topic": topic, "text": TEXT_VERSIONS[topic]},
        )
    )
    if topic == "face":
        before = "" if given else await _worst_zone(uow, visit)
        if not given:
            gone = await _withdraw_face(uow, deps, visit)
        await keep_face_consent(uow, deps, visit, before=before)
    if topic == "enrol":
        outcome = Outcome.PASSED if given else Outcome.FAILED
        await _keep(uow, deps, visit, EvidenceKind.ENROL_CONSENT, outcome, "enrol", "")
    return gone


async def ask_enrolment(uow: UnitOfWork, deps: Deps, visit: Visit) -> None:
    """The question about keeping the face is on the customer's screen."""
    await _keep(uow, deps, visit, EvidenceKind.ENROL_CONSENT, Outcome.REVIEW, "enrol", "")


async def keep_face_consent(uow: UnitOfWork, deps: Deps, visit: Visit, *, before: str = "") -> None:
    """Write the word on the face as evidence, as soon as it is known whose number it is about.

    `before` says how a comparison had ended that a refusal now deletes: a refusal must not wash a
    mismatch away unseen. Does nothing while either is unknown.
    """
    if visit.msisdn is None or visit.face_consent is FaceConsent.UNASKED:
        return
    given = visit.face_consent is FaceConsent.GIVEN
    outcome = Outcome.PASSED if given else Outcome.FAILED
    await _keep(uow, deps, visit, EvidenceKind.FACE_CONSENT, outcome, "face", before)


async def _keep(
    uow: UnitOfWork,
    deps: Deps,
    visit: Visit,
    kind: EvidenceKind,
    outcome: Outcome,
    topic: str,
    before: str,
) -> None:
    detail = {"text": TEXT_VERSIONS[topic], "lang": visit.lang}
    if before:
        detail["before"] = before
    await add_evidence(uow, deps, visit, kind, outcome, source=Source.CUSTOMER, detail=detail)
    await publish_identity(uow, deps, visit)


async def _worst_zone(uow: UnitOfWork, visit: Visit) -> str:
    """How the comparisons of this visit ended so far, as one word."""
    found = await uow.evidence.of_visit(visit.id)
    words = {_word(e) for e in found if e.kind in _OF_THE_FACE}
    return next((w for w in ("failed", "review", "passed") if w in words), "")


def _word(item: Evidence) -> str:
    return item.outcome.value


async def _withdraw_face(uow: UnitOfWork, deps: Deps, visit: Visit) -> list[str]:
    """Delete this visit's face pictures and what was found by them; the audit line is the proof."""
    rows = [i for i in await uow.images.of_visit(visit.id) if i.kind in FACE_PICTURES]
    for row in rows:
        await uow.images.delete(row.id)
        await uow.audit.write(deletion_line(row, deps.clock.now(), "consent_withdrawn"))
    await uow.evidence.delete(visit.id, _OF_THE_FACE)
    return [row.blob_key for row in rows]


async def shorten_unproven(uow: UnitOfWork, deps: Deps, visit: Visit) -> None:
    """A visit that ended below L2 proved nothing: its pictures of the face go sooner."""
    held = held_by(await uow.evidence.of_visit(visit.id), visit.customer_party_id, visit)
    if covers(held.level, Level.L2):
        return
    soon = deps.clock.now() + timedelta(days=deps.policy.unproven_face_days)
    for row in await uow.images.of_visit(visit.id):
        if row.kind in _SHOWS_THE_FACE and row.expires_at > soon:
            await uow.images.set_expiry(row.id, soon)
