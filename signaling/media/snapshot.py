"""One encoded intra frame out of a running stream, without decoding anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from signaling.media.errors import NoKeyframe
from signaling.media.payload import Codec, is_keyframe, join_payloads, starts_keyframe

ASK_AGAIN_S = 0.25  # browsers make at most one intra frame in about 300 ms
ASK_SOON_S = 0.05  # when the last request was too fresh to repeat it
MAX_PACKETS = 1024  # of one frame; more is no camera picture


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole intra frame as the browser encoded it."""

    codec: Codec
    data: bytes
    at: float  # monotonic seconds of its last packet


class KeyframeAssembler:
    """Collects packets until those of one intra frame are all there."""

    def __init__(self) -> None:
        self._codec: Codec = "VP8"
        self._timestamp = -1
        self._packets: dict[int, bytes] = {}
        self._first = -1
        self._last = -1

    def add(
        self, codec: Codec, extended: int, timestamp: int, marker: bool, payload: bytes
    ) -> bytes | None:
        """Take one packet; return the frame that it completes, if any."""
        if timestamp != self._timestamp:
            if not starts_keyframe(codec, payload):
                return None
            self._codec = codec
            self._timestamp = timestamp
            self._packets = {}
            self._first, self._last = extended, -1
        if len(self._packets) >= MAX_PACKETS:
            self._timestamp = -1
            return None
        self._packets[extended] = payload
        if marker:
            self._last = extended
        return self._finish()

    def _finish(self) -> bytes | None:
        if self._last < self._first:
            return None
        numbers = range(self._first, self._last + 1)
        if any(number not in self._packets for number in numbers):
            return None
        frame = join_payloads(self._codec, [self._packets[number] for number in numbers])
        self._timestamp = -1
        self._packets = {}
        return frame if is_keyframe(self._codec, frame) else None


class SnapshotTap:
    """Waiters for the next intra frame of one stream. Costs nothing while nobody waits."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._assembler = KeyframeAssembler()
        self._waiters: set[asyncio.Future[Picture]] = set()

    @property
    def wanted(self) -> bool:
        return bool(self._waiters)

    def add(
        self,
        codec: Codec,
        extended: int,
        timestamp: int,
        marker: bool,
        payload: bytes,
        now: float,
    ) -> None:
        """Take one packet of the stream and wake everybody if it completes an intra frame."""
        frame = self._assembler.add(codec, extended, timestamp, marker, payload)
        if frame is None:
            return
        picture = Picture(codec, frame, now)
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(picture)

    async def picture(self, timeout_s: float) -> Picture:
        """The next whole intra frame, asked for now and again until it comes.

        It begins after the first of the callers that wait for it came. Raises NoKeyframe.
        """
        if not self._waiters:
            self._assembler = KeyframeAssembler()
        waiter: asyncio.Future[Picture] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    pause_s = ASK_AGAIN_S if self._ask() else ASK_SOON_S
                    done, _ = await asyncio.wait({waiter}, timeout=pause_s)
                    if done:
                        return waiter.result()
        except TimeoutError:
            raise NoKeyframe from None
        finally:
            self._waiters.discard(waiter)

    def fail(self) -> None:
        """Wake everybody without a picture: the stream ended or was sealed."""
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(NoKeyframe())
        self._assembler = KeyframeAssembler()
