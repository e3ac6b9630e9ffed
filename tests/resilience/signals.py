"""A party that can be recognised in a recording: dark and silent, now and then bright and loud."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field
from functools import cache

import av
import numpy as np

from vcounter.simulator.peer import Camera, Microphone, Peer
from vcounter.simulator.pictures import encode_intra

FPS = 10.0
FLASH_S = 0.6
SILENCE = b"\xfc\xff\xfe"  # 20 ms of Opus silence (RFC 6716 §3.1)
DARK, BRIGHT = 30, 220
LOUD = 1e-4  # mean square, full scale 1
STILL_S = 0.4  # of silence before the next sound counts as another one


@cache
def _grey(level: int) -> bytes:
    return encode_intra([np.full((120, 160, 3), level, np.uint8)])[0]


class Signal:
    """The camera and the microphone of one party, and when each began to show each flash."""

    def __init__(self, pitch_hz: int) -> None:
        self._pitch_hz = pitch_hz
        self._on = False
        self._changing = {"video": False, "audio": False}
        self.sent: dict[str, list[float]] = {"video": [], "audio": []}  # monotonic seconds

    def peer(self) -> Peer:
        return Peer(lambda: _Lamp(self), lambda: _Voice(self, self._pitch_hz))

    def shows(self, what: str, at: float) -> bool:
        """Whether the flash is on in the picture or the sound of this moment."""
        if self._changing[what]:
            self._changing[what] = False
            if self._on:
                self.sent[what].append(at)
        return self._on

    async def flash(self) -> None:
        """Be bright and loud for a moment, then dark and silent for another."""
        for on in (True, False):
            self._changing, self._on = {"video": True, "audio": True}, on
            async with asyncio.timeout(20):
                while any(self._changing.values()):  # noqa: ASYNC110  # what the tracks do
                    await asyncio.sleep(0.01)
            await asyncio.sleep(FLASH_S)


class _Lamp(Camera):
    def __init__(self, signal: Signal) -> None:
        super().__init__(FPS, lambda: b"")
        self._signal = signal

    def _payload(self, index: int) -> bytes:
        return _grey(BRIGHT if self._signal.shows("video", self.due(index)) else DARK)


class _Voice(Microphone):
    def __init__(self, signal: Signal, pitch_hz: int) -> None:
        super().__init__(pitch_hz)
        self._signal = signal

    def _payload(self, index: int) -> bytes:
        return super()._payload(index) if self._signal.shows("audio", self.due(index)) else SILENCE


@dataclass(slots=True)
class Played:
    """A party's file, decoded from start to end; times in seconds on its own clock."""

    pictures: int = 0
    last_picture_s: float = 0.0
    end_s: float = 0.0
    begun: dict[str, list[float]] = field(default_factory=lambda: {"video": [], "audio": []})


def play(file: bytes) -> Played:
    """Decode everything and find the flashes. Raises av.FFmpegError for a broken file."""
    played = Played()
    with av.open(io.BytesIO(file)) as container:
        _watch(container, played)
    with av.open(io.BytesIO(file)) as container:
        _listen(container, played)
    return played


def _watch(container: av.container.InputContainer, played: Played) -> None:
    was_bright = False
    for frame in container.decode(video=0):
        is_bright = float(frame.to_ndarray(format="gray").mean()) > (DARK + BRIGHT) / 2
        if is_bright and not was_bright:
            played.begun["video"].append(float(frame.time))
        was_bright = is_bright
        played.pictures += 1
        played.last_picture_s = float(frame.time)


def _listen(container: av.container.InputContainer, played: Played) -> None:
    last_loud_s = -STILL_S
    for frame in container.decode(audio=0):
        samples = np.asarray(frame.to_ndarray(), np.float64)
        at_s = float(frame.time)
        if float(np.mean(samples * samples)) > LOUD:
            if at_s - last_loud_s >= STILL_S:
                played.begun["audio"].append(at_s)
            last_loud_s = at_s
        played.end_s = at_s + frame.samples / frame.sample_rate
