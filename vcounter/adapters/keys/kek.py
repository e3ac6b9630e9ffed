"""The key-encryption-key port and its file form. A KMS takes the same Protocol later."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vcounter.adapters.keys.errors import KeyDamaged, KeyMissing
from vcounter.adapters.keys.key_file import (
    exclusive,
    read_or_create,
    read_secret,
    replace_secret,
)

_KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key under a key-encryption key of the given version."""

    version: int
    data: bytes


class KeyEncryptionKey(Protocol):
    """Wraps and unwraps data keys; the key itself never leaves the port."""

    async def wrap(self, plain: bytes, context: bytes) -> Wrapped:
        """Wrap under the newest version; `context` must be given again to unwrap."""
        ...

    async def unwrap(self, wrapped: Wrapped, context: bytes) -> bytes:
        """Raises KeyMissing for an unknown version, KeyDamaged if it does not open."""
        ...

    async def version(self) -> int:
        """The newest version, which `wrap` uses."""
        ...

    async def rotate(self) -> int:
        """Make a new version and return it; older ones still unwrap."""
        ...

    def index_key(self) -> bytes:
        """The key of blind indexes. It never changes: a change would lose every look-up."""
        ...


@dataclass(frozen=True, slots=True)
class _Ring:
    current: int
    keys: dict[int, bytes]
    index_key: bytes


class FileKeyEncryptionKey:
    """Versioned 256-bit keys in one JSON file of mode 0600, made at first use.

    A running server notices a rotation by another process: the file's identity is checked before
    each wrapping and whenever a version is unknown. Without this file all sealed data are lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ring = _parse(read_or_create(path, _fresh_file))
        self._seen = _identity(path)

    async def wrap(self, plain: bytes, context: bytes) -> Wrapped:
        ring = await asyncio.to_thread(self._fresh_ring)
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(ring.keys[ring.current]).encrypt(nonce, plain, context)
        return Wrapped(ring.current, nonce + sealed)

    async def unwrap(self, wrapped: Wrapped, context: bytes) -> bytes:
        ring = self._ring
        if wrapped.version not in ring.keys:
            ring = await asyncio.to_thread(self._fresh_ring)
        key = ring.keys.get(wrapped.version)
        if key is None:
            raise KeyMissing(f"no key-encryption key of version {wrapped.version}")
        nonce, sealed = wrapped.data[:_NONCE_BYTES], wrapped.data[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, sealed, context)
        except (InvalidTag, ValueError) as error:
            raise KeyDamaged("a wrapped key does not open") from error

    async def version(self) -> int:
        return (await asyncio.to_thread(self._fresh_ring)).current

    async def rotate(self) -> int:
        return await asyncio.to_thread(self._rotate)

    def index_key(self) -> bytes:
        return self._ring.index_key

    def _rotate(self) -> int:
        with exclusive(self._path):
            ring = _parse(read_secret(self._path))
            version = max(ring.keys) + 1
            keys = {**ring.keys, version: os.urandom(_KEY_BYTES)}
            replace_secret(self._path, _render(_Ring(version, keys, ring.index_key)))
        return self._fresh_ring().current

    def _fresh_ring(self) -> _Ring:
        seen = _identity(self._path)
        if seen != self._seen:
            self._ring, self._seen = _parse(read_secret(self._path)), seen
        return self._ring


def _identity(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _fresh_file() -> bytes:
    return _render(_Ring(1, {1: os.urandom(_KEY_BYTES)}, os.urandom(_KEY_BYTES)))


def _render(ring: _Ring) -> bytes:
    document = {
        "format": _FORMAT,
        "current": ring.current,
        "keys": {str(v): base64.b64encode(k).decode() for v, k in sorted(ring.keys.items())},
        "index_key": base64.b64encode(ring.index_key).decode(),
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def _parse(data: bytes) -> _Ring:
    try:
        document = json.loads(data)
        if document["format"] != _FORMAT:
            raise KeyDamaged("the key file has an unknown format")
        ring = _Ring(
            int(document["current"]),
            {int(v): base64.b64decode(k, validate=True) for v, k in document["keys"].items()},
            base64.b64decode(document["index_key"], validate=True),
        )
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise KeyDamaged("the key file cannot be read") from error
    lengths = {len(k) for k in ring.keys.values()} | {len(ring.index_key)}
    if lengths != {_KEY_BYTES} or ring.current not in ring.keys:
        raise KeyDamaged("the key file holds a key of the wrong size, or none")
    return ring
