"""Papers and spreadsheets, made on demand and kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PaperPage:
    """One page's words, in one language. `lines` are (label, value); nothing in it is secret."""

    lang: str
    operator: str
    title: str
    lines: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]  # a heading and what it says, such as how to undo
    qr_caption: str


@dataclass(frozen=True, slots=True)
class PaperReceipt:
    """A receipt as it is printed: `name` becomes the document's title, `qr` what its code opens."""

    name: str
    pages: Sequence[PaperPage]
    qr: str


class ReceiptPrinter(Protocol):
    async def print_receipt(self, paper: PaperReceipt) -> bytes:
        """The receipt as PDF in large print with its type embedded, made beside the event loop.

        Raises DocumentUnavailable when there is none in time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of text: `widths` in characters, one for each heading."""

    title: str
    headings: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""  # under the rows


class SheetWriter(Protocol):
    async def write_sheet(self, sheet: Sheet) -> bytes:
        """The table as xlsx, made beside the event loop; no cell is ever a formula or a link.

        Raises DocumentUnavailable when there is none in time.
        """
        ...
