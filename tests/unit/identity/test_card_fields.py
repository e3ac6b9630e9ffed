"""Print to fields: labels and layout anchor the rows, nothing is repaired, nothing crashes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcounter.adapters.identity.card_fields import (
    ETHNICITIES,
    back_faults,
    front_faults,
    parse_back,
    parse_front,
)
from vcounter.adapters.identity.card_layout import Strip, folded, is_mark
from vcounter.adapters.identity.document import check_character
from vcounter.adapters.identity.reading import merge
from vcounter.services.ports import ReadField

BODY = "11010119610804992"
NUMBER = BODY + check_character(BODY)
ADVANCE = 0.034  # of the card's width


def strip(text: str, x: float, y: float, confidence: float = 0.99, height: float = 0.06) -> Strip:
    glyphs = [(c, confidence, x + ADVANCE * i, y) for i, c in enumerate(text)]
    made = folded(glyphs, height)
    assert made is not None
    return made


def front(*, without: Sequence[str] = (), shift: float = 0.0, number: str = NUMBER) -> list[Strip]:
    rows = (
        ("姓名", 0.08, 0.145),
        ("样小明", 0.19, 0.145),
        ("性别", 0.08, 0.26),
        ("女", 0.19, 0.26),
        ("民族", 0.30, 0.26),
        ("维吾尔", 0.40, 0.26),
        ("出生", 0.08, 0.37),
        ("1961年8月4日", 0.19, 0.37),
        ("住址", 0.08, 0.49),
        ("北京市东城区样板街", 0.19, 0.49),
        ("一号院", 0.19, 0.56),
        ("公民身份号码", 0.08, 0.86),
        (number, 0.33, 0.86),
    )
    return [strip(text, x, y + shift) for text, x, y in rows if text not in without]


def texts(fields: dict[str, ReadField]) -> dict[str, str]:
    return {name: read.text for name, read in fields.items()}


ALL = {
    "name": "样小明",
    "sex": "female",
    "ethnicity": "维吾尔",
    "birth": "1961-08-04",
    "address": "北京市东城区样板街一号院",
    "number": NUMBER,
}


@pytest.mark.parametrize("shift", [-0.03, 0.0, 0.03])
def test_every_field_of_a_front_is_read_where_it_stands(shift: float):
    assert texts(parse_front(front(shift=shift))) == ALL


@pytest.mark.parametrize("label", ["姓名", "性别", "民族", "出生", "住址", "公民身份号码"])
def test_a_missing_label_costs_no_field(label: str):
    assert texts(parse_front(front(without=[label]))) == ALL


def test_labels_and_values_may_come_as_one_line():
    lines = [
        strip("姓名样小明", 0.08, 0.145),
        strip("性别女民族维吾尔", 0.08, 0.26),
        strip("公民身份号码" + NUMBER, 0.08, 0.86),
    ]

    fields = texts(parse_front(lines))

    assert (fields["name"], fields["sex"], fields["ethnicity"]) == ("样小明", "female", "维吾尔")
    assert fields["number"] == NUMBER


def test_full_width_digits_become_plain_ones():
    wide = NUMBER.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789X"})

    assert parse_front(front(number=wide))["number"].text == NUMBER


@pytest.mark.parametrize("number", [NUMBER[:-1], NUMBER + "1", NUMBER[:5] + "O" + NUMBER[6:]])
def test_a_number_that_is_not_whole_is_not_read(number: str):
    assert "number" not in parse_front(front(number=number))


def test_a_wrong_check_character_is_reported_and_not_repaired():
    wrong = NUMBER[:9] + str((int(NUMBER[9]) + 1) % 10) + NUMBER[10:]

    fields = parse_front(front(number=wrong))

    assert fields["number"].text == wrong
    assert "check_digit" in front_faults(fields)


def test_number_that_belies_printed_birth_and_sex_is_a_fault():
    body = "11010119620804991"
    fields = parse_front(front(number=body + check_character(body)))

    assert front_faults(fields) == ("birth_differs", "sex_differs")


def test_consistent_front_has_no_fault():
    assert front_faults(parse_front(front())) == ()


def test_only_the_56_ethnicities_are_read():
    assert len(ETHNICITIES) == 56
    lines = [*front(without=["维吾尔"]), strip("维吾儿", 0.40, 0.26)]

    assert "ethnicity" not in parse_front(lines)


def test_specimen_mark_is_not_data():
    assert is_mark(strip("SPECIMEN 样证", 0.2, 0.74))
    assert is_mark(strip("PECIMEI", 0.2, 0.74))
    assert not is_mark(strip("样板街12号A座", 0.2, 0.74))
    assert texts(parse_front([*front(), strip("SPECIMEN样证", 0.19, 0.63)])) == ALL


def test_field_is_as_sure_as_its_worst_character():
    glyphs = [("样", 0.99, 0.19, 0.145), ("明", 0.41, 0.23, 0.145)]
    name = folded(glyphs, 0.06)
    assert name is not None

    assert parse_front([name])["name"].confidence == 0.41


@pytest.mark.parametrize(
    ("printed", "start", "end", "faults"),
    [
        ("2012.09.27-长期", "2012-09-27", "long_term", ()),
        ("2008.07.11-2028.07.11", "2008-07-11", "2028-07-11", ()),
        ("2008.07.11—2020.07.11", "2008-07-11", "2020-07-11", ("dates",)),
        ("20080711-20280711", "2008-07-11", "2028-07-11", ()),
    ],
)
def test_validity_of_a_back(printed: str, start: str, end: str, faults: tuple[str, ...]):
    lines = [
        strip("签发机关", 0.22, 0.69),
        strip("样市公安局样区分局", 0.40, 0.69),
        strip("有效期限", 0.22, 0.82),
        strip(printed, 0.40, 0.82),
    ]

    fields = parse_back(lines)

    assert texts(fields) == {
        "authority": "样市公安局样区分局",
        "valid_from": start,
        "valid_until": end,
    }
    assert back_faults(fields) == faults


@pytest.mark.parametrize(
    "printed", ["2012.13.27-长期", "2012.09.27-2032.02.30", "2012.09.27", "长期"]
)
def test_impossible_or_half_validity_is_not_read(printed: str):
    fields = parse_back([strip("有效期限", 0.22, 0.82), strip(printed, 0.40, 0.82)])

    assert "valid_from" not in fields
    assert "valid_until" not in fields


def test_two_looks_that_differ_on_the_number_leave_it_in_dispute():
    first = {"number": ReadField("1" * 18, 0.95), "name": ReadField("样", 0.6)}
    second = {"number": ReadField("2" * 18, 0.99), "name": ReadField("羊", 0.7)}

    merged = merge(first, second)

    assert merged["number"].confidence < 0.5
    assert merged["name"] == ReadField("羊", 0.7)


SCRAPS = st.sampled_from(
    [*"姓名性别民族出生住址公民身份号码签发机关有效期限长期男女汉年月日.-", "X", "Ⅻ", "㈱", "٣"]
)
HOSTILE = st.one_of(SCRAPS, st.characters(), st.sampled_from("0123456789０９"))
SHARE = st.floats(-0.5, 1.5, allow_nan=False)


@st.composite
def strips(draw: st.DrawFn) -> list[Strip]:
    found = []
    for _ in range(draw(st.integers(0, 8))):
        text = "".join(draw(st.lists(HOSTILE, min_size=1, max_size=24)))
        x, y, step = draw(SHARE), draw(SHARE), draw(st.floats(0, 0.05))
        glyphs = [(c, draw(st.floats(0, 1)), x + i * step, y) for i, c in enumerate(text)]
        if (made := folded(glyphs, draw(st.floats(0, 0.2)))) is not None:
            found.append(made)
    return found


@settings(max_examples=150, deadline=None)
@given(strips())
def test_any_print_gives_well_formed_fields_or_none(print_: list[Strip]):
    fields = parse_front(print_)
    back = parse_back(print_)

    assert all(read.text and 0 <= read.confidence <= 1 for read in (fields | back).values())
    assert fields.get("sex", ReadField("male", 1)).text in ("male", "female")
    assert fields.get("ethnicity", ReadField("汉", 1)).text in ETHNICITIES
    if "number" in fields:
        number = fields["number"].text
        assert len(number) == 18
        assert number.isascii()
    front_faults(fields)
    back_faults(back)
