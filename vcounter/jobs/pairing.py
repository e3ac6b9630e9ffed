"""The pairing loop: woken by every change, and each second for rings, places and figures."""

from __future__ import annotations

import asyncio

from vcounter.domain.agent import AgentState
from vcounter.services.context import Deps, desk_room
from vcounter.services.visits.assign_visit import assign_all, queue_view, tell_places

TICK_S = 1.0
TELL_EVERY = 5  # ticks

_AT_DESK = (
    AgentState.NOT_READY,
    AgentState.READY,
    AgentState.OFFERED,
    AgentState.SERVING,
    AgentState.WRAP_UP,
)


class PairingLoop:
    """One per process; races with other processes are decided by the database."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._awake = asyncio.Event()

    def wake(self) -> None:
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled."""
        tick = 0
        while True:
            poked = self._awake.is_set()
            self._awake.clear()
            done = await assign_all(self._deps)
            if poked or done.offered or done.missed or tick % TELL_EVERY == 0:
                await self._tell()
            try:
                async with asyncio.timeout(TICK_S):
                    await self._awake.wait()
            except TimeoutError:
                tick += 1

    async def _tell(self) -> None:
        async with self._deps.db.read(None) as uow:
            scopes = await uow.tenants.scopes()
        for scope in scopes:
            await tell_places(self._deps, scope)
            figures = await queue_view(self._deps, scope)
            async with self._deps.db.read(scope) as uow:
                agents = await uow.staff.in_states(_AT_DESK)
            for agent in agents:
                await self._deps.live.direct(desk_room(agent.id), "queue", figures)
