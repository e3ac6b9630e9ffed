"""The few statements that SQLite and PostgreSQL spell differently, and the errors they raise."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

from sqlalchemy import Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Insert

Violation = Literal["unique", "foreign_key", "other"]


def insert_ignoring(dialect: str, table: Table, values: Mapping[str, object]) -> Insert:
    """INSERT that does nothing if a unique key is taken."""
    if dialect == "postgresql":
        return postgresql.insert(table).values(values).on_conflict_do_nothing()
    return sqlite.insert(table).values(values).on_conflict_do_nothing()


def upsert(dialect: str, table: Table, values: Mapping[str, object]) -> Insert:
    """INSERT, or replace all other columns of the row with the same primary key."""
    keys = [column.name for column in table.primary_key]
    change = {name: value for name, value in values.items() if name not in keys}
    if dialect == "postgresql":
        return (
            postgresql.insert(table)
            .values(values)
            .on_conflict_do_update(index_elements=keys, set_=change)
        )
    return (
        sqlite.insert(table).values(values).on_conflict_do_update(index_elements=keys, set_=change)
    )


def violation_of(error: IntegrityError) -> Violation:
    """Which rule of the schema a statement broke."""
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", "")
    match state:
        case "23505" | "SQLITE_CONSTRAINT_UNIQUE" | "SQLITE_CONSTRAINT_PRIMARYKEY":
            return "unique"
        case "23503" | "SQLITE_CONSTRAINT_FOREIGNKEY":
            return "foreign_key"
        case _:
            return _violation_in(str(error.orig))


def _violation_in(message: str) -> Violation:
    if "UNIQUE constraint failed" in message:
        return "unique"
    return "foreign_key" if "FOREIGN KEY constraint failed" in message else "other"


async def hold_until_commit(connection: AsyncConnection, name: str) -> None:
    """Wait for and take a named lock that ends with the transaction.

    SQLite needs none: its writing transactions run one after another.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(lock_number(name))))


def lock_number(name: str) -> int:
    """A signed 64-bit number for an advisory lock."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
