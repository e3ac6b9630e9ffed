"""Real aiortc peers for both ends of a call, with pictures and tones that can be recognised."""

from __future__ import annotations

import asyncio
import fractions
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcconfiguration import RTCIceTransportPolicy
from av import AudioFrame, VideoFrame

from signaling.media.client import MediaClient

FPS = 15
RATE = 48000


class Picture(MediaStreamTrack):
    """A flat grey of one level, white for 100 ms of each second in `flash` mode."""

    kind = "video"

    def __init__(self, level: int, started: float, *, flash: bool, size: tuple[int, int]) -> None:
        super().__init__()
        self.level = level
        self.size = size
        self._started = started
        self._flash = flash
        self._count = -1

    async def recv(self) -> VideoFrame:
        self._count = max(self._count + 1, int((time.monotonic() - self._started) * FPS))
        due = self._started + self._count / FPS
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        at = self._count / FPS
        level = 250 if self._flash and 0.5 <= at % 1.0 < 0.65 else self.level
        width, height = self.size
        data = np.full((height, width, 3), level, dtype=np.uint8)
        data[:, : width // 8] = 16  # an edge, so that the encoder has something to do
        frame = VideoFrame.from_ndarray(data, format="rgb24")
        frame.pts = int(at * 90000)
        frame.time_base = fractions.Fraction(1, 90000)
        return frame


class Tone(MediaStreamTrack):
    """A sine of one pitch; in `flash` mode only while the picture is white."""

    kind = "audio"

    def __init__(self, pitch_hz: float, started: float, *, flash: bool) -> None:
        super().__init__()
        self._pitch_hz = pitch_hz
        self._started = started
        self._flash = flash
        self._count = -1

    async def recv(self) -> AudioFrame:
        self._count = max(self._count + 1, int((time.monotonic() - self._started) * 50))
        due = self._started + self._count / 50
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        t = (np.arange(960) + self._count * 960) / RATE
        wave = 12000 * np.sin(2 * math.pi * self._pitch_hz * t)
        if self._flash:
            wave = wave * ((t % 1.0 >= 0.5) & (t % 1.0 < 0.65))
        frame = AudioFrame.from_ndarray(wave.astype(np.int16)[None, :], "s16", "mono")
        frame.sample_rate = RATE
        frame.pts = self._count * 960
        frame.time_base = fractions.Fraction(1, RATE)
        return frame


class EndPeer:
    """One browser's part, played by aiortc: sends a picture and a tone, measures what comes."""

    def __init__(
        self,
        leg: str,
        *,
        level: int = 120,
        pitch_hz: float = 440.0,
        started: float | None = None,
        flash: bool = False,
        size: tuple[int, int] = (320, 240),
        ice_servers: list[dict[str, Any]] | None = None,
        relay_only: bool = False,
    ) -> None:
        started = time.monotonic() if started is None else started
        self.leg = leg
        self.frames = 0
        self.levels: list[float] = []
        self.energy = 0.0
        self.audio_frames = 0
        self.picture = Picture(level, started, flash=flash, size=size)
        self.tone = Tone(pitch_hz, started, flash=flash)
        servers = [RTCIceServer(**server) for server in ice_servers or []]
        policy = RTCIceTransportPolicy.RELAY if relay_only else RTCIceTransportPolicy.ALL
        self.connection = RTCPeerConnection(RTCConfiguration(servers, policy))
        self.connection.on("track", self._on_track)
        self._tasks: list[asyncio.Task[None]] = []

    def _on_track(self, track: MediaStreamTrack) -> None:
        watch = self._watch_video if track.kind == "video" else self._watch_audio
        self._tasks.append(asyncio.ensure_future(watch(track)))

    async def _watch_video(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            self.frames += 1
            plane = frame.to_ndarray(format="gray")
            self.levels.append(float(plane[:, plane.shape[1] // 2 :].mean()))

    async def _watch_audio(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            self.audio_frames += 1
            samples = frame.to_ndarray().astype(np.float64)
            self.energy = float(np.sqrt((samples**2).mean()))

    async def join(
        self, client: MediaClient, call: str, *, ice_servers: Any = (), relay_only: bool = False
    ) -> None:
        """Negotiate with the bridge as the hub would let a browser do."""
        offer = await client.offer(call, self.leg, ice_servers=ice_servers, relay_only=relay_only)
        await self.connection.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        self.connection.addTrack(self.tone)
        self.connection.addTrack(self.picture)
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        await client.answer(call, self.leg, offer.negotiation, self.connection.localDescription.sdp)

    async def close(self) -> None:
        await self.connection.close()
        self.picture.stop()
        self.tone.stop()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


async def eventually(what: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Wait until it holds, looking often; fail with what did not."""
    async with asyncio.timeout(timeout_s):
        while not what():  # noqa: ASYNC110  # looks at other tasks' counters
            await asyncio.sleep(0.02)


async def eventually_async(what: Callable[[], Awaitable[bool]], timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not await what():  # noqa: ASYNC110  # asks the worker
            await asyncio.sleep(0.1)


@asynccontextmanager
async def running_client(
    **settings: Any,
) -> AsyncIterator[tuple[MediaClient, list[dict[str, Any]]]]:
    """A media client with its worker on loopback, and the list of events so far."""
    events: list[dict[str, Any]] = []

    async def note(event: dict[str, Any]) -> None:
        events.append(event)

    client = MediaClient(bind=("127.0.0.1",), on_event=note, **settings)
    await client.start()
    try:
        yield client, events
    finally:
        await client.stop()
