"""A number with broadband and television, both well."""

from __future__ import annotations

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.operator_desk import OperatorDesk
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, EmbeddedBss, NewSubscriber
from vcounter.adapters.bss.embedded.home import seed_home


@pytest.fixture
async def bare(bss: EmbeddedBss, clock: FakeClock) -> OperatorDesk:
    """A number with nothing at home."""
    await bss.hall.open_number(NewSubscriber(DEMO_PEOPLE[0].person, test=True))
    return OperatorDesk(bss, clock)


@pytest.fixture
async def desk(bare: OperatorDesk) -> OperatorDesk:
    async with bare.bss.store.transaction():
        await seed_home(bare.bss.books, bare.msisdn, whole=True)
    return bare
