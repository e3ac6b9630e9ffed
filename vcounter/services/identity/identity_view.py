"""The identity panel: the level, what is missing, what agrees, evidence and pictures by id.

Codes and scores only. What a card reads is personal and comes by its own audited request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vcounter.domain.identity import (
    Assurance,
    Evidence,
    EvidenceKind,
    Outcome,
    Reference,
    Zone,
    assess,
)
from vcounter.domain.ids import PartyId
from vcounter.domain.visit import Visit
from vcounter.services.ports import ImageRow, ReadingRow
from vcounter.services.views import iso

Json = dict[str, object]

DOCUMENT_PARTS = ("number", "name", "birth", "sex", "valid")
_OF_PART = {
    "number": frozenset({"number_format", "check_digit", "region", "number_differs"}),
    "name": frozenset({"name_differs"}),
    "birth": frozenset({"birth", "birth_differs"}),
    "sex": frozenset({"sex_differs"}),
    "valid": frozenset({"dates", "not_yet_valid", "expired"}),
}


@dataclass(frozen=True, slots=True)
class Watched:
    """What the watcher of the face sees now: none, same, absent, second or other."""

    state: str = "none"
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """All of one visit that the panel is computed from."""

    visit: Visit
    evidence: Sequence[Evidence]
    images: Sequence[ImageRow]
    readings: Sequence[ReadingRow]
    comparing: bool = False
    watched: Watched | None = None
    fraud_on: bool = False
    fraud_before: bool = False


def held_by(evidence: Sequence[Evidence], party_id: PartyId | None, visit: Visit) -> Assurance:
    """The assurance of one party for the visit's number, computed from the evidence."""
    return assess(e for e in evidence if e.party_id == party_id and e.msisdn == visit.msisdn)


def identity_view(gathered: Gathered) -> Json:
    """The whole panel, as its agent and a referee may see it."""
    visit = gathered.visit
    mine = [
        e
        for e in gathered.evidence
        if e.party_id == visit.customer_party_id and e.msisdn == visit.msisdn
    ]
    held = assess(mine)
    latest = _latest(mine)
    return {
        "level": held.level.value,
        "reference": held.reference.value,
        "missing": [kind.value for kind in held.missing],
        "needs_referee": held.needs_referee,
        "path": held.path.value,
        "to_l3": [kind.value for kind in held.to_l3],
        "old_portrait": any(e.detail.get("portrait") == "old" for e in mine),
        "referral": referral_view(gathered.evidence),
        "comparing": gathered.comparing,
        "presence": _presence(gathered.watched, latest),
        "document": _document(latest),
        "card": card_states(gathered.readings),
        "agreement": _agreement(latest),
        "questions": _questions(latest),
        "second": _second(latest),
        "fraud": {"on": gathered.fraud_on, "before": gathered.fraud_before},
        "enrolment": _enrolment(latest),
        "images": _images(gathered.images),
        "evidence": [evidence_view(e) for e in mine],
    }


def evidence_view(item: Evidence) -> Json:
    return {
        "id": item.id,
        "kind": item.kind.value,
        "outcome": item.outcome.value,
        "reference": item.reference.value,
        "zone": item.zone.value if item.zone else None,
        "at": iso(item.at),
        "by": item.by,
        "source": item.source.value,
        "image_sha256": item.image_sha256,
        "detail": dict(item.detail),
    }


def referral_view(evidence: Sequence[Evidence]) -> Json | None:
    """The latest word between agent and referee; an undecided one counts as asked."""
    asked = [e for e in evidence if e.kind is EvidenceKind.REFEREE_DECISION]
    return _asked(max(asked, key=lambda e: (e.at, e.id))) if asked else None


def card_states(readings: Sequence[ReadingRow]) -> Json:
    """How far the reading of each side is, and the warnings of the sides in force."""
    newest = newest_readings(readings)
    warnings = dict.fromkeys(w for side in ("front", "back") for w in _warnings(newest.get(side)))
    return {
        "front": newest["front"].state if "front" in newest else "none",
        "back": newest["back"].state if "back" in newest else "none",
        "warnings": list(warnings),
    }


def newest_readings(readings: Sequence[ReadingRow]) -> dict[str, ReadingRow]:
    """The newest reading of each side."""
    return {r.side: r for r in sorted(readings, key=lambda r: (r.at, r.image_id))}


def _warnings(reading: ReadingRow | None) -> tuple[str, ...]:
    return reading.warnings if reading else ()


_Latest = Mapping[tuple[EvidenceKind, Reference], Evidence]


def _latest(mine: Sequence[Evidence]) -> _Latest:
    return {(e.kind, e.reference): e for e in sorted(mine, key=lambda e: (e.at, e.id))}


def _of(
    latest: _Latest, kind: EvidenceKind, reference: Reference = Reference.NONE
) -> Evidence | None:
    return latest.get((kind, reference))


