"""Fictitious subscribers in every situation that the first six actions know.

Names and addresses are invented. Document numbers are formally valid (GB 11643) with the sequence
numbers 990-999, which GB 11643 kept for centenarians and are not given out otherwise; telephone
numbers lie in 138 0000 and 139 0000, which are not given to subscribers.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from vcounter.adapters.bss.embedded.record import Person
from vcounter.domain.documents import DocumentType

SEED = 1958
# GB/T 2260 county codes in Hunan.
_REGIONS = ("430102", "430103", "430104", "430203", "430302", "430405", "430602")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"

Case = Literal[
    "active_elder_woman",
    "active_elder_man",
    "suspended_by_customer",
    "suspended_for_debt",
    "reported_lost",
    "suspended_for_fraud",
    "no_enrolment",
    "long_term_card",
    "no_alternate_contact",
    "reset_today",
    "two_numbers_first",
    "two_numbers_second",
    "active_younger",
    "open_order",
    "foreign_passport",
    # the situations of the population beside the named ones
    "active",
    "suspended_by_police",
]


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One fictitious subscriber. `portrait_key` names the specimen portraits; the card's dates are
    for the specimen card (`card_until` None means 长期)."""

    case: Case
    portrait_key: str
    person: Person
    card_from: date
    card_until: date | None
    enrolled: bool = True
    password: str = field(default="", repr=False)
    facts: tuple[tuple[str, str], ...] = ()


def document_number(region: str, birth: date, serial: int) -> str:
    """GB 11643: region, birth date, sequence (odd for men), check character (ISO 7064 MOD 11-2)."""
    body = f"{region}{birth:%Y%m%d}{serial:03d}"
    total = sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True))
    return body + _CHECK[total % 11]


# case, name, sex, birth, tail, portrait, stars, plan, alternate contact's tail
_ROWS: tuple[tuple[Case, str, str, str, str, str, int, str, str], ...] = (
    ("active_elder_woman", "张桂芳", "F", "1953-04-12", "6021", "collins", 3, "孝心卡19元", "6121"),
    ("active_elder_man", "李建国", "M", "1950-09-30", "6022", "biden", 4, "畅享39元", "6122"),
    ("suspended_by_customer", "王秀英", "F", "1957-01-08", "6023", "collins", 2, "孝心卡19元", "6123"),  # noqa: E501
    ("suspended_for_debt", "刘德明", "M", "1955-11-23", "6024", "biden", 1, "畅享39元", "6124"),
    ("reported_lost", "陈玉兰", "F", "1948-07-15", "6025", "collins", 3, "孝心卡19元", "6125"),
    ("suspended_for_fraud", "杨志强", "M", "1960-03-03", "6026", "obama", 1, "畅享59元", "6126"),
    ("no_enrolment", "赵淑珍", "F", "1946-12-19", "6027", "collins", 2, "孝心卡19元", "6127"),
    ("long_term_card", "黄国华", "M", "1943-05-27", "6028", "biden", 5, "孝心卡19元", "6128"),
    ("no_alternate_contact", "周美玲", "F", "1968-02-14", "6029", "collins", 3, "畅享59元", ""),
    ("reset_today", "吴建军", "M", "1964-08-06", "6030", "obama", 2, "畅享39元", "6130"),
    ("two_numbers_first", "徐丽华", "F", "1959-10-01", "6031", "collins", 4, "畅享59元", "6131"),
    ("two_numbers_second", "徐丽华", "F", "1959-10-01", "6032", "collins", 4, "副卡9元", "6131"),
    ("active_younger", "孙伟", "M", "1985-06-18", "6033", "obama", 3, "畅享99元", "6133"),
    ("open_order", "马秀兰", "F", "1956-06-09", "6034", "collins", 2, "畅享39元", "6134"),
    ("foreign_passport", "MARIA SAMPLE", "F", "1961-05-14", "6035", "collins", 2, "畅享59元", "6135"),  # noqa: E501
)  # fmt: skip
_PASSPORT = "ZZ9999990"  # ZZ is no state's code
_STREETS = ("五一大道12号", "芙蓉中路208号", "解放西路37号", "韶山北路5号", "人民东路66号")
_LONG_TERM_FROM_AGE = 46  # cards issued from this age on have no end (长期)


def demo_people(seed: int = SEED) -> tuple[DemoPerson, ...]:
    """The same people for the same seed; a person with two numbers has one document."""
    dice = random.Random(seed)  # noqa: S311 - invented people, nothing secret
    documents: dict[tuple[str, str], tuple[str, str]] = {}
    people = []
    for case, name, sex, born, tail, portrait, stars, plan, contact in _ROWS:
        birth = date.fromisoformat(born)
        who = (name, born)
        if who not in documents:
            serial = dice.randrange(990 + (sex == "M"), 1000, 2)
            number = document_number(dice.choice(_REGIONS), birth, serial)
            documents[who] = (number, f"湖南省长沙市{dice.choice(_STREETS)}")
        number, address = documents[who]
        kind = DocumentType.RESIDENT_ID
        if case == "foreign_passport":
            number, kind = _PASSPORT, DocumentType.PASSPORT
        person = Person(
            msisdn=f"1380000{tail}",
            name=name,
            document_number=number,
            sex="male" if sex == "M" else "female",
            birth=born,
            address=address,
            stars=stars,
            plan=plan,
            opened_on=f"{2003 + dice.randrange(18)}-{1 + dice.randrange(12):02d}-15",
            alternate_contact=f"1390000{contact}" if contact else None,
            document_type=kind.value,
        )
        people.append(_situated(case, portrait, person, dice))
    return tuple(people)


def _situated(case: Case, portrait: str, person: Person, dice: random.Random) -> DemoPerson:
    long_term = case == "long_term_card"
    return DemoPerson(
        case=case,
        portrait_key=portrait,
        person=person,
        card_from=date(2009, 3, 2) if long_term else date(2019, 3, 2),
        card_until=None if long_term else date(2039, 3, 2),
        enrolled=case != "no_enrolment",
        password=f"{dice.randrange(10**6):06d}",
        facts=(
            ("last_top_up_yuan", str(dice.choice((20, 30, 50, 100)))),
            ("monthly_plan", person.plan),
            ("opened_year", person.opened_on[:4]),
            ("often_called_tail", f"{dice.randrange(10**4):04d}"),
            *more_facts(person),
        ),
    )


def more_facts(person: Person) -> tuple[tuple[str, str], ...]:
    """Facts drawn from the number alone, so that they change nobody else's."""
    dice = random.Random(f"facts {person.msisdn}")  # noqa: S311 - invented people, nothing secret
    return (
        ("last_bill_yuan", f"{dice.randrange(19, 120)}.{dice.randrange(10)}0"),
        ("top_up_way", dice.choice(("微信", "支付宝", "营业厅现金", "银行代扣"))),
        ("often_called_city", dice.choice(("长沙", "株洲", "湘潭", "衡阳", "岳阳", "深圳"))),
        ("last_top_up_month", f"{dice.randrange(1, 13)}月"),
    )


DEMO_PEOPLE = demo_people()


def demo_person(msisdn: str) -> DemoPerson | None:
    """The fictitious subscriber of a number, if it is one."""
    return next((p for p in DEMO_PEOPLE if p.person.msisdn == msisdn), None)
