"""RTP and RTCP as bytes: reading headers, building feedback. Pure, and safe on any input.

RFC 3550 (RTP, SR, RR, SDES), RFC 4585 (NACK, PLI), RFC 5104 (FIR), RFC 4588 (RTX),
RFC 5761 (telling RTP from RTCP), draft-alvestrand-rmcat-remb (REMB).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

RTP_HEADER_BYTES = 12
SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
NACK, PLI, FIR, REMB = 1, 1, 4, 15

_RTP = struct.Struct("!BBHII")
_RTX_OSN = struct.Struct("!H")
_RTCP = struct.Struct("!BBH")
_BLOCK = struct.Struct("!IIIIII")
_SENDER = struct.Struct("!IQIII")
_PAIR = struct.Struct("!HH")

Buffer = bytes | bytearray | memoryview


class Packet:
    """The fields of one RTP packet, filled in place so that the hot path makes no objects.

    `start` and `end` bound the payload: header, CSRCs and extension lie before, padding after.
    """

    __slots__ = ("end", "first", "marker", "payload_type", "seq", "ssrc", "start", "timestamp")

    def __init__(self) -> None:
        self.first = self.marker = self.payload_type = self.seq = 0
        self.timestamp = self.ssrc = self.start = self.end = 0

    def read(self, data: Buffer, size: int) -> bool:
        """Parse the first `size` bytes of `data`; False if they are no valid RTP packet."""
        if size < RTP_HEADER_BYTES:
            return False
        first, second, self.seq, self.timestamp, self.ssrc = _RTP.unpack_from(data, 0)
        if first >> 6 != 2:
            return False
        start = RTP_HEADER_BYTES + 4 * (first & 0x0F)
        if first & 0x10:
            if size < start + 4:
                return False
            start += 4 + 4 * ((data[start + 2] << 8) | data[start + 3])
        end = size
        if first & 0x20:
            if size <= start or data[size - 1] == 0:
                return False
            end -= data[size - 1]
        if start > end:
            return False
        self.first = first
        self.marker = second >> 7
        self.payload_type = second & 0x7F
        self.start = start
        self.end = end
        return True

    def unwrap_rtx(self, data: bytearray | memoryview, payload_type: int, ssrc: int) -> bool:
        """Turn a retransmission in `data` back into its original, in place (RFC 4588 §4).

        False if it carries none, as padding sent for probing does.
        """
        if self.end - self.start < 2:
            return False
        self.seq = _RTX_OSN.unpack_from(data, self.start)[0]
        data[self.start : self.end - 2] = data[self.start + 2 : self.end]
        self.end -= 2
        self.payload_type = payload_type
        self.ssrc = ssrc
        self.write_header(data, payload_type, self.seq, self.timestamp, ssrc)
        return True

    def write_header(
        self,
        data: bytearray | memoryview,
        payload_type: int,
        seq: int,
        timestamp: int,
        ssrc: int,
    ) -> None:
        """Put new header fields before the payload; the padding bit goes, `end` is the new size."""
        _RTP.pack_into(
            data,
            0,
            self.first & 0xDF,
            (self.marker << 7) | payload_type,
            seq,
            timestamp,
            ssrc,
        )


def is_rtcp(data: Buffer) -> bool:
    """Whether a packet of two bytes or more is RTCP (RFC 5761 §4)."""
    return 64 <= data[1] & 0x7F <= 95


def seq_after(a: int, b: int) -> int:
    """How far sequence number `a` lies after `b`, from -32,768 to 32,767."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


@dataclass(frozen=True, slots=True)
class Feedback:
    """One RTCP packet of a compound: `count` is the report count or feedback format."""

    kind: int
    count: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """A report block (RFC 3550 §6.4.1); `lost` keeps fraction and cumulative count packed."""

    ssrc: int
    lost: int
    highest: int
    jitter: int
    lsr: int
    dlsr: int


@dataclass(frozen=True, slots=True)
class SenderInfo:
    """What an SR says of its sender: NTP time (64-bit fixed point) of an RTP timestamp."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int


def split_rtcp(data: bytes) -> Iterator[Feedback]:
    """Yield the packets of a compound and stop at the first malformed one."""
    at = 0
    while at + 4 <= len(data):
        first, kind, words = _RTCP.unpack_from(data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            return
        tail = end
        if first & 0x20 and words:
            tail = end - data[end - 1]
            if tail < at + 4 or tail == end:
                return
        yield Feedback(kind, first & 0x1F, data[at + 4 : tail])
        at = end


def read_sender_info(body: bytes) -> SenderInfo | None:
    """Read the fixed part of an SR's body; None if it is cut."""
    if len(body) < _SENDER.size:
        return None
    return SenderInfo(*_SENDER.unpack_from(body, 0))


