"""Exports: text that stays text."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

from vcounter.adapters.spreadsheet import draw_sheet
from vcounter.services.ports import Sheet

SHEET = Sheet(
    title="订单",
    headings=("号码", "备注"),
    widths=(14, 30),
    rows=[("138****6021", "=HYPERLINK(1)"), ("139****0001", "https://example.cn")],
    note="两行",
)


def part(data: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return book.read(name).decode()


def test_holds_headings_rows_and_note() -> None:
    strings = ElementTree.fromstring(part(draw_sheet(SHEET), "xl/sharedStrings.xml"))

    found = ["".join(item.itertext()) for item in strings]

    assert found == [
        "号码",
        "备注",
        "138****6021",
        "=HYPERLINK(1)",
        "139****0001",
        "https://example.cn",
        "两行",
    ]


def test_no_cell_is_a_formula_or_a_link() -> None:
    page = part(draw_sheet(SHEET), "xl/worksheets/sheet1.xml")

    assert "<f>" not in page
    assert "hyperlink" not in page


def test_an_empty_table_has_its_headings() -> None:
    empty = Sheet("订单", ("号码",), (10,), [])

    assert "号码" in part(draw_sheet(empty), "xl/sharedStrings.xml")
