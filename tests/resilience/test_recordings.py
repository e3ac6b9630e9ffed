"""Every consented visit can be played from start to end afterwards, whatever was killed meanwhile;
a refused one leaves nothing on disk."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.stage import Stage
from tests.resilience.peers import Call, calling, crash
from tests.resilience.signals import Played, Signal, play
from vcounter.simulator.api import ApiProblem, Json
from vcounter.simulator.scripts import _identify
from vcounter.simulator.sounds import AGENT_PITCH_HZ, CUSTOMER_PITCH_HZ

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

PARTIES = ("customer", "agent")
IN_SYNC_S = 0.2
LOST_S = 3.0  # of a call at most, when everything is killed
SHORT_GRACES = {"VCOUNTER_GRACE_S": "6", "VCOUNTER_CUSTOMER_GRACE_S": "3"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("recordings") / "var")
    await stage.start()
    try:
        yield stage
    finally:
        await stage.stop()


@dataclass(frozen=True, slots=True)
class Recording:
    """What the API gives for a visit: the row, and each party's file, decoded."""

    row: Json
    played: dict[str, Played]

    def offsets(self, signals: tuple[Signal, Signal]) -> list[float]:
        """For every flash, of either party, in picture and sound: the file's time less ours."""
        found = []
        for party, signal in zip(PARTIES, signals, strict=True):
            for what, begun in self.played[party].begun.items():
                assert len(begun) == len(signal.sent[what]), (party, what, begun, signal.sent)
                found += [b - s for b, s in zip(begun, signal.sent[what], strict=True)]
        return found


def _two_signals() -> tuple[Signal, Signal]:
    return Signal(CUSTOMER_PITCH_HZ), Signal(AGENT_PITCH_HZ)


async def _flash(signals: tuple[Signal, Signal]) -> None:
    await asyncio.gather(*(signal.flash() for signal in signals))


async def _recording(stage: Stage, visit_id: str) -> Recording:
    """Wait until it can be played, as a team lead would, and play all of it."""
    async with aclosing(await stage.staff("lead")) as lead:
        deadline = time.monotonic() + 60
        while (row := (await lead.get(f"/recordings/{visit_id}")).json())["state"] != "muxed":
            assert row["state"] in ("growing", "closed"), row
            assert time.monotonic() < deadline, row
            await asyncio.sleep(0.2)
        assert sorted(row["files"]) == sorted(PARTIES)
        files = {p: (await lead.get(f"/recordings/{visit_id}/{p}")).content for p in PARTIES}
    played = {party: await asyncio.to_thread(play, file) for party, file in files.items()}
    _check_kept(stage, visit_id, files)
    for party in PARTIES:
        assert abs(played[party].end_s - row["duration_ms"] / 1000) < 0.5, (party, played, row)
    return Recording(row, played)


def _check_kept(stage: Stage, visit_id: str, files: dict[str, bytes]) -> None:
    """Its hashes stand in the audit log, and the raw file is gone."""
    with sqlite3.connect(stage.data_dir / "vcounter.db") as database:
        query = "SELECT detail FROM audit_lines WHERE verb = 'recording.close' AND object = ?"
        details = [json.loads(row[0]) for row in database.execute(query, (visit_id,))]
    assert details == [{p: hashlib.sha256(file).hexdigest() for p, file in files.items()}]
    assert not list((stage.data_dir / "recordings").glob(f"{visit_id}*"))


async def _wait_for_state(stage: Stage, visit_id: str, state: str, timeout_s: float) -> Json:
    """The visit as a team lead sees it, once it is in this state."""
    async with aclosing(await stage.staff("lead")) as lead:
        deadline = time.monotonic() + timeout_s
        while True:
            view: Json = (await lead.get(f"/visits/{visit_id}")).json()
            if view["visit"]["state"] == state:
                return view
            assert time.monotonic() < deadline, view["visit"]
            await asyncio.sleep(0.2)


def _recorded_files(stage: Stage) -> set[Path]:
    return set(stage.data_dir.rglob("*recordings*/**/*"))


async def test_clean_end_leaves_two_files_in_sync(stage: Stage) -> None:
    signals = _two_signals()
    async with calling(stage, "active_elder_woman", signals=signals) as call:
        await _flash(signals)
        await _flash(signals)

    recording = await _recording(stage, call.visit_id)

    offsets = recording.offsets(signals)
    assert len(offsets) == 8
    assert max(offsets) - min(offsets) <= IN_SYNC_S, offsets


