"""Which visits have a face comparison under way, so that nobody decides before it is known."""

from __future__ import annotations

import asyncio
from collections import Counter

from vcounter.domain.ids import VisitId


class Comparisons:
    """Counts what runs in this process; a restart forgets, and the comparisons with it."""

    def __init__(self) -> None:
        self._running: Counter[VisitId] = Counter()
        self._ended = asyncio.Condition()

    def begin(self, visit_id: VisitId) -> None:
        """Call before whatever makes the comparison necessary becomes visible."""
        self._running[visit_id] += 1

    async def end(self, visit_id: VisitId) -> None:
        """Call once for each `begin`, also when the comparison failed."""
        self._running[visit_id] -= 1
        if self._running[visit_id] <= 0:
            del self._running[visit_id]
        async with self._ended:
            self._ended.notify_all()

    def is_running(self, visit_id: VisitId) -> bool:
        return visit_id in self._running

    async def wait(self, visit_id: VisitId, timeout_s: float) -> bool:
        """Wait until nothing runs for the visit; False if that took longer than `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s), self._ended:
                await self._ended.wait_for(lambda: not self.is_running(visit_id))
        except TimeoutError:
            return False
        return True
