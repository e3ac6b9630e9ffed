"""Whole simulated visits one after the other and at once, and what the server holds meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import psutil

from vcounter.simulator.local import prefer_loopback
from vcounter.simulator.visits import Outcome, OwnServer, Run, own_server

MIB = 2**20
POOL_THREADS = (os.cpu_count() or 1) + 4  # asyncio's default executor


@dataclass(frozen=True, slots=True)
class Level:
    """What the server and its workers hold at one moment; memory in MiB, by kind of process."""

    tasks: int
    sockets: int
    files: int
    threads: int
    processes: int
    memory: dict[str, float] = field(default_factory=dict)

    @property
    def total_mib(self) -> float:
        return sum(self.memory.values())

    def is_within(self, other: Level, spare: int = 0) -> bool:
        """Nothing countable is held that `other` does not hold, but for `spare` files and threads
        and the threads of the event loop's own pool, which come one by one."""
        return (
            self.tasks <= other.tasks
            and self.sockets <= other.sockets
            and self.files <= other.files + spare
            and self.threads <= other.threads + POOL_THREADS + spare
            and self.processes <= other.processes
        )


class Soak(Run):
    """Visits in an order of one's own choice, on one server."""

    server: OwnServer

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Soak]:
        await asyncio.to_thread(self._warm_up)
        async with own_server(self.actions, agents=self.parallel) as self.server:
            prefer_loopback(self.server.url)
            agents = [await self._agent(self.server, n) for n in range(self.parallel)]
            try:
                yield self
            finally:
                for task in agents:
                    task.cancel()
                await asyncio.gather(*agents, return_exceptions=True)

    async def visits(self, indices: Sequence[int]) -> list[Outcome]:
        """These visits, all at once."""
        found = await asyncio.gather(*(self._visit(self.server, index) for index in indices))
        self.outcomes.extend(found)
        return list(found)

    async def level(self) -> Level:
        tasks = await self._tasks()
        root = psutil.Process(self.server.process.pid)
        held = [h for p in [root, *root.children(recursive=True)] if (h := _held(p)) is not None]
        memory: dict[str, float] = {}
        for one in held:
            memory[one.kind] = round(memory.get(one.kind, 0.0) + one.mib, 1)
        return Level(
            tasks=tasks,
            sockets=sum(one.sockets for one in held),
            files=sum(one.files for one in held),
            threads=sum(one.threads for one in held),
            processes=len(held),
            memory=memory,
        )

    async def _tasks(self) -> int:
        async with httpx.AsyncClient(trust_env=False) as client:
            page = (await client.get(f"{self.server.url}/metrics")).text
        line = next(line for line in page.splitlines() if line.startswith("vcounter_tasks "))
        return int(float(line.split()[1]))

    async def quiet(self, before: Level | None = None, timeout_s: float = 30.0) -> Level:
        """The level once the last visit has been put away: steady for a while, and not above
        `before` unless the time runs out."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        last, same = await self.level(), 0
        while asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(1.0)
            now = await self.level()
            same = same + 1 if now.is_within(last) else 0
            last = now
            if same >= 3 and (before is None or now.is_within(before)):
                break
        return last


@dataclass(frozen=True, slots=True)
class _Held:
    kind: str
    mib: float
    sockets: int
    files: int
    threads: int


def _held(process: psutil.Process) -> _Held | None:
    """What one process holds; None if it has just ended, as those that mux do."""
    try:
        return _Held(
            _kind(process),
            process.memory_info().rss / MIB,
            len(process.net_connections("all")),
            process.num_fds(),
            process.num_threads(),
        )
    except psutil.NoSuchProcess:
        return None


def _kind(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    if "media.worker" in words:
        return "media"
    if "spawn_main" in words:
        return "identity"
    if "resource_tracker" in words:
        return "tracker"
    return "web" if "own_server" in words else "other"
