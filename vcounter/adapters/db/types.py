"""Column types and column families that every table shares."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, ForeignKeyConstraint, Integer, Text
from sqlalchemy.types import TypeDecorator

# SQLite only numbers rows by itself in a column declared INTEGER.
RowNumber = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC datetimes out; a naive one is refused.

    PostgreSQL keeps timestamptz, SQLite text that sorts by time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def scope_columns() -> tuple[Column[str], Column[str]]:
    """Whose row it is; every query filters by both."""
    return (
        Column("tenant_id", Text, nullable=False),
        Column("region", Text, nullable=False),
    )


def same_scope_key(column: str, target: str, name: str) -> ForeignKeyConstraint:
    """A foreign key that holds within one (tenant, region) only: the database itself refuses a row
    that points into another tenant."""
    return ForeignKeyConstraint(
        ["tenant_id", "region", column],
        [f"{target}.tenant_id", f"{target}.region", f"{target}.id"],
        name=name,
    )


def instant(name: str, *, nullable: bool = False) -> Column[Any]:
    """A point in time, UTC."""
    return Column(name, UtcDateTime, nullable=nullable)
