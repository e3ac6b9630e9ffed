"""From recorded packets to frames on one clock: the pure half of muxing.

Times are seconds from the start of the recording's first segment, the same for both parties.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from signaling.media import rawfile
from signaling.media.payload import is_keyframe, join_payloads, starts_frame
from signaling.media.rawfile import Record, Segment
from signaling.media.rtp import Packet, seq_after

RATES = {"opus": 48000, "VP8": 90000, "H264": 90000}
WINDOW_S = 10.0  # within which the quickest packet tells how the sender's clock lies to ours
SAME_CLOCK_S = 0.5  # sender reports further apart than this speak of different clocks
AUDIO_SLACK_S = 0.04  # sound is laid end to end unless it is off by more than this
MAX_PAUSE_S = 3600.0  # between segments; a longer one is a clock that jumped
SILENCE = b"\xfc\xff\xfe"  # 20 ms of Opus silence, stereo (RFC 6716 §3.1: CELT, full band)
SILENCE_S = 0.02


@dataclass(slots=True)
class Item:
    """One encoded frame of sound or picture at its time."""

    at_s: float
    data: bytes
    key: bool = True
    duration_s: float = 0.0


@dataclass(slots=True)
class Party:
    """All that one party sent: `audio` without holes up to the end, `video` with them."""

    codec: Literal["VP8", "H264"] = "VP8"
    audio: list[Item] = field(default_factory=list)
    video: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class _Heard:
    """A packet with its numbers unwrapped."""

    number: int
    timestamp: int
    at_s: float
    marker: bool
    payload: bytes


@dataclass(slots=True)
class _Run:
    """The packets of one SSRC in one segment, and what its sender said of its clock."""

    codec: str
    packets: dict[int, _Heard] = field(default_factory=dict)
    reports: list[tuple[float, int]] = field(default_factory=list)  # sender's seconds, timestamp
    last: tuple[int, int] | None = None

    def add(self, packet: Packet, data: bytes, at_s: float) -> None:
        if self.last is None:
            self.last = (packet.seq + 0x10000, packet.timestamp + (1 << 32))
        number, timestamp = self.unwrap(packet.seq, packet.timestamp)
        if number > self.last[0]:
            self.last = (number, timestamp)
        heard = _Heard(number, timestamp, at_s, packet.marker == 1, data[packet.start : packet.end])
        self.packets.setdefault(number, heard)

    def unwrap(self, seq: int, timestamp: int) -> tuple[int, int]:
        number, last = self.last or (seq, timestamp)
        step = ((timestamp - last + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
        return number + seq_after(seq, number & 0xFFFF), last + step

    def in_order(self) -> list[_Heard]:
        return [self.packets[number] for number in sorted(self.packets)]


def build_parties(segments: list[Segment]) -> dict[str, Party]:
    """Lay out what each party sent; parties that sent nothing are left out.

    Both share one clock and one end: sound is filled with silence wherever there was none.
    """
    if not segments:
        return {}
    parties: dict[str, Party] = {}
    shifts = _segment_starts(segments)
    for segment, start_s in zip(segments, shifts, strict=True):
        for leg in rawfile.LEGS:
            runs = _runs(segment, leg, start_s)
            _lay_out(parties.setdefault(leg, Party()), runs)
    parties = {leg: party for leg, party in parties.items() if party.audio or party.video}
    end_s = duration_s(parties)
    for party in parties.values():
        party.video = _increasing(party)
        party.audio = list(_end_to_end(party.audio, end_s))
    return parties


def sealed_stretches(segments: list[Segment]) -> list[tuple[float, float]]:
    """When a seal was up, on the same clock as the frames."""
    stretches: list[tuple[float, float]] = []
    for segment, start_s in zip(segments, _segment_starts(segments), strict=True):
        opened: float | None = None
        for record in segment.records:
            at_s = start_s + (record.at_us - segment.started_us) / 1e6
            if record.kind == rawfile.SEAL_ON and opened is None:
                opened = at_s
            elif record.kind == rawfile.SEAL_OFF and opened is not None:
                stretches.append((opened, at_s))
                opened = None
        if opened is not None:
            last = segment.records[-1].at_us
            stretches.append((opened, start_s + (last - segment.started_us) / 1e6))
    return stretches


def _segment_starts(segments: list[Segment]) -> list[float]:
    """Where each segment begins, kept in order even if the host's clock was set meanwhile."""
    starts: list[float] = []
    end_s = 0.0
    for segment in segments:
        at_s = (segment.started_us - segments[0].started_us) / 1e6
        if starts and not end_s <= at_s <= end_s + MAX_PAUSE_S:
            at_s = end_s + 1.0
        starts.append(at_s)
        end_s = at_s + max(0.0, (segment.records[-1].at_us - segment.started_us) / 1e6)
    return starts


def _runs(segment: Segment, leg: str, start_s: float) -> list[_Run]:
    runs: dict[tuple[int, str], _Run] = {}
    by_ssrc: dict[int, _Run] = {}
    packet = Packet()
    for record in segment.records:
        if record.leg != leg:
            continue
        at_s = start_s + (record.at_us - segment.started_us) / 1e6
        if record.kind == rawfile.RTP and packet.read(record.body, len(record.body)):
            key = packet.ssrc, record.codec
            run = runs.setdefault(key, _Run(record.codec))
            by_ssrc[packet.ssrc] = run
            run.add(packet, record.body, at_s)
        elif record.kind == rawfile.SENDER_REPORT and len(record.body) == 16:
            _note_report(by_ssrc, record)
    return [run for run in runs.values() if run.packets]


