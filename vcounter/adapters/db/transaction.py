"""The open transaction of a task, and what its repositories share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from vcounter.adapters.db.errors import ReadOnlyTransaction, ScopeRequired
from vcounter.adapters.keys.keystore import DatabaseKeyStore
from vcounter.domain.ids import TenantId
from vcounter.services.ports import Clock, Scope


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An outbox row to be; numbered at commit, so that numbers follow the order of commits."""

    tenant_id: TenantId
    region: str
    uid: str
    room: str
    kind: str
    audience: str
    key_owner: str
    body: bytes
    created_at: datetime


@dataclass(slots=True)
class Transaction:
    """One open transaction: its connection, its scope and the events it will publish."""

    connection: AsyncConnection
    scope: Scope | None
    keys: DatabaseKeyStore
    clock: Clock
    writable: bool
    database: object
    task: asyncio.Task[object] | None
    parent: Transaction | None
    open: bool = True
    events: list[PendingEvent] = field(default_factory=list)

    @property
    def dialect(self) -> str:
        return self.connection.dialect.name

    def require_scope(self) -> Scope:
        """Raises ScopeRequired in a unit of work without one."""
        if self.scope is None:
            raise ScopeRequired("this needs a unit of work with a scope")
        return self.scope

    def require_writable(self) -> None:
        """Raises ReadOnlyTransaction in a reading transaction."""
        if not self.writable:
            raise ReadOnlyTransaction("this needs a writing transaction")


_current: ContextVar[Transaction | None] = ContextVar("vcounter_transaction", default=None)


def innermost() -> Transaction | None:
    return _current.get()


def set_innermost(transaction: Transaction | None) -> None:
    """Set rather than reset with a token: entering and leaving may happen in different contexts."""
    _current.set(transaction)


def open_read(database: object) -> Transaction | None:
    """The running task's own innermost open transaction on this database, reading or writing.

    A child task inherits its parent's context but not the right to the parent's connection.
    """
    return next(_own(database), None)


def open_write(database: object) -> Transaction | None:
    """The running task's own open writing transaction on this database, if it has one."""
    return next((found for found in _own(database) if found.writable), None)


def _own(database: object) -> Iterator[Transaction]:
    task, found = asyncio.current_task(), _current.get()
    while found is not None:
        if found.database is database and found.open and found.task is task:
            yield found
        found = found.parent
