"""What goes to and comes from an SMS gateway over HTTP, signed both ways. No I/O here.

The agreement is described for the gateway's side in docs/sms.md.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from vcounter.adapters.authority.wire import (
    KEY_ID,
    MIN_SECRET_BYTES,
    NONCE,
    SIGNATURE,
    TIMESTAMP,
    sign,
)
from vcounter.domain.errors import InvalidInput, NotSignedIn
from vcounter.domain.sms_text import measure
from vcounter.services.ports import DeliveryReceipt, Sms

VERSION = "1"
IDEMPOTENCY_KEY = "Idempotency-Key"
FRESH_S = 300
_MAX_ID_CHARS = 128
_MAX_REASON_CHARS = 40


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where the gateway is and what is shared with it. `timeout_s` is for a message, tries and
    all."""

    url: str
    key_id: str
    secret: bytes = field(repr=False)
    timeout_s: float = 4.0
    ca_file: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a secret that cannot protect anything."""
        if len(self.secret) < MIN_SECRET_BYTES:
            raise ValueError(f"the secret has fewer than {MIN_SECRET_BYTES} bytes")


def request_body(sms: Sms) -> bytes:
    shape = measure(sms.text)
    message = {
        "version": VERSION,
        "key": sms.idempotency_key,
        "to": sms.to,
        "text": sms.text,
        "template": sms.template,
        "template_version": sms.version,
        "encoding": shape.encoding.value,
        "segments": shape.segments,
    }
    return json.dumps(message, ensure_ascii=False).encode()


def request_headers(
    settings: HttpSettings, path: str, sms: Sms, body: bytes, *, at: int, nonce: str
) -> dict[str, str]:
    """The headers that sign a request; `at` is Unix time in seconds."""
    parts = (f"v{VERSION}-sms", "POST", path, settings.key_id, str(at), nonce, _hash(body))
    return {
        "Content-Type": "application/json",
        IDEMPOTENCY_KEY: sms.idempotency_key,
        KEY_ID: settings.key_id,
        TIMESTAMP: str(at),
        NONCE: nonce,
        SIGNATURE: sign(settings.secret, parts),
    }


def read_ids(content: bytes) -> tuple[str, ...]:
    """The gateway's names for a message it took: one, or one for each part that it will report on.
    Raises ValueError for an answer that has none."""
    answer = json.loads(content)
    found = answer.get("ids") or [answer.get("id")] if isinstance(answer, dict) else []
    ids = [one for one in found if isinstance(one, str) and 0 < len(one) <= _MAX_ID_CHARS]
    if not ids or len(ids) != len(found):
        raise ValueError("no id in the gateway's answer")
    return tuple(ids)


def receipt_parts(at: str, body: bytes) -> tuple[str, ...]:
    """What the gateway signs of a delivery receipt."""
    return (f"v{VERSION}-sms-receipt", at, _hash(body))


def read_receipt(
    settings: HttpSettings, headers: Mapping[str, str], body: bytes, *, now: int
) -> DeliveryReceipt | None:
    """A signed, fresh receipt; None for a state that is not final.

    Raises NotSignedIn before anything of the body is looked at, InvalidInput for what makes no
    sense. Header names in lower case.
    """
    at, signature = headers.get(TIMESTAMP.lower(), ""), headers.get(SIGNATURE.lower(), "")
    wanted = sign(settings.secret, receipt_parts(at, body))
    if not hmac.compare_digest(signature.encode(), wanted.encode()):
        raise NotSignedIn("receipt is not signed")
    if not (at.isascii() and at.isdigit()) or abs(now - int(at)) > FRESH_S:
        raise NotSignedIn("receipt is not fresh")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise InvalidInput("no JSON object", field="body", reason="json")
    provider_id, state, reason = answer.get("id"), answer.get("state"), answer.get("reason", "")
    if not isinstance(provider_id, str) or not 0 < len(provider_id) <= _MAX_ID_CHARS:
        raise InvalidInput("no id", field="id", reason="missing")
    if state not in ("sent", "delivered", "failed"):
        raise InvalidInput("unknown state", field="state", reason="choice")
    if state == "sent":
        return None
    return DeliveryReceipt(provider_id, state == "delivered", short_reason(reason))


def short_reason(reason: object) -> str:
    """A gateway's own code as it may be kept: letters, digits, `_-.`, 40 at most."""
    text = reason if isinstance(reason, str) else ""
    return "".join(c for c in text if c.isascii() and (c.isalnum() or c in "_-."))[
        :_MAX_REASON_CHARS
    ]


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
