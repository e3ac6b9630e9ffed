"""The receipt in large print: what it says, how large, and that its code can be read."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pypdfium2
import pytest
from pypdfium2.raw import FPDFText_GetFontSize

from vcounter.adapters.pdf import draw_receipt
from vcounter.adapters.pdf.line_break import NEVER_FIRST, NEVER_LAST, break_lines
from vcounter.services.ports import PaperPage, PaperReceipt

URL = "https://counter.example.cn/r/dGVuX3Rlc3QvNDMvb3JkXzAxSkRR.0123456789abcdef0123456789abcdef"
CHINESE = PaperPage(
    "zh-CN",
    "湖南远程营业厅",
    "挂失已办好",
    (("号码", "138****6021"), ("以后", "找到卡请视频办理解挂（带上身份证），找不到请补卡。")),
    (("订单号", "ord_01JDQ3W1ZK8RVE5Z7Y4M2T6B9C"), ("想取消", "请再打开远程营业厅。")),
    "用手机扫这个码，可以查这张回执是不是真的。",
)
ENGLISH = PaperPage(
    "en",
    "湖南远程营业厅",
    "Loss reported",
    (("Number", "138****6021"),),
    (("To undo it", "Open the video counter again."),),
    "Scan this code.",
)
PAPER = PaperReceipt("业务回执", (CHINESE, ENGLISH), URL)


def words(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return ["".join(page.get_textpage().get_text_bounded().split()) for page in document]


def test_says_every_word_once_in_each_language() -> None:
    chinese, english = words(draw_receipt(PAPER))

    assert [chinese.count(t) for t in ("挂失已办好", "138****6021", "带上身份证")] == [1, 1, 1]
    assert "ord_01JDQ3W1ZK8RVE5Z7Y4M2T6B9C" in chinese
    assert "Openthevideocounteragain." in english


def test_prints_nothing_smaller_than_18_points() -> None:
    with pypdfium2.PdfDocument(draw_receipt(PAPER)) as document:
        sizes = {
            FPDFText_GetFontSize(text, at)
            for page in document
            for text in [page.get_textpage()]
            for at in range(text.count_chars())
            if text.get_text_range(at, 1).strip()
        }

    assert min(sizes) >= 18


@pytest.mark.parametrize("page", [0, 1])
def test_its_code_is_read_by_a_phone(page: int) -> None:
    with pypdfium2.PdfDocument(draw_receipt(PAPER)) as document:
        picture = np.asarray(document[page].render(scale=2).to_pil().convert("L"))

    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == URL


def test_carries_its_own_type_and_stays_small() -> None:
    pdf = draw_receipt(PAPER)

    assert b"/FontFile2" in pdf
    assert len(pdf) < 60_000


def test_goes_on_on_another_page_when_it_is_long() -> None:
    long = replace(CHINESE, lines=CHINESE.lines * 12)

    pages = words(draw_receipt(replace(PAPER, pages=(long,))))

    assert len(pages) > 1
    assert "".join(pages).count("带上身份证") == 12


def test_a_character_that_the_type_lacks_does_no_harm() -> None:
    odd = replace(CHINESE, title="挂失\U0001f4f1已办好")

    assert "已办好" in words(draw_receipt(replace(PAPER, pages=(odd,))))[0]


def test_the_same_receipt_is_the_same_file() -> None:
    assert draw_receipt(PAPER) == draw_receipt(PAPER)


@pytest.mark.parametrize("width", range(2, 30))
def test_lines_fit_lose_nothing_and_begin_with_no_mark(width: int) -> None:
    text = "找到卡请视频办理解挂（带上身份证），找不到请补卡。Call 10086, or scan: “好”。"

    lines = break_lines(text, width, len)

    assert all(len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    if width >= 8:  # below that a word with its marks has to be parted
        assert not [line for line in lines if line[0] in NEVER_FIRST]
        assert not [line for line in lines if line[-1] in NEVER_LAST]
