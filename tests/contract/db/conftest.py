"""A database of each kind for every test: a copy of a migrated file, or one that is emptied."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.contract.db.world import build
from tests.fakes.clock import FakeClock
from tests.postgres import PostgresServer, postgres_server
from vcounter.adapters.clock import SystemClock
from vcounter.adapters.db import SqlDatabase, make_database, upgrade
from vcounter.adapters.db.tables import metadata
from vcounter.adapters.ids import UlidFactory
from vcounter.adapters.keys import DatabaseKeyStore, FileKeyEncryptionKey

__all__ = ["postgres_server"]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    url = postgres_server.create_database()
    upgrade(url)
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        url: str = request.getfixturevalue("migrated_postgres")
        return url
    path = tmp_path / "counter.sqlite3"
    shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def kek(tmp_path: Path) -> FileKeyEncryptionKey:
    return FileKeyEncryptionKey(tmp_path / "keys" / "kek.json")


@pytest.fixture
def keys(kek: FileKeyEncryptionKey) -> DatabaseKeyStore:
    return DatabaseKeyStore(kek, UlidFactory(SystemClock()))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def db(
    database_url: str, keys: DatabaseKeyStore, clock: FakeClock
) -> AsyncIterator[SqlDatabase]:
    database = make_database(database_url, keys, clock)
    if not database.is_sqlite:
        await _empty(database)
    await build(database)
    yield database
    await database.close()


async def _empty(database: SqlDatabase) -> None:
    tables = ", ".join(table.name for table in metadata.sorted_tables)
    async with database.write_transaction(None) as transaction:
        await transaction.connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
