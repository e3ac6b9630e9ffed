"""Connections and transactions on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, event, make_url, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from vcounter.adapters.clock import SystemClock
from vcounter.adapters.db import dialects
from vcounter.adapters.db.errors import NestedWrite
from vcounter.adapters.db.key_table import SqlKeyTable
from vcounter.adapters.db.statements import insert_into
from vcounter.adapters.db.tables.journal import outbox
from vcounter.adapters.db.transaction import (
    Transaction,
    innermost,
    open_write,
    set_innermost,
)
from vcounter.adapters.db.unit_of_work import SqlUnitOfWork
from vcounter.adapters.keys.keystore import DatabaseKeyStore
from vcounter.services.ports import Clock, Scope

_BUSY_TIMEOUT_MS = 10_000
_WRITER_WAIT_S = 30.0
_SQLITE_READERS = 8
_POSTGRES_POOL = 10
_POSTGRES_OVERFLOW = 10


def async_url(url: str) -> URL:
    """The URL with the asyncio driver we use; `postgresql://` and `sqlite:///` will do."""
    parsed = make_url(url)
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
    family = parsed.get_backend_name()
    if family not in drivers:
        raise ValueError("the database must be sqlite or postgresql")
    if family == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ValueError("an SQLite database needs a file: readers and the writer share it")
    return parsed.set(drivername=drivers[family])


class SqlDatabase:
    """Database port on both engines.

    SQLite: WAL, one writer (a lock in this process, BEGIN IMMEDIATE against others),
    synchronous=FULL, and readers that cannot write. PostgreSQL: READ COMMITTED writers whose
    conditional UPDATEs and row locks decide races, REPEATABLE READ read-only readers.
    """

    def __init__(self, url: str, keys: DatabaseKeyStore, clock: Clock) -> None:
        parsed = async_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.keys = keys
        self._clock = clock
        if self.is_sqlite:
            self._writer = sqlite_engine(parsed, writable=True)
            self._reader = sqlite_engine(parsed, writable=False)
        else:
            self._writer = self._reader = _postgres_engine(parsed)
        self._turn = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []
        keys.attach(SqlKeyTable(self))

    @asynccontextmanager
    async def write(self, scope: Scope | None) -> AsyncIterator[SqlUnitOfWork]:
        """A writing transaction; leaving commits, an exception rolls back.

        Raises NestedWrite inside another one of the same task, TimeoutError if the writer's turn
        does not come within 30 s.
        """
        async with self.write_transaction(scope) as transaction:
            yield SqlUnitOfWork(transaction)

    @asynccontextmanager
    async def read(self, scope: Scope | None) -> AsyncIterator[SqlUnitOfWork]:
        """A reading transaction on one snapshot; writes in it fail."""
        async with self.read_transaction(scope) as transaction:
            yield SqlUnitOfWork(transaction)

    def on_events(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit that wrote outbox rows: the relay need not poll."""
        self._listeners.append(listener)

    async def ping(self) -> None:
        """Raises what the driver raises if the database does not answer."""
        async with self.read_transaction(None) as transaction:
            await transaction.connection.execute(select(1))

    async def revision(self) -> str | None:
        """The schema's revision; compare with `migrate.head_revision()`."""
        async with self.read_transaction(None) as transaction:
            return await transaction.connection.run_sync(
                lambda connection: MigrationContext.configure(connection).get_current_revision()
            )

    async def close(self) -> None:
        """Close every connection; SQLite's WAL is folded in by the last one."""
        await self._reader.dispose()
        if self._writer is not self._reader:
            await self._writer.dispose()

    @asynccontextmanager
    async def write_transaction(self, scope: Scope | None) -> AsyncIterator[Transaction]:
        if open_write(self) is not None:
            raise NestedWrite("this task has a writing transaction open")
        async with self._writer_turn(), self._writer.connect() as connection:
            transaction = self._transaction(connection, scope, writable=True)
            async with connection.begin():
                with _innermost(transaction):
                    yield transaction
                    await _number_events(transaction)
        if transaction.events:
            for listener in self._listeners:
                listener()

    @asynccontextmanager
    async def read_transaction(self, scope: Scope | None) -> AsyncIterator[Transaction]:
        async with self._reader.connect() as connection:
            if not self.is_sqlite:
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            transaction = self._transaction(connection, scope, writable=False)
            async with connection.begin():
                with _innermost(transaction):
                    yield transaction

    @asynccontextmanager
    async def _writer_turn(self) -> AsyncIterator[None]:
        if not self.is_sqlite:
            yield
            return
        async with asyncio.timeout(_WRITER_WAIT_S):
            await self._turn.acquire()
        try:
            yield
        finally:
            self._turn.release()

    def _transaction(
        self, connection: AsyncConnection, scope: Scope | None, *, writable: bool
    ) -> Transaction:
        return Transaction(
            connection=connection,
            scope=scope,
            keys=self.keys,
            clock=self._clock,
            writable=writable,
            database=self,
            task=asyncio.current_task(),
            parent=innermost(),
        )


def make_database(url: str, keys: DatabaseKeyStore, clock: Clock | None = None) -> SqlDatabase:
    """Open a database whose schema is up to date (`migrate.upgrade`) and give `keys` its table."""
    return SqlDatabase(url, keys, clock or SystemClock())


class _innermost:
    """Makes a transaction the task's innermost one for the length of a block."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def __enter__(self) -> None:
        set_innermost(self._transaction)

    def __exit__(self, *_exc: object) -> None:
        self._transaction.open = False
        set_innermost(self._transaction.parent)


async def _number_events(transaction: Transaction) -> None:
    """Insert the outbox rows last, one room at a time in PostgreSQL.

    A room's lock is taken before its numbers are drawn and held until the commit: within a room the
    numbers therefore follow the commits. Locks are taken in one order by everybody and after all
    row locks, so that they cannot deadlock.
    """
    if not transaction.events:
        return
    rooms = {event.room for event in transaction.events}
    for room in sorted(rooms, key=dialects.lock_number):
        await dialects.hold_until_commit(transaction.connection, room)
    for pending in transaction.events:
        await transaction.connection.execute(
            insert_into(outbox),
            {
                "tenant_id": pending.tenant_id,
                "region": pending.region,
                "uid": pending.uid,
                "room": pending.room,
                "kind": pending.kind,
                "audience": pending.audience,
                "key_owner": pending.key_owner,
                "body": pending.body,
                "created_at": pending.created_at,
            },
        )


def sqlite_engine(url: URL, *, writable: bool) -> AsyncEngine:
    """One writing connection that begins IMMEDIATE, or a few that can only read."""
    pool_size = 1 if writable else _SQLITE_READERS
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, pool_timeout=30)
    begin = "BEGIN IMMEDIATE" if writable else "BEGIN"

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin on its own
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={_BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "query_only=OFF" if writable else "query_only=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin_transaction(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres_engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=_POSTGRES_POOL,
        max_overflow=_POSTGRES_OVERFLOW,
        pool_timeout=30,
        pool_pre_ping=True,
        connect_args={
            "timeout": 10,
            "command_timeout": 30,
            "server_settings": {
                "application_name": "vcounter",
                "lock_timeout": "10s",
                "idle_in_transaction_session_timeout": "60s",
            },
        },
    )
