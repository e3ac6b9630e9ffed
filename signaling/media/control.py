"""Messages between the web process and its media worker: length-prefixed JSON. Pure."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping
from typing import Any

MAX_MESSAGE = 8 << 20  # bytes; an intra frame of a large camera picture fits several times
DURATION_PART = "duration_ms"  # beside the files in what the muxer writes
_LENGTH = struct.Struct("!I")


def encode(message: Mapping[str, Any]) -> bytes:
    """One framed message."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return _LENGTH.pack(len(body)) + body


class Decoder:
    """Turns a byte stream back into messages, however it was cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """Take what arrived and return the messages that it completes.

        Raises ValueError for anything that the other side cannot have sent.
        """
        self._buffer += data
        messages: list[dict[str, Any]] = []
        while len(self._buffer) >= 4:
            size = _LENGTH.unpack_from(self._buffer)[0]
            if size > MAX_MESSAGE:
                raise ValueError("message too long")
            if len(self._buffer) < 4 + size:
                break
            message = json.loads(self._buffer[4 : 4 + size])
            del self._buffer[: 4 + size]
            if not isinstance(message, dict):
                raise ValueError("no message")
            messages.append(message)
        return messages


def to_text(data: bytes) -> str:
    """Bytes as a message carries them."""
    return base64.b64encode(data).decode("ascii")


def to_bytes(text: str) -> bytes:
    """The reverse of `to_text`."""
    return base64.b64decode(text, validate=True)


def join_parts(parts: Mapping[str, bytes]) -> bytes:
    """Named byte strings as one, for a pipe."""
    names = json.dumps({name: len(data) for name, data in parts.items()}).encode()
    return b"".join([_LENGTH.pack(len(names)), names, *parts.values()])


def split_parts(data: bytes) -> dict[str, bytes]:
    """The reverse of `join_parts`. Raises ValueError if anything is missing."""
    size = _LENGTH.unpack_from(data)[0]
    sizes: dict[str, int] = json.loads(data[4 : 4 + size])
    at = 4 + size
    parts: dict[str, bytes] = {}
    for name, length in sizes.items():
        parts[name] = data[at : at + length]
        at += length
    if at != len(data):
        raise ValueError("cut")
    return parts
