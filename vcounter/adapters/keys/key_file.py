"""Secret files: made once, atomically, readable by their owner alone."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vcounter.adapters.keys.errors import KeyFileUnsafe

_OTHERS = 0o077


def read_or_create(path: Path, make: Callable[[], bytes]) -> bytes:
    """The file's bytes, made by `make` if there is none; of two racing makers one wins for both.

    Raises KeyFileUnsafe if group or others may read or write it.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = _write_beside(path, make())
        try:
            os.link(fresh, path)  # fails when another process was first, unlike a rename
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        sync_folder(path.parent)
    return read_secret(path)


def read_secret(path: Path) -> bytes:
    """Raises KeyFileUnsafe if group or others may read or write it."""
    if path.stat().st_mode & _OTHERS:
        raise KeyFileUnsafe(f"{path} must be readable by its owner alone (chmod 600)")
    return path.read_bytes()


def replace_secret(path: Path, data: bytes) -> None:
    """Swap the content atomically and durably."""
    os.replace(_write_beside(path, data), path)
    sync_folder(path.parent)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold other processes off while the file beside `path` is read and replaced."""
    with open(path.with_name(path.name + ".lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable (a rename is not, until its folder is synced)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_beside(path: Path, data: bytes) -> Path:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return fresh
