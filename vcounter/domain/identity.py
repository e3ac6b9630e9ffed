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
    SERVICE_PASSWORD = "service_password"
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


def assess(evidence: Iterable[Evidence], *, old_portrait: bool = False) -> Assurance:
    """Compute the level from the evidence of one (party, number) within one visit.

    The latest evidence of a kind counts, except that FACE_MATCH counts apart for each reference.
    L2 wants all of L2_KINDS and a decision made *after* the last of them: the agent's own when every
    one passed or the face is in the review zone; the referee's when the face is a mismatch, liveness
    failed, or the portrait is old. A mismatch with any reference, also the card's, needs the referee,
    and an independent reference only counts when its own comparison is match, or review and decided.
    """
    latest: dict[tuple[EvidenceKind, Reference], Evidence] = {}
    for item in sorted(evidence, key=lambda e: (e.at, e.id)):
        latest[(item.kind, item.reference)] = item
    by_kind: dict[EvidenceKind, list[Evidence]] = {}
    for item in latest.values():
        by_kind.setdefault(item.kind, []).append(item)

    faces = by_kind.get(EvidenceKind.FACE_MATCH, [])
    missing = tuple(
        kind
        for kind in L2_KINDS
        if not _present(kind, by_kind.get(kind, []))
    )
    hard = old_portrait or _is_hard(by_kind.get(EvidenceKind.LIVENESS, []), faces)
    base = _base_level(by_kind)
    if missing:
        return Assurance(base, Reference.NONE, missing, needs_referee=hard and bool(faces))
    last = max(e.at for kind in L2_KINDS for e in by_kind[kind])
    deciders = (
        (EvidenceKind.REFEREE_DECISION,)
        if hard
        else (EvidenceKind.AGENT_DECISION, EvidenceKind.REFEREE_DECISION)
    )
    decided = any(
        e.outcome is Outcome.PASSED and e.at >= last
        for kind in deciders
        for e in by_kind.get(kind, [])
    )
    refused = any(
        e.outcome is Outcome.FAILED and e.at >= last
        for kind in (EvidenceKind.AGENT_DECISION, EvidenceKind.REFEREE_DECISION)
        for e in by_kind.get(kind, [])
    )
    if refused or not decided:
        wanted = EvidenceKind.REFEREE_DECISION if hard else EvidenceKind.AGENT_DECISION
        return Assurance(base, Reference.NONE, (wanted,), needs_referee=hard)
    return Assurance(Level.L2, _best_reference(faces), ())


def _present(kind: EvidenceKind, items: list[Evidence]) -> bool:
    """Cards and the document must have passed; liveness and faces may be undecided, for the referee."""
    if kind in (EvidenceKind.LIVENESS, EvidenceKind.FACE_MATCH):
        return bool(items)
    return any(e.outcome is Outcome.PASSED for e in items)


def _is_hard(liveness: list[Evidence], faces: list[Evidence]) -> bool:
    return any(e.outcome is not Outcome.PASSED for e in liveness) or any(
        e.zone is Zone.MISMATCH for e in faces
    )


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
