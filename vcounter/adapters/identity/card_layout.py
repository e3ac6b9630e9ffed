"""Print on a card in the card's own coordinates: strips of characters, and where rows stand.

The standard fixes the places of the labels and the values (GA 450): both are used, a label where it
was read, its standard row where it was not.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from statistics import median

# Middle of each row as a share of the card's height, from its upper edge.
FRONT_ROWS: Mapping[str, float] = {
    "name": 0.145,
    "sex": 0.26,
    "birth": 0.37,
    "address": 0.49,
    "number": 0.86,
}
BACK_ROWS: Mapping[str, float] = {"authority": 0.69, "validity": 0.82}
FRONT_LABELS: Mapping[str, str] = {
    "name": "姓名",
    "sex": "性别",
    "birth": "出生",
    "address": "住址",
    "number": "公民身份号码",
}
BACK_LABELS: Mapping[str, str] = {"authority": "签发机关", "validity": "有效期限"}

_LABEL_EDGE = 0.45  # a label begins left of this, on a back nearly in the middle
_SHORT_LABEL = 2
_LONG_LABEL_SHARE = 0.7
_MAX_SHIFT = 0.08
_MARK = "SPECIMEN"
_MARK_LIKENESS = 0.6


@dataclass(frozen=True, slots=True)
class Printed:
    """One character, NFKC-folded, at (x, y) as shares of the card's width and height."""

    text: str = field(repr=False)
    confidence: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Strip:
    """One line of print from left to right; `height` is a share of the card's height."""

    printed: tuple[Printed, ...] = field(repr=False)
    height: float

    @property
    def text(self) -> str:
        return "".join(p.text for p in self.printed)

    @property
    def x(self) -> float:
        return self.printed[0].x

    @property
    def y(self) -> float:
        return sum(p.y for p in self.printed) / len(self.printed)


def folded(glyphs: Iterable[tuple[str, float, float, float]], height: float) -> Strip | None:
    """A strip of (text, confidence, x, y), folded by NFKC, without spaces; None if none is left."""
    printed = tuple(
        Printed(character, confidence, x, y)
        for text, confidence, x, y in glyphs
        for character in unicodedata.normalize("NFKC", text)
        if not character.isspace()
    )
    return Strip(printed, height) if printed else None


def is_mark(strip: Strip) -> bool:
    """Whether a strip is the word SPECIMEN, however torn, and not data."""
    latin = "".join(c for c in strip.text.upper() if "A" <= c <= "Z")
    if len(latin) < 4:
        return False
    words = SequenceMatcher(None, latin[: len(_MARK)], _MARK, autojunk=False)
    return words.ratio() >= _MARK_LIKENESS


def row_anchors(
    strips: Sequence[Strip], labels: Mapping[str, str], rows: Mapping[str, float]
) -> dict[str, float]:
    """Where each row stands: at its own label, else its standard place moved as the others are."""
    seen: dict[str, float] = {}
    for name, label in labels.items():
        heights = [y for strip in strips if (y := _label_height(strip, label)) is not None]
        near = [y for y in heights if abs(y - rows[name]) <= _MAX_SHIFT]
        if near:
            seen[name] = min(near, key=lambda y: abs(y - rows[name]))
    shift = median(y - rows[name] for name, y in seen.items()) if seen else 0.0
    return {name: seen.get(name, row + shift) for name, row in rows.items()}


def _label_height(strip: Strip, label: str) -> float | None:
    if strip.x > _LABEL_EDGE:
        return None
    return strip.y if label_length(strip.text, label) else None


def label_length(text: str, label: str) -> int:
    """How many characters at the start of `text` are the label; 0 if it does not begin with it.

    A long label may have some characters misread; a short one must be whole.
    """
    head = text[: len(label)]
    if len(label) <= _SHORT_LABEL:
        return len(label) if head == label else 0
    same = sum(a == b for a, b in zip(head, label, strict=False))
    return len(head) if same >= _LONG_LABEL_SHARE * len(label) else 0


def merged(strips: Iterable[Strip]) -> list[Strip]:
    """Strips that stand side by side in one row become one, left to right, rows from the top."""
    rows: list[list[Strip]] = []
    for strip in sorted(strips, key=lambda s: s.y):
        if rows and abs(strip.y - rows[-1][0].y) < 0.5 * min(strip.height, rows[-1][0].height):
            rows[-1].append(strip)
        else:
            rows.append([strip])
    return [_joined(row) for row in rows]


def _joined(row: list[Strip]) -> Strip:
    ordered = sorted(row, key=lambda s: s.x)
    height = max(s.height for s in ordered)
    return Strip(tuple(p for s in ordered for p in s.printed), height)
