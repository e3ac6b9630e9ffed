from __future__ import annotations

import struct
from itertools import pairwise

import pytest

from signaling.media import rawfile
from signaling.media.rawfile import Record, Segment
from signaling.media.timeline import SILENCE, build_parties, opus_duration, sealed_stretches

KEY = b"\x10\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00rest"
INTER = b"\x10\x11\x02\x00inter"
OPUS = b"\x78" + b"o" * 20  # 20 ms
SECOND = 1_000_000


def media(
    leg: str, codec: str, seq: int, timestamp: int, at_us: int, payload: bytes, *, ssrc: int = 1
) -> Record:
    body = struct.pack("!BBHII", 0x80, 0xE1, seq & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload
    return Record(rawfile.RTP, leg, codec, at_us, body)


def sound(leg: str, start_us: int, count: int, first: int = 0) -> list[Record]:
    return [
        media(leg, "opus", first + n, (first + n) * 960, start_us + n * 20_000, OPUS, ssrc=2)
        for n in range(count)
    ]


def picture(start_us: int, count: int, first: int = 0, *, key_at: int = 0) -> list[Record]:
    return [
        media(
            "customer",
            "VP8",
            first + n,
            (first + n) * 6000,
            start_us + n * 66_667,
            KEY if n == key_at else INTER,
        )
        for n in range(count)
    ]


def test_both_parties_share_one_clock_and_one_end() -> None:
    records = sound("customer", SECOND, 50) + sound("agent", 2 * SECOND, 50)

    parties = build_parties([Segment(1, 0, records)])

    first = {leg: next(i for i in p.audio if i.data != SILENCE) for leg, p in parties.items()}
    assert first["customer"].at_s == pytest.approx(1.0, abs=0.03)
    assert first["agent"].at_s == pytest.approx(2.0, abs=0.03)
    ends = [p.audio[-1].at_s + p.audio[-1].duration_s for p in parties.values()]
    assert ends == pytest.approx([3.0, 3.0], abs=0.05)


def test_sound_has_no_holes() -> None:
    records = sound("agent", 0, 50) + sound("agent", 5 * SECOND, 50, first=250)

    party = build_parties([Segment(1, 0, records)])["agent"]

    times = [item.at_s for item in party.audio]
    steps = [b - a for a, b in pairwise(times)]
    assert steps == pytest.approx([0.02] * len(steps))
    assert sum(item.data == SILENCE for item in party.audio) == pytest.approx(200, abs=2)


def test_pictures_wait_for_an_intra_frame_after_a_hole() -> None:
    before = picture(0, 10)
    after = picture(3 * SECOND, 10, first=45, key_at=4)

    party = build_parties([Segment(1, 0, before + after)])["customer"]

    assert len(party.video) == 10 + 6
    assert party.video[10].key
    assert party.video[10].at_s == pytest.approx(3.27, abs=0.02)


def test_late_duplicate_and_disordered_packets_do_no_harm() -> None:
    records = picture(0, 20)
    records[3], records[5] = records[5], records[3]
    records.append(records[7])

    party = build_parties([Segment(1, 0, records)])["customer"]

    assert len(party.video) == 20
    times = [item.at_s for item in party.video]
    assert times == sorted(times)


def test_timestamps_wrap() -> None:
    records = [
        media("agent", "opus", 0xFFF0 + n, 0xFFFFFFFF - 9600 + n * 960, n * 20_000, OPUS)
        for n in range(40)
    ]

    party = build_parties([Segment(1, 0, records)])["agent"]

    assert len([i for i in party.audio if i.data != SILENCE]) == 40
    assert party.audio[-1].at_s == pytest.approx(0.78, abs=0.03)


def report(ssrc: int, codec: str, wall_s: float, timestamp: int, at_us: int) -> Record:
    body = struct.pack("!IQI", ssrc, int(wall_s * (1 << 32)), timestamp)
    return Record(rawfile.SENDER_REPORT, "customer", codec, at_us, body)


def test_sender_reports_line_up_sound_and_picture() -> None:
    """Pictures that leave the phone 150 ms after the sound of the same moment."""
    records = sound("customer", 0, 100) + picture(150_000, 30)
    records += [report(2, "opus", 9000.5, 24000, SECOND), report(1, "VP8", 9000.5, 45000, SECOND)]

    party = build_parties([Segment(1, 0, records)])["customer"]

    assert party.video[0].at_s == pytest.approx(0.0, abs=0.01)


def test_reports_of_another_clock_are_not_mixed_in() -> None:
    records = sound("customer", 0, 100) + picture(150_000, 30)
    records += [report(2, "opus", 9000.5, 24000, SECOND), report(1, "VP8", 77.5, 45000, SECOND)]

    party = build_parties([Segment(1, 0, records)])["customer"]

    assert party.video[0].at_s == pytest.approx(0.15, abs=0.01)


def test_slow_sender_clock_does_not_drift_apart() -> None:
    """A clock that runs 0.1 % slow is 600 ms off after ten minutes if nothing is done."""
    records = [
        media("agent", "opus", n, n * 960, int(n * 20_000 * 1.001), OPUS, ssrc=2)
        for n in range(30_000)
    ]

    party = build_parties([Segment(1, 0, records)])["agent"]

    assert party.audio[-1].at_s == pytest.approx(600.6, abs=0.1)


def test_segments_keep_their_distance_unless_the_clock_jumped() -> None:
    first = Segment(1, 0, sound("agent", 0, 50))
    second = Segment(2, 8 * SECOND, sound("agent", 8 * SECOND, 50))
    backwards = Segment(3, -99 * SECOND, sound("agent", -99 * SECOND, 50))

    party = build_parties([first, second, backwards])["agent"]

    assert party.audio[-1].at_s == pytest.approx(10.96, abs=0.1)


def test_seals_are_told_on_the_same_clock() -> None:
    marks = [
        Record(rawfile.SEAL_ON, "", "", SECOND, b""),
        Record(rawfile.SEAL_OFF, "", "", 3 * SECOND, b""),
        Record(rawfile.SEAL_ON, "", "", 4 * SECOND, b""),
        Record(rawfile.END, "", "", 5 * SECOND, b""),
    ]

    assert sealed_stretches([Segment(1, 0, marks)]) == [(1.0, 3.0), (4.0, 5.0)]


def test_party_that_sent_nothing_is_left_out() -> None:
    assert set(build_parties([Segment(1, 0, sound("agent", 0, 5))])) == {"agent"}
    assert build_parties([]) == {}


@pytest.mark.parametrize(
    ("payload", "length_s"),
    [
        (b"\x78", 0.02),
        (b"\xfc\xff\xfe", 0.02),
        (b"\x08", 0.02),
        (b"\x18", 0.06),
        (b"\x61", 0.02),
        (b"\x7b\x03", 0.06),
        (b"\x7b", 0.02),
        (b"\x7b\x3f", 0.02),
    ],
)
def test_opus_packets_tell_their_length(payload: bytes, length_s: float) -> None:
    assert opus_duration(payload) == pytest.approx(length_s)
