"""The relay from the outbox to the rooms: in order of commit, at least once, woken by commits."""

from __future__ import annotations

import asyncio

from vcounter.services.context import Deps

IDLE_S = 1.0
BATCH = 200


class OutboxRelay:
    """Publishes committed events. `wake` follows each commit; a poll covers what it misses."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._awake = asyncio.Event()

    def wake(self) -> None:
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled. A failing database is the supervisor's to report and restart."""
        while True:
            self._awake.clear()
            while await self.relay_once():
                pass
            try:
                async with asyncio.timeout(IDLE_S):
                    await self._awake.wait()
            except TimeoutError:
                continue

    async def relay_once(self) -> int:
        """Publish one batch and mark it sent; returns how many there were."""
        async with self._deps.db.read(None) as uow:
            rows = await uow.outbox.pending(BATCH)
        if not rows:
            return 0
        for row in rows:
            await self._deps.live.publish(row.room, row.kind, row.body, row.audience)
        async with self._deps.db.write(None) as uow:
            await uow.outbox.sent([row.seq for row in rows])
        return len(rows)
