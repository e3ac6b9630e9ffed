"""Evidence, and the level of assurance computed from it. A level is never set (NIST SP 800-63A)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vcounter.domain.documents import DocumentType
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
    PRESENCE = "presence"
    AGENT_DECISION = "agent_decision"
    REFEREE_DECISION = "referee_decision"
    # without a face
    FACE_CONSENT = "face_consent"
    CONTROL_QUESTIONS = "control_questions"
    CONTACT_CODE = "contact_code"
    # of a contact that is to be, before it is entered
    NEW_CONTACT_CODE = "new_contact_code"
    # towards L3
    READ_BACK = "read_back"
    RECORDING = "recording"
    APPROVAL = "approval"
    # a fresh reference for the next visit
    ENROL_CONSENT = "enrol_consent"
    ENROLMENT = "enrolment"


class Outcome(StrEnum):
    """`passed` counts towards a level; nothing else does."""

    PASSED = "passed"
    REVIEW = "review"
    FAILED = "failed"


class Source(StrEnum):
    """Who or what an item of evidence comes from."""

    STREAM = "stream"  # the server's own frames of the call
    UPLOAD = "upload"  # a still from the customer's page, compared with the stream
    CUSTOMER = "customer"  # an answer on the customer's own screen
    AGENT = "agent"
    REFEREE = "referee"
    OPERATOR = "operator"  # the operator's system or a portrait authority
    COUNTER = "counter"  # the counter's own measurement, such as a growing recording


class Path(StrEnum):
    """How a party is identified."""

    FACE = "face"
    NO_FACE = "no_face"


class Zone(StrEnum):
    """ISO/IEC 19795 style decision zones of a comparison score."""

    MATCH = "match"
    REVIEW = "review"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact gathered about (party, subscriber number) in one visit.

    `image_sha256` is the hash of the picture as it was judged. `detail` holds scores, thresholds in
    force, engine and version, reasons: text values only, never an image, a template, a code or a
    document number.
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
    source: Source = Source.COUNTER
    image_sha256: str = ""
    detail: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assurance:
    """What a party holds now.

    `missing` names the evidence kinds that L2 still wants, in order; `to_l3` those that L3 wants on
    top of L2. Without a face there is no reference, and L2 carries only what can be undone.
    """

    level: Level
    reference: Reference
    missing: tuple[EvidenceKind, ...]
    needs_referee: bool = False
    path: Path = Path.FACE
    to_l3: tuple[EvidenceKind, ...] = ()


L2_KINDS = (
    EvidenceKind.CARD_FRONT,
    EvidenceKind.CARD_BACK,
    EvidenceKind.DOCUMENT,
    EvidenceKind.LIVENESS,
    EvidenceKind.FACE_MATCH,
    EvidenceKind.PRESENCE,
)
NO_FACE_KINDS = (
    EvidenceKind.CARD_FRONT,
    EvidenceKind.CARD_BACK,
    EvidenceKind.DOCUMENT,
    EvidenceKind.CONTROL_QUESTIONS,
    EvidenceKind.CONTACT_CODE,
)
L3_KINDS = (EvidenceKind.READ_BACK, EvidenceKind.RECORDING, EvidenceKind.APPROVAL)


def assess(evidence: Iterable[Evidence]) -> Assurance:
    """Compute the level from the evidence of one (party, number) within one visit.

    The latest evidence of a kind counts, except that FACE_MATCH counts apart for each reference. A
    face that was not a mismatch counts only for the liveness challenge whose picture it compared: a
    photograph held up in one challenge lends nothing to the person who passes the next. Presence
    counts only for the challenge it follows; another face seen after it voids the challenge.
    L2 wants all of L2_KINDS and a decision made *after* the last of them: the agent's own when
    everything passed or the face is in the review zone; the referee's when a face is a mismatch,
    liveness, presence or a card was not passed, the card reads otherwise than was keyed, another
    document than the resident card is shown, or an old portrait is all there is to compare with.
    A customer who refuses face processing is known by NO_FACE_KINDS and the referee's decision.
    L3 wants, after that decision, L3_KINDS, the approval by somebody else than who decided.
    A refusal stands until new evidence is gathered (`is_refused`).
    """
    everything = sorted(evidence, key=lambda e: (e.at, e.id))
    by_kind = _latest_by_kind(everything)
    path = Path.NO_FACE if _refused_face(by_kind) else Path.FACE
    wanted = L2_KINDS if path is Path.FACE else NO_FACE_KINDS
    faces = by_kind.get(EvidenceKind.FACE_MATCH, []) if path is Path.FACE else []
    base = _base_level(by_kind)
    hard = path is Path.NO_FACE or needs_referee(by_kind)
    missing = tuple(kind for kind in wanted if not _present(kind, by_kind.get(kind, [])))
    if missing:
        waiting = hard and bool(faces)
        return Assurance(base, Reference.NONE, missing, needs_referee=waiting, path=path)
    last = max(e.at for kind in wanted for e in by_kind[kind])
    decision = None if is_refused(everything) else _decision(everything, last, hard)
    if decision is None:
        who = EvidenceKind.REFEREE_DECISION if hard else EvidenceKind.AGENT_DECISION
        return Assurance(base, Reference.NONE, (who,), needs_referee=hard, path=path)
    reference = _best_reference(faces)
    to_l3 = _to_l3(by_kind, decision)
    level = Level.L2 if to_l3 or path is Path.NO_FACE else Level.L3
    return Assurance(level, reference, (), path=path, to_l3=to_l3)


def _refused_face(by_kind: dict[EvidenceKind, list[Evidence]]) -> bool:
    said = by_kind.get(EvidenceKind.FACE_CONSENT, [])
    return any(e.outcome is Outcome.FAILED for e in said)


def _to_l3(
    by_kind: dict[EvidenceKind, list[Evidence]], decision: Evidence
) -> tuple[EvidenceKind, ...]:
    """What of L3_KINDS is still wanted, each made after the one before it."""
    since = decision.at
    open_: list[EvidenceKind] = []
    for kind in L3_KINDS:
        good = [e for e in by_kind.get(kind, []) if e.outcome is Outcome.PASSED and e.at >= since]
        if kind is EvidenceKind.APPROVAL:
            good = [e for e in good if e.by is not None and e.by != decision.by]
        if open_ or not good:
            open_.append(kind)
        else:
            since = max(e.at for e in good)
    return tuple(open_)


def _latest_by_kind(everything: list[Evidence]) -> dict[EvidenceKind, list[Evidence]]:
    """The latest of each kind (and reference), of what is not outdated; in order of time given."""
    latest: dict[tuple[EvidenceKind, Reference], Evidence] = {}
    for item in everything:
        latest[(item.kind, item.reference)] = item
    challenge = latest.get((EvidenceKind.LIVENESS, Reference.NONE))
    voided = _is_voided(everything, challenge)
    by_kind: dict[EvidenceKind, list[Evidence]] = {}
    for item in latest.values():
        if voided and item.kind in _OF_A_FACE and item.zone is not Zone.MISMATCH:
            continue
        if challenge is None or not _is_outdated(item, challenge):
            by_kind.setdefault(item.kind, []).append(item)
    return by_kind


_OF_A_FACE = frozenset({EvidenceKind.LIVENESS, EvidenceKind.FACE_MATCH, EvidenceKind.PRESENCE})


def _is_voided(everything: list[Evidence], challenge: Evidence | None) -> bool:
    """Whether another face was seen after the challenge: then it is nobody's."""
    return challenge is not None and any(
        e.kind is EvidenceKind.PRESENCE
        and e.outcome is Outcome.FAILED
        and e.image_id == challenge.image_id
        for e in everything
    )


