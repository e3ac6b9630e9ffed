"""A visit whose identity is being checked, for every test of the use cases about it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.identity_world import IdentityWorld, identity_world
from vcounter.adapters.db import upgrade


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded, empty database file to copy."""
    path = tmp_path_factory.mktemp("migrated") / "counter.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
async def checked(tmp_path: Path, migrated: Path) -> AsyncIterator[IdentityWorld]:
    shutil.copy(migrated, tmp_path / "counter.db")
    async with identity_world(tmp_path) as opened:
        yield opened
