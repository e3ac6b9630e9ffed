"""A reading beside the record, and the numbers of other documents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pytest

from tests.fakes.card_holder import NUMBER, RECORD
from vcounter.adapters.identity.document import (
    check_character,
    check_document,
    check_reading,
    kind_faults,
)
from vcounter.domain.documents import DocumentType
from vcounter.services.ports import CardReading, ReadField

TODAY = date(2026, 11, 21)


def reading(side: str, faults: tuple[str, ...] = (), **fields: str) -> CardReading:
    read = {name: ReadField(text, 0.97) for name, text in fields.items()}
    return CardReading("front" if side == "front" else "back", read, faults, "test")


FRONT = reading("front", name="阿依・样", number=NUMBER, birth="1953-04-12", sex="female")
BACK = reading("back", valid_from="2019-03-02", valid_until="2039-03-02", authority="样")


def test_card_that_is_on_record_is_sure():
    check = check_reading(FRONT, BACK, RECORD, TODAY)

    assert set(check.agreement) == {"number", "name", "birth", "sex", "valid"}
    assert set(check.agreement.values()) == {"agrees"}
    assert (check.faults, check.sure) == ((), True)


@pytest.mark.parametrize("missing", ["name", "number", "birth", "sex"])
def test_what_was_not_read_is_unknown_and_never_sure(missing: str):
    rest = {name: read for name, read in FRONT.fields.items() if name != missing}

    check = check_reading(replace(FRONT, fields=rest), BACK, RECORD, TODAY)

    assert check.agreement[missing] == "unknown"
    assert not check.sure


def test_a_side_that_was_not_read_is_unknown():
    assert check_reading(None, None, RECORD, TODAY).agreement["number"] == "unknown"
    assert check_reading(FRONT, None, RECORD, TODAY).agreement["valid"] == "unknown"
    assert not check_reading(FRONT, None, RECORD, TODAY).sure
    assert check_reading(BACK, FRONT, RECORD, TODAY).agreement["number"] == "unknown"


@pytest.mark.parametrize("doubted", ["name", "number"])
def test_unsure_name_or_number_is_not_sure_although_it_agrees(doubted: str):
    fields = dict(FRONT.fields) | {doubted: replace(FRONT.fields[doubted], confidence=0.7)}

    check = check_reading(replace(FRONT, fields=fields), BACK, RECORD, TODAY)

    assert check.agreement[doubted] == "agrees"
    assert not check.sure


def test_edited_number_differs_and_has_its_fault():
    edited = NUMBER[:10] + "1" + NUMBER[11:]
    front = replace(FRONT, fields={**FRONT.fields, "number": ReadField(edited, 0.99)})

    check = check_reading(front, BACK, RECORD, TODAY)

    assert check.agreement["number"] == "differs"
    assert {"check_digit", "number_differs"} <= set(check.faults)
    assert not check.sure


def test_faults_within_the_card_are_kept():
    front = replace(FRONT, faults=("birth_differs",))

    check = check_reading(front, BACK, RECORD, TODAY)

    assert check.faults == ("birth_differs",)
    assert not check.sure


@pytest.mark.parametrize(
    ("start", "end", "fault"),
    [
        ("2006-11-20", "2026-11-20", "expired"),
        ("2026-12-01", "2046-12-01", "not_yet_valid"),
        ("2019-03-02", "2031-03-02", "dates"),
        ("1990-01-01", "long_term", "dates"),
    ],
)
def test_validity_that_is_not_in_force_differs(start: str, end: str, fault: str):
    back = reading("back", valid_from=start, valid_until=end)

    check = check_reading(FRONT, back, RECORD, TODAY)

    assert check.agreement["valid"] == "differs"
    assert fault in check.faults


def test_long_term_card_agrees():
    back = reading("back", valid_from="2012-09-27", valid_until="long_term")

    assert check_reading(FRONT, back, RECORD, TODAY).sure


def numbered(region: str, birth: str, serial: str) -> str:
    body = region + birth + serial
    return body + check_character(body)


@pytest.mark.parametrize(
    ("kind", "number", "faults"),
    [
        (DocumentType.HK_MACAO_TAIWAN_RESIDENCE, numbered("810000", "19800101", "001"), []),
        (DocumentType.HK_MACAO_TAIWAN_RESIDENCE, numbered("830000", "19800101", "002"), []),
        (DocumentType.HK_MACAO_TAIWAN_RESIDENCE, NUMBER, ["region"]),
        (DocumentType.HK_MACAO_TAIWAN_RESIDENCE, "810000198001010010", ["check_digit"]),
        (DocumentType.HK_MACAO_PERMIT, "H12345678", []),
        (DocumentType.HK_MACAO_PERMIT, "M1234567802", []),
        (DocumentType.HK_MACAO_PERMIT, "T12345678", ["number_format"]),
        (DocumentType.TAIWAN_PERMIT, "12345678", []),
        (DocumentType.TAIWAN_PERMIT, "1234567", ["number_format"]),
        (DocumentType.FOREIGNER_RESIDENCE, "USA110190010112", []),
        (DocumentType.FOREIGNER_RESIDENCE, numbered("911840", "19800101", "001"), []),
        (DocumentType.FOREIGNER_RESIDENCE, NUMBER, ["number_format"]),
        (DocumentType.PASSPORT, "E12345678", []),
        (DocumentType.PASSPORT, "E123/5678", ["number_format"]),
        (DocumentType.PASSPORT, "E1234567890", ["number_format"]),
        (DocumentType.RESIDENT_ID, NUMBER, []),
        (DocumentType.RESIDENT_ID, "H12345678", ["number_format"]),
    ],
)
def test_each_document_has_its_own_number(kind: DocumentType, number: str, faults: list[str]):
    assert kind_faults(number, kind, TODAY) == faults


@dataclass(frozen=True)
class Keyed:
    number: str
    name: str
    valid_from: date
    valid_until: date | None


def test_other_documents_are_in_date_and_agree_with_the_record():
    record = replace(RECORD, document_number="E12345678", name="Ann Example")
    keyed = Keyed("e12345678", "ANN EXAMPLE", date(2020, 1, 1), date(2027, 6, 30))

    assert check_document(keyed, record, TODAY, DocumentType.PASSPORT) == []
    late = replace(keyed, valid_until=date(2026, 11, 20))
    assert check_document(late, record, TODAY, DocumentType.PASSPORT) == ["expired"]
    endless = replace(keyed, valid_until=None)
    assert check_document(endless, record, TODAY, DocumentType.PASSPORT) == ["dates"]
    other = replace(keyed, number="E87654321", name="Bob Example")
    assert check_document(other, record, TODAY, DocumentType.PASSPORT) == [
        "number_differs",
        "name_differs",
    ]
