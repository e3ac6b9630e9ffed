"""What goes to and comes from a portrait service: signed, bound to one moment, and checked.

The agreement is described for the service's side in docs/authority.md. No I/O here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from vcounter.domain.identity import Reference, Zone
from vcounter.services.ports import Claimed, MatchReport, ReferenceReport

VERSION = "1"
KEY_ID = "Vcounter-Key-Id"
TIMESTAMP = "Vcounter-Timestamp"
NONCE = "Vcounter-Nonce"
SIGNATURE = "Vcounter-Signature"
MAX_FRAMES = 5
FRESH_S = 60
MIN_SECRET_BYTES = 32
_MAX_ENGINE_CHARS = 80


class Unusable(Exception):
    """An answer that says nothing; `reason` is the code kept with the evidence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AuthoritySettings:
    """Where the service is, and what its scores mean. Scores run from 0 to 1, higher is closer.

    `match` and `review` are the service's own thresholds: at or above the first it is a match,
    at or above the second the agent decides with a reason, below it is a mismatch.
    """

    url: str
    key_id: str
    secret: bytes = field(repr=False)
    match: float
    review: float
    timeout_s: float = 5.0
    ca_file: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for thresholds or a secret that cannot protect anything."""
        if not 0.0 < self.review <= self.match <= 1.0:
            raise ValueError("0 < review <= match <= 1 is wanted of the thresholds")
        if len(self.secret) < MIN_SECRET_BYTES:
            raise ValueError(f"the secret has fewer than {MIN_SECRET_BYTES} bytes")


def silent(reason: str, engine: str = "none") -> MatchReport:
    """No score at all: at best something for a person to decide."""
    return MatchReport(
        zone=Zone.REVIEW,
        fused=None,
        sface=None,
        dlib=None,
        frames=0,
        engine=engine,
        thresholds={},
        reason=reason,
    )


def request_body(claimed: Claimed, live: Sequence[bytes]) -> bytes:
    """The question: whose face it should be, and up to five live frames as JPEG."""
    question = {
        "version": VERSION,
        "document_number": claimed.document_number,
        "name": claimed.name,
        "frames": [base64.b64encode(jpeg).decode() for jpeg in live[:MAX_FRAMES]],
    }
    return json.dumps(question, ensure_ascii=False).encode()


def request_headers(
    settings: AuthoritySettings, path: str, body: bytes, *, at: int, nonce: str
) -> dict[str, str]:
    """The headers that sign a request; `at` is Unix time in seconds."""
    parts = (f"v{VERSION}-request", "POST", path, settings.key_id, str(at), nonce, _hash(body))
    return {
        "Content-Type": "application/json",
        KEY_ID: settings.key_id,
        TIMESTAMP: str(at),
        NONCE: nonce,
        SIGNATURE: sign(settings.secret, parts),
    }


def answer_parts(status: int, at: str, nonce: str, body: bytes) -> tuple[str, ...]:
    """What the service signs: `nonce` is the request's own."""
    return (f"v{VERSION}-answer", str(status), at, nonce, _hash(body))


def sign(secret: bytes, parts: Sequence[str]) -> str:
    """HMAC-SHA256 over the parts, one to a line, as lower hex."""
    return hmac.new(secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def read_answer(
    settings: AuthoritySettings,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    nonce: str,
    now: int,
) -> ReferenceReport | None:
    """The report of a signed, fresh answer to this very request; None if it holds no portrait.

    Raises Unusable for everything else.
    """
    if status != 200:
        raise Unusable("authority_refused" if 400 <= status < 500 else "authority_failed")
    at = headers.get(TIMESTAMP.lower(), "")
    signature = headers.get(SIGNATURE.lower(), "")
    wanted = sign(settings.secret, answer_parts(status, at, nonce, body))
    if not hmac.compare_digest(signature.encode(), wanted.encode()):
        raise Unusable("authority_unsigned")
    if not (at.isascii() and at.isdigit()) or abs(now - int(at)) > FRESH_S:
        raise Unusable("authority_stale")
    answer = _parsed(body)
    if answer.get("nonce") != nonce:
        raise Unusable("authority_nonce")
    match answer.get("result"):
        case "no_portrait":
            return None
        case "compared":
            return _report(settings, answer)
        case _:
            raise Unusable("authority_malformed")


def _parsed(body: bytes) -> Mapping[str, object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise Unusable("authority_malformed") from None
    if not isinstance(answer, dict):
        raise Unusable("authority_malformed")
    return answer


def _report(settings: AuthoritySettings, answer: Mapping[str, object]) -> ReferenceReport:
    score, engine, frames = answer.get("score"), answer.get("engine"), answer.get("frames")
    if not isinstance(score, int | float) or isinstance(score, bool):
        raise Unusable("authority_malformed")
    if not math.isfinite(score) or not 0.0 <= score <= 1.0:
        raise Unusable("authority_malformed")
    if not isinstance(engine, str) or not 0 < len(engine) <= _MAX_ENGINE_CHARS:
        raise Unusable("authority_malformed")
    if not isinstance(frames, int) or isinstance(frames, bool) or not 1 <= frames <= MAX_FRAMES:
        raise Unusable("authority_malformed")
    zone, reason = _zone(settings, float(score))
    report = MatchReport(
        zone=zone,
        fused=float(score),
        sface=None,
        dlib=None,
        frames=frames,
        engine=engine,
        thresholds={"match": settings.match, "review": settings.review},
        reason=reason,
    )
    return ReferenceReport(Reference.AUTHORITY, report, _day(answer.get("portrait_on")))


def _zone(settings: AuthoritySettings, score: float) -> tuple[Zone, str]:
    if score >= settings.match:
        return Zone.MATCH, ""
    if score >= settings.review:
        return Zone.REVIEW, "score_unsure"
    return Zone.MISMATCH, "score_low"


def _day(text: object) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise Unusable("authority_malformed") from None


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
