"""The raw recording's file format: sealed chunks of packets, safe to cut anywhere.

    file    = "VCRAW001" file_id(16)  segment*
    segment = "VSEG" number(u32) started_us(u64) salt(32)  chunk*
    chunk   = "VCHK" index(u32) size(u32)  AES-256-GCM(records)
    records = (type(u8) stream(u8) time_us(u64) size(u16) body)*

Each segment has its own key, HKDF-SHA256 of the visit's key and the segment's random salt, so that
the chunk's index alone is a nonce that never repeats. The additional data binds the file, the
segment and the index: a chunk opens nowhere but in its place. Times are microseconds of Unix time.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from signaling.media.errors import NothingRecorded, RecordingFailed

FILE_MAGIC: Final = b"VCRAW001"
SEGMENT_MAGIC: Final = b"VSEG"
CHUNK_MAGIC: Final = b"VCHK"
MAX_CHUNK: Final = 1 << 20

RTP, SENDER_REPORT, SEAL_ON, SEAL_OFF, END = 1, 2, 3, 4, 5
LEGS: Final = ("customer", "agent")
CODECS: Final = ("opus", "VP8", "H264")

_SEGMENT = struct.Struct("!4sIQ32s")
_CHUNK = struct.Struct("!4sII")
_RECORD = struct.Struct("!BBQH")
_FILE_BYTES = len(FILE_MAGIC) + 16
_TAG = 16


@dataclass(frozen=True, slots=True)
class Record:
    """One packet or mark. `leg` and `codec` are empty for marks."""

    kind: int
    leg: str
    codec: str
    at_us: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """What one run of the recorder wrote: `number` counts from 1, `started_us` is Unix time."""

    number: int
    started_us: int
    records: list[Record]


def pack_record(kind: int, leg: str, codec: str, at_us: int, body: bytes) -> bytes:
    """One record; a body longer than 65,535 bytes is a programming error."""
    stream = LEGS.index(leg) << 4 | CODECS.index(codec) if leg else 0xFF
    return _RECORD.pack(kind, stream, at_us, len(body)) + body


def unpack_records(plain: bytes) -> Iterator[Record]:
    """Yield the records of an opened chunk; stop at one that is malformed."""
    at = 0
    while at + _RECORD.size <= len(plain):
        kind, stream, at_us, size = _RECORD.unpack_from(plain, at)
        at += _RECORD.size
        if at + size > len(plain):
            return
        leg, codec = "", ""
        if stream != 0xFF:
            if stream >> 4 >= len(LEGS) or stream & 0x0F >= len(CODECS):
                return
            leg, codec = LEGS[stream >> 4], CODECS[stream & 0x0F]
        yield Record(kind, leg, codec, at_us, plain[at : at + size])
        at += size


class SegmentSealer:
    """Seals the chunks of one segment, each index once."""

    def __init__(self, file_id: bytes, number: int, started_us: int, key: bytes) -> None:
        salt = os.urandom(32)
        self.header = _SEGMENT.pack(SEGMENT_MAGIC, number, started_us, salt)
        self._file_id = file_id
        self._cipher = AESGCM(_segment_key(key, salt))
        self._next = 0

    def seal(self, plain: bytes) -> bytes:
        """The next chunk, framed and ready to append."""
        head = _CHUNK.pack(CHUNK_MAGIC, self._next, len(plain) + _TAG)
        nonce = self._next.to_bytes(12, "big")
        self._next += 1
        return head + self._cipher.encrypt(nonce, plain, self._file_id + self.header + head)


def _segment_key(key: bytes, salt: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, b"remote video counter, raw recording segment").derive(key)


def begin_segment(file: BinaryIO, key: bytes, started_us: int) -> SegmentSealer:
    """Append a segment header to an open raw file, new or old, and return its sealer.

    A torn last chunk is cut off first. Raises RecordingFailed if the file is something else.
    """
    size = file.seek(0, os.SEEK_END)
    if size < _FILE_BYTES:
        file.seek(0)
        file.truncate()
        file_id = os.urandom(16)
        file.write(FILE_MAGIC + file_id)
        last = 0
    else:
        file.seek(0)
        head = file.read(_FILE_BYTES)
        if head[: len(FILE_MAGIC)] != FILE_MAGIC:
            raise RecordingFailed("format")
        file_id = head[len(FILE_MAGIC) :]
        last, whole = _walk(file, size)
        file.seek(whole)
        file.truncate()
    sealer = SegmentSealer(file_id, last + 1, started_us, key)
    file.write(sealer.header)
    return sealer


def _walk(file: BinaryIO, size: int) -> tuple[int, int]:
    """Number of the last segment and the offset after the last whole frame."""
    at, last = _FILE_BYTES, 0
    while True:
        file.seek(at)
        head = file.read(_SEGMENT.size)
        if head[:4] == SEGMENT_MAGIC and len(head) == _SEGMENT.size:
            last = _SEGMENT.unpack(head)[1]
            at += _SEGMENT.size
        elif head[:4] == CHUNK_MAGIC and len(head) >= _CHUNK.size:
            end = at + _CHUNK.size + _CHUNK.unpack_from(head)[2]
            if end > size:
                return last, at
            at = end
        else:
            return last, at


def read_segments(path: str, key: bytes) -> list[Segment]:
    """Everything in the file that opens with this key, in order, whatever is torn or damaged.

    A chunk that does not open is skipped, a broken frame ends its segment. Raises NothingRecorded
    if nothing at all can be read.
    """
    try:
        with (
            open(path, "rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            segments = list(_segments(data, key))
    except (FileNotFoundError, ValueError) as error:  # ValueError: an empty file has no map
        raise NothingRecorded from error
    if not segments:
        raise NothingRecorded
    return segments


def _segments(data: mmap.mmap, key: bytes) -> Iterator[Segment]:
    if data[: len(FILE_MAGIC)] != FILE_MAGIC:
        return
    file_id = data[len(FILE_MAGIC) : _FILE_BYTES]
    at = data.find(SEGMENT_MAGIC, _FILE_BYTES)
    while at >= 0 and at + _SEGMENT.size <= len(data):
        header = data[at : at + _SEGMENT.size]
        _, number, started_us, salt = _SEGMENT.unpack(header)
        cipher = AESGCM(_segment_key(key, salt))
        records, at = _chunks(data, at + _SEGMENT.size, cipher, file_id + header)
        if records:
            yield Segment(number, started_us, records)
        at = data.find(SEGMENT_MAGIC, at)


def _chunks(data: mmap.mmap, at: int, cipher: AESGCM, bound_to: bytes) -> tuple[list[Record], int]:
    records: list[Record] = []
    while at + _CHUNK.size <= len(data) and data[at : at + 4] == CHUNK_MAGIC:
        head = data[at : at + _CHUNK.size]
        _, index, size = _CHUNK.unpack(head)
        end = at + _CHUNK.size + size
        if size > MAX_CHUNK or end > len(data):
            break
        try:
            plain = cipher.decrypt(
                index.to_bytes(12, "big"), data[at + _CHUNK.size : end], bound_to + head
            )
        except InvalidTag:
            plain = b""
        records.extend(unpack_records(plain))
        at = end
    return records, at
