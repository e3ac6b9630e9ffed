"""The fictitious town: 200 with the named ones, valid, mixed, and the same each time."""

from __future__ import annotations

from collections import Counter
from datetime import date

from id_validator import validator

from vcounter.adapters.bss.embedded import DEMO_PEOPLE, EmbeddedBss, population, seed_demo
from vcounter.domain.ids import Msisdn

TOWN = population()


def test_town_and_named_people_are_two_hundred_numbers() -> None:
    numbers = {p.person.msisdn for p in (*DEMO_PEOPLE, *TOWN)}

    assert len(numbers) == 200
    assert all(n.startswith("1380000") and len(n) == 11 for n in numbers)


def test_town_is_the_same_each_time_and_grows_at_its_end() -> None:
    assert population() == TOWN
    assert population(20) == TOWN[:20]


def test_each_holder_has_one_valid_document_that_is_never_given_out() -> None:
    by_document: dict[str, set[tuple[str, str]]] = {}
    for one in TOWN:
        person = one.person
        assert validator.is_valid(person.document_number)
        assert person.document_number[14:17] >= "990"
        assert person.document_number[6:14] == date.fromisoformat(person.birth).strftime("%Y%m%d")
        assert (int(person.document_number[16]) % 2 == 1) is (person.sex == "male")
        by_document.setdefault(person.document_number, set()).add((person.name, person.birth))
    assert all(len(holders) == 1 for holders in by_document.values())


def test_every_situation_lives_in_town_and_most_people_are_active_and_old() -> None:
    cases = Counter(p.case for p in TOWN)
    old = [p for p in TOWN if date.fromisoformat(p.person.birth) < date(1966, 1, 1)]

    assert set(cases) >= {
        "suspended_for_debt", "suspended_by_customer", "reported_lost", "suspended_for_fraud",
        "suspended_by_police", "no_enrolment", "long_term_card", "no_alternate_contact",
        "open_order", "two_numbers_second",
    }  # fmt: skip
    assert cases["active"] > len(TOWN) / 2
    assert len(old) > len(TOWN) / 2


async def test_town_moves_in_once_and_each_is_as_its_case_says(bss: EmbeddedBss) -> None:
    some = TOWN[:40]

    assert await seed_demo(bss, {"collins": (b"c",)}, some) == 40
    assert await seed_demo(bss, {"collins": (b"c",)}, some) == 0

    states = {"suspended_for_debt": "SUSPENDED_DEBT", "suspended_by_customer": "SUSPENDED_VOL",
              "reported_lost": "LOST_HOLD", "suspended_for_fraud": "SUSPENDED_FRAUD",
              "suspended_by_police": "SUSPENDED_POLICE"}  # fmt: skip
    for one in some:
        found = await bss.find(Msisdn(one.person.msisdn))
        assert found is not None
        assert found.test
        assert found.state == states.get(one.case, "ACTIVE")
