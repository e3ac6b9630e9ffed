"""A small town of fictitious subscribers around the named ones: an operator sees its own mix.

Shares follow the counter's customers: mostly 60 and older, one in ten with a second number, a few
in arrears, stopped, lost or suspected. The same each time; marked and numbered like people.py's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from vcounter.adapters.bss.embedded.people import (
    Case,
    DemoPerson,
    document_number,
    more_facts,
)
from vcounter.adapters.bss.embedded.record import Person

SEED = 2026
TOWN = 185  # with the 15 named ones: 200
_FIRST_TAIL = 7001

# Out of a hundred; what is left is active.
_SHARES: tuple[tuple[Case, int], ...] = (
    ("suspended_for_debt", 8),
    ("suspended_by_customer", 5),
    ("reported_lost", 3),
    ("suspended_for_fraud", 2),
    ("suspended_by_police", 2),
    ("no_enrolment", 5),
    ("long_term_card", 6),
    ("no_alternate_contact", 5),
    ("open_order", 2),
)
_SECOND_NUMBER_PERCENT = 10
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高梁郑谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余"
_WOMEN = (
    "秀英",
    "桂英",
    "玉兰",
    "淑珍",
    "凤英",
    "桂芳",
    "玉珍",
    "秀兰",
    "美玲",
    "淑芳",
    "金花",
    "月娥",
)
_MEN = (
    "建国",
    "志强",
    "国华",
    "德明",
    "建军",
    "德福",
    "永强",
    "国栋",
    "新民",
    "志明",
    "水生",
    "长根",
)
_YOUNG = ("伟", "敏", "静", "磊", "娜", "强", "洋", "艳", "勇", "丽")
_COUNTIES = {
    "430102": "湖南省长沙市芙蓉区",
    "430103": "湖南省长沙市天心区",
    "430104": "湖南省长沙市岳麓区",
    "430203": "湖南省株洲市芦淞区",
    "430302": "湖南省湘潭市雨湖区",
    "430405": "湖南省衡阳市珠晖区",
    "430602": "湖南省岳阳市岳阳楼区",
}
_STREETS = ("芙蓉路", "解放路", "人民路", "韶山路", "建设路", "五一路", "车站路", "书院路")
_PLANS = ("孝心卡19元", "孝心卡19元", "畅享39元", "畅享39元", "畅享59元", "畅享99元")


def population(size: int = TOWN, seed: int = SEED) -> tuple[DemoPerson, ...]:
    """The same people for the same seed; a longer town begins with a shorter one."""
    return tuple(_people(size, random.Random(seed)))  # noqa: S311 - invented people


def _people(size: int, dice: random.Random) -> Iterator[DemoPerson]:
    made, holder = 0, None
    while made < size:
        holder = _holder(_FIRST_TAIL + made, dice)
        yield holder
        made += 1
        if made < size and dice.randrange(100) < _SECOND_NUMBER_PERCENT:
            yield _second_number(holder, _FIRST_TAIL + made)
            made += 1


def _holder(tail: int, dice: random.Random) -> DemoPerson:
    is_man = dice.random() < 0.45
    age_days = int(dice.triangular(45 * 365, 92 * 365, 71 * 365))
    birth = date(2026, 1, 1) - timedelta(days=age_days)
    if dice.random() < 0.12:
        birth += timedelta(days=22 * 365)  # the children who call for their parents
    county = dice.choice(tuple(_COUNTIES))
    case = _case(tail)
    names = _YOUNG if birth.year > 1975 else _MEN if is_man else _WOMEN
    person = Person(
        msisdn=f"1380000{tail}",
        name=dice.choice(_SURNAMES) + dice.choice(names),
        document_number=document_number(county, birth, 990 + is_man + 2 * dice.randrange(5)),
        sex="male" if is_man else "female",
        birth=birth.isoformat(),
        address=f"{_COUNTIES[county]}{dice.choice(_STREETS)}{dice.randrange(1, 300)}号",
        stars=dice.choice((1, 2, 2, 3, 3, 3, 4, 4, 5)),
        plan=dice.choice(_PLANS),
        opened_on=f"{2001 + dice.randrange(22)}-{1 + dice.randrange(12):02d}-15",
        alternate_contact=None if case == "no_alternate_contact" else f"1390000{tail}",
    )
    return _with_card(case, person, dice)


def _case(tail: int) -> Case:
    """Spread over each hundred of numbers, so that even a small town has every situation."""
    drawn = tail * 37 % 100
    for case, share in _SHARES:
        drawn -= share
        if drawn < 0:
            return case
    return "active"


def _with_card(case: Case, person: Person, dice: random.Random) -> DemoPerson:
    long_term = case == "long_term_card"
    issued = date(2008 if long_term else 2018, 1 + dice.randrange(12), 2)
    portrait = "collins" if person.sex == "female" else dice.choice(("biden", "obama"))
    return DemoPerson(
        case=case,
        portrait_key=portrait,
        person=person,
        card_from=issued,
        card_until=None if long_term else issued.replace(year=issued.year + 20),
        enrolled=case != "no_enrolment",
        facts=(
            ("last_top_up_yuan", str(dice.choice((20, 30, 50, 100)))),
            ("monthly_plan", person.plan),
            ("opened_year", person.opened_on[:4]),
            ("often_called_tail", f"{dice.randrange(10**4):04d}"),
            *more_facts(person),
        ),
    )


def _second_number(first: DemoPerson, tail: int) -> DemoPerson:
    """A further number of the same holder: the same document, a plan and a life of its own."""
    one = first.person
    person = Person(
        msisdn=f"1380000{tail}",
        name=one.name,
        document_number=one.document_number,
        sex=one.sex,
        birth=one.birth,
        address=one.address,
        stars=one.stars,
        plan="副卡9元",
        opened_on=f"{int(one.opened_on[:4]) + 1}-06-15",
        alternate_contact=one.alternate_contact,
    )
    return DemoPerson(
        case="two_numbers_second",
        portrait_key=first.portrait_key,
        person=person,
        card_from=first.card_from,
        card_until=first.card_until,
        enrolled=first.enrolled,
        facts=(("monthly_plan", person.plan), *more_facts(person)),
    )
