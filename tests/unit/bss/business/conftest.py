"""Fictitious numbers at the operator's, and a short way to ask for things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.fakes import money_world
from tests.fakes.clock import FakeClock
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, EmbeddedBss, NewSubscriber
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import BssCommand, BssResult

NUMBER = Msisdn("13800006021")


@dataclass
class Desk:
    """Asks the operator as the counter does: quote, then execute with the version of the quote."""

    bss: EmbeddedBss
    clock: FakeClock
    msisdn: Msisdn = NUMBER

    async def failing(
        self, action_id: str, inputs: Mapping[str, str], reverses: str = ""
    ) -> list[str]:
        quote = await self.bss.quote(action_id, self.msisdn, inputs, reverses=reverses)
        return [c.code for c in quote.checks if not c.ok]

    async def do(
        self,
        action_id: str,
        inputs: Mapping[str, str],
        key: str = "k1",
        *,
        part: str = "",
        reverses: str = "",
    ) -> BssResult:
        found = await self.bss.find(self.msisdn)
        assert found is not None
        command = BssCommand(
            key, action_id, self.msisdn, found.version, inputs, part=part, reverses=reverses
        )
        return await self.bss.execute(command)

    async def rows(self, sql: str, *values: object) -> list[dict[str, object]]:
        async with self.bss.store.transaction() as store:
            return [dict(row) for row in await store.all(sql, values)]

    async def tickets(self) -> list[tuple[str, str]]:
        return [(t.kind, t.state) for t in await self.bss.tickets(self.msisdn)]


@pytest.fixture
async def desk(bss: EmbeddedBss, clock: FakeClock) -> Desk:
    await bss.hall.open_number(NewSubscriber(DEMO_PEOPLE[0].person, test=True))
    return Desk(bss, clock)


@pytest.fixture
async def money(bss: EmbeddedBss) -> money_world.MoneyWorld:
    world = money_world.MoneyWorld(bss)
    await world.open(money_world.NUMBER, money_world.DEBTOR)
    return world
