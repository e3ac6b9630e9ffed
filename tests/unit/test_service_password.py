"""Which passwords a stranger would try first."""

from __future__ import annotations

from datetime import date

import pytest

from vcounter.domain.ids import Msisdn
from vcounter.domain.service_password import refuse_password

NUMBER = Msisdn("13800006021")
BIRTH = date(1953, 4, 12)


@pytest.mark.parametrize("digits", ["", "12345", "1234567", "12345a", "１２３４５６", " 50731"])
def test_anything_but_six_digits_is_a_wrong_format(digits: str) -> None:
    assert refuse_password(digits, NUMBER, BIRTH) == "format"


@pytest.mark.parametrize(
    "digits",
    ["000000", "123456", "987654", "890123", "210987", "345345", "121212", "112211",
     "006021", "138000", "530412", "195304", "120453"],
)  # fmt: skip
def test_what_is_guessed_first_is_too_simple(digits: str) -> None:
    assert refuse_password(digits, NUMBER, BIRTH) == "too_simple"


@pytest.mark.parametrize("digits", ["507318", "274913", "135799"])
def test_others_are_taken(digits: str) -> None:
    assert refuse_password(digits, NUMBER, BIRTH) is None


def test_unknown_birth_date_is_not_compared() -> None:
    assert refuse_password("530412", NUMBER, None) is None
