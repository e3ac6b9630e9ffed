"""VP8 and H.264 payloads: where an intra frame starts, and putting a frame together. Pure.

RFC 7741 (VP8), RFC 6184 (H.264, packetization-mode 1).
"""

from __future__ import annotations

from typing import Literal

Codec = Literal["VP8", "H264"]

_START_CODE = b"\x00\x00\x00\x01"
_STAP_A, _FU_A = 24, 28
_SPS, _IDR = 7, 5


def vp8_header_bytes(payload: bytes) -> int:
    """Length of the VP8 payload descriptor, or -1 if the payload is cut (RFC 7741 §4.2)."""
    size = len(payload)
    if size < 1:
        return -1
    at = 1
    if payload[0] & 0x80:
        if size < 2:
            return -1
        flags = payload[1]
        at = 2
        if flags & 0x80:
            if size < 3:
                return -1
            at += 2 if payload[2] & 0x80 else 1
        at += 1 if flags & 0x40 else 0
        at += 1 if flags & 0x30 else 0
    return at if at < size else -1


def starts_keyframe(codec: str, payload: bytes) -> bool:
    """Whether this payload is the first of an intra frame that a decoder can begin with."""
    if codec == "VP8":
        at = vp8_header_bytes(payload)
        return at > 0 and payload[0] & 0x17 == 0x10 and payload[at] & 0x01 == 0
    return any(kind in (_SPS, _IDR) for kind in _nal_kinds(payload))


def starts_frame(codec: str, payload: bytes) -> bool:
    """Whether a frame may begin with this payload (for H.264: whether it is no later fragment)."""
    if not payload:
        return False
    if codec == "VP8":
        return vp8_header_bytes(payload) > 0 and payload[0] & 0x17 == 0x10
    if payload[0] & 0x1F == _FU_A:
        return len(payload) > 1 and bool(payload[1] & 0x80)
    return True


def _nal_kinds(payload: bytes) -> list[int]:
    if not payload:
        return []
    kind = payload[0] & 0x1F
    if kind == _STAP_A:
        return [unit[0] & 0x1F for unit in _stap_units(payload) if unit]
    if kind == _FU_A:
        begins = len(payload) > 1 and bool(payload[1] & 0x80)
        return [payload[1] & 0x1F] if begins else []
    return [kind]


def _stap_units(payload: bytes) -> list[bytes]:
    units: list[bytes] = []
    at = 1
    while at + 2 <= len(payload):
        size = payload[at] << 8 | payload[at + 1]
        at += 2
        if size == 0 or at + size > len(payload):
            break
        units.append(payload[at : at + size])
        at += size
    return units


def join_payloads(codec: str, payloads: list[bytes]) -> bytes:
    """One encoded frame from the payloads of all its packets in order; b"" if they make none.

    VP8 gives the bare frame, H.264 an Annex B access unit.
    """
    if codec == "VP8":
        return b"".join(_vp8_body(payload) for payload in payloads)
    return b"".join(_h264_body(payload) for payload in payloads)


def _vp8_body(payload: bytes) -> bytes:
    at = vp8_header_bytes(payload)
    return payload[at:] if at > 0 else b""


def _h264_body(payload: bytes) -> bytes:
    if not payload:
        return b""
    kind = payload[0] & 0x1F
    if kind == _STAP_A:
        return b"".join(_START_CODE + unit for unit in _stap_units(payload))
    if kind != _FU_A:
        return _START_CODE + payload if 1 <= kind <= 23 else b""
    if len(payload) < 3:
        return b""
    if payload[1] & 0x80:
        return _START_CODE + bytes([payload[0] & 0xE0 | payload[1] & 0x1F]) + payload[2:]
    return payload[2:]


def is_keyframe(codec: str, frame: bytes) -> bool:
    """Whether a joined frame is an intra frame."""
    if codec == "VP8":
        return len(frame) >= 10 and frame[0] & 0x01 == 0 and frame[3:6] == b"\x9d\x01\x2a"
    return any(unit and unit[0] & 0x1F == _IDR for unit in frame.split(_START_CODE))


def frame_size(codec: str, frame: bytes) -> tuple[int, int] | None:
    """Width and height that a VP8 intra frame states (RFC 6386 §9.1); None for all others."""
    if codec != "VP8" or not is_keyframe(codec, frame):
        return None
    return (frame[6] | frame[7] << 8) & 0x3FFF, (frame[8] | frame[9] << 8) & 0x3FFF
