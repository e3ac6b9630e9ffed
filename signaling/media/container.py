"""Encoded frames into a file that browsers play, without transcoding.

PyAV makes a stream without codec parameters only; those that need them (Opus, H.264) get theirs
from a template: a Matroska file of headers alone.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from fractions import Fraction
from heapq import merge
from typing import Any

import av

from signaling.media.payload import frame_size
from signaling.media.timeline import Item, Party

_OPUS_HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 312, 48000, 0, 0)
_START_CODE = b"\x00\x00\x00\x01"
_MILLISECOND = Fraction(1, 1000)
_AUDIO_RATE = 48000
_SPS, _PPS = 7, 8


def write_container(party: Party) -> bytes:
    """A WebM file (VP8) or an MP4 file (H.264), with Opus, duration and index.

    A party without a usable picture gets a WebM file of sound alone.
    """
    if party.codec == "H264" and party.video:
        return _write_mp4(party)
    return _write(party, "webm", video=bool(party.video))


def _write_mp4(party: Party) -> bytes:
    units = _units(party.video[0].data)
    sps = next((unit for unit in units if unit[0] & 0x1F == _SPS), b"")
    pps = next((unit for unit in units if unit[0] & 0x1F == _PPS), b"")
    if len(sps) < 4 or not pps:
        return _write(party, "webm", video=False)
    private = bytes([1, *sps[1:4], 0xFF, 0xE1]) + struct.pack("!H", len(sps)) + sps
    private += b"\x01" + struct.pack("!H", len(pps)) + pps
    for item in party.video:
        units = _units(item.data)
        item.data = b"".join(struct.pack("!I", len(unit)) + unit for unit in units)
    return _write(party, "mp4", video=True, private=private)


def _units(frame: bytes) -> list[bytes]:
    return [unit for unit in frame.split(_START_CODE) if unit]


def _write(party: Party, form: str, *, video: bool, private: bytes = b"") -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=form) as output:
        sources: list[Iterator[tuple[float, int, Item]]] = []
        streams: list[Any] = []
        if video:
            streams.append(_video_stream(output, party, private))
            sources.append(_tagged(party.video, 0))
        if party.audio:
            streams.append(_from_template(output, _track(2, b"A_OPUS", _OPUS_HEAD)))
            sources.append(_tagged(party.audio, len(streams) - 1))
        for _, index, item in merge(*sources, key=lambda entry: entry[0]):
            output.mux(_packet(streams[index], item, is_video=video and index == 0))
    return file.getvalue()


def _tagged(items: list[Item], index: int) -> Iterator[tuple[float, int, Item]]:
    return ((item.at_s, index, item) for item in items)


def _packet(stream: Any, item: Item, *, is_video: bool) -> Any:
    packet: Any = av.Packet(item.data)
    packet.stream = stream
    if is_video:
        packet.time_base = _MILLISECOND
        packet.pts = packet.dts = round(item.at_s * 1000)
    else:
        packet.time_base = Fraction(1, _AUDIO_RATE)
        packet.pts = packet.dts = round(item.at_s * _AUDIO_RATE)
        packet.duration = round(item.duration_s * _AUDIO_RATE)
    packet.is_keyframe = item.key
    return packet


def _video_stream(output: Any, party: Party, private: bytes) -> Any:
    if private:
        return _from_template(output, _track(1, b"V_MPEG4/ISO/AVC", private))
    width, height = frame_size("VP8", party.video[0].data) or (640, 480)
    stream = output.add_mux_stream("vp8", width=width, height=height)
    stream.time_base = _MILLISECOND
    return stream


def _from_template(output: Any, track: bytes) -> Any:
    with av.open(io.BytesIO(_headers(track)), "r", format="matroska") as template:
        return output.add_stream_from_template(template.streams[0])


def _element(name: str, body: bytes) -> bytes:
    return bytes.fromhex(name) + (len(body) | 1 << 56).to_bytes(8, "big") + body


def _number(name: str, value: int) -> bytes:
    return _element(name, value.to_bytes(8, "big"))


def _track(kind: int, codec: bytes, private: bytes) -> bytes:
    """A track entry (RFC 9559 §5.1.4.1): kind 1 is video, 2 is audio."""
    entry = _number("d7", 1) + _number("73c5", 1) + _number("83", kind)
    entry += _element("86", codec) + _element("63a2", private)
    if kind == 2:
        entry += _element("e1", _element("b5", struct.pack("!d", 48000.0)) + _number("9f", 2))
    else:
        width, height = 640, 480  # the stream's own parameter sets tell the true size
        entry += _element("e0", _number("b0", width) + _number("ba", height))
    return _element("ae", entry)


def _headers(track: bytes) -> bytes:
    """A Matroska file with this one track and one block, which no reader decodes."""
    ebml = _number("4286", 1) + _number("42f7", 1) + _number("42f2", 4) + _number("42f3", 8)
    ebml += _element("4282", b"matroska") + _number("4287", 4) + _number("4285", 2)
    info = _number("2ad7b1", 1_000_000) + _element("4d80", b"-") + _element("5741", b"-")
    body = _element("1549a966", info) + _element("1654ae6b", track)
    body += _element("1f43b675", _number("e7", 0) + _element("a3", b"\x81\x00\x00\x80\x00"))
    return _element("1a45dfa3", ebml) + _element("18538067", body)
