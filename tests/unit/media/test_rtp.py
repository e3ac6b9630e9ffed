from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.media import rtp


def packet(
    *, seq: int = 7, payload: bytes = b"abc", extension: bytes = b"", padding: int = 0, pt: int = 97
) -> bytearray:
    first = 0x80 | (0x10 if extension else 0) | (0x20 if padding else 0)
    data = struct.pack("!BBHII", first, 0x80 | pt, seq, 1234, 99)
    if extension:
        data += struct.pack("!HH", 0xBEDE, len(extension) // 4) + extension
    data += payload
    if padding:
        data += bytes(padding - 1) + bytes([padding])
    return bytearray(data)


def test_header_payload_and_padding_are_told_apart() -> None:
    data = packet(extension=b"\x10\x00\x00\x00", padding=5)
    parsed = rtp.Packet()

    assert parsed.read(data, len(data))

    assert (parsed.payload_type, parsed.marker, parsed.seq) == (97, 1, 7)
    assert (parsed.timestamp, parsed.ssrc) == (1234, 99)
    assert data[parsed.start : parsed.end] == b"abc"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80" * 11,
        b"\x40" + bytes(20),
        bytes(packet(extension=b"\x00" * 4))[:15],
        b"\x8f" + bytes(11),
        b"\x90" + bytes(11) + b"\x00\x00\xff\xff",
        b"\xa0" + bytes(11),
        b"\xa0" + bytes(11) + b"\x05",
        b"\xa0" + bytes(11) + b"\x00",
    ],
)
def test_malformed_packets_are_refused(data: bytes) -> None:
    assert not rtp.Packet().read(data, len(data))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_error(data: bytes) -> None:
    parsed = rtp.Packet()
    if parsed.read(data, len(data)):
        assert 12 <= parsed.start <= parsed.end <= len(data)
        parsed.unwrap_rtx(bytearray(data), 97, 1)
    for feedback in rtp.split_rtcp(data):
        rtp.read_sender_info(feedback.body)
        list(rtp.read_reports(feedback))
        rtp.read_nack(feedback.body)
        rtp.read_remb(feedback.body)
        rtp.read_targets(feedback.body)


def test_rewriting_changes_the_header_alone() -> None:
    data = packet(extension=b"\x10\x00\x00\x00", padding=4)
    parsed = rtp.Packet()
    parsed.read(data, len(data))

    parsed.write_header(data, 101, 500, 600, 700)

    again = rtp.Packet()
    assert again.read(data, parsed.end)
    assert (again.payload_type, again.seq, again.timestamp, again.ssrc) == (101, 500, 600, 700)
    assert again.marker == 1
    assert data[again.start : again.end] == b"abc"


def test_retransmission_becomes_its_original() -> None:
    data = packet(seq=4000, payload=struct.pack("!H", 17) + b"hello", pt=98, padding=3)
    parsed = rtp.Packet()
    parsed.read(data, len(data))

    assert parsed.unwrap_rtx(data, 97, 1)

    again = rtp.Packet()
    assert again.read(data, parsed.end)
    assert (again.seq, again.ssrc, again.payload_type) == (17, 1, 97)
    assert data[again.start : again.end] == b"hello"


def test_retransmission_without_original_is_padding() -> None:
    data = packet(payload=b"", padding=200, pt=98)
    parsed = rtp.Packet()
    parsed.read(data, len(data))

    assert not parsed.unwrap_rtx(data, 97, 1)


@given(st.integers(0, 0xFFFF), st.integers(-0x8000, 0x7FFF))
def test_sequence_distance_wraps(start: int, step: int) -> None:
    assert rtp.seq_after((start + step) & 0xFFFF, start) == step


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=60, unique=True))
def test_nack_carries_every_number(numbers: list[int]) -> None:
    compound = list(rtp.split_rtcp(rtp.build_nack(1, 2, sorted(numbers))))

    assert [feedback.kind for feedback in compound] == [rtp.RR, rtp.RTPFB]
    assert rtp.read_targets(compound[1].body) == (1, 2)
    assert set(rtp.read_nack(compound[1].body)) == set(numbers)


def test_sender_report_round_trip_with_cname() -> None:
    info = rtp.SenderInfo(1, 2 << 32, 3, 4, 5)

    for name in ("", "a", "abc", "abcd"):
        sr, sdes = rtp.split_rtcp(rtp.build_sender_report(info, name))
        assert rtp.read_sender_info(sr.body) == info
        assert sdes.kind == rtp.SDES
        assert sdes.body[6 : 6 + len(name)] == name.encode()


def test_receiver_report_round_trip() -> None:
    report = rtp.Report(1, 0x10000002, 3, 4, 5, 6)

    (feedback,) = rtp.split_rtcp(rtp.build_receiver_report(9, [report]))

    assert list(rtp.read_reports(feedback)) == [report]


def test_remb_keeps_its_rate_under_other_ssrcs() -> None:
    _, feedback = rtp.split_rtcp(rtp.build_remb(1, b"\x0b\xff\xff", [5, 6]))

    assert rtp.read_remb(feedback.body) == (b"\x0b\xff\xff", [5, 6])
    assert rtp.read_remb(feedback.body[:-1]) is None
    assert rtp.read_remb(b"\x00" * 20) is None


def test_pli_names_its_target() -> None:
    _, feedback = rtp.split_rtcp(rtp.build_pli(3, 4))

    assert (feedback.kind, feedback.count) == (rtp.PSFB, rtp.PLI)
    assert rtp.read_targets(feedback.body) == (3, 4)


def test_cut_compound_gives_its_whole_packets() -> None:
    data = rtp.build_pli(3, 4)

    assert len(list(rtp.split_rtcp(data[:-1]))) == 1
    assert not list(rtp.split_rtcp(b"\x80\xc9"))
    assert not list(rtp.split_rtcp(b"\x40" + data[1:]))


def test_rtcp_is_told_from_rtp() -> None:
    assert rtp.is_rtcp(rtp.build_pli(1, 2))
    assert not rtp.is_rtcp(packet())
