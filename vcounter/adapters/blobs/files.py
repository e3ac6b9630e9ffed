"""Blob store on a file system."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from vcounter.adapters.blobs.sealed_file import SealedReader, Tampered, write_sealed
from vcounter.domain.errors import InvalidInput, NotFound

# Segments of letters, digits, - _ . that do not begin with a dot: no way up, no hidden files.
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
_MAX_KEY = 200


class FileBlobStore:
    """BlobStore port: one sealed file for each key below a root of mode 0700.

    A put is seen whole or not at all and is durable when it returns. All file work and all
    encryption run in threads, off the event loop.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def put(self, key: str, data: bytes, data_key: bytes) -> None:
        """Store `data` under `key`, replacing what was there. Raises InvalidInput for a bad key."""
        await asyncio.to_thread(self._put, self._path(key), key, data, data_key)

    async def get(self, key: str, data_key: bytes) -> bytes:
        """Raises NotFound, or InvalidInput if the object was tampered with."""
        return await self.read(key, data_key)

    async def read(
        self, key: str, data_key: bytes, offset: int = 0, length: int | None = None
    ) -> bytes:
        """A stretch of the object, opening only its chunks and the last; errors as for `get`."""
        return await asyncio.to_thread(self._read, self._path(key), key, data_key, offset, length)

    async def size(self, key: str, data_key: bytes) -> int:
        """Plain bytes of the object; errors as for `get`."""
        return await asyncio.to_thread(self._size, self._path(key), key, data_key)

    async def delete(self, key: str) -> None:
        """Does nothing if there is no such object."""
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def exists(self, key: str) -> bool:
        return await asyncio.to_thread(self._path(key).is_file)

    async def names(self, prefix: str) -> list[tuple[str, datetime]]:
        """The keys of all objects below `prefix`, with the time they were written."""
        return await asyncio.to_thread(self._names, self._path(prefix))

    def _names(self, folder: Path) -> list[tuple[str, datetime]]:
        found = []
        for path in folder.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                found.append((path.relative_to(self._root).as_posix(), at))
        return found

    def _path(self, key: str) -> Path:
        if len(key) > _MAX_KEY or not _KEY.fullmatch(key):
            raise InvalidInput("not a blob key", field="blob", reason="key")
        return self._root / key

    def _put(self, path: Path, key: str, data: bytes, data_key: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{secrets.token_hex(8)}.part")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                write_sealed(file, data, key, data_key)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        self._sync_folders(path.parent)

    def _sync_folders(self, folder: Path) -> None:
        """From the file's folder up to the root: a new folder is only durable in its parent."""
        while True:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if folder == self._root:
                return
            folder = folder.parent

    def _read(
        self, path: Path, key: str, data_key: bytes, offset: int, length: int | None
    ) -> bytes:
        with _opened(path, key, data_key) as reader:
            return reader.read(offset, length)

    def _size(self, path: Path, key: str, data_key: bytes) -> int:
        with _opened(path, key, data_key) as reader:
            return reader.size


@contextmanager
def _opened(path: Path, key: str, data_key: bytes) -> Iterator[SealedReader]:
    try:
        with open(path, "rb") as file:
            yield SealedReader(file, key, data_key)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise NotFound("no such object") from error
    except Tampered as error:
        raise InvalidInput("tampered object", field="blob", reason="tampered") from error