async def test_refused_recording_records_nothing_and_allows_what_needs_none(stage: Stage) -> None:
    known = _recorded_files(stage)
    async with calling(stage, "active_younger", recording="refused") as call:
        desk = call.desk
        assert (await desk.view())["recording"] == {"state": "off", "bytes": 0}
        step = await desk.step_ended(await desk.push("message", text="您好"))
        assert step["state"] == "done"
        await _identify(desk, call.customer.caller)

        with pytest.raises(ApiProblem) as refused:
            await _draft(call, "suspend_service", {"scope": "both"})
        assert refused.value.code == "not_recording"
        order = await _draft(call, "report_loss", {"call_back": "13900009001", "place": "菜市场"})
        await desk.api.post(f"/orders/{order['id']}/present")
        await desk.until("order", lambda v: v["orders"][-1]["state"] == "succeeded")
        await call.media_run()
        assert _recorded_files(stage) == known

    async with aclosing(await stage.staff("lead")) as lead:
        assert (await lead.get(f"/recordings/{call.visit_id}")).status_code == 404
    assert _recorded_files(stage) == known


async def test_light_tells_whether_the_recording_grows(stage: Stage) -> None:
    async with calling(stage, "active_elder_man", holding="number_pad") as call:
        desk = call.desk
        first = (await desk.view())["recording"]
        await desk.until("growth", lambda v: v["recording"]["bytes"] > first["bytes"])
        step_id = await desk.push("number_pad", purpose="service_password")
        await desk.until("seal", lambda v: v["recording"]["state"] == "sealed")
        call.customer.let_go()
        await desk.step_ended(step_id)
        await desk.until("growth", lambda v: v["recording"]["state"] == "growing")

        await call.customer_vanishes()

        await desk.until("stillness", lambda v: v["recording"]["state"] == "stalled")


async def test_visit_taken_up_again_after_a_crash_is_one_recording(stage: Stage) -> None:
    signals = _two_signals()
    async with calling(stage, "active_elder_man", signals=signals) as call:
        await _flash(signals)
        await asyncio.sleep(LOST_S)  # what may be lost must not be the flash
        await crash(stage)
        killed_at = time.monotonic()
        await stage.start()
        await call.media_run()
        await call.desk.until("recording", lambda v: v["recording"]["state"] == "growing")
        await _flash(signals)

    recording = await _recording(stage, call.visit_id)

    offsets = recording.offsets(signals)
    assert max(offsets) - min(offsets) <= IN_SYNC_S, offsets
    assert recording.row["duration_ms"] / 1000 > killed_at + min(offsets)


async def test_visit_deserted_after_a_crash_is_closed_and_playable_to_the_end(
    stage: Stage,
) -> None:
    signals = _two_signals()
    async with calling(stage, "active_elder_woman", signals=signals) as call:
        await _flash(signals)
        await asyncio.sleep(LOST_S)
        await crash(stage)
        killed_at = time.monotonic()
        await call.customer_vanishes()
        await call.desk.vanish()
        stage.settings |= SHORT_GRACES
        await stage.start()

        view = await _wait_for_state(stage, call.visit_id, "closed", 30)
        assert view["step"] is None

    recording = await _recording(stage, call.visit_id)

    offsets = recording.offsets(signals)
    assert max(offsets) - min(offsets) <= IN_SYNC_S, offsets
    for party in PARTIES:
        last_s = recording.played[party].last_picture_s
        assert killed_at + min(offsets) - last_s <= LOST_S, (party, last_s)


async def test_visit_deserted_by_both_ends_by_itself(stage: Stage) -> None:
    async with calling(stage, "active_elder_man", holding="message") as call:
        await call.desk.push("message", text="请稍等")
        await call.desk.vanish()
        await _wait_for_state(stage, call.visit_id, "waiting", 30)
        await call.customer_vanishes()

        view = await _wait_for_state(stage, call.visit_id, "closed", 30)

        assert view["step"] is None
        assert view["steps"][-1]["state"] == "cancelled"
    recording = await _recording(stage, call.visit_id)
    assert all(played.pictures for played in recording.played.values())


async def test_visit_that_nobody_connects_to_is_abandoned(stage: Stage) -> None:
    async with aclosing(await stage.staff("lead")) as client:
        body = {"link": "", "lang": "zh-CN", "recording": "given"}
        visit_id = (await client.post("/visits", json=body)).json()["visit_id"]

    await _wait_for_state(stage, visit_id, "abandoned", 20)


async def _draft(call: Call, action_id: str, inputs: dict[str, str]) -> Json:
    body = {"action_id": action_id, "inputs": inputs}
    order: Json = await call.desk.api.post(f"/visits/{call.visit_id}/orders", body, key=action_id)
    return order
