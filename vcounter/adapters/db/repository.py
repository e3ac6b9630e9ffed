"""What all repositories share: the scope filter, inserts and versioned updates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from sqlalchemy import ColumnElement, Row, Select, Table, and_, delete, true, update
from sqlalchemy.exc import IntegrityError

from vcounter.adapters.db import statements
from vcounter.adapters.db.cipher import RowCipher
from vcounter.adapters.db.dialects import violation_of
from vcounter.adapters.db.transaction import Transaction
from vcounter.adapters.keys.keystore import TENANT_OWNER
from vcounter.domain.errors import CounterError, NotFound
from vcounter.domain.ids import Region, TenantId, VisitId
from vcounter.services.ports import Scope


class Repository:
    """Base of the repositories. Every helper filters by (tenant, region)."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    # --- whose rows ---

    def _mine(self, table: Table) -> ColumnElement[bool]:
        """The scope's rows; raises ScopeRequired without one."""
        scope = self._tx.require_scope()
        return and_(table.c.tenant_id == scope.tenant_id, table.c.region == scope.region)

    def _mine_or_all(self, table: Table) -> ColumnElement[bool]:
        """The scope's rows, or everybody's without one: for the documented crossings only."""
        return true() if self._tx.scope is None else self._mine(table)

    def _check_scope(self, tenant_id: TenantId, region: Region) -> Scope:
        """The row's scope; raises NotFound if the unit of work is somebody else's."""
        scope = self._tx.require_scope()
        if (scope.tenant_id, scope.region) != (tenant_id, region):
            raise NotFound("another tenant's row")
        return scope

    def _check_scope_if_any(self, tenant_id: TenantId, region: Region) -> Scope:
        if self._tx.scope is None:
            return Scope(tenant_id, region)
        return self._check_scope(tenant_id, region)

    # --- statements ---

    async def _insert(self, table: Table, values: Mapping[str, object]) -> None:
        """Raises NotFound if the row belongs to something that is not there for this tenant."""
        self._tx.require_writable()
        try:
            await self._tx.connection.execute(statements.insert_into(table), dict(values))
        except IntegrityError as error:
            if violation_of(error) == "foreign_key":
                raise NotFound(f"{table.name}: what it belongs to does not exist") from error
            raise

    async def _one(self, query: Select[Any], what: str) -> Row[Any]:
        row: Row[Any] | None = (await self._tx.connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound(what)
        return row

    async def _all(self, query: Select[Any]) -> list[Row[Any]]:
        return list((await self._tx.connection.execute(query)).all())

    async def _by_id(self, table: Table, row_id: str) -> Row[Any]:
        mine = statements.of_scope(self._tx.require_scope(), id=row_id)
        result = await self._tx.connection.execute(statements.by_id(table), mine)
        row: Row[Any] | None = result.one_or_none()
        if row is None:
            raise NotFound(f"{table.name}: no such id")
        return row

    async def _of_visit(self, table: Table, visit_id: VisitId, *order: str) -> list[Row[Any]]:
        mine = statements.of_scope(self._tx.require_scope(), visit_id=visit_id)
        query = statements.of_visit(table, order)
        return list((await self._tx.connection.execute(query, mine)).all())

    async def _update_version(
        self,
        table: Table,
        row_id: str,
        version: int,
        values: Mapping[str, object],
        stale: CounterError,
    ) -> None:
        """Change the row if it has this version; raises `stale` if not, NotFound if it is gone.

        One conditional UPDATE: in PostgreSQL a second writer waits for the first and then sees the
        new version.
        """
        self._tx.require_writable()
        new = statements.changed(values, version)
        mine = statements.of_scope(self._tx.require_scope(), id=row_id, version=version)
        change = statements.change(table, frozenset(new))
        if (await self._tx.connection.execute(change, {**new, **mine})).rowcount == 1:
            return
        await self._by_id(table, row_id)
        raise stale

    async def _update(self, table: Table, row_id: str, values: Mapping[str, object]) -> None:
        self._tx.require_writable()
        change = update(table).where(self._mine(table), table.c.id == row_id).values(values)
        if (await self._tx.connection.execute(change)).rowcount != 1:
            raise NotFound(f"{table.name}: no such id")

    async def _delete(self, table: Table, row_id: str) -> None:
        self._tx.require_writable()
        change = delete(table).where(self._mine(table), table.c.id == row_id)
        if (await self._tx.connection.execute(change)).rowcount != 1:
            raise NotFound(f"{table.name}: no such id")

    # --- sealed columns ---

    async def _visit_cipher(self, table: Table, row_id: str, visit_id: VisitId) -> RowCipher:
        """To seal a row of a visit; makes the visit's key if this is its first use."""
        _, key = await self._tx.keys.data_key(self._tx.require_scope(), visit_id)
        return RowCipher(key, table.name, row_id)

    async def _tenant_cipher(self, scope: Scope, table: Table, row_id: str) -> RowCipher:
        _, key = await self._tx.keys.tenant_key(scope)
        return RowCipher(key, table.name, row_id)

    async def _opener(self, table: Table, row_id: str, row: Row[Any], owner: str) -> RowCipher:
        """To open a row's sealed columns; never makes a key."""
        key = await self._tx.keys.existing(_scope_of(row), owner)
        return RowCipher(key, table.name, row_id)

    async def _tenant_opener(self, table: Table, row_id: str, row: Row[Any]) -> RowCipher:
        return await self._opener(table, row_id, row, TENANT_OWNER)

    async def _warm(self, rows: list[Row[Any]], owner: str = "visit_id") -> None:
        """Fetch the keys of many rows in one query for each tenant instead of one for each row."""
        owners: dict[Scope, set[str]] = {}
        for row in rows:
            owners.setdefault(_scope_of(row), set()).add(getattr(row, owner))
        for scope, wanted in owners.items():
            await self._tx.keys.existing_many(scope, wanted)

    def _index(self, number: str | None) -> str | None:
        """The blind index of a subscriber number."""
        return None if number is None else msisdn_index(self._tx, number)


def msisdn_index(transaction: Transaction, number: str) -> str:
    return transaction.keys.blind_index(f"msisdn:{number}")


def on_unique(error: IntegrityError, instead: CounterError) -> NoReturn:
    """Raise `instead` if a unique rule was broken, else the error as it came."""
    if violation_of(error) == "unique":
        raise instead from error
    raise error


def _scope_of(row: Row[Any]) -> Scope:
    return Scope(TenantId(row.tenant_id), Region(row.region))
