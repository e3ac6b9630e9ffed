"""One SQLite connection with one transaction at a time; durable before it answers."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiosqlite

Row = aiosqlite.Row


class Store:
    """WAL, `synchronous=FULL`, BEGIN IMMEDIATE. The file is created readable by its owner only."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path | str, tables: str, schema_version: int) -> Store:
        """Open or create the file and its tables. Raises RuntimeError for a newer schema."""
        if str(path) != ":memory:":
            await asyncio.to_thread(_prepare_file, Path(path))
        connection = await aiosqlite.connect(path, isolation_level=None)
        connection.row_factory = aiosqlite.Row
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=5000",
            "secure_delete=ON",
        ):
            await connection.execute(f"PRAGMA {pragma}")
        found = await (await connection.execute("PRAGMA user_version")).fetchone()
        if found is not None and found[0] > schema_version:
            await connection.close()
            raise RuntimeError("the file was made by a newer version")
        await connection.executescript(tables)
        await connection.execute(f"PRAGMA user_version={schema_version:d}")
        return cls(connection)

    async def close(self) -> None:
        async with self._lock:
            await self._connection.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Store]:
        """Hold the one writer's place; commits on leaving, rolls back on any exception."""
        async with self._lock:
            try:
                await self._connection.execute("BEGIN IMMEDIATE")
                yield self
            except BaseException:
                # A cancelled BEGIN may or may not have run; both end without a transaction.
                with suppress(sqlite3.OperationalError):
                    await self._connection.execute("ROLLBACK")
                raise
            await self._connection.execute("COMMIT")

    async def run(self, sql: str, values: Iterable[object] = ()) -> int:
        """Execute within a transaction; returns the number of rows changed."""
        cursor = await self._connection.execute(sql, list(values))
        count = cursor.rowcount
        await cursor.close()
        return count

    async def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        async with self._connection.execute(sql, values) as cursor:
            return list(await cursor.fetchall())

    async def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        async with self._connection.execute(sql, values) as cursor:
            return await cursor.fetchone()


def _prepare_file(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600, exist_ok=True)