def _note_report(by_ssrc: dict[int, _Run], record: Record) -> None:
    run = by_ssrc.get(int.from_bytes(record.body[:4], "big"))
    if run is not None:
        ntp = int.from_bytes(record.body[4:12], "big")
        timestamp = run.unwrap(0, int.from_bytes(record.body[12:], "big"))[1]
        run.reports.append((ntp / (1 << 32), timestamp))


class _Clock:
    """Maps the timestamps of a run to the common clock by its quickest packets."""

    def __init__(self, run: _Run) -> None:
        self._rate = RATES[run.codec]
        windows: dict[int, float] = {}
        for heard in run.packets.values():
            sent_s = heard.timestamp / self._rate
            window = int(sent_s / WINDOW_S)
            windows[window] = min(windows.get(window, heard.at_s - sent_s), heard.at_s - sent_s)
        self._points = [((w + 0.5) * WINDOW_S, offset) for w, offset in sorted(windows.items())]
        self.correction_s = 0.0
        self.base_s = self._sender_base(run)

    def _sender_base(self, run: _Run) -> float | None:
        """The common clock less the sender's own at the quickest packet; None without reports."""
        if not run.reports:
            return None
        wall_s, timestamp = run.reports[len(run.reports) // 2]
        sent_s = timestamp / self._rate
        return sent_s + self._offset(sent_s) - wall_s

    def _offset(self, sent_s: float) -> float:
        points = self._points
        if sent_s <= points[0][0]:
            return points[0][1]
        for (x0, y0), (x1, y1) in pairwise(points):
            if sent_s <= x1:
                return y0 + (y1 - y0) * (sent_s - x0) / (x1 - x0)
        return points[-1][1]

    def at(self, timestamp: int) -> float:
        sent_s = timestamp / self._rate
        return max(0.0, sent_s + self._offset(sent_s) - self.correction_s)


def _clocks(runs: list[_Run]) -> list[_Clock]:
    """One clock per run; those that reports show to share a sender's clock are lined up."""
    clocks = [_Clock(run) for run in runs]
    for clock in clocks:
        if clock.base_s is None:
            continue
        kin = [c.base_s for c in clocks if c.base_s is not None]
        near = [base for base in kin if abs(base - clock.base_s) < SAME_CLOCK_S]
        clock.correction_s = clock.base_s - min(near)
    return clocks


def _lay_out(party: Party, runs: list[_Run]) -> None:
    counts = dict.fromkeys(RATES, 0)
    for run in runs:
        counts[run.codec] += len(run.packets)
    if not party.video and counts["H264"] > counts["VP8"]:
        party.codec = "H264"
    for run, clock in zip(runs, _clocks(runs), strict=True):
        if run.codec == "opus":
            party.audio += [
                Item(clock.at(heard.timestamp), heard.payload, True, opus_duration(heard.payload))
                for heard in run.in_order()
                if heard.payload
            ]
        elif run.codec == party.codec:
            party.video += [
                Item(clock.at(timestamp), data, key) for timestamp, data, key in whole_frames(run)
            ]


def whole_frames(run: _Run) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the frames a decoder can use: after a hole, nothing until the next intra frame."""
    needs_key = True
    parts: list[_Heard] = []
    number: int | None = None
    for heard in run.in_order():
        if number is not None and heard.number != number + 1:
            parts, needs_key = [], True
        number = heard.number
        if not heard.payload:
            continue
        if parts and parts[0].timestamp != heard.timestamp:
            parts, needs_key = [], True
        if not parts and not starts_frame(run.codec, heard.payload):
            needs_key = True
            continue
        parts.append(heard)
        if heard.marker:
            frame = join_payloads(run.codec, [part.payload for part in parts])
            key = is_keyframe(run.codec, frame)
            needs_key = needs_key and not key
            if frame and not needs_key:
                yield heard.timestamp, frame, key
            parts = []


def opus_duration(payload: bytes) -> float:
    """Seconds of sound in an Opus packet (RFC 6716 §3.1); 20 ms for one that is malformed."""
    config = payload[0] >> 3
    if config < 12:
        frame_s = (0.01, 0.02, 0.04, 0.06)[config & 3]
    elif config < 16:
        frame_s = (0.01, 0.02)[config & 1]
    else:
        frame_s = (0.0025, 0.005, 0.01, 0.02)[config & 3]
    count = (1, 2, 2, payload[1] & 0x3F if len(payload) > 1 else 0)[payload[0] & 3]
    length_s = frame_s * count
    return length_s if 0 < length_s <= 0.12 else SILENCE_S


def duration_s(parties: Mapping[str, Party]) -> float:
    """How long the common timeline is."""
    return max((_end(party) for party in parties.values()), default=0.0)


def _end(party: Party) -> float:
    last = [items[-1].at_s + items[-1].duration_s for items in (party.audio, party.video) if items]
    return max(last, default=0.0)


def _increasing(party: Party) -> list[Item]:
    """Pictures in the order of their times, a millisecond apart at least."""
    items: list[Item] = []
    for item in party.video:
        if items and item.at_s <= items[-1].at_s + 0.001:
            item.at_s = items[-1].at_s + 0.001
        items.append(item)
    return items


def _end_to_end(items: Iterable[Item], end_s: float) -> Iterator[Item]:
    """Lay sound packets without seam; fill holes with silence and drop what overlaps."""
    cursor_s = 0.0
    for item in items:
        if item.at_s > cursor_s + AUDIO_SLACK_S:
            while cursor_s + SILENCE_S / 2 < item.at_s:
                yield Item(cursor_s, SILENCE, True, SILENCE_S)
                cursor_s += SILENCE_S
        elif item.at_s < cursor_s - AUDIO_SLACK_S:
            continue
        yield Item(cursor_s, item.data, True, item.duration_s)
        cursor_s += item.duration_s
    while cursor_s < end_s:
        yield Item(cursor_s, SILENCE, True, SILENCE_S)
        cursor_s += SILENCE_S
