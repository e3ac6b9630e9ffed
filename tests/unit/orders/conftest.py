"""A served visit for every test of orders."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.order_world import OrderWorld, order_world
from vcounter.adapters.db import upgrade


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded, empty database file to copy."""
    path = tmp_path_factory.mktemp("empty") / "counter.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def folder(tmp_path: Path, empty_database: Path) -> Path:
    shutil.copy(empty_database, tmp_path / "counter.db")
    return tmp_path


@pytest.fixture
async def world(folder: Path) -> AsyncIterator[OrderWorld]:
    async with order_world(folder) as opened:
        yield opened
