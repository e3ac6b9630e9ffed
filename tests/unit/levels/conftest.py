"""A served visit whose customer holds nothing yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.levels_world import Levels, levels_world
from vcounter.adapters.db import upgrade


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded, empty database file to copy."""
    path = tmp_path_factory.mktemp("empty") / "counter.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
async def levels(tmp_path: Path, empty_database: Path) -> AsyncIterator[Levels]:
    async with levels_world(tmp_path, empty_database) as opened:
        yield opened
