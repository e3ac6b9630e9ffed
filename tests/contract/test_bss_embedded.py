"""The embedded operator's system passes the contract of its port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.contract.bss_suite import NUMBER, PASSWORD, PUK, BssSuite
from tests.fakes.clock import FakeClock
from vcounter.adapters.bss.embedded import (
    EmbeddedBss,
    Fault,
    Faults,
    NewSubscriber,
    NewTicket,
    demo_person,
)

KEY = bytes(range(32))
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class EmbeddedWorld:
    def __init__(self, bss: EmbeddedBss, clock: FakeClock, faults: Faults) -> None:
        self._bss, self._clock, self._faults = bss, clock, faults

    async def stop(self, reason: str) -> None:
        await self._bss.hall.stop(NUMBER, reason, "test")

    async def lift(self, reason: str) -> None:
        await self._bss.hall.lift(NUMBER, reason)

    async def replace_card(self) -> None:
        await self._bss.hall.replace_card(NUMBER, activate=False)

    async def open_order(self) -> None:
        await self._bss.hall.open_order(NUMBER, "port_out")

    async def open_ticket(self, no: str, title: str) -> None:
        now = self._clock.now()
        new = NewTicket(
            no, "fault", "open", title, now, due_at=now + timedelta(days=2), detail="secret detail"
        )
        await self._bss.hall.open_ticket(NUMBER, new)

    def move(self, **delta: float) -> None:
        self._clock.move(**delta)

    def lose_answer(self) -> None:
        self._faults.plan("execute", Fault.TIMEOUT_AFTER)

    def drop_call(self) -> None:
        self._faults.plan("execute", Fault.TIMEOUT_BEFORE)

    def answer_late(self) -> None:
        self._faults.plan("execute", Fault.SLOW)

    def deliver_twice(self) -> None:
        self._faults.plan("execute", Fault.DUPLICATE)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
async def bss(tmp_path: Path, clock: FakeClock, faults: Faults) -> AsyncIterator[EmbeddedBss]:
    system = await EmbeddedBss.open(
        tmp_path / "bss.db", KEY, clock, timeout_s=0.8, hasher=QUICK, faults=faults
    )
    demo = demo_person(NUMBER)
    assert demo is not None
    await system.hall.open_number(
        NewSubscriber(
            demo.person,
            test=True,
            password=PASSWORD,
            facts={"monthly_plan": demo.person.plan},
            portraits=(b"jpeg",),
            puk=PUK,
        )
    )
    yield system
    await system.close()


@pytest.fixture
def world(bss: EmbeddedBss, clock: FakeClock, faults: Faults) -> EmbeddedWorld:
    return EmbeddedWorld(bss, clock, faults)


class TestEmbeddedBss(BssSuite):
    """Runs the whole suite."""
