"""Wrapped data keys in the database: the key store's table."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Protocol

from sqlalchemy import Row, and_, delete, select, update

from vcounter.adapters.db.dialects import insert_ignoring
from vcounter.adapters.db.tables.keys import data_keys
from vcounter.adapters.db.transaction import Transaction, open_read, open_write
from vcounter.adapters.keys.kek import Wrapped
from vcounter.adapters.keys.keystore import StoredKey
from vcounter.domain.ids import KeyId, Region, TenantId
from vcounter.services.ports import Scope

_OWNERS_PER_QUERY = 400  # SQLite's oldest limit is 999 bound values


class Transactions(Protocol):
    """What the key table needs of the database."""

    def write_transaction(
        self, scope: Scope | None
    ) -> AbstractAsyncContextManager[Transaction]: ...
    def read_transaction(self, scope: Scope | None) -> AbstractAsyncContextManager[Transaction]: ...


class SqlKeyTable:
    """KeyTable over `data_keys`.

    Within the calling task's own transaction it works in that transaction: the single SQLite
    writer is never waited for by its holder, a visit and its key are committed together, and a
    reader needs no second connection. Otherwise each method is a short transaction of its own.
    """

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def find(self, scope: Scope, owners: Iterable[str]) -> list[StoredKey]:
        wanted, found = sorted(owners), list[StoredKey]()
        async with self._reading() as transaction:
            for start in range(0, len(wanted), _OWNERS_PER_QUERY):
                query = select(data_keys).where(
                    data_keys.c.tenant_id == scope.tenant_id,
                    data_keys.c.region == scope.region,
                    data_keys.c.owner.in_(wanted[start : start + _OWNERS_PER_QUERY]),
                )
                rows = (await transaction.connection.execute(query)).all()
                found += [_stored(row, committed=not transaction.writable) for row in rows]
        return found

    async def add(self, key: StoredKey) -> StoredKey:
        async with self._writing() as transaction:
            values = {
                "id": key.id,
                "tenant_id": key.scope.tenant_id,
                "region": key.scope.region,
                "owner": key.owner,
                "kek_version": key.wrapped.version,
                "wrapped": key.wrapped.data,
                "created_at": transaction.clock.now(),
            }
            await transaction.connection.execute(
                insert_ignoring(transaction.dialect, data_keys, values)
            )
            # Ours, or the one of somebody who was faster: a reading snapshot might not show it yet.
            query = select(data_keys).where(
                data_keys.c.tenant_id == key.scope.tenant_id,
                data_keys.c.region == key.scope.region,
                data_keys.c.owner == key.owner,
            )
            row = (await transaction.connection.execute(query)).one()
        return _stored(row, committed=False)

    async def remove(self, scope: Scope, owner: str) -> bool:
        change = delete(data_keys).where(
            data_keys.c.tenant_id == scope.tenant_id,
            data_keys.c.region == scope.region,
            data_keys.c.owner == owner,
        )
        async with self._writing() as transaction:
            return (await transaction.connection.execute(change)).rowcount == 1

    async def older_than(self, version: int, limit: int) -> list[StoredKey]:
        query = select(data_keys).where(data_keys.c.kek_version < version).limit(limit)
        async with self._reading() as transaction:
            rows = (await transaction.connection.execute(query)).all()
        return [_stored(row, committed=not transaction.writable) for row in rows]

    async def rewrap(self, key: StoredKey, wrapped: Wrapped) -> None:
        change = (
            update(data_keys)
            .where(and_(data_keys.c.id == key.id, data_keys.c.kek_version == key.wrapped.version))
            .values(kek_version=wrapped.version, wrapped=wrapped.data)
        )
        async with self._writing() as transaction:
            await transaction.connection.execute(change)

    def _reading(self) -> AbstractAsyncContextManager[Transaction]:
        mine = open_write(self._database) or open_read(self._database)
        return nullcontext(mine) if mine else self._database.read_transaction(None)

    def _writing(self) -> AbstractAsyncContextManager[Transaction]:
        mine = open_write(self._database)
        return nullcontext(mine) if mine else self._database.write_transaction(None)


def _stored(row: Row[Any], *, committed: bool) -> StoredKey:
    return StoredKey(
        KeyId(row.id),
        Scope(TenantId(row.tenant_id), Region(row.region)),
        row.owner,
        Wrapped(row.kek_version, row.wrapped),
        committed,
    )
