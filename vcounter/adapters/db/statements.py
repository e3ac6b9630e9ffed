"""The statements that every repository repeats, built once for each table.

Building one costs as much as running it: SQLAlchemy walks it anew for its cache key each time.
Built once, the key is remembered with it. Values come as parameters at each execution.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Insert, Select, Table, Update, and_, bindparam, insert, select, update
from sqlalchemy.sql import ColumnElement

from vcounter.services.ports import Scope

# Prefixed: an UPDATE's own parameters are named like the columns it sets.
_TENANT, _REGION, _ID, _VISIT, _VERSION = (
    "by_tenant_id",
    "by_region",
    "by_id",
    "by_visit_id",
    "by_version",
)


def _mine(table: Table) -> ColumnElement[bool]:
    return and_(table.c.tenant_id == bindparam(_TENANT), table.c.region == bindparam(_REGION))


def of_scope(scope: Scope, **more: object) -> dict[str, object]:
    """The parameters that name whose rows, and which: `id`, `visit_id`, `version`, ..."""
    named = {f"by_{name}": value for name, value in more.items()}
    return {_TENANT: scope.tenant_id, _REGION: scope.region, **named}


@cache
def insert_into(table: Table) -> Insert:
    return insert(table)


@cache
def by_id(table: Table) -> Select[Any]:
    return select(table).where(_mine(table), table.c.id == bindparam(_ID))


@cache
def of_visit(table: Table, order: tuple[str, ...]) -> Select[Any]:
    query = select(table).where(_mine(table), table.c.visit_id == bindparam(_VISIT))
    return query.order_by(*(table.c[name] for name in order))


@cache
def of_visit_in_state(table: Table, state: str) -> Select[Any]:
    return select(table).where(
        _mine(table), table.c.visit_id == bindparam(_VISIT), table.c.state == state
    )


@cache
def of_object(table: Table) -> Select[Any]:
    """An audit log's lines about one object, in the order in which they were written."""
    query = select(table).where(_mine(table), table.c.object == bindparam("by_object"))
    return query.order_by(table.c.id)


@cache
def change(table: Table, columns: frozenset[str]) -> Update:
    """Set these columns of the row with this id and version, and make a new version."""
    return (
        update(table)
        .where(
            _mine(table),
            table.c.id == bindparam(_ID),
            table.c.version == bindparam(_VERSION),
        )
        .values({name: bindparam(name) for name in columns})
    )


def changed(values: Mapping[str, object], version: int) -> dict[str, object]:
    """The parameters of `change`: the new values and the next version."""
    return {**values, "version": version + 1}
