"""Migrations and the tables in code say the same, on every database."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from tests.postgres import PostgresServer
from vcounter.adapters.db import SqlDatabase, upgrade
from vcounter.adapters.db.engine import async_url
from vcounter.adapters.db.tables import metadata

WITHOUT_TENANT = {"tenants", "audit_heads"}  # the tenant itself, and the one chain of all


async def test_migrated_schema_is_the_one_in_code(db: SqlDatabase) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with db.read_transaction(None) as transaction:
        assert await transaction.connection.run_sync(differences) == []


def test_every_table_carries_tenant_and_region() -> None:
    for table in metadata.sorted_tables:
        if table.name not in WITHOUT_TENANT:
            assert {"tenant_id", "region"} <= set(table.c.keys()), table.name


async def test_upgrade_can_be_repeated(db: SqlDatabase, database_url: str) -> None:
    await asyncio.to_thread(upgrade, database_url)

    await db.ping()


async def test_upgrades_at_once_do_not_collide(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'counter.sqlite3'}"

    await asyncio.gather(*(asyncio.to_thread(upgrade, url) for _ in range(3)))

    assert os.stat(tmp_path / "new" / "counter.sqlite3").st_mode & 0o777 == 0o600


@pytest.mark.postgres
async def test_upgrades_at_once_do_not_collide_on_postgres(
    postgres_server: PostgresServer,
) -> None:
    url = postgres_server.create_database()

    await asyncio.gather(*(asyncio.to_thread(upgrade, url) for _ in range(3)))

    postgres_server.drop_database(url)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y"])
def test_database_that_cannot_serve_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="database"):
        async_url(url)