def read_reports(feedback: Feedback) -> Iterator[Report]:
    """Yield the report blocks of an SR or RR, as many as are whole."""
    at = _SENDER.size if feedback.kind == SR else 4
    for _ in range(feedback.count):
        if at + _BLOCK.size > len(feedback.body):
            return
        yield Report(*_BLOCK.unpack_from(feedback.body, at))
        at += _BLOCK.size


def read_targets(body: bytes) -> tuple[int, int] | None:
    """Sender and media SSRC of a feedback message; None if it is cut."""
    if len(body) < 8:
        return None
    sender, media = struct.unpack_from("!II", body, 0)
    return sender, media


def read_nack(body: bytes, limit: int = 512) -> list[int]:
    """Sequence numbers that a generic NACK asks for, at most `limit` (RFC 4585 §6.2.1)."""
    wanted: list[int] = []
    for at in range(8, len(body) - 3, 4):
        pid, bits = _PAIR.unpack_from(body, at)
        wanted.append(pid)
        wanted.extend((pid + n + 1) & 0xFFFF for n in range(16) if bits >> n & 1)
        if len(wanted) >= limit:
            break
    return wanted[:limit]


def read_remb(body: bytes) -> tuple[bytes, list[int]] | None:
    """The bit-rate word of a REMB as it stands and the SSRCs it speaks of; None if it is none."""
    if len(body) < 16 or body[8:12] != b"REMB":
        return None
    count = body[12]
    if len(body) < 16 + 4 * count:
        return None
    return body[13:16], list(struct.unpack_from(f"!{count}I", body, 16))


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _RTCP.pack(0x80 | count, kind, len(body) // 4) + body


def build_receiver_report(sender: int, reports: Iterable[Report] = ()) -> bytes:
    """An RR; without blocks it is the empty one that opens a compound (RFC 3550 §6.1)."""
    blocks = list(reports)
    return _packet(
        RR, len(blocks), struct.pack("!I", sender) + b"".join(_block(report) for report in blocks)
    )


def _block(report: Report) -> bytes:
    return _BLOCK.pack(
        report.ssrc, report.lost, report.highest, report.jitter, report.lsr, report.dlsr
    )


def build_sender_report(info: SenderInfo, cname: str) -> bytes:
    """A compound of SR and SDES CNAME, which is what lip sync needs (RFC 3550 §6.5.1)."""
    sr = _packet(
        SR,
        0,
        _SENDER.pack(
            info.ssrc,
            info.ntp,
            info.timestamp & 0xFFFFFFFF,
            info.packets & 0xFFFFFFFF,
            info.octets & 0xFFFFFFFF,
        ),
    )
    name = cname.encode()[:255]
    chunk = struct.pack("!IBB", info.ssrc, 1, len(name)) + name
    chunk += bytes(4 - len(chunk) % 4)
    return sr + _packet(SDES, 1, chunk)


def build_pli(sender: int, media: int) -> bytes:
    """Ask for an intra frame (RFC 4585 §6.3.1), as a compound."""
    return build_receiver_report(sender) + _packet(PSFB, PLI, struct.pack("!II", sender, media))


def build_nack(sender: int, media: int, wanted: Iterable[int]) -> bytes:
    """Ask for packets again (RFC 4585 §6.2.1), as a compound."""
    body = struct.pack("!II", sender, media)
    pid, bits = -1, 0
    for seq in wanted:
        gap = (seq - pid - 1) & 0xFFFF
        if pid >= 0 and gap < 16:
            bits |= 1 << gap
            continue
        if pid >= 0:
            body += _PAIR.pack(pid, bits)
        pid, bits = seq, 0
    if pid >= 0:
        body += _PAIR.pack(pid, bits)
    return build_receiver_report(sender) + _packet(RTPFB, NACK, body)


def build_remb(sender: int, rate_word: bytes, ssrcs: list[int]) -> bytes:
    """A REMB with the bit-rate word of another and these SSRCs, as a compound."""
    body = struct.pack("!II4sB", sender, 0, b"REMB", len(ssrcs)) + rate_word
    body += struct.pack(f"!{len(ssrcs)}I", *ssrcs)
    return build_receiver_report(sender) + _packet(PSFB, REMB, body)
