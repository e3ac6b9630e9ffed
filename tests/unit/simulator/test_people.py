"""Simulated people are invented, distinct, and know what a real customer would."""

from __future__ import annotations

import pytest

from vcounter.domain.msisdn import parse_msisdn
from vcounter.simulator.people import PRACTICE_MAX, caller_for, demo_callers, practice_caller


def test_practice_people_have_numbers_of_their_own() -> None:
    people = [practice_caller(i) for i in range(300)]

    assert len({p.msisdn for p in people}) == 300
    assert all(parse_msisdn(p.msisdn) == p.msisdn for p in people)


def test_the_same_index_is_the_same_person() -> None:
    assert practice_caller(7).demo == practice_caller(7).demo


def test_practice_people_do_not_clash_with_the_demos() -> None:
    demo = {c.msisdn for c in demo_callers()}

    assert demo.isdisjoint({practice_caller(i).msisdn for i in (0, 1, PRACTICE_MAX - 1)})


def test_there_is_an_end_to_practice_people() -> None:
    with pytest.raises(ValueError, match="practice people"):
        practice_caller(PRACTICE_MAX)


def test_a_demo_subscriber_is_found_by_case_and_by_number() -> None:
    by_case = caller_for("reported_lost")

    assert by_case is not None
    assert caller_for(by_case.msisdn) == by_case
    assert caller_for("nobody") is None


def test_the_card_and_the_keyed_document_agree() -> None:
    caller = practice_caller(3)
    card, keyed = caller.card(), caller.document()

    assert keyed["number"] == card.number
    assert keyed["name"] == card.name
    assert keyed["valid_from"] == card.valid_from.isoformat()


def test_a_card_without_an_end_is_keyed_as_long_term() -> None:
    caller = caller_for("long_term_card")

    assert caller is not None
    assert caller.document()["valid_until"] == "long_term"
