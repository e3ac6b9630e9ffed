"""Where a line of mixed Chinese and Latin text may end (after GB/T 15834 and JIS X 4051)."""

from __future__ import annotations

from collections.abc import Callable

NEVER_FIRST = frozenset("，。、；：？！）》」』”’…,.;:?!)]}%")
NEVER_LAST = frozenset("（《「『“‘([{")


def break_lines(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Lines that fit the width. Latin words and numbers stay whole unless one alone is too long."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if not line or measure((line + piece).rstrip()) <= width:
            line += piece
        else:
            line, carried = _carry(line)
            lines.append(line.rstrip())
            line = carried + piece.lstrip()
        while measure(line.rstrip()) > width and len(line.rstrip()) > 1:
            fitting = _fitting(line, width, measure)
            lines.append(line[:fitting])
            line = line[fitting:]
    if line.strip():
        lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> list[str]:
    """The text in pieces that are not to be parted: words, and characters with their marks."""
    pieces: list[str] = []
    for char in text:
        joins = bool(pieces) and (
            char in NEVER_FIRST
            or (pieces[-1][-1] in NEVER_LAST)
            or (_is_word(char) and _is_word(pieces[-1][-1]))
        )
        if joins:
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _is_word(char: str) -> bool:
    return char.isascii() and not char.isspace()


def _carry(line: str) -> tuple[str, str]:
    """An opening mark at the end goes over to the next line."""
    kept = line.rstrip("".join(NEVER_LAST))
    return (kept, line[len(kept) :]) if kept else (line, "")


def _fitting(line: str, width: float, measure: Callable[[str], float]) -> int:
    count = 1
    while count < len(line) and measure(line[: count + 1]) <= width:
        count += 1
    return count
