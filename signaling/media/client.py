"""The web process's side of the bridge: what it may ask, and what a new worker must be told.

No media library is imported here.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from signaling.media import control
from signaling.media.errors import MediaError, MediaTimeout, MediaUnavailable, NothingRecorded
from signaling.media.supervisor import EventSink, Exchange, Supervisor, worker_environment


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


@dataclass(frozen=True, slots=True)
class Muxed:
    """Playable files by leg, and how long the common timeline is."""

    files: dict[str, bytes] = field(repr=False)
    duration_ms: int


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
        self._request_timeout_s = request_timeout_s
        self._calls: dict[str, _CallState] = {}
        self._negotiations = itertools.count(int(time.time()) - 1_700_000_000)
        self._worker = Supervisor(
            worker_module,
            {"bind": list(bind) if bind is not None else None},
            on_event=on_event,
            restore=self._restore,
            ping_timeout_s=ping_timeout_s,
        )

    async def start(self, timeout_s: float = 15.0) -> None:
        """Start the worker and wait until it answers. Raises MediaTimeout."""
        await self._worker.start(timeout_s)

    async def stop(self) -> None:
        """End all calls and the worker. Recordings are whole afterwards. Safe to repeat."""
        await self._worker.stop()
        self._calls.clear()

    @property
    def pid(self) -> int | None:
        """Process id of the worker while it runs."""
        return self._worker.pid

    @property
    def is_ready(self) -> bool:
        """Whether a worker is up and takes requests."""
        return self._worker.is_ready

    async def _restore(self, exchange: Exchange) -> None:
        """Seal and record in a new worker what was sealed and recorded in the old one."""
        for name, state in list(self._calls.items()):
            if state.sealed:
                await exchange({"op": "set_sealed", "call": name, "sealed": True}, 5.0)
            if state.recording is not None:
                with contextlib.suppress(MediaError):  # the status will show that it stands still
                    await exchange(_recording_request(name, *state.recording), 5.0)

    async def _request(
        self, request: dict[str, Any], timeout_s: float | None = None
    ) -> dict[str, Any]:
        limit = self._request_timeout_s if timeout_s is None else timeout_s
        return await self._worker.request(request, limit)

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
            }
        )

    async def set_sealed(self, call: str, sealed: bool) -> None:
        """Shut the customer's sound and picture; on return the bridge has done it. Opening follows
        `bridge.OPEN_AFTER_S` later, when nothing of the sealed time is on its way any more.

        If sealing fails the call counts as sealed all the same: a later worker starts that way.
        """
        if not sealed and call not in self._calls:
            return  # a call that is over, or has not begun, has no seal to lift
        if sealed:
            self._calls.setdefault(call, _CallState()).sealed = True
        await self._request({"op": "set_sealed", "call": call, "sealed": sealed})
        state = self._calls.get(call)
        if state is not None:
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


async def mux_recording(raw_path: str, key: bytes, timeout_s: float = 900.0) -> dict[str, bytes]:
    """The files of `mux`."""
    return (await mux(raw_path, key, timeout_s)).files


async def mux(raw_path: str, key: bytes, timeout_s: float = 900.0) -> Muxed:
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
        env=worker_environment(),
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
    parts = control.split_parts(output)
    return Muxed(parts, int(parts.pop(control.DURATION_PART)))


def content_type(file: bytes) -> str:
    """The media type of a muxed file, for the answer that carries it."""
    return "video/webm" if file.startswith(b"\x1a\x45\xdf\xa3") else "video/mp4"
