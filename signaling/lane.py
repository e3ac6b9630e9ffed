"""Work done in order, one piece at a time, by a task that lives only while there is some."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

Job = Callable[[], Awaitable[None]]
_log = logging.getLogger(__name__)


class Tasks:
    """Owns every task that signaling starts, so that none is lost and none outlives its owner."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, job: Job) -> None:
        task = asyncio.create_task(_outermost(job))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self, grace_s: float) -> None:
        """Give running work `grace_s` to end, then cancel what is left and wait for it."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=grace_s)
        while left := set(self._running):
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)


async def _outermost(job: Job) -> None:
    try:
        await job()
    except Exception:
        _log.exception("signaling_task_failed")


class Lane:
    """At most `bound` jobs wait. A job that fails is logged and the next one runs."""

    def __init__(self, tasks: Tasks, bound: int) -> None:
        self._tasks = tasks
        self._bound = bound
        self._jobs: deque[Job] = deque()
        self._running = False

    def put(self, job: Job) -> bool:
        """Add a job; False, and it will not run, if the lane is full."""
        if len(self._jobs) >= self._bound:
            return False
        self._jobs.append(job)
        if not self._running:
            self._running = True
            self._tasks.start(self._run)
        return True

    def clear(self) -> None:
        """Drop the jobs that wait; the running one ends by itself."""
        self._jobs.clear()

    async def _run(self) -> None:
        try:
            while self._jobs:
                await _outermost(self._jobs.popleft())
        finally:
            self._running = False
