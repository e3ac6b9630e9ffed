"""Identifiers and the clock."""

from __future__ import annotations

import re
from datetime import UTC

from tests.fakes.clock import FakeClock
from vcounter.adapters.clock import SystemClock
from vcounter.adapters.ids import UlidFactory


def test_id_is_prefix_and_26_crockford_characters() -> None:
    made = UlidFactory(SystemClock()).new("vis")

    assert re.fullmatch(r"vis_[0-7][0-9A-HJKMNP-TV-Z]{25}", made)


def test_ids_sort_by_the_time_of_making() -> None:
    clock = FakeClock()
    ids = UlidFactory(clock)

    made = [ids.new("vis") for _ in range(1000)]  # within one millisecond
    clock.move(milliseconds=1)
    made.append(ids.new("vis"))
    clock.move(seconds=-60)  # the clock was set back
    made.append(ids.new("vis"))

    assert made == sorted(set(made))


def test_tokens_are_long_and_never_alike() -> None:
    ids = UlidFactory(SystemClock())

    assert len({ids.token() for _ in range(100)}) == 100
    assert len(ids.token()) == 43
    assert all(0 <= ids.number(6) < 6 for _ in range(100))


def test_system_clock_is_utc_and_monotonic() -> None:
    clock = SystemClock()

    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
