"""The receipt in large print, A4. Runs in a worker process: nothing here touches the event loop."""

from __future__ import annotations

import io
from collections.abc import Iterable

import segno
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from vcounter.adapters.pdf.line_break import break_lines
from vcounter.adapters.pdf.typeface import face_for
from vcounter.services.ports import PaperPage, PaperReceipt

# Points. Nothing on the page is smaller than 18: the reader may be eighty.
SMALL, BODY, TITLE = 18, 22, 36
_LEADING = 1.45
_MARGIN = 56.0
_LABEL_WIDTH = 118.0
_GAP = 14.0
_QR_SIDE = 150.0
_QR_QUIET = 4  # modules of white around it, ISO/IEC 18004
_INK, _SOFT, _RULE = (0.08, 0.09, 0.09), (0.26, 0.29, 0.29), (0.0, 0.36, 0.36)
_FACE = "receipt"  # registered anew for each document: a worker draws one at a time


def draw_receipt(paper: PaperReceipt) -> bytes:
    """The PDF's bytes; the same paper always gives the same ones. Its type is embedded."""
    pdfmetrics.registerFont(TTFont(_FACE, io.BytesIO(face_for(_characters(paper)))))
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=True, pageCompression=1)
    canvas.setTitle(paper.name)
    canvas.setAuthor(paper.pages[0].operator)
    if paper.pages:
        canvas.setCatalogEntry("Lang", paper.pages[0].lang)
    for page in paper.pages:
        _Sheet(canvas, page, paper.qr).draw()
    canvas.save()
    return file.getvalue()


def _characters(paper: PaperReceipt) -> Iterable[str]:
    for page in paper.pages:
        yield from page.operator + page.title + page.qr_caption
        for label, value in (*page.lines, *page.notes):
            yield from label + value


class _Sheet:
    """Writes one language from the top down, and on another page when there is no room."""

    def __init__(self, canvas: Canvas, page: PaperPage, qr: str) -> None:
        self._canvas, self._page, self._qr = canvas, page, qr
        self._width, self._top = A4[0] - 2 * _MARGIN, A4[1] - _MARGIN
        self._y = self._top

    def draw(self) -> None:
        page = self._page
        self._paragraph(page.operator, SMALL, _SOFT)
        self._rule()
        self._paragraph(page.title, TITLE, _INK)
        self._y -= _GAP
        for label, value in page.lines:
            self._row(label, value)
        for heading, text in page.notes:
            self._y -= _GAP
            self._room(2 * BODY * _LEADING)
            self._paragraph(heading, SMALL, _SOFT)
            self._paragraph(text, BODY, _INK)
        self._code()
        self._canvas.showPage()

    def _row(self, label: str, value: str) -> None:
        labels = self._lines(label, SMALL, _LABEL_WIDTH)
        left = _LABEL_WIDTH + _GAP
        values = self._lines(value, BODY, self._width - left)
        step = BODY * _LEADING
        self._room(step * max(len(labels), len(values)))
        top = self._y
        for at, text in enumerate(labels):
            self._text(text, SMALL, _SOFT, _MARGIN, top - step * (at + 1))
        for at, text in enumerate(values):
            self._text(text, BODY, _INK, _MARGIN + left, top - step * (at + 1))
        self._y = top - step * max(len(labels), len(values)) - _GAP / 2

    def _paragraph(self, text: str, size: float, ink: tuple[float, float, float]) -> None:
        for line in self._lines(text, size, self._width):
            self._room(size * _LEADING)
            self._y -= size * _LEADING
            self._text(line, size, ink, _MARGIN, self._y)

    def _code(self) -> None:
        """The QR code at the foot of the page, what it is for beside it."""
        self._room(_QR_SIDE + _GAP)
        _draw_qr(self._canvas, self._qr, _MARGIN, _MARGIN)
        left = _MARGIN + _QR_SIDE + _GAP
        lines = self._lines(self._page.qr_caption, SMALL, A4[0] - _MARGIN - left)
        step = SMALL * _LEADING
        y = _MARGIN + (_QR_SIDE + len(lines) * step) / 2
        for line in lines:
            y -= step
            self._text(line, SMALL, _INK, left, y + step * 0.3)

    def _rule(self) -> None:
        self._y -= _GAP
        self._canvas.setStrokeColorRGB(*_RULE)
        self._canvas.setLineWidth(3)
        self._canvas.line(_MARGIN, self._y, _MARGIN + self._width, self._y)

    def _room(self, height: float) -> None:
        if self._y - height < _MARGIN:
            self._canvas.showPage()
            self._y = self._top

    def _lines(self, text: str, size: float, width: float) -> list[str]:
        return break_lines(text, width, lambda part: pdfmetrics.stringWidth(part, _FACE, size))

    def _text(
        self, text: str, size: float, ink: tuple[float, float, float], x: float, y: float
    ) -> None:
        self._canvas.setFillColorRGB(*ink)
        self._canvas.setFont(_FACE, size)
        self._canvas.drawString(x, y, text)


def _draw_qr(canvas: Canvas, text: str, x: float, y: float) -> None:
    """Level M: a fold or a stain of an eighth of it does no harm."""
    rows = [bytearray(row) for row in segno.make_qr(text, error="m").matrix]
    module = _QR_SIDE / (len(rows) + 2 * _QR_QUIET)
    canvas.setFillColorRGB(0, 0, 0)
    path = canvas.beginPath()
    for down, row in enumerate(rows):
        bottom = y + _QR_SIDE - (down + _QR_QUIET + 1) * module
        for across, length in _runs(row):
            path.rect(x + (across + _QR_QUIET) * module, bottom, length * module, module)
    canvas.drawPath(path, stroke=0, fill=1)


def _runs(row: bytearray) -> Iterable[tuple[int, int]]:
    """Start and length of each stretch of dark modules, so that no seam shows between them."""
    start = None
    for at, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = at
        elif not dark and start is not None:
            yield start, at - start
            start = None
