"""The demo's inbox passes the contract of an SMS gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.sms.suite import SmsGatewaySuite, sms
from tests.fakes.clock import FakeClock
from vcounter.adapters.sms import DemoInbox

KEY = bytes(range(32))


@dataclass
class InboxWorld:
    gateway: DemoInbox

    async def received(self) -> list[tuple[str, str]]:
        return [(m.to, m.text) for m in reversed(await self.gateway.recent())]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[InboxWorld]:
    inbox = await DemoInbox.open(tmp_path / "inbox.db", KEY, FakeClock())
    yield InboxWorld(inbox)
    await inbox.close()


class TestDemoInbox(SmsGatewaySuite):
    async def test_a_key_is_remembered_by_the_next_process(
        self, world: InboxWorld, tmp_path: Path
    ) -> None:
        await world.gateway.submit(sms())

        other = await DemoInbox.open(tmp_path / "inbox.db", KEY, FakeClock())
        await other.submit(sms())
        await other.close()

        assert len(await world.received()) == 1
