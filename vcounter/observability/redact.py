"""Keep secrets and personal data out of the logs, whatever a caller passes by mistake."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

_SECRET_KEYS = re.compile(
    r"(^|_)(token|ticket|credential|password|secret|authorization|cookie|sdp|candidate|otp|puk|digits"
    r"|sms_code|msisdn|document_number)$",
    re.IGNORECASE,
)
_SDP = re.compile(r"\bv=0\r?\n|\ba=(candidate|fingerprint|ice-pwd|ice-ufrag)|\bcandidate:\S+ \d ")
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])"), "[document number]"),
    (re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)"), "[number]"),
    (re.compile(r"(?<!\d)\d{11}(?!\d)"), "[number]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 [secret]"),
    (re.compile(r"/c/[\w.~=-]{8,}"), "/c/[token]"),
    (re.compile(r"(?i)\b(token|ticket|credential|password|secret)=[^\s&\"']+"), r"\1=[secret]"),
    (re.compile(r"(?<![\w-])[\w-]{40,}={0,2}(?![\w-])"), "[token]"),
)
_MAX_DEPTH = 6


def redact_text(text: str) -> str:
    """Replace mobile numbers, document numbers, SDP, tokens and credentials in free text."""
    if _SDP.search(text):
        return "[sdp]"
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def redact(value: object, depth: int = 0) -> object:
    """Copy a log value with everything secret replaced; bytes become their length."""
    if depth > _MAX_DEPTH:
        return "[deep]"
    match value:
        case str():
            return redact_text(value)
        case bool() | float() | None:
            return value
        case int():
            return redact_text(str(value)) if abs(value) >= 10**10 else value
        case bytes() | bytearray() | memoryview():
            return f"[{len(value)} bytes]"
        case Mapping():
            return {str(k): _field(str(k), v, depth, False) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [redact(item, depth + 1) for item in value]
        case _:
            return redact_text(str(value))


def _field(key: str, value: object, depth: int, keep_personal: bool) -> object:
    if key.startswith("pii."):
        return value if keep_personal else "[pii]"
    if _SECRET_KEYS.search(key) and value not in (None, ""):
        return "[secret]"
    return redact(value, depth + 1)


class Redactor:
    """The structlog processor that ends every chain, just before rendering."""

    def __init__(self, *, keep_personal: bool = False) -> None:
        self._keep_personal = keep_personal

    def __call__(
        self, logger: object, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        return {k: _field(k, v, 0, self._keep_personal) for k, v in event.items()}
