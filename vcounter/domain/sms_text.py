"""How a text travels by SMS: its alphabet, its length and its segments.

3GPP TS 23.038 §6.2.1 (GSM 7-bit default alphabet and its extension table) and TS 23.040 §9.2.3.24
(concatenation). A text of the GSM alphabet has 160 septets in one segment, 153 in each of several;
any other goes as UCS-2 with 70 or 67 code units.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = 0x1B
_EXTENDED = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
_SEPTETS: dict[str, bytes] = {
    **{sign: bytes((at,)) for at, sign in enumerate(_BASIC) if at != _ESCAPE},
    **{sign: bytes((_ESCAPE, code)) for sign, code in _EXTENDED.items()},
}
MAX_SEGMENTS = 255  # TS 23.040 §9.2.3.24.1: one octet counts them


class Encoding(StrEnum):
    GSM7 = "gsm7"
    UCS2 = "ucs2"

    @property
    def alone(self) -> int:
        """Units that fit one message by itself."""
        return 160 if self is Encoding.GSM7 else 70

    @property
    def joined(self) -> int:
        """Units that fit each of several, beside six octets of header."""
        return 153 if self is Encoding.GSM7 else 67


@dataclass(frozen=True, slots=True)
class Shape:
    """What a text costs. `length` counts septets or UCS-2 code units, not characters."""

    encoding: Encoding
    length: int
    segments: int


def encoding_of(text: str) -> Encoding:
    """GSM7 if every character is in its alphabet."""
    return Encoding.GSM7 if all(sign in _SEPTETS for sign in text) else Encoding.UCS2


def measure(text: str) -> Shape:
    """The shape of a text. The segments are those of `split`, no more and no less."""
    encoding = encoding_of(text)
    length = sum(_units(sign, encoding) for sign in text)
    return Shape(encoding, length, len(split(text)))


def split(text: str) -> list[str]:
    """The text in parts that each fit a segment; one part if all fits one message.

    An escape pair and a surrogate pair are never torn apart. An empty text is one empty part.
    """
    encoding = encoding_of(text)
    if sum(_units(sign, encoding) for sign in text) <= encoding.alone:
        return [text]
    parts, begun, used = list[str](), 0, 0
    for at, sign in enumerate(text):
        units = _units(sign, encoding)
        if used + units > encoding.joined:
            parts.append(text[begun:at])
            begun, used = at, 0
        used += units
    return [*parts, text[begun:]]


def octets(text: str, encoding: Encoding) -> bytes:
    """The text as an SMS centre takes it: one septet to an octet, or UTF-16 big-endian.

    Raises KeyError for a character outside the GSM alphabet if that was asked for.
    """
    if encoding is Encoding.UCS2:
        return text.encode("utf-16-be")
    return b"".join(_SEPTETS[sign] for sign in text)


def _units(sign: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM7:
        return len(_SEPTETS[sign])
    return 2 if ord(sign) > 0xFFFF else 1
