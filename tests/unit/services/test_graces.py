"""Who is away has a time to come back in."""

from __future__ import annotations

import pytest

from tests.fakes.clock import FakeClock
from vcounter.services.visits.graces import RETRY_S, Graces


class Late:
    """Counts how often it was called; fails so many times first."""

    def __init__(self, failures: int = 0) -> None:
        self.calls = 0
        self._failures = failures

    async def __call__(self) -> None:
        self.calls += 1
        if self.calls <= self._failures:
            raise ConnectionError


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_absence_is_over_once_when_its_time_is(clock: FakeClock) -> None:
    graces, late = Graces(clock), Late()
    graces.start("customer:1", 10, late)
    clock.move(seconds=9)
    assert await graces.run_once() == 0
    assert graces.is_running("customer:1")

    clock.move(seconds=1)
    assert await graces.run_once() == 1

    assert not graces.is_running("customer:1")
    clock.move(seconds=60)
    assert await graces.run_once() == 0
    assert late.calls == 1


async def test_coming_back_cancels(clock: FakeClock) -> None:
    graces, late = Graces(clock), Late()
    graces.start("customer:1", 10, late)

    graces.cancel("customer:1")

    clock.move(seconds=60)
    assert await graces.run_once() == 0
    assert late.calls == 0


async def test_what_failed_is_tried_again(clock: FakeClock) -> None:
    graces, late = Graces(clock), Late(failures=1)
    graces.start("customer:1", 10, late)
    clock.move(seconds=10)
    with pytest.raises(ConnectionError):
        await graces.run_once()

    clock.move(seconds=RETRY_S)
    await graces.run_once()

    assert late.calls == 2
    assert not graces.is_running("customer:1")
