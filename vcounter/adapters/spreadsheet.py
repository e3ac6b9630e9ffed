"""A table as xlsx. Runs in a worker process: nothing here touches the event loop."""

from __future__ import annotations

import io

import xlsxwriter

from vcounter.services.ports import Sheet

# Text stays text: an input that begins with = or http must not become a formula or a link.
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_TITLE_MAX = 31  # Excel's own limit


def draw_sheet(sheet: Sheet) -> bytes:
    """One worksheet with a frozen heading and filters."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        page = book.add_worksheet(sheet.title[:_TITLE_MAX])
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        for column, (heading, width) in enumerate(zip(sheet.headings, sheet.widths, strict=True)):
            page.set_column(column, column, width)
            page.write_string(0, column, heading, bold)
        for at, row in enumerate(sheet.rows, start=1):
            for column, value in enumerate(row):
                page.write_string(at, column, value)
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, max(1, len(sheet.rows)), len(sheet.headings) - 1)
        if sheet.note:
            page.write_string(len(sheet.rows) + 2, 0, sheet.note)
    return file.getvalue()