def _is_outdated(item: Evidence, challenge: Evidence) -> bool:
    """Whether it says something of a face that another challenge has replaced."""
    if item.image_id == challenge.image_id:
        return False
    if item.kind is EvidenceKind.PRESENCE:
        return True
    return item.kind is EvidenceKind.FACE_MATCH and item.zone is not Zone.MISMATCH


def is_refused(evidence: Iterable[Evidence]) -> bool:
    """Whether somebody refused the party and nothing new has been gathered since.

    Looking again whether the same face is still there is nothing new: it comes with every decision.
    """
    everything = list(evidence)
    gathered = [e.at for e in everything if e.kind in _GATHERED]
    refusals = [e.at for e in everything if _is_decision(e) and e.outcome is Outcome.FAILED]
    return bool(refusals) and max(refusals) >= max(gathered, default=max(refusals))


_GATHERED = frozenset({*L2_KINDS, *NO_FACE_KINDS}) - {EvidenceKind.PRESENCE}


def _is_decision(item: Evidence) -> bool:
    return item.kind in (EvidenceKind.AGENT_DECISION, EvidenceKind.REFEREE_DECISION)


def _decision(evidence: list[Evidence], last: datetime, hard: bool) -> Evidence | None:
    """The latest good decision made after the evidence."""
    good = [
        e
        for e in evidence
        if _is_decision(e)
        and e.at >= last
        and e.outcome is Outcome.PASSED
        and (not hard or e.kind is EvidenceKind.REFEREE_DECISION)
    ]
    return good[-1] if good else None


def needs_referee(by_kind: dict[EvidenceKind, list[Evidence]]) -> bool:
    """Whether only a trained referee may decide on what has been gathered."""
    faces = by_kind.get(EvidenceKind.FACE_MATCH, [])
    if any(e.zone is Zone.MISMATCH for e in faces):
        return True
    for kind in _PICTURES:
        if any(e.outcome is not Outcome.PASSED for e in by_kind.get(kind, [])):
            return True
    documents = by_kind.get(EvidenceKind.DOCUMENT, [])
    if any(e.detail.get("read") == "differs" or _is_foreign(e) for e in documents):
        return True
    fresh = any(e.reference in INDEPENDENT and e.zone is Zone.MATCH for e in faces)
    old_card = any(e.detail.get("portrait") == "old" for e in documents)
    return old_card and not fresh


def _is_foreign(document: Evidence) -> bool:
    kind = document.detail.get("type", DocumentType.RESIDENT_ID)
    return kind != DocumentType.RESIDENT_ID


_PICTURES = (
    EvidenceKind.LIVENESS,
    EvidenceKind.PRESENCE,
    EvidenceKind.CARD_FRONT,
    EvidenceKind.CARD_BACK,
)
_UNDECIDED_COUNTS = frozenset({*_PICTURES, EvidenceKind.FACE_MATCH})


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
