"""Fictitious numbers at the operator's, and a short way to ask for things."""

from __future__ import annotations

import pytest

from tests.fakes import money_world
from tests.fakes.clock import FakeClock
from tests.fakes.operator_desk import OperatorDesk
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, EmbeddedBss, NewSubscriber


@pytest.fixture
async def desk(bss: EmbeddedBss, clock: FakeClock) -> OperatorDesk:
    await bss.hall.open_number(NewSubscriber(DEMO_PEOPLE[0].person, test=True))
    return OperatorDesk(bss, clock)


@pytest.fixture
async def money(bss: EmbeddedBss) -> money_world.MoneyWorld:
    world = money_world.MoneyWorld(bss)
    await world.open(money_world.NUMBER, money_world.DEBTOR)
    return world
