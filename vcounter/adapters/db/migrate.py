"""Bringing a database's schema up to date."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from vcounter.adapters.db.dialects import hold_until_commit
from vcounter.adapters.db.engine import async_url, sqlite_engine
from vcounter.adapters.keys.key_file import exclusive

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Bring the schema to the newest revision, making an SQLite file of mode 0600 if there is none.

    Of several processes that start together one migrates and the others wait for it. All or
    nothing: a failed migration leaves the schema as it was. Blocks; call it off the event loop.
    """
    parsed = async_url(url)
    if parsed.get_backend_name() == "postgresql":
        asyncio.run(_upgrade(parsed))
        return
    path = Path(parsed.database or "")
    _make_file(path)
    # Switching a new file to WAL does not wait for others that do the same, whatever the time-out.
    with exclusive(path):
        asyncio.run(_upgrade(parsed))


def head_revision() -> str | None:
    """The revision this code is written for."""
    return ScriptDirectory.from_config(_config()).get_current_head()


async def _upgrade(url: URL) -> None:
    if url.get_backend_name() == "sqlite":
        engine = sqlite_engine(url, writable=True)
    else:
        engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await hold_until_commit(connection, "vcounter migrations")
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


def _run(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def _make_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
