"""The format of an encrypted object: chunked AES-256-GCM in the STREAM manner.

    header  = magic "VCB1" | 16 random salt bytes
    chunk i = AES-256-GCM(subkey, nonce = i, up to 64 KiB plain, AAD = header | last flag | name)
    subkey  = HKDF-SHA-256(data key, salt, "vcounter blob" | name)

The subkey belongs to this one object and the nonce is the chunk's number, so that no nonce repeats.
Chunks cannot be swapped, dropped, repeated or cut off at the end (the last one says that it is),
nor can an object be served under another's name (Hoang, Reyhanitabar, Rogaway, Vizár 2015).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK_BYTES = 64 * 1024
_MAGIC = b"VCB1"
_SALT_BYTES = 16
_HEADER_BYTES = len(_MAGIC) + _SALT_BYTES
_TAG_BYTES = 16
_SEALED_CHUNK = CHUNK_BYTES + _TAG_BYTES


class Tampered(Exception):
    """The object was altered, cut, belongs to another name, or the key is another one."""


@dataclass(frozen=True, slots=True)
class _Chunks:
    cipher: AESGCM
    context: bytes

    def seal(self, number: int, plain: bytes, *, last: bool) -> bytes:
        return self.cipher.encrypt(_nonce(number), plain, self._bound_to(last))

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        try:
            return self.cipher.decrypt(_nonce(number), sealed, self._bound_to(last))
        except (InvalidTag, ValueError) as error:
            raise Tampered("a chunk does not open") from error

    def _bound_to(self, last: bool) -> bytes:
        return self.context + (b"\x01" if last else b"\x00")


def write_sealed(file: BinaryIO, data: bytes, name: str, data_key: bytes) -> None:
    """Write `data` sealed; an empty object is one empty chunk."""
    salt = os.urandom(_SALT_BYTES)
    chunks = _chunks(name, data_key, salt)
    file.write(_MAGIC + salt)
    count = max(1, -(-len(data) // CHUNK_BYTES))
    view = memoryview(data)
    for number in range(count):
        plain = bytes(view[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES])
        file.write(chunks.seal(number, plain, last=number == count - 1))


class SealedReader:
    """Reads any stretch of an object without opening the rest. Raises Tampered.

    The last chunk is always checked, so that a cut object is never taken for a whole one.
    """

    def __init__(self, file: BinaryIO, name: str, data_key: bytes) -> None:
        self._file = file
        body = os.fstat(file.fileno()).st_size - _HEADER_BYTES
        header = file.read(_HEADER_BYTES)
        if header[: len(_MAGIC)] != _MAGIC or body < _TAG_BYTES:
            raise Tampered("not a sealed object")
        self._chunks = _chunks(name, data_key, header[len(_MAGIC) :])
        self._count = -(-body // _SEALED_CHUNK)
        tail = self._open(self._count - 1)
        self.size = (self._count - 1) * CHUNK_BYTES + len(tail)

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        """Up to `length` bytes from `offset`; less at the end of the object."""
        end = self.size if length is None else min(self.size, offset + length)
        if offset >= end:
            return b""
        first, last = offset // CHUNK_BYTES, (end - 1) // CHUNK_BYTES
        data = b"".join(self._open(number) for number in range(first, last + 1))
        start = offset - first * CHUNK_BYTES
        return data[start : start + end - offset]

    def _open(self, number: int) -> bytes:
        self._file.seek(_HEADER_BYTES + number * _SEALED_CHUNK)
        sealed = self._file.read(_SEALED_CHUNK)
        return self._chunks.open(number, sealed, last=number == self._count - 1)


def _chunks(name: str, data_key: bytes, salt: bytes) -> _Chunks:
    context = b"vcounter blob\0" + name.encode()
    subkey = HKDF(algorithm=SHA256(), length=32, salt=salt, info=context).derive(data_key)
    return _Chunks(AESGCM(subkey), _MAGIC + salt + context + b"\0")


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
