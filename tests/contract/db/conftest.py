"""One database of each kind for every test: a copy of a schema migrated once."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.contract.db.world import build
from tests.fakes.clock import FakeClock
from tests.postgres import PostgresServer, postgres_server
from vcounter.adapters.clock import SystemClock
from vcounter.adapters.db import SqlDatabase, make_database, upgrade
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
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        path = tmp_path / "counter.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database(template=request.getfixturevalue("migrated_postgres"))
    yield url
    server.drop_database(url)


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
    await build(database)
    yield database
    await database.close()
