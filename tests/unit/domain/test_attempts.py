"""How many guesses are allowed, and from when another one is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vcounter.domain.attempts import (
    Attempt,
    AttemptKind,
    AttemptOutcome,
    Limit,
    Window,
    wait_s,
)
from vcounter.domain.ids import VisitId

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)  # twelve o'clock in Shanghai
HOURLY, DAILY = Limit(2, Window.HOUR), Limit(2, Window.DAY)


def at(moment: datetime, outcome: AttemptOutcome = AttemptOutcome.WRONG) -> Attempt:
    return Attempt("a", AttemptKind.CODE, "s", VisitId("v"), moment, outcome, moment)


def test_guess_is_allowed_below_the_limit() -> None:
    assert wait_s([at(NOON)], DAILY, NOON, SHANGHAI) == 0


def test_day_is_shut_until_midnight_of_the_tenant() -> None:
    guesses = [at(NOON), at(NOON - timedelta(hours=11))]

    assert wait_s(guesses, DAILY, NOON, SHANGHAI) == 12 * 3600


def test_guesses_of_yesterday_do_not_count() -> None:
    guesses = [at(NOON), at(NOON - timedelta(hours=13))]

    assert wait_s(guesses, DAILY, NOON, SHANGHAI) == 0


def test_hour_goes_along_with_the_clock() -> None:
    sent = [at(NOON - timedelta(minutes=m)) for m in (59, 50, 10)]

    assert wait_s(sent, HOURLY, NOON, SHANGHAI) == 10 * 60
    assert wait_s(sent[:1], HOURLY, NOON, SHANGHAI) == 0


@pytest.mark.parametrize(
    ("outcome", "counts"), [("open", True), ("wrong", True), ("right", False), ("void", False)]
)
def test_only_what_may_have_been_a_wrong_guess_counts(outcome: str, counts: bool) -> None:
    guesses = [at(NOON, AttemptOutcome(outcome))] * 2

    assert (wait_s(guesses, DAILY, NOON, SHANGHAI) > 0) is counts
