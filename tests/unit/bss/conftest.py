"""An empty embedded operator's system with quick password hashes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.fakes.clock import FakeClock
from vcounter.adapters.bss.embedded import EmbeddedBss
from vcounter.adapters.sms import DemoInbox

KEY = bytes(range(32))
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def bss(tmp_path: Path, clock: FakeClock) -> AsyncIterator[EmbeddedBss]:
    system = await EmbeddedBss.open(tmp_path / "bss.db", KEY, clock, hasher=QUICK)
    yield system
    await system.close()


@pytest.fixture
async def inbox(tmp_path: Path, clock: FakeClock) -> AsyncIterator[DemoInbox]:
    opened = await DemoInbox.open(tmp_path / "inbox.db", KEY, clock)
    yield opened
    await opened.close()
