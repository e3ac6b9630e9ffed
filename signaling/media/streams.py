"""Sequence numbers and timestamps of one stream across losses, sources and seals. Pure."""

from __future__ import annotations

from signaling.media.rtp import seq_after

WINDOW = 1024  # packets; the replay window of SRTP and the depth of the history
MAX_GAP = 96  # packets; a longer hole is not worth asking for, a new intra frame is
NACK_AGAIN_S = 0.03
RESEND_AGAIN_S = 0.01
FIRST_CYCLE = 0x10000  # what extended numbers start with


class ReceiveWindow:
    """Extends 16-bit sequence numbers and lets each pass once.

    A packet that passed is never let through again, whatever its bytes: protecting two packets
    under one number would reuse a nonce.
    """

    __slots__ = ("_seen", "highest")

    def __init__(self) -> None:
        self.highest = -1
        self._seen = [-1] * WINDOW

    def accept(self, seq: int) -> int:
        """The extended number of a new packet, or -1 for a duplicate or one too late."""
        if self.highest < 0:
            extended = seq + FIRST_CYCLE  # room for packets that overtook each other at the start
            self.highest = extended
        else:
            extended = self.highest + seq_after(seq, self.highest & 0xFFFF)
            if extended > self.highest:
                self.highest = extended
            elif extended <= self.highest - WINDOW:
                return -1
        slot = extended % WINDOW
        if self._seen[slot] == extended:
            return -1
        self._seen[slot] = extended
        return extended

    def has(self, extended: int) -> bool:
        """Whether that packet passed and is still in the window."""
        return self._seen[extended % WINDOW] == extended


class GapTracker:
    """Which packets of a stream are missing, and when each was last asked for."""

    __slots__ = ("_missing", "_next")

    def __init__(self) -> None:
        self._next = -1
        self._missing: dict[int, tuple[float, float]] = {}  # extended -> first seen, last asked

    def add(self, extended: int, now: float) -> list[int]:
        """Note an arrival; return the numbers that its coming shows to be missing."""
        if extended < self._next:
            self._missing.pop(extended, None)
            return []
        fresh: list[int] = []
        if 0 <= self._next < extended <= self._next + MAX_GAP:
            fresh = list(range(self._next, extended))
            self._missing.update((number, (now, now)) for number in fresh)
        self._next = extended + 1
        return fresh

    def may_ask(self, extended: int, now: float) -> bool:
        """Whether to pass on a far receiver's request, given what was asked just before."""
        first, last = self._missing.get(extended, (now, 0.0))
        if now - last < NACK_AGAIN_S:
            return False
        if extended in self._missing or len(self._missing) < WINDOW:
            self._missing[extended] = (first, now)
        return True

    def lost(self, now: float, patience_s: float) -> bool:
        """Give up on what has been missing for longer; True if there was such a packet."""
        old = [n for n, (first, _) in self._missing.items() if now - first > patience_s]
        for number in old:
            del self._missing[number]
        return bool(old)


class Rewriter:
    """Numbers an outgoing stream so that changes of its source leave no seam.

    The receiver sees one SSRC whose sequence numbers and timestamps go on, whether the source was
    replaced by another or shut for a while.
    """

    __slots__ = (
        "_clock_rate",
        "_floor",
        "_last_at",
        "_last_out",
        "_last_timestamp",
        "_open",
        "_seq_delta",
        "_source",
        "_timestamp_delta",
    )

    def __init__(self, clock_rate: int, first_seq: int) -> None:
        self._clock_rate = clock_rate
        self._last_out = first_seq - 1
        self._last_timestamp = 0
        self._last_at = 0.0
        self._floor = first_seq
        self._seq_delta = 0
        self._timestamp_delta = 0
        self._source = -1
        self._open = False

    @property
    def is_open(self) -> bool:
        """Whether packets flow, that is `join` came after the last `cut`."""
        return self._open

    @property
    def source(self) -> int:
        """SSRC of the source joined last, -1 before the first."""
        return self._source

    def cut(self) -> None:
        """End the run: what comes later starts with a fresh `join`, without a hole."""
        self._open = False

    def join(self, source: int, extended: int, timestamp: int, now: float) -> None:
        """Go on with this packet of `source` (its SSRC) as the next of the stream."""
        self._seq_delta = self._last_out + 1 - extended
        self._floor = self._last_out + 1
        if source != self._source:
            if self._source < 0:
                self._timestamp_delta = 0
            else:
                ahead = max(1, int((now - self._last_at) * self._clock_rate))
                self._timestamp_delta = self._last_timestamp + ahead - timestamp
            self._source = source
        self._open = True

    def map(self, extended: int, timestamp: int, now: float) -> tuple[int, int] | None:
        """Outgoing extended number and timestamp, or None for a packet from before the join."""
        out = extended + self._seq_delta
        if out < self._floor:
            return None
        mapped = (timestamp + self._timestamp_delta) & 0xFFFFFFFF
        if out > self._last_out:
            self._last_out = out
            self._last_timestamp = mapped
            self._last_at = now
        return out, mapped

    def timestamp(self, timestamp: int) -> int:
        """Translate a source's timestamp, as its sender reports need."""
        return (timestamp + self._timestamp_delta) & 0xFFFFFFFF

    def source_of(self, out_seq: int) -> int | None:
        """The source's extended number behind a 16-bit outgoing one of the present run."""
        out = self._last_out + seq_after(out_seq, self._last_out & 0xFFFF)
        if out < self._floor:
            return None
        return out - self._seq_delta

    def source_highest(self, highest: int) -> int:
        """Translate `extended highest sequence number received` of a report block."""
        return (highest - self._seq_delta - FIRST_CYCLE) & 0xFFFFFFFF


class History:
    """The last packets sent on a stream, as they went out, for retransmission."""

    __slots__ = ("_slots",)

    def __init__(self) -> None:
        self._slots: list[tuple[int, bytes, float] | None] = [None] * WINDOW

    def put(self, seq: int, data: bytes) -> None:
        self._slots[seq % WINDOW] = (seq, data, 0.0)

    def has(self, seq: int) -> bool:
        """Whether a packet was sent under this 16-bit number and is still kept."""
        slot = self._slots[seq % WINDOW]
        return slot is not None and slot[0] == seq

    def take(self, seq: int, now: float) -> bytes | None:
        """The protected bytes sent under this number, unless they were taken just before."""
        slot = self._slots[seq % WINDOW]
        if slot is None or slot[0] != seq or now - slot[2] < RESEND_AGAIN_S:
            return None
        self._slots[seq % WINDOW] = (seq, slot[1], now)
        return slot[1]
