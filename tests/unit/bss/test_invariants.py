"""Whatever customers and the operator do, in any order, these never break."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

from argon2 import PasswordHasher
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.fakes.clock import FakeClock
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, EmbeddedBss, NewSubscriber
from vcounter.domain.errors import NotFound, PreconditionFailed
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import BssCommand, Subscriber

NUMBER = Msisdn("13800006021")
PUK = "40718263"
KEY = bytes(range(32))
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ACTIONS = (
    "suspend_service",
    "resume_service",
    "report_loss",
    "cancel_loss",
    "query_puk",
    "reset_service_password",
)
STRENGTH = ("LOST_HOLD", "SUSPENDED_FRAUD", "SUSPENDED_POLICE", "SUSPENDED_DEBT", "SUSPENDED_VOL")


class OperatorLife(RuleBasedStateMachine):
    """One number's life. `lost` is the model: only cancel_loss or a new card ends it."""

    @initialize()
    def open(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.bss = self.do(
            EmbeddedBss.open(Path(self.folder.name) / "bss.db", KEY, self.clock, hasher=QUICK)
        )
        person = DEMO_PEOPLE[0].person
        self.do(self.bss.hall.open_number(NewSubscriber(person, test=True, puk=PUK)))
        self.count = 0
        self.lost = False
        self.replaced = False
        self.done_keys: dict[str, object] = {}
        self.reset_at = None

    def do(self, work):  # type: ignore[no-untyped-def]  # any coroutine of the system
        return self.runner.run(work)

    def record(self) -> Subscriber:
        found = self.do(self.bss.find(NUMBER))
        assert found is not None
        return found

    @rule(action_id=st.sampled_from(ACTIONS), stale=st.integers(0, 4), later=st.booleans())
    def run(self, action_id: str, stale: int, later: bool) -> None:
        self.count += 1
        before = self.record()
        inputs = {"call_back": "13900009999"} if action_id == "report_loss" else {}
        if action_id == "suspend_service" and later:
            inputs = {"start_date": (self.clock.now() + timedelta(days=3)).date().isoformat()}
        key = f"key-{self.count}"
        version = before.version - (stale == 0)
        command = BssCommand(key, action_id, NUMBER, version, inputs, "507318")

        result = self.do(self.bss.execute(command))

        assert self.do(self.bss.execute(command)) == result
        assert self.do(self.bss.query(key)) == result
        after = self.record()
        if not result.done:
            assert after == before
            return
        assert stale != 0
        self._check_effect(action_id, before, after)
        self.done_keys[key] = action_id

    def _check_effect(self, action_id: str, before: Subscriber, after: Subscriber) -> None:
        match action_id:
            case "suspend_service":
                assert before.state == "ACTIVE"
            case "resume_service":
                assert set(before.stop_reasons) <= {"voluntary"}
                assert after.state == "ACTIVE"
            case "report_loss":
                assert before.state in ("ACTIVE", "SUSPENDED_VOL")
                self.lost = True
            case "cancel_loss":
                assert self.lost
                assert set(after.stop_reasons) == set(before.stop_reasons) - {"lost"}
                self.lost = False
            case "reset_service_password":
                now = self.clock.now()
                assert self.reset_at is None or now - self.reset_at >= timedelta(hours=24)
                self.reset_at = now

    @rule(reason=st.sampled_from(["debt", "police", "fraud", "lost", "voluntary"]))
    def operator_stops(self, reason: str) -> None:
        self.do(self.bss.hall.stop(NUMBER, reason, "operator"))
        self.lost = self.lost or reason == "lost"

    @rule(reason=st.sampled_from(["debt", "police", "fraud", "voluntary"]))
    def operator_lifts(self, reason: str) -> None:
        self.do(self.bss.hall.lift(NUMBER, reason))

    @rule(activate=st.booleans())
    def operator_replaces_the_card(self, activate: bool) -> None:
        self.do(self.bss.hall.replace_card(NUMBER, activate=activate))
        self.lost = self.lost and not activate
        self.replaced = True

    @rule(hours=st.integers(1, 200))
    def time_passes(self, hours: int) -> None:
        self.clock.move(hours=hours)

    @rule()
    def anybody_asks_for_a_puk(self) -> None:
        for key, action_id in self.done_keys.items():
            try:
                value = self.do(self.bss.reveal(key)).value
            except (NotFound, PreconditionFailed):
                continue
            assert action_id == "query_puk"
            assert not self.lost
            assert (value == PUK) is not self.replaced  # a new card has a code of its own

    @invariant()
    def lost_card_never_comes_back_by_itself(self) -> None:
        if hasattr(self, "bss"):
            assert ("lost" in self.record().stop_reasons) is self.lost

    @invariant()
    def number_is_active_exactly_when_no_stop_stands(self) -> None:
        if hasattr(self, "bss"):
            found = self.record()
            assert (found.state == "ACTIVE") is (found.stop_reasons == ())
            if found.stop_reasons:
                assert found.state in STRENGTH

    def teardown(self) -> None:
        if hasattr(self, "bss"):
            self.do(self.bss.close())
            self.runner.close()
            self.folder.cleanup()


TestOperatorLife = OperatorLife.TestCase
TestOperatorLife.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
