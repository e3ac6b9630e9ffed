"""Each fault of a keyed document has its own code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pytest

from tests.fakes.card_holder import NUMBER, RECORD
from vcounter.adapters.identity.document import birth_of, check_character, check_document

TODAY = date(2026, 11, 21)


@dataclass(frozen=True)
class Keyed:
    number: str = NUMBER
    name: str = "阿依·样"
    valid_from: date = date(2019, 3, 2)
    valid_until: date | None = date(2039, 3, 2)


GOOD = Keyed()


def numbered(region: str, birth: str, serial: str) -> str:
    body = region + birth + serial
    return body + check_character(body)


def test_document_that_agrees_has_no_fault():
    assert check_document(GOOD, RECORD, TODAY) == []


def test_full_width_digits_other_dots_and_spaces_are_the_same_document():
    wide = NUMBER.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789X"})
    keyed = replace(GOOD, number=f" {wide[:6]} {wide[6:]}", name="阿依 • 样")

    assert check_document(keyed, RECORD, TODAY) == []


@pytest.mark.parametrize(
    "number", ["", "4301", NUMBER[:-1], NUMBER + "1", "4" * 17 + "Y", "身" * 18]
)
def test_malformed_number(number: str):
    assert check_document(replace(GOOD, number=number), RECORD, TODAY) == [
        "number_format",
        "number_differs",
    ]


def test_every_wrong_check_character_is_found():
    for wrong in set("0123456789X") - {NUMBER[-1]}:
        keyed = replace(GOOD, number=NUMBER[:-1] + wrong)

        assert check_document(keyed, RECORD, TODAY) == ["check_digit", "number_differs"]


@pytest.mark.parametrize("birth", ["19531312", "19530230", "18530412", "20530412"])
def test_impossible_birth_date(birth: str):
    keyed = replace(GOOD, number=numbered("430102", birth, "990"))

    assert "birth" in check_document(keyed, RECORD, TODAY)


def test_unknown_region():
    number = numbered("999999", "19530412", "990")
    record = replace(RECORD, document_number=number)

    assert check_document(replace(GOOD, number=number), record, TODAY) == ["region"]


def test_somebody_elses_card_differs_in_all_that_differs():
    number = numbered("320102", "19660128", "995")

    assert check_document(replace(GOOD, number=number, name="袁样"), RECORD, TODAY) == [
        "number_differs",
        "name_differs",
        "birth_differs",
        "sex_differs",
    ]


def test_card_is_valid_on_its_last_day_and_expired_after():
    keyed = replace(GOOD, valid_from=date(2016, 11, 21), valid_until=date(2026, 11, 21))

    assert check_document(keyed, RECORD, TODAY) == []
    assert check_document(keyed, RECORD, date(2026, 11, 22)) == ["expired"]


def test_card_from_the_future_is_not_valid_yet():
    keyed = replace(GOOD, valid_from=date(2026, 12, 1), valid_until=date(2046, 12, 1))

    assert check_document(keyed, RECORD, TODAY) == ["not_yet_valid"]


def test_card_runs_five_ten_or_twenty_years():
    for years, faults in ((5, ["expired"]), (10, []), (20, []), (12, ["dates"])):
        keyed = replace(GOOD, valid_until=date(2019 + years, 3, 2))

        assert check_document(keyed, RECORD, TODAY) == faults


def test_leap_day_card_ends_on_either_neighbour():
    for end in (date(2040, 2, 28), date(2040, 2, 29)):
        keyed = replace(GOOD, valid_from=date(2020, 2, 29), valid_until=end)

        assert check_document(keyed, RECORD, TODAY) == []


def test_long_term_card_needs_an_age_of_46_at_issue():
    keyed = replace(GOOD, valid_until=None)

    assert check_document(keyed, RECORD, TODAY) == []
    assert check_document(replace(keyed, valid_from=date(1999, 4, 11)), RECORD, TODAY) == ["dates"]
    assert check_document(replace(keyed, valid_from=date(1999, 4, 12)), RECORD, TODAY) == []


def test_card_older_than_its_holder_is_refused():
    assert check_document(replace(GOOD, valid_from=date(1950, 1, 1)), RECORD, TODAY)[-1] == "dates"


def test_birth_date_of_a_malformed_number_is_unknown():
    assert birth_of("43") is None
    assert birth_of(numbered("430102", "19531312", "990")) is None