def _of_challenge(
    latest: _Latest, kind: EvidenceKind, reference: Reference = Reference.NONE
) -> Evidence | None:
    """What is said of the newest challenge's face; a mismatch stands whatever came after it."""
    item, challenge = _of(latest, kind, reference), _of(latest, EvidenceKind.LIVENESS)
    if item is None or item.zone is Zone.MISMATCH:
        return item
    return item if challenge and item.image_id == challenge.image_id else None


def _asked(item: Evidence) -> Json:
    state = "asked" if item.outcome is Outcome.REVIEW else item.outcome.value
    return {"state": state, "reason": item.detail.get("reason", "")}


def _presence(watched: Watched | None, latest: _Latest) -> Json:
    """What is seen now, or what was seen last where nobody watches any more."""
    if watched is not None:
        return {"state": watched.state, "at": watched.at}
    item = _of_challenge(latest, EvidenceKind.PRESENCE)
    if item is None:
        return {"state": "none", "at": None}
    usual = {Outcome.PASSED: "same", Outcome.REVIEW: "absent", Outcome.FAILED: "other"}
    return {"state": item.detail.get("state", usual[item.outcome]), "at": iso(item.at)}


def _document(latest: _Latest) -> Json | None:
    item = _of(latest, EvidenceKind.DOCUMENT)
    if item is None:
        return None
    failing = item.detail.get("failing", "")
    return {
        "type": item.detail.get("type", "resident_id"),
        "source": item.detail.get("source", "keyed"),
        "failing": failing.split(",") if failing else [],
        "read": item.detail.get("read", "unread"),
    }


def _agreement(latest: _Latest) -> list[Json]:
    """What agrees and what does not, in the order of the panel."""
    pictures = {
        "stream_front": _of(latest, EvidenceKind.CARD_FRONT),
        "stream_back": _of(latest, EvidenceKind.CARD_BACK),
        "liveness": _of(latest, EvidenceKind.LIVENESS),
        "same_person": _of_challenge(latest, EvidenceKind.PRESENCE),
        "face_enrolment": _of_challenge(latest, EvidenceKind.FACE_MATCH, Reference.ENROLMENT),
        "face_authority": _of_challenge(latest, EvidenceKind.FACE_MATCH, Reference.AUTHORITY),
        "face_card": _of_challenge(latest, EvidenceKind.FACE_MATCH, Reference.CARD),
    }
    by_kind = {
        "stream_front": EvidenceKind.CARD_FRONT,
        "stream_back": EvidenceKind.CARD_BACK,
        "liveness": EvidenceKind.LIVENESS,
        "same_person": EvidenceKind.PRESENCE,
    }
    document = _of(latest, EvidenceKind.DOCUMENT)
    lines = [_document_line(code, document) for code in DOCUMENT_PARTS]
    for code, item in pictures.items():
        kind = by_kind.get(code, EvidenceKind.FACE_MATCH)
        lines.append(
            {
                "code": code,
                "state": _STATES[item.outcome] if item else "unknown",
                "by": kind.value,
                "detail": dict(item.detail) if item else {},
            }
        )
    return lines


_STATES = {Outcome.PASSED: "agrees", Outcome.REVIEW: "review", Outcome.FAILED: "differs"}


def _document_line(code: str, document: Evidence | None) -> Json:
    state, detail = "unknown", {}
    if document is not None:
        failing = [f for f in document.detail.get("failing", "").split(",") if f in _OF_PART[code]]
        state = document.detail.get(f"agrees_{code}", "differs" if failing else "agrees")
        detail = {"failing": ",".join(failing)} if failing else {}
    return {"code": code, "state": state, "by": EvidenceKind.DOCUMENT.value, "detail": detail}


def _questions(latest: _Latest) -> Json:
    item = _of(latest, EvidenceKind.CONTROL_QUESTIONS)
    if item is None:
        return {"drawn": 0, "outcome": "none"}
    drawn = item.detail.get("drawn", "0")
    outcome = "asked" if item.outcome is Outcome.REVIEW else item.outcome.value
    return {"drawn": int(drawn) if drawn.isdigit() else 0, "outcome": outcome}


def _second(latest: _Latest) -> Json:
    item = _of(latest, EvidenceKind.APPROVAL)
    return {"state": "none", "reason": ""} if item is None else _asked(item)


def _enrolment(latest: _Latest) -> str:
    done = _of(latest, EvidenceKind.ENROLMENT)
    if done is not None and done.outcome is Outcome.PASSED:
        return "done"
    said = _of(latest, EvidenceKind.ENROL_CONSENT)
    if said is None:
        return "none"
    words = {Outcome.PASSED: "given", Outcome.REVIEW: "asked", Outcome.FAILED: "refused"}
    return words[said.outcome]


def _images(images: Sequence[ImageRow]) -> list[Json]:
    """The newest picture of each kind; photos are about the matter, not about who calls."""
    about = (i for i in images if i.kind != "photo")
    newest = {i.kind: i for i in sorted(about, key=lambda i: (i.at, i.id))}
    return [
        {"id": i.id, "kind": i.kind, "at": iso(i.at), "width": i.width, "height": i.height}
        for i in newest.values()
    ]
