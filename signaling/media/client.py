"""The web process's side of the bridge: supervises one worker process and asks it for things.

No media library is imported here.
"""

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
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from signaling.media import control
from signaling.media.errors import (
    BY_CODE,
    MediaError,
    MediaTimeout,
    MediaUnavailable,
    NothingRecorded,
)

logger = logging.getLogger("signaling.media.client")

EventSink = Callable[[dict[str, Any]], Awaitable[None]]
BACKOFF_S = (0.1, 0.5, 1.0, 2.0, 5.0)
STEADY_S = 30.0  # a worker that lived this long restarts without delay
PING_S = 2.0
MAX_EVENTS = 4096
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Offer:
    """An SDP offer; answers and candidates to it carry its `negotiation` number."""

    sdp: str
    negotiation: int


@dataclass(frozen=True, slots=True)
class Keyframe:
    """One encoded intra frame: bare VP8, or an H.264 Annex B access unit."""

    codec: Literal["VP8", "H264"]
    data: bytes = field(repr=False)
    at: float  # monotonic seconds on this host


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """`growing`: bytes of both parties were written in the last 3 s, or a seal is up."""

    growing: bool
    sealed: bool
    bytes_written: int
    customer_bytes: int
    agent_bytes: int


@dataclass(slots=True)
class _CallState:
    """What a new worker must know of a call before anything else may happen to it."""

    sealed: bool = False
    recording: tuple[str, bytes] | None = None


async def _ignore(event: dict[str, Any]) -> None:
    return None


