"""The exported heads: an append-only file of JSON lines, to be copied off the machine."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from vcounter.adapters.db.audit_chain import Head

_TAIL_BYTES = 4096  # more than the longest line


class HeadsFile:
    """Signed heads in the order of the chain, mode 0600. Blocks; call it in a thread.

    Appending holds a lock on the file and skips what is there already, so that two sealers on one
    machine do not write a head twice. A line torn by a crash is cut off before the next is written
    and is not read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Head | None]:
        """All heads; None for a line that is none."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return []
        return [_parse(line) for line in _whole_lines(data)]

    def last_seq(self) -> int:
        """The place of the last exported head, 0 if there is none. Reads the file's end only."""
        try:
            with open(self._path, "rb") as file:
                return _last_seq(_tail(file))
        except FileNotFoundError:
            return 0

    def append(self, heads: Sequence[Head]) -> None:
        """Add those that come after the last one, durably."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            tail = _tail(file)
            torn = len(tail) - (tail.rfind(b"\n") + 1)
            file.truncate(file.seek(-torn, os.SEEK_END))
            last = _last_seq(tail)
            file.write(b"".join(_render(head) for head in heads if head.seq > last))
            file.flush()
            os.fsync(file.fileno())


def _tail(file: BinaryIO) -> bytes:
    """The last whole lines and what may be torn after them."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL_BYTES))
    return file.read()


def _last_seq(tail: bytes) -> int:
    heads = [_parse(line) for line in _whole_lines(tail)]
    return max((head.seq for head in heads if head is not None), default=0)


def _whole_lines(data: bytes) -> list[bytes]:
    return data[: data.rfind(b"\n") + 1].splitlines()


def _render(head: Head) -> bytes:
    document = {
        "seq": head.seq,
        "hash": head.hash,
        "at": head.at.isoformat(timespec="microseconds"),
        "key": head.key_id,
        "signature": head.signature,
    }
    return json.dumps(document).encode() + b"\n"


def _parse(line: bytes) -> Head | None:
    try:
        found = json.loads(line)
        return Head(
            seq=int(found["seq"]),
            hash=str(found["hash"]),
            at=datetime.fromisoformat(found["at"]),
            key_id=str(found["key"]),
            signature=str(found["signature"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
