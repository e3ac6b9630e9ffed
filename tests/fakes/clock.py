"""A clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)  # 09:30 in Shanghai


class FakeClock:
    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._ticks = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._ticks

    def move(self, **delta: float) -> None:
        step = timedelta(**delta)
        self._now += step
        self._ticks += step.total_seconds()
