"""Evidence, and the level of assurance computed from it. A level is never set (NIST SP 800-63A)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vcounter.domain.ids import EvidenceId, ImageId, Msisdn, PartyId, StaffId, VisitId


class Level(StrEnum):
    L0 = "L0"
    L1A = "L1a"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"


_STRENGTH = {Level.L0: 0, Level.L1A: 1, Level.L1: 2, Level.L2: 3, Level.L3: 4}


def covers(held: Level, needed: Level) -> bool:
    """A stronger level carries what a weaker one does; L1a is the weakest above L0."""
    return _STRENGTH[held] >= _STRENGTH[needed]


class Reference(StrEnum):
    """What the live face was matched with; the card's own portrait proves little."""

    NONE = "none"
    CARD = "card"
    ENROLMENT = "enrolment"
    AUTHORITY = "authority"


INDEPENDENT = frozenset({Reference.ENROLMENT, Reference.AUTHORITY})


class EvidenceKind(StrEnum):
    SMS_CODE = "sms_code"
    SERVICE_PASSWORD = "service_password"  # noqa: S105  # the name of a kind, not a secret
    PROTECTIVE_FACTS = "protective_facts"
    CARD_FRONT = "card_front"
    CARD_BACK = "card_back"
    DOCUMENT = "document"
    LIVENESS = "liveness"
    FACE_MATCH = "face_match"
    AGENT_DECISION = "agent_decision"
    REFEREE_DECISION = "referee_decision"


class Outcome(StrEnum):
    """`passed` counts towards a level; nothing else does."""

    PASSED = "passed"
    REVIEW = "review"
    FAILED = "failed"


