"""Who went away and how long they may stay away before the visit goes on without them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from vcounter.services.ports import Clock

TICK_S = 1.0
RETRY_S = 5.0
Late = Callable[[], Awaitable[None]]


class Graces:
    """Deadlines by name on the monotonic clock; coming back in time cancels."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: dict[str, tuple[float, Late]] = {}

    def start(self, name: str, seconds: float, late: Late) -> None:
        """Call `late` once after `seconds` unless cancelled; a second start waits anew."""
        self._due[name] = (self._clock.monotonic() + seconds, late)

    def is_running(self, name: str) -> bool:
        """Whether somebody is away and still has time to come back."""
        return name in self._due

    def cancel(self, name: str) -> None:
        self._due.pop(name, None)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            await self.run_once()

    async def run_once(self) -> int:
        """Fire what is due; returns how many. One that fails is tried again in RETRY_S."""
        now = self._clock.monotonic()
        due = [(name, late) for name, (at, late) in self._due.items() if at <= now]
        for name, late in due:
            again = (now + RETRY_S, late)
            self._due[name] = again
            await late()
            if self._due.get(name) is again:
                del self._due[name]
        return len(due)
