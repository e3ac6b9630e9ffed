"""Writes the raw recording of one call while it runs, without holding up the event loop."""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedRandom

from signaling.media import rawfile
from signaling.media.errors import RecordingFailed

CHUNK_BYTES = 64 * 1024
CHUNK_S = 0.5
SYNC_S = 1.0
FRESH_S = 3.0  # a recording with nothing newer from a party does not grow
QUEUE_CHUNKS = 256  # about 16 MB; a disk that lags further loses packets and says so


@dataclass(frozen=True, slots=True)
class Written:
    """How far the file got. Byte counts are of media that reached the operating system."""

    growing: bool
    sealed: bool
    failed: bool
    bytes_written: int
    customer_bytes: int
    agent_bytes: int


@dataclass(slots=True)
class _Chunk:
    plain: bytes
    media: dict[str, int]


class Recorder:
    """One segment of a raw file: `open` it, feed it, `close` it.

    Chunks of at most 64 KB or half a second go to a thread that seals, writes and flushes each
    and syncs once a second, so a kill loses at most the last of them. If the disk fails or lags,
    `status` says so and the call goes on.
    """

    def __init__(self, path: str, key: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._key = key
        self._clock = clock
        self._started = clock()
        self._started_us = time.time_ns() // 1000
        self._plain = bytearray()
        self._media = {"customer": 0, "agent": 0}
        self._flushed_at = self._started
        self._queue: queue.Queue[_Chunk | None] = queue.Queue(QUEUE_CHUNKS)
        self._thread: threading.Thread | None = None
        self._file: BufferedRandom | None = None
        self._sealer: rawfile.SegmentSealer | None = None
        self._sealed = False
        self._failed = False
        self._bytes_written = 0
        self._written = {"customer": 0, "agent": 0}
        self._fresh_at = {"customer": -FRESH_S, "agent": -FRESH_S}

    async def open(self, *, sealed: bool) -> None:
        """Begin the next segment of the file. Raises RecordingFailed."""
        self._sealed = sealed
        await asyncio.to_thread(self._open)
        if sealed:
            self._append(rawfile.SEAL_ON, "", "", b"")
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def _open(self) -> None:
        try:
            directory = os.path.dirname(self.path)
            if directory:
                os.makedirs(directory, mode=0o700, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            file = os.fdopen(descriptor, "r+b")
        except OSError as error:
            raise RecordingFailed("open") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._sealer = rawfile.begin_segment(file, self._key, self._started_us)
            file.flush()
        except OSError as error:
            file.close()
            raise RecordingFailed("busy") from error
        except RecordingFailed:
            file.close()
            raise
        self._file = file

    def media(self, leg: str, codec: str, packet: bytes) -> None:
        """Keep one RTP packet. Nothing of the customer is kept while sealed."""
        if self._sealed and leg == "customer":
            return
        self._media[leg] += len(packet)
        self._append(rawfile.RTP, leg, codec, packet)

    def sender_report(self, leg: str, codec: str, body: bytes) -> None:
        """Keep what a sender said of its clocks, which the muxer uses for lip sync."""
        if not (self._sealed and leg == "customer"):
            self._append(rawfile.SENDER_REPORT, leg, codec, body)

    def seal(self, sealed: bool) -> None:
        """Mark the beginning or the end of a sealed stretch."""
        if sealed != self._sealed:
            self._sealed = sealed
            self._append(rawfile.SEAL_ON if sealed else rawfile.SEAL_OFF, "", "", b"")

    def _append(self, kind: int, leg: str, codec: str, body: bytes) -> None:
        at_us = self._started_us + int((self._clock() - self._started) * 1e6)
        self._plain += rawfile.pack_record(kind, leg, codec, at_us, body)
        if len(self._plain) >= CHUNK_BYTES - 4096:
            self._flush()

    def tick(self) -> None:
        """Hand over what has waited for half a second; call it a few times a second."""
        if self._plain and self._clock() - self._flushed_at >= CHUNK_S - 0.1:
            self._flush()

    def _flush(self) -> None:
        chunk = _Chunk(bytes(self._plain), self._media)
        self._plain = bytearray()
        self._media = {"customer": 0, "agent": 0}
        self._flushed_at = self._clock()
        try:
            self._queue.put_nowait(chunk)
        except queue.Full:
            self._failed = True

    def status(self) -> Written:
        """Whether the file grows: fresh bytes of both parties, or a seal that is up."""
        now = self._clock()
        fresh = all(now - at < FRESH_S for at in self._fresh_at.values())
        return Written(
            growing=not self._failed and (fresh or self._sealed),
            sealed=self._sealed,
            failed=self._failed,
            bytes_written=self._bytes_written,
            customer_bytes=self._written["customer"],
            agent_bytes=self._written["agent"],
        )

    async def close(self) -> None:
        """Write what is left and close the file. Safe to repeat."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._append(rawfile.END, "", "", b"")
        self._flush()
        await asyncio.to_thread(self._finish, thread)

    def _finish(self, thread: threading.Thread) -> None:
        with suppress(queue.Full):
            self._queue.put(None, timeout=5)
        thread.join(10)

    def _run(self) -> None:
        file, sealer = self._file, self._sealer
        if file is None or sealer is None:
            return
        synced_at = time.monotonic()
        with file:
            while (chunk := self._queue.get()) is not None:
                if self._failed:
                    continue
                try:
                    synced_at = self._write(file, sealer, chunk, synced_at)
                except OSError:
                    self._failed = True
            with suppress(OSError):
                os.fsync(file.fileno())

    def _write(
        self,
        file: BufferedRandom,
        sealer: rawfile.SegmentSealer,
        chunk: _Chunk,
        synced_at: float,
    ) -> float:
        file.write(sealer.seal(chunk.plain))
        file.flush()
        self._bytes_written += len(chunk.plain)
        for leg, size in chunk.media.items():
            if size:
                self._written[leg] += size
                self._fresh_at[leg] = self._clock()
        now = time.monotonic()
        if now - synced_at < SYNC_S:
            return synced_at
        os.fsync(file.fileno())
        return now
