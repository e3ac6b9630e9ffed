"""One or two worker processes for heavy work: nothing slow runs in the web process.

Each worker has one pipe and does one task at a time. A task that outlives its time, or a worker
that dies, costs that task only: the worker is killed and another one started. A worker ends by
itself when its parent is gone, because its end of the pipe closes. Those who wait are served in
turn by owner (`fair.FairQueue`), so that no visit starves another.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import queue
import signal
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeVar, cast

from vcounter.adapters.identity.fair import FairQueue
from vcounter.domain.errors import CounterError, MediaUnavailable

T = TypeVar("T")
Job = tuple[Callable[..., object], tuple[object, ...]]


@dataclass(slots=True, eq=False)
class _Task:
    """One call. `deadline` is fixed when it came, or None: then `timeout_s` runs from its start."""

    job: Job
    owner: Hashable
    timeout_s: float
    deadline: float | None
    future: Future[object] = field(default_factory=Future)


_log = logging.getLogger(__name__)
_POLL_S = 1.0
_JOIN_S = 2.0


class WorkerPool:
    """Runs top-level functions of importable modules in spawned processes.

    At most `workers` tasks run and `max_waiting` wait, `max_of_owner` of them for one owner; one
    more is refused at once as busy. Arguments and results are pickled. Start it before the first
    call; call `stop` at the end.
    """

    def __init__(
        self,
        *,
        workers: int = 1,
        max_waiting: int = 16,
        max_of_owner: int | None = None,
        initialiser: Callable[[], None] | None = None,
        start_timeout_s: float = 60.0,
    ) -> None:
        self._slots = [_Slot(initialiser, start_timeout_s) for _ in range(workers)]
        self._free: queue.SimpleQueue[_Slot] = queue.SimpleQueue()
        self._limit = workers + max_waiting
        self._owner_limit = self._limit if max_of_owner is None else max_of_owner
        self._lock = threading.Lock()
        self._waiting: FairQueue[_Task] = FairQueue()
        self._pending = 0
        self._threads: ThreadPoolExecutor | None = None
        self._stopping = threading.Event()

    async def start(self) -> None:
        """Start every worker and wait until its models are loaded. Raises MediaUnavailable.

        Called again, it waits for workers that are being replaced.
        """
        if self._threads is not None:
            await self._all_back()
            return
        self._stopping.clear()
        self._threads = ThreadPoolExecutor(len(self._slots), thread_name_prefix="identity-pool")
        loop = asyncio.get_running_loop()
        try:
            for slot in self._slots:
                await loop.run_in_executor(self._threads, slot.ensure)
                self._free.put(slot)
        except MediaUnavailable:
            await self.stop()
            raise

    async def _all_back(self) -> None:
        """Hold every worker for a moment: one that died must be there again first."""
        loop = asyncio.get_running_loop()
        slots = [await loop.run_in_executor(None, self._free.get) for _ in self._slots]
        for slot in slots:
            self._free.put(slot)

    async def run(
        self,
        function: Callable[..., T],
        *args: object,
        timeout_s: float,
        wait_s: float | None = None,
        owner: Hashable = None,
    ) -> T:
        """Run `function(*args)` in a worker.

        `timeout_s` includes the wait for a free worker, unless `wait_s` is given: then the task may
        wait so long, and its `timeout_s` counts from its start. Raises what the function raised
        when it is a CounterError; MediaUnavailable with a `reason` of time_out, crashed, busy,
        failed or stopped for everything else. A cancelled caller leaves the worker to finish and
        its result is dropped; a task that had not begun is not begun.
        """
        longest_wait = timeout_s if wait_s is None else wait_s
        deadline = time.monotonic() + timeout_s if wait_s is None else None
        task = _Task((function, args), owner, timeout_s, deadline)
        self._queue(task)
        loop = asyncio.get_running_loop()
        timer = loop.call_later(longest_wait, self._give_up, task)
        try:
            return cast(T, await asyncio.wrap_future(task.future))  # what this very function gave
        finally:
            timer.cancel()
            self._forget(task)

    def _queue(self, task: _Task) -> None:
        with self._lock:
            if self._threads is None or self._stopping.is_set():
                raise MediaUnavailable(reason="stopped")
            of_owner = self._waiting.waiting(task.owner)
            if self._pending >= self._limit or of_owner >= self._owner_limit:
                raise MediaUnavailable(reason="busy")
            try:
                self._threads.submit(self._next)
            except RuntimeError as error:  # it stops at this moment
                raise MediaUnavailable(reason="stopped") from error
            self._pending += 1
            self._waiting.put(task.owner, task)
        task.future.add_done_callback(self._done)

    def _give_up(self, task: _Task) -> None:
        """It waited as long as it may; a task that runs has a time-out of its own."""
        if self._forget(task) and task.future.set_running_or_notify_cancel():
            task.future.set_exception(MediaUnavailable(reason="time_out"))

    def _forget(self, task: _Task) -> bool:
        """Whether it waited still and does so no more."""
        with self._lock:
            return self._waiting.drop(task.owner, task)

    async def stop(self) -> None:
        """End all workers; tasks still running are cut off. Safe to repeat."""
        threads, self._threads = self._threads, None
        if threads is None:
            return
        self._stopping.set()
        for slot in self._slots:
            slot.interrupt()
        await asyncio.to_thread(threads.shutdown)  # tasks in the queue see that it stops
        for slot in self._slots:
            slot.kill()
        self._free = queue.SimpleQueue()

    def pids(self) -> list[int]:
        """Process ids of the workers alive now."""
        return [pid for slot in self._slots if (pid := slot.pid()) is not None]

    def _done(self, _: Future[object]) -> None:
        with self._lock:
            self._pending -= 1

    def _next(self) -> None:
        """In a thread, once for each task that came: carry out the one whose turn it is."""
        slot = self._free.get()  # there are as many workers as threads, so one comes back soon
        try:
            with self._lock:
                task = self._waiting.take()
            if task is None or not task.future.set_running_or_notify_cancel():
                return
            try:
                task.future.set_result(self._carry_out(task, slot))
            except CounterError as error:
                task.future.set_exception(error)
        finally:
            self._give_back(slot)

    def _carry_out(self, task: _Task, slot: _Slot) -> object:
        if self._stopping.is_set():
            raise MediaUnavailable(reason="stopped")
        slot.ensure()
        deadline = time.monotonic() + task.timeout_s if task.deadline is None else task.deadline
        if time.monotonic() >= deadline:
            raise MediaUnavailable(reason="time_out")
        return slot.call(task.job, deadline)

    def _give_back(self, slot: _Slot) -> None:
        """A dead worker is started again at once, so that the next caller need not wait for it."""
        try:
            if not self._stopping.is_set():
                slot.ensure()
        except MediaUnavailable:
            _log.warning("identity worker did not start")
        finally:
            self._free.put(slot)


class _Slot:
    """One worker process and our end of its pipe. Used by one thread at a time, save for `kill`."""

    def __init__(self, initialiser: Callable[[], None] | None, start_timeout_s: float) -> None:
        self._initialiser = initialiser
        self._start_timeout_s = start_timeout_s
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def alive(self) -> bool:
        return self._process is not None and self._process.is_alive() and self._pipe is not None

    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.is_alive() else None

    def ensure(self) -> None:
        if self.alive():
            return
        self.kill()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_serve, args=(theirs, self._initialiser), name="identity-worker", daemon=True
        )
        process.start()
        theirs.close()
        self._process, self._pipe = process, ours
        if self._receive(time.monotonic() + self._start_timeout_s) != ("ready", None):
            self.kill()
            raise MediaUnavailable(reason="failed")

    def call(self, job: Job, deadline: float) -> object:
        self.ensure()
        pipe = self._pipe
        try:
            if pipe is None:
                raise MediaUnavailable(reason="crashed")
            self._send(pipe, job, deadline)
        except (OSError, ValueError) as error:
            self.kill()
            late = time.monotonic() >= deadline
            raise MediaUnavailable(reason="time_out" if late else "crashed") from error
        kind, value = self._receive(deadline)
        if kind == "ok":
            return value
        if isinstance(value, CounterError):
            raise value
        raise MediaUnavailable(reason="failed")

    def _send(self, pipe: Connection, job: Job, deadline: float) -> None:
        """A worker that hangs does not empty its pipe: killing it ends the writing."""
        timer = threading.Timer(max(0.0, deadline - time.monotonic()), self.interrupt)
        timer.daemon = True
        timer.start()
        try:
            pipe.send(job)
        finally:
            timer.cancel()

    def _receive(self, deadline: float) -> tuple[str, object]:
        """The worker's next answer; kills it when there is none in time or ever."""
        pipe = self._pipe
        try:
            if pipe is None or not pipe.poll(max(0.0, deadline - time.monotonic())):
                self.kill()
                raise MediaUnavailable(reason="time_out")
            kind, value = pipe.recv()
        except (OSError, EOFError) as error:
            self.kill()
            raise MediaUnavailable(reason="crashed") from error
        return kind, value

    def interrupt(self) -> None:
        """Kill the process from another thread; the one that waits for it sees the pipe end."""
        process = self._process
        try:
            if process is not None:
                process.kill()
        except ValueError:  # its own thread has just closed it
            pass

    def kill(self) -> None:
        """SIGKILL: a worker stuck in native code hears nothing else."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join(_JOIN_S)
            if not process.is_alive():
                process.close()
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()


def _serve(pipe: Connection, initialiser: Callable[[], None] | None) -> None:
    """The worker's outermost frame: one job after the other until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    try:
        if initialiser is not None:
            initialiser()
    except Exception:
        logging.getLogger(__name__).exception("identity worker cannot start")
        pipe.send(("failed", None))
        return
    pipe.send(("ready", None))
    while True:
        try:
            function, args = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(_answer(function, args))


def _answer(function: Callable[..., object], args: tuple[object, ...]) -> tuple[str, object]:
    try:
        return "ok", function(*args)
    except CounterError as error:
        return "refused", error
    except Exception:  # a worker outlives any task
        logging.getLogger(__name__).exception("identity task failed")
        return "failed", None
