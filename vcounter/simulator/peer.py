"""The WebRTC end of a simulated customer or agent: answers offers, sends, counts what arrives."""

from __future__ import annotations

import asyncio
import fractions
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import av
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

from signaling.protocol import Offer
from vcounter.simulator.sounds import FRAME_SAMPLES, RATE, voice

_VIDEO_CLOCK = 90_000
_LISTEN_EVERY = 10  # audio frames; energy is sampled, counting is not


@dataclass(slots=True)
class Received:
    """What came out of the bridge. `audio_energy`: the loudest mean square, full scale 1."""

    video_frames: int = 0
    audio_frames: int = 0
    audio_energy: float = 0.0
    first_picture_at: float | None = None  # monotonic seconds
    first_sound_at: float | None = None


class _Paced(MediaStreamTrack):
    """Hands out one encoded packet per interval; what a stall made too late is left out.

    Timestamps follow the wall clock however often the process stalls, as a camera's do: two tracks
    of one person stay together.
    """

    def __init__(self, clock_rate: int, interval: float) -> None:
        super().__init__()
        self._time_base = fractions.Fraction(1, clock_rate)
        self._ticks = round(clock_rate * interval)
        self._interval = interval
        self._index = -1
        self._begun = 0.0

    def _payload(self, index: int) -> bytes:
        raise NotImplementedError

    async def recv(self) -> av.Packet[Any]:
        if self.readyState != "live":
            raise MediaStreamError
        now = time.monotonic()
        self._begun = self._begun or now
        self._index = max(self._index + 1, int((now - self._begun) / self._interval))
        await asyncio.sleep(max(0.0, self.due(self._index) - now))
        packet = av.Packet(self._payload(self._index))
        packet.pts = self._index * self._ticks
        packet.time_base = self._time_base
        return packet

    def due(self, index: int) -> float:
        """When a packet stands for, in monotonic seconds."""
        return self._begun + index * self._interval


class Camera(_Paced):
    """A video track that asks for its picture at each frame: VP8 intra frames."""

    kind = "video"

    def __init__(self, fps: float, picture: Callable[[], bytes]) -> None:
        super().__init__(_VIDEO_CLOCK, 1 / fps)
        self._picture = picture

    def _payload(self, index: int) -> bytes:
        return self._picture()


class Microphone(_Paced):
    """An audio track that loops a voice."""

    kind = "audio"

    def __init__(self, pitch_hz: int) -> None:
        super().__init__(RATE, FRAME_SAMPLES / RATE)
        self._packets = voice(pitch_hz)

    def _payload(self, index: int) -> bytes:
        return self._packets[index % len(self._packets)]


class Peer:
    """One end of a call. Each offer gets a fresh peer connection, as the protocol wants it."""

    def __init__(
        self, camera: Callable[[], MediaStreamTrack], microphone: Callable[[], MediaStreamTrack]
    ) -> None:
        """Both make a fresh track, since a track ends with its connection."""
        self._camera, self._microphone = camera, microphone
        self._pc: RTCPeerConnection | None = None
        self._sinks: set[asyncio.Task[None]] = set()
        self.received = Received()

    @property
    def is_connected(self) -> bool:
        return self._pc is not None and self._pc.connectionState == "connected"

    async def answer(self, offer: Offer) -> str:
        """Replace the connection and return the answer's SDP, with all its candidates."""
        await self.close()
        policy = RTCIceTransportPolicy.RELAY if offer.relay_only else RTCIceTransportPolicy.ALL
        servers = [RTCIceServer(list(s.urls), s.username, s.credential) for s in offer.ice_servers]
        pc = RTCPeerConnection(RTCConfiguration(servers, policy))
        self._pc = pc
        pc.on("track", self._on_track)
        await pc.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        pc.addTrack(self._microphone())
        pc.addTrack(self._camera())
        await pc.setLocalDescription(await pc.createAnswer())
        return str(pc.localDescription.sdp)

    async def close(self) -> None:
        pc, self._pc = self._pc, None
        sinks: Sequence[asyncio.Task[None]] = tuple(self._sinks)
        for sink in sinks:
            sink.cancel()
        await asyncio.gather(*sinks, return_exceptions=True)
        if pc is not None:
            await pc.close()

    def _on_track(self, track: MediaStreamTrack) -> None:
        sink = asyncio.create_task(self._listen(track))
        self._sinks.add(sink)
        sink.add_done_callback(self._sinks.discard)

    async def _listen(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            now = time.monotonic()
            if track.kind == "video":
                self.received.video_frames += 1
                self.received.first_picture_at = self.received.first_picture_at or now
            elif isinstance(frame, av.AudioFrame):
                self._hear(frame, now)

    def _hear(self, frame: av.AudioFrame, now: float) -> None:
        self.received.audio_frames += 1
        self.received.first_sound_at = self.received.first_sound_at or now
        if self.received.audio_frames % _LISTEN_EVERY == 0:
            samples = np.asarray(frame.to_ndarray(), np.float64) / 32768
            energy = float(np.mean(samples * samples))
            self.received.audio_energy = max(self.received.audio_energy, energy)