class Zone(StrEnum):
    """ISO/IEC 19795 style decision zones of a comparison score."""

    MATCH = "match"
    REVIEW = "review"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact gathered about (party, subscriber number) in one visit.

    `detail` holds scores, thresholds in force, engine and version, reasons: text values only,
    never an image, a template, a code or a document number.
    """

    id: EvidenceId
    visit_id: VisitId
    party_id: PartyId
    msisdn: Msisdn
    kind: EvidenceKind
    outcome: Outcome
    at: datetime
    reference: Reference = Reference.NONE
    zone: Zone | None = None
    image_id: ImageId | None = None
    by: StaffId | None = None
    detail: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assurance:
    """What a party holds now. `missing` names the evidence kinds that L2 still wants, in order."""

    level: Level
    reference: Reference
    missing: tuple[EvidenceKind, ...]
    needs_referee: bool = False


L2_KINDS = (
    EvidenceKind.CARD_FRONT,
    EvidenceKind.CARD_BACK,
    EvidenceKind.DOCUMENT,
    EvidenceKind.LIVENESS,
    EvidenceKind.FACE_MATCH,
)


def assess(evidence: Iterable[Evidence]) -> Assurance:
    """Compute the level from the evidence of one (party, number) within one visit.

    The latest evidence of a kind counts, except that FACE_MATCH counts apart for each reference. A
    face that was not a mismatch counts only for the liveness challenge whose picture it compared: a
    photograph held up in one challenge lends nothing to the person who passes the next.
    L2 wants all of L2_KINDS and a decision made *after* the last of them: the agent's own when
    everything passed or the face is in the review zone; the referee's when a face is a mismatch,
    liveness or a card was not passed, or an old portrait is all there is to compare with.
    A refusal made after the last evidence stands until new evidence is gathered.
    """
    everything = list(evidence)
    by_kind = _latest_by_kind(everything)
    faces = by_kind.get(EvidenceKind.FACE_MATCH, [])
    base = _base_level(by_kind)
    hard = needs_referee(by_kind)
    missing = tuple(kind for kind in L2_KINDS if not _present(kind, by_kind.get(kind, [])))
    if missing:
        return Assurance(base, Reference.NONE, missing, needs_referee=hard and bool(faces))
    last = max(e.at for kind in L2_KINDS for e in by_kind[kind])
    if not _decided(everything, last, hard):
        wanted = EvidenceKind.REFEREE_DECISION if hard else EvidenceKind.AGENT_DECISION
        return Assurance(base, Reference.NONE, (wanted,), needs_referee=hard)
    return Assurance(Level.L2, _best_reference(faces), ())


def _latest_by_kind(evidence: Iterable[Evidence]) -> dict[EvidenceKind, list[Evidence]]:
    latest: dict[tuple[EvidenceKind, Reference], Evidence] = {}
    for item in sorted(evidence, key=lambda e: (e.at, e.id)):
        latest[(item.kind, item.reference)] = item
    challenge = latest.get((EvidenceKind.LIVENESS, Reference.NONE))
    by_kind: dict[EvidenceKind, list[Evidence]] = {}
    for item in latest.values():
        if challenge is None or not _is_outdated(item, challenge):
            by_kind.setdefault(item.kind, []).append(item)
    return by_kind


def _is_outdated(item: Evidence, challenge: Evidence) -> bool:
    """Whether it says something good of a face that another challenge has replaced."""
    is_good_face = item.kind is EvidenceKind.FACE_MATCH and item.zone is not Zone.MISMATCH
    return is_good_face and item.image_id != challenge.image_id


def _decided(evidence: list[Evidence], last: datetime, hard: bool) -> bool:
    decisions = [
        e
        for e in evidence
        if e.kind in (EvidenceKind.AGENT_DECISION, EvidenceKind.REFEREE_DECISION) and e.at >= last
    ]
    if any(e.outcome is Outcome.FAILED for e in decisions):
        return False
    return any(
        e.outcome is Outcome.PASSED and (not hard or e.kind is EvidenceKind.REFEREE_DECISION)
        for e in decisions
    )


def needs_referee(by_kind: dict[EvidenceKind, list[Evidence]]) -> bool:
    """Whether only a trained referee may decide on what has been gathered."""
    faces = by_kind.get(EvidenceKind.FACE_MATCH, [])
    if any(e.zone is Zone.MISMATCH for e in faces):
        return True
    for kind in (EvidenceKind.LIVENESS, EvidenceKind.CARD_FRONT, EvidenceKind.CARD_BACK):
        if any(e.outcome is not Outcome.PASSED for e in by_kind.get(kind, [])):
            return True
    fresh = any(e.reference in INDEPENDENT and e.zone is Zone.MATCH for e in faces)
    old_card = any(
        e.detail.get("portrait") == "old" for e in by_kind.get(EvidenceKind.DOCUMENT, [])
    )
    return old_card and not fresh


_UNDECIDED_COUNTS = frozenset(
    {
        EvidenceKind.CARD_FRONT,
        EvidenceKind.CARD_BACK,
        EvidenceKind.LIVENESS,
        EvidenceKind.FACE_MATCH,
    }
)


def _present(kind: EvidenceKind, items: list[Evidence]) -> bool:
    """The document must have passed; pictures may be undecided, which sends them to the referee."""
    if kind in _UNDECIDED_COUNTS:
        return bool(items)
    return any(e.outcome is Outcome.PASSED for e in items)


def _best_reference(faces: list[Evidence]) -> Reference:
    usable = {e.reference for e in faces if e.zone in (Zone.MATCH, Zone.REVIEW)}
    for reference in (Reference.AUTHORITY, Reference.ENROLMENT, Reference.CARD):
        if reference in usable:
            return reference
    return Reference.NONE


def _base_level(by_kind: dict[EvidenceKind, list[Evidence]]) -> Level:
    def passed(kind: EvidenceKind) -> bool:
        return any(e.outcome is Outcome.PASSED for e in by_kind.get(kind, []))

    if passed(EvidenceKind.SMS_CODE) or passed(EvidenceKind.SERVICE_PASSWORD):
        return Level.L1
    if passed(EvidenceKind.PROTECTIVE_FACTS):
        return Level.L1A
    return Level.L0
