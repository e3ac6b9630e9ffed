"""Keeps one media worker process running and carries requests to it and events from it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from signaling.media import control
from signaling.media.errors import BY_CODE, MediaError, MediaTimeout, MediaUnavailable

logger = logging.getLogger("signaling.media.supervisor")

EventSink = Callable[[dict[str, Any]], Awaitable[None]]
Exchange = Callable[[dict[str, Any], float], Awaitable[dict[str, Any]]]
BACKOFF_S = (0.1, 0.5, 1.0, 2.0, 5.0)
STEADY_S = 30.0  # a worker that lived this long restarts without delay
PING_S = 2.0
MAX_EVENTS = 4096
_ROOT = Path(__file__).resolve().parents[2]


class Supervisor:
    """One worker process, restarted whenever it dies or stops answering.

    Before a new worker takes requests `restore` may bring it to the state of the old one. Events
    are delivered one at a time, in order; `worker_lost` and `worker_ready` are among them.
    """

    def __init__(
        self,
        module: str,
        settings: dict[str, Any],
        *,
        on_event: EventSink,
        restore: Callable[[Exchange], Awaitable[None]],
        ping_timeout_s: float,
    ) -> None:
        self._module = module
        self._settings = json.dumps(settings)
        self._on_event = on_event
        self._restore = restore
        self._ping_timeout_s = ping_timeout_s
        self._ids = itertools.count(1)
        self._pending: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MAX_EVENTS)
        self._ready = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, timeout_s: float = 15.0) -> None:
        """Start the worker and wait until it answers. Raises MediaTimeout."""
        if self._tasks:
            return
        self._tasks = [
            asyncio.create_task(self._supervise(), name="media-supervisor"),
            asyncio.create_task(self._deliver(), name="media-events"),
        ]
        try:
            async with asyncio.timeout(timeout_s):
                await self._ready.wait()
        except TimeoutError:
            await self.stop()
            raise MediaTimeout("start") from None

    async def stop(self) -> None:
        """End all calls and the worker. Recordings are whole afterwards. Safe to repeat."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    @property
    def pid(self) -> int | None:
        """Process id of the worker while it runs."""
        return self._process.pid if self._process is not None else None

    @property
    def is_ready(self) -> bool:
        """Whether a worker is up and takes requests."""
        return self._ready.is_set()

    async def _supervise(self) -> None:
        failures = 0
        while True:
            started = time.monotonic()
            try:
                await self._run_worker()
            except (OSError, MediaError) as error:
                logger.error("media worker did not start", extra={"error": type(error).__name__})
            if time.monotonic() - started > STEADY_S:
                failures = 0
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1

    async def _run_worker(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                str(theirs.fileno()),
                self._settings,
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=worker_environment(),
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._process = process
        reader, self._writer = await asyncio.open_connection(sock=ours)
        reading = asyncio.create_task(self._read(reader))
        try:
            await self._exchange({"op": "ping"}, 15.0)
            await self._restore(self._exchange)
            self._ready.set()
            self._report({"event": "worker_ready"})
            await self._watch(reading)
        finally:
            writer, self._writer = self._writer, None
            if self._ready.is_set():
                self._report({"event": "worker_lost"})
            self._ready.clear()
            self._fail_pending()
            await _end(process, reading, writer)
            self._process = None

    async def _watch(self, reading: asyncio.Task[None]) -> None:
        """Return when the worker is gone or no longer answers pings."""
        while True:
            done, _ = await asyncio.wait({reading}, timeout=PING_S)
            if done:
                return
            try:
                await self._exchange({"op": "ping"}, self._ping_timeout_s)
            except MediaError:
                logger.error("media worker does not answer")
                if self._process is not None:
                    self._process.kill()
                return

    async def _read(self, reader: asyncio.StreamReader) -> None:
        decoder = control.Decoder()
        while data := await reader.read(1 << 16):
            for message in decoder.feed(data):
                self._dispatch(message)

    def _dispatch(self, message: dict[str, Any]) -> None:
        if "event" in message:
            self._report(message)
            return
        future = self._pending.pop(message.get("id", -1), None)
        if future is None or future.done():
            return
        if message.get("ok"):
            future.set_result(message["result"])
        else:
            error = BY_CODE.get(message.get("code", ""), MediaUnavailable)
            future.set_exception(error(message.get("detail", "")))

    def _fail_pending(self) -> None:
        pending, self._pending = self._pending, {}
        for future in pending.values():
            if not future.done():
                future.set_exception(MediaUnavailable("worker_lost"))

    def _report(self, event: dict[str, Any]) -> None:
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            logger.error("media event dropped", extra={"event_kind": event["event"]})

    async def _deliver(self) -> None:
        while True:
            event = await self._events.get()
            try:
                await self._on_event(event)
            except Exception:  # outermost frame: a listener's fault must not stop the others
                logger.exception("media event listener failed")

    async def _exchange(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        writer = self._writer
        if writer is None or writer.is_closing():
            raise MediaUnavailable("worker_lost")
        number = next(self._ids)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        try:
            async with asyncio.timeout(timeout_s):
                writer.write(control.encode({**request, "id": number}))
                await writer.drain()
                return await future
        except TimeoutError:
            raise MediaTimeout(str(request["op"])) from None
        except OSError:
            raise MediaUnavailable("worker_lost") from None
        finally:
            self._pending.pop(number, None)
            if future.done() and not future.cancelled():
                future.exception()  # seen, also when the wait ended first

    async def request(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Ask the worker, waiting for a new one if it is just being replaced. Raises MediaError."""
        if not self._ready.is_set():
            try:
                async with asyncio.timeout(timeout_s):
                    await self._ready.wait()
            except TimeoutError:
                raise MediaUnavailable("worker_down") from None
        return await self._exchange(request, timeout_s)


def worker_environment() -> dict[str, str]:
    """Let the child find this package wherever the parent was started."""
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


async def _end(
    process: asyncio.subprocess.Process,
    reading: asyncio.Task[None],
    writer: asyncio.StreamWriter,
) -> None:
    """Let the worker finish its files, then make sure that it is gone. Survives cancellation."""
    writer.close()
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except (TimeoutError, asyncio.CancelledError):
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    reading.cancel()
    await asyncio.wait({reading})
    with contextlib.suppress(OSError):
        await writer.wait_closed()