class MediaClient:
    """The bridge as the web process sees it.

    Every request has a time-out and raises a MediaError. If the worker dies or stops answering it
    is replaced; `worker_lost` then `worker_ready` are reported, in order with the legs' events:
    `{"event": "leg", "call", "leg", "negotiation", "state"}` with state new, connecting,
    connected, failed or closed. Seals and recordings in force go on in the new worker (the
    recording as a new segment) before anyone can offer; the legs need new offers.
    """

    def __init__(
        self,
        *,
        bind: Sequence[str] | None = None,
        on_event: EventSink = _ignore,
        request_timeout_s: float = 5.0,
        ping_timeout_s: float = 5.0,
        worker_module: str = "signaling.media.worker",
    ) -> None:
        self._bind = list(bind) if bind is not None else None
        self._on_event = on_event
        self._request_timeout_s = request_timeout_s
        self._ping_timeout_s = ping_timeout_s
        self._worker_module = worker_module
        self._calls: dict[str, _CallState] = {}
        self._ids = itertools.count(1)
        self._negotiations = itertools.count(int(time.time()) - 1_700_000_000)
        self._pending: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MAX_EVENTS)
        self._ready = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []

    # --- life ---

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
        self._calls.clear()

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
                self._worker_module,
                str(theirs.fileno()),
                json.dumps({"bind": self._bind}),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
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
            await self._restore()
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

    async def _restore(self) -> None:
        """Bring a new worker to the state of the old one before it is offered anything."""
        await self._exchange({"op": "ping"}, 15.0)
        for name, state in list(self._calls.items()):
            if state.sealed:
                await self._exchange({"op": "set_sealed", "call": name, "sealed": True}, 5.0)
            if state.recording is not None:
                with contextlib.suppress(MediaError):  # the status will show that it stands still
                    await self._exchange(_recording_request(name, *state.recording), 5.0)

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

    # --- requests ---

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

    async def _request(
        self, request: dict[str, Any], timeout_s: float | None = None
    ) -> dict[str, Any]:
        limit = self._request_timeout_s if timeout_s is None else timeout_s
        if not self._ready.is_set():
            try:
                async with asyncio.timeout(limit):
                    await self._ready.wait()
            except TimeoutError:
                raise MediaUnavailable("worker_down") from None
        return await self._exchange(request, limit)

    async def offer(
        self,
        call: str,
        leg: str,
        *,
        ice_servers: Sequence[Mapping[str, object]] = (),
        relay_only: bool = False,
    ) -> Offer:
        """Make the call and the leg if need be and return an offer for the leg's browser.

        Replaces the leg's older peer connection; the other leg goes on. With `relay_only` the
        bridge's own candidates are relayed ones too. Takes up to 5 s if a STUN or TURN server is
        silent. Raises MediaError.
        """
        self._calls.setdefault(call, _CallState())
        negotiation = next(self._negotiations)
        result = await self._request(
            {
                "op": "offer",
                "call": call,
                "leg": leg,
                "negotiation": negotiation,
                "ice_servers": [dict(server) for server in ice_servers],
                "relay_only": relay_only,
            },
            self._request_timeout_s + 7.0,
        )
        return Offer(result["sdp"], negotiation)

    async def answer(self, call: str, leg: str, negotiation: int, sdp: str) -> None:
        """Apply the browser's answer. Raises StaleNegotiation, BadDescription, NoSuchLeg."""
        await self._request(
            {"op": "answer", "call": call, "leg": leg, "negotiation": negotiation, "sdp": sdp},
            self._request_timeout_s + 5.0,
        )

    async def candidate(
        self, call: str, leg: str, negotiation: int, candidate: Mapping[str, object] | None
    ) -> None:
        """Add a trickled candidate, None for the end of them. May come before the answer."""
        await self._request(
            {
                "op": "candidate",
                "call": call,
                "leg": leg,
                "negotiation": negotiation,
                "candidate": dict(candidate) if candidate is not None else None,
            },
            self._request_timeout_s + 25.0,
        )

    async def set_sealed(self, call: str, sealed: bool) -> None:
        """Shut (or open) the customer's sound and picture; on return the bridge has done it.

        If sealing fails the call counts as sealed all the same: a later worker starts that way.
        """
        state = self._calls.setdefault(call, _CallState())
        if sealed:
            state.sealed = True
        await self._request({"op": "set_sealed", "call": call, "sealed": sealed})
        state.sealed = sealed

    async def start_recording(self, call: str, raw_path: str, key: bytes) -> None:
        """Record both directions into `raw_path` from now on, as the file's next segment.

        Repeating it does nothing. Raises RecordingFailed.
        """
        request = _recording_request(call, raw_path, key)
        state = self._calls.setdefault(call, _CallState())
        await self._request(request)
        state.recording = (raw_path, key)

    async def recording(self, call: str) -> RecordingStatus:
        """Whether the recording of the call grows."""
        result = await self._request({"op": "recording", "call": call})
        return RecordingStatus(**result)

    async def keyframe(self, call: str, leg: str, timeout_s: float = 2.0) -> Keyframe:
        """Ask the leg's browser for an intra frame and return the next whole one.

        Browsers make about one in 300 ms at most. Raises NoKeyframe, Sealed, NoSuchLeg.
        """
        result = await self._request(
            {"op": "keyframe", "call": call, "leg": leg, "timeout_s": timeout_s},
            timeout_s + self._request_timeout_s,
        )
        return Keyframe(result["codec"], control.to_bytes(result["data"]), result["at"])

    async def close_call(self, call: str) -> None:
        """Hang up both legs and finish the recording. Safe to repeat."""
        self._calls.pop(call, None)
        await self._request({"op": "close_call", "call": call}, self._request_timeout_s + 10.0)

    async def stats(self) -> dict[str, int]:
        """Totals of the worker: calls, peers, packets, bytes, forwarded, junk, recordings, rss."""
        return await self._request({"op": "stats"})


def _recording_request(call: str, raw_path: str, key: bytes) -> dict[str, Any]:
    return {
        "op": "start_recording",
        "call": call,
        "path": raw_path,
        "key": control.to_text(key),
    }


def _environment() -> dict[str, str]:
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


async def mux_recording(raw_path: str, key: bytes, timeout_s: float = 900.0) -> dict[str, bytes]:
    """Turn a raw recording into one playable file per party that sent anything.

    Runs in a process of its own at low priority, decodes and encodes nothing, and takes a file cut
    anywhere. WebM for VP8, MP4 for H.264. Both files share one timeline from the start of the
    first segment. Raises NothingRecorded, MediaTimeout, MediaUnavailable.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "signaling.media.mux",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=_environment(),
    )
    request = json.dumps({"path": raw_path, "key": control.to_text(key)}).encode()
    try:
        async with asyncio.timeout(timeout_s):
            output, _ = await process.communicate(request)
    except TimeoutError:
        raise MediaTimeout("mux") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 3:
        raise NothingRecorded
    if process.returncode != 0:
        raise MediaUnavailable("mux")
    return control.split_parts(output)


def content_type(file: bytes) -> str:
    """The media type of a muxed file, for the answer that carries it."""
    return "video/webm" if file.startswith(b"\x1a\x45\xdf\xa3") else "video/mp4"
