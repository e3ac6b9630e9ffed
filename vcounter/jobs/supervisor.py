"""Every background task has an owner: loops are restarted, one-off work is logged and awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

from vcounter.observability.logs import get_logger

log = get_logger(__name__)

FIRST_BACKOFF_S = 0.5
MAX_BACKOFF_S = 30.0


class Supervisor:
    """Owns the process's background tasks; `stop` ends them all and leaves none behind."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        self._stopping = False

    def spawn(self, work: Coroutine[object, object, object], name: str) -> None:
        """Run one piece of work; its failure is logged under its name and ends nothing else."""
        if self._stopping:
            work.close()
            return
        self._keep(asyncio.create_task(self._once(work, name), name=name))

    def keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Run a loop for ever: when it fails, again after a backoff of 0.5 to 30 s."""
        self._keep(asyncio.create_task(self._forever(name, loop), name=name))

    def every(self, name: str, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
        """Run `work` again `seconds` after it ended; failures are logged and do not stop it."""

        async def loop() -> None:
            while True:
                await work()
                await asyncio.sleep(seconds)

        self.keep(name, loop)

    async def stop(self) -> None:
        """Cancel everything and wait until it is gone."""
        self._stopping = True
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _keep(self, task: asyncio.Task[object]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _once(self, work: Coroutine[object, object, object], name: str) -> None:
        try:
            await work
        except Exception:
            log.exception("background work failed", task=name)

    async def _forever(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        backoff = FIRST_BACKOFF_S
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await loop()
            except Exception:
                log.exception("background loop failed", task=name)
            if asyncio.get_running_loop().time() - started > MAX_BACKOFF_S:
                backoff = FIRST_BACKOFF_S
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, MAX_BACKOFF_S)
