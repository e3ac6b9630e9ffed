from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.media import payload
from signaling.media.snapshot import KeyframeAssembler

KEY = b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00rest"
INTER = b"\x11\x02\x00inter"


@given(st.sampled_from(["VP8", "H264"]), st.binary(max_size=80))
def test_any_payload_is_read_without_error(codec: str, data: bytes) -> None:
    payload.starts_keyframe(codec, data)
    payload.starts_frame(codec, data)
    frame = payload.join_payloads(codec, [data, data])
    payload.is_keyframe(codec, frame)
    payload.frame_size(codec, frame)


def test_vp8_descriptors_of_all_lengths_are_skipped() -> None:
    for head in (b"\x10", b"\x90\x80\x05", b"\x90\x80\x85\x06", b"\x90\xf0\x85\x06\x01\x02"):
        assert payload.starts_keyframe("VP8", head + KEY)
        assert payload.join_payloads("VP8", [head + KEY]) == KEY
    assert not payload.starts_keyframe("VP8", b"\x10" + INTER)
    assert not payload.starts_keyframe("VP8", b"\x00" + KEY)
    assert payload.frame_size("VP8", KEY) == (320, 240)


def test_h264_units_are_put_together() -> None:
    sps, pps, idr = b"\x67sps", b"\x68pps", b"\x65" + b"i" * 9
    stap = b"\x78" + b"".join(len(u).to_bytes(2, "big") + u for u in (sps, pps))
    fragments = [b"\x7c\x85iiii", b"\x7c\x05iii", b"\x7c\x45ii"]

    frame = payload.join_payloads("H264", [stap, *fragments])

    code = b"\x00\x00\x00\x01"
    assert frame == code + sps + code + pps + code + idr
    assert payload.is_keyframe("H264", frame)
    assert payload.starts_keyframe("H264", stap)
    assert payload.starts_keyframe("H264", fragments[0])
    assert not payload.starts_keyframe("H264", fragments[1])
    assert not payload.starts_keyframe("H264", b"\x61inter")


def test_keyframe_is_put_together_out_of_order() -> None:
    assembler = KeyframeAssembler()

    assert assembler.add("VP8", 9, 50, False, b"\x10" + INTER) is None
    assert assembler.add("VP8", 10, 100, False, b"\x10" + KEY) is None
    assert assembler.add("VP8", 12, 100, True, b"\x00end") is None

    assert assembler.add("VP8", 11, 100, False, b"\x00mid") == KEY + b"midend"


def test_keyframe_with_a_hole_gives_way_to_the_next() -> None:
    assembler = KeyframeAssembler()
    assembler.add("VP8", 10, 100, False, b"\x10" + KEY)
    assembler.add("VP8", 12, 100, True, b"\x00end")

    assert assembler.add("VP8", 20, 200, True, b"\x10" + KEY) == KEY


def test_endless_keyframe_is_dropped() -> None:
    assembler = KeyframeAssembler()
    assembler.add("VP8", 0, 1, False, b"\x10" + KEY)

    results = [assembler.add("VP8", n, 1, False, b"\x00x") for n in range(1, 3000)]

    assert not any(results)
    assert assembler.add("VP8", 5000, 2, True, b"\x10" + KEY) == KEY
