"""Every business in any order, undone, repeated and overtaken by time: what must never break.

`test_invariants` looks closely at the first six; here all that there are run together.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.fakes.clock import FakeClock
from tests.unit.actions.samples import INPUTS
from vcounter.adapters.bss.embedded import EmbeddedBss, NewSubscriber, seed_plans
from vcounter.adapters.bss.embedded.business import all_business
from vcounter.adapters.bss.embedded.home import seed_home
from vcounter.adapters.bss.embedded.money_seeds import seed_money
from vcounter.domain.errors import NotFound, PreconditionFailed
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import BssCommand, BssResult, Subscriber
from vcounter.simulator.people import practice_caller

DEMO = practice_caller(0).demo
NUMBER = Msisdn(DEMO.person.msisdn)
KEY = bytes(range(32))
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ACTIONS = sorted(all_business())
LATER = {"day", "until_date", "from_date", "start_date"}
T = TypeVar("T")


class WholeLife(RuleBasedStateMachine):
    """One number with everything: money, plans, a line at home, a television, contacts."""

    @initialize()
    def open(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.bss = self.do(
            EmbeddedBss.open(Path(self.folder.name) / "bss.db", KEY, self.clock, hasher=QUICK)
        )
        self.do(self.bss.hall.open_number(NewSubscriber(DEMO.person, test=True, puk="40718263")))
        self.do(self._settle_in())
        self.count = 0
        self.done: dict[str, str] = {}
        self.sent: dict[str, BssCommand] = {}
        self.undone: set[str] = set()
        self.lost = False
        self.money = self.total()

    async def _settle_in(self) -> None:
        await seed_money(self.bss, DEMO)
        await seed_plans(self.bss, DEMO, practice=True)
        async with self.bss.store.transaction():
            await seed_home(self.bss.books, NUMBER, whole=True)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def record(self) -> Subscriber:
        found = self.do(self.bss.find(NUMBER))
        assert found is not None
        return found

    def total(self) -> int:
        async def read() -> int:
            async with self.bss.store.transaction() as store:
                row = await store.one("SELECT sum(balance_fen) AS fen FROM accounts")
            assert row is not None
            return int(row["fen"] or 0)

        return self.do(read())

    def command(self, action_id: str, **more: Any) -> BssCommand:
        self.count += 1
        inputs = dict(INPUTS.get(action_id, {}))
        for name in LATER & set(inputs):
            inputs[name] = (self.clock.now() + timedelta(days=4)).date().isoformat()
        version = self.record().version
        return BssCommand(f"key-{self.count}", action_id, NUMBER, version, inputs, **more)

    def carry_out(self, command: BssCommand) -> BssResult:
        """Twice, as a network may deliver it: the second time changes nothing."""
        before = self.record()
        result = self.do(self.bss.execute(command))
        after = self.record()
        assert self.do(self.bss.execute(command)).done == result.done
        again = self.do(self.bss.query(command.idempotency_key))
        assert again is not None
        assert (again.done, again.pending) == (result.done, result.pending)
        assert self.record() == after
        if not result.done:
            assert after == before
            assert result.pending or result.reason
        return result

    @rule(several=st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=6, unique=True))
    def run_some(self, several: list[str]) -> None:
        """A visit's worth of business in a row: short programs reach far."""
        for action_id in several:
            self.run(action_id, stale=False)

    @rule(action_id=st.sampled_from(ACTIONS))
    def run_stale(self, action_id: str) -> None:
        self.run(action_id, stale=True)

    def run(self, action_id: str, stale: bool) -> None:
        secret = "507318" if action_id == "reset_service_password" else None
        command = self.command(action_id, secret=secret)
        if stale:
            command = BssCommand(
                *(command.idempotency_key, action_id, NUMBER, command.version - 1, command.inputs)
            )
        closed = self.record().state == "CLOSED"

        result = self.carry_out(command)

        if stale:
            assert result.reason == "version_moved"
        if not result.done:
            return
        assert not closed or all_business()[action_id].changes is False, "closed for good"
        self.done[command.idempotency_key] = action_id
        self.sent[command.idempotency_key] = command
        self.lost = (self.lost or action_id == "report_loss") and action_id != "cancel_loss"

    @rule(which=st.integers(0, 30))
    def take_back(self, which: int) -> None:
        able = [k for k, a in self.done.items() if all_business()[a].undo is not None]
        if not able:
            return
        key = able[which % len(able)]
        result = self.carry_out(self.command(self.done[key], reverses=key))
        if result.done:
            assert key not in self.undone, "taken back once"
            self.undone.add(key)

    @rule(which=st.integers(0, 30))
    def second_effect(self, which: int) -> None:
        able = [k for k, a in self.done.items() if all_business()[a].parts and k not in self.undone]
        if not able:
            return
        key = able[which % len(able)]
        action_id = self.done[key]
        for part in all_business()[action_id].parts:
            command = replace(self.sent[key], idempotency_key=f"{key}#{part}", part=part)
            assert self.do(self.bss.execute(command)) == self.do(self.bss.execute(command))

    @rule(reason=st.sampled_from(["debt", "police", "fraud"]), on=st.booleans())
    def operator_stops_or_lifts(self, reason: str, on: bool) -> None:
        if self.record().state in ("CLOSED", "PENDING_TERM"):
            return
        hall = self.bss.hall
        self.do(hall.stop(NUMBER, reason, "operator") if on else hall.lift(NUMBER, reason))

    @rule(hours=st.sampled_from([1, 23, 25, 73, 31 * 24]))
    def time_passes(self, hours: int) -> None:
        self.clock.move(hours=hours)
        self.do(self.bss.move_time())
        assert self.do(self.bss.move_time()) == 0, "what time brings, it brings once"

    @rule()
    def anybody_asks_for_secrets(self) -> None:
        for key, action_id in self.done.items():
            try:
                found = self.do(self.bss.reveal(key))
            except (NotFound, PreconditionFailed):
                continue
            assert all_business()[action_id].disclose is not None
            if action_id == "query_puk":
                assert not self.lost
                assert self.record().state not in ("CLOSED", "LOST_HOLD")
            assert "40718263" not in str(found.rows)

    @invariant()
    def money_is_conserved(self) -> None:
        if hasattr(self, "money"):
            assert self.total() == self.money

    @invariant()
    def a_lost_card_never_comes_back_by_itself(self) -> None:
        if hasattr(self, "money") and self.lost:
            found = self.record()
            assert found.state in ("LOST_HOLD", "PENDING_TERM", "CLOSED") or any(
                action == "replace_sim" for action in self.done.values()
            )

    @invariant()
    def state_and_reasons_agree(self) -> None:
        if hasattr(self, "money"):
            found = self.record()
            if found.state == "ACTIVE":
                assert set(found.stop_reasons) <= {"debt"}  # lifted for a day at most
            assert len(set(found.stop_reasons)) == len(found.stop_reasons)

    def teardown(self) -> None:
        if hasattr(self, "bss"):
            self.do(self.bss.close())
            self.runner.close()
            self.folder.cleanup()


pytestmark = pytest.mark.timeout(7200)  # the long form runs for half an hour
TestWholeLife = WholeLife.TestCase
TestWholeLife.settings = settings(
    max_examples=400 if os.environ.get("VCOUNTER_TEST_LONG") else 20,
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
