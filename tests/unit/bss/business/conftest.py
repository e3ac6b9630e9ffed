"""Numbers with money, for the businesses that are about it."""

from __future__ import annotations

import pytest

from tests.fakes.money_world import DEBTOR, NUMBER, MoneyWorld
from vcounter.adapters.bss.embedded import EmbeddedBss


@pytest.fixture
async def money(bss: EmbeddedBss) -> MoneyWorld:
    world = MoneyWorld(bss)
    await world.open(NUMBER, DEBTOR)
    return world
