"""The server, or one of its workers, is killed in the middle of a visit, and the visit goes on."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.stage import Stage
from tests.resilience.peers import IDENTITY, MEDIA, Call, calling, eventually, workers
from vcounter.simulator.api import Json
from vcounter.simulator.scripts import _know_by_facts

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("restart") / "var")
    await stage.start()
    try:
        yield stage
    finally:
        await stage.stop()


async def _restart(stage: Stage, call: Call, how: signal.Signals = signal.SIGKILL) -> None:
    """Kill and start again; both clients find back by themselves to the same agent."""
    await stage.stop(how)
    await stage.start()
    view = await call.desk.until("customer's return", lambda v: v["customer_online"])
    assert view["visit"]["state"] == "serving"
    desk = await call.desk.api.get("/desk")
    assert desk["me"]["state"] == "serving"
    assert desk["visit"]["visit"]["id"] == call.visit_id


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_step_stays_up_over_a_restart(stage: Stage, how: signal.Signals) -> None:
    async with calling(stage, "active_elder_man", holding="message") as call:
        step_id = await call.desk.push("message", text="请稍等")
        await eventually("step at the customer", lambda: "message" in call.customer.called.steps)

        await _restart(stage, call, how)
        await call.media_run()

        view = await call.desk.view()
        assert view["step"]["id"] == step_id
        call.customer.let_go()
        assert (await call.desk.step_ended(step_id))["state"] == "done"
        await call.desk.until("recording", lambda v: v["recording"]["state"] == "growing")


async def test_order_that_awaits_the_customer_is_done_once_after_a_kill(stage: Stage) -> None:
    async with calling(stage, "active_younger", holding="confirm") as call:
        desk, msisdn = call.desk, call.customer.caller.msisdn
        await _know_by_facts(desk, call.customer.caller)
        body = {
            "action_id": "report_loss",
            "inputs": {"call_back": "13900009001", "place": "菜市场"},
        }
        order = await desk.api.post(f"/visits/{call.visit_id}/orders", body, key="once")
        await desk.api.post(f"/orders/{order['id']}/present")
        await eventually("question", lambda: "confirm" in call.customer.called.steps)

        await _restart(stage, call)
        await call.media_run()
        await desk.until("recording", lambda v: v["recording"]["state"] == "growing")
        call.customer.let_go()

        view = await desk.until("order", lambda v: v["orders"][0]["state"] == "succeeded")
        assert [o["id"] for o in view["orders"]] == [order["id"]]
        assert view["customer"]["state"] == "LOST_HOLD"
        contact = call.customer.caller.demo.person.alternate_contact or msisdn
        sent = await stage.inbox(contact)
        assert len(sent) == 1, sent


async def test_sealed_step_stays_sealed_over_a_kill(stage: Stage) -> None:
    async with calling(stage, "active_elder_woman", holding="number_pad") as call:
        desk = call.desk
        step_id = await desk.push("number_pad", purpose="service_password")
        await desk.until("seal", lambda v: v["recording"]["state"] == "sealed")
        await call.reaches_customer()
        before = (desk.received.video_frames, desk.received.audio_frames)

        await _restart(stage, call)
        await call.reaches_customer()

        view = await desk.until("seal", lambda v: v["recording"]["state"] == "sealed")
        assert view["step"]["id"] == step_id
        await call.reaches_customer()
        assert (desk.received.video_frames, desk.received.audio_frames) == before
        call.customer.let_go()
        assert (await desk.step_ended(step_id))["state"] == "done"
        await call.media_run()


async def test_face_challenge_begins_anew_after_a_kill(stage: Stage) -> None:
    async with calling(stage, "active_elder_woman") as call:
        desk, customer = call.desk, call.customer
        await desk.step_ended(await desk.push("consent", topic="face"))
        step_id = await desk.push("face")
        await eventually("challenge", lambda: customer.phases)

        await _restart(stage, call)
        customer.phases.clear()

        await eventually("challenge", lambda: customer.phases)
        assert (await desk.view())["step"]["id"] == step_id
        ended = await desk.step_ended(step_id, 90)
        assert ended["state"] in ("done", "failed"), ended
        assert ended["outcome"]["result"] in ("passed", "failed"), ended


async def test_killed_bridge_comes_back_with_both_peers_and_the_recording(stage: Stage) -> None:
    async with calling(stage, "active_elder_man") as call:
        (worker,) = workers(stage, MEDIA)
        size = (await call.desk.view())["recording"]["bytes"]
        worker.kill()
        await call.media_run()
        view = await call.desk.until("recording", lambda v: v["recording"]["state"] == "growing")
        assert view["recording"]["bytes"] > 0, size


async def test_bridge_killed_under_a_seal_comes_back_shut_and_opens_after_it(stage: Stage) -> None:
    async with calling(stage, "active_elder_man", holding="number_pad") as call:
        desk = call.desk
        step_id = await desk.push("number_pad", purpose="service_password")
        await desk.until("seal", lambda v: v["recording"]["state"] == "sealed")
        await call.reaches_customer()
        before = desk.received.video_frames
        (worker,) = workers(stage, MEDIA)
        worker.kill()
        await call.reaches_customer()
        assert desk.received.video_frames == before

        (worker,) = workers(stage, MEDIA)
        worker.kill()
        call.customer.let_go()  # answered while there is no bridge to open

        assert (await desk.step_ended(step_id))["state"] == "done"
        await call.media_run()


async def test_killed_identity_worker_never_passes_and_never_hangs(stage: Stage) -> None:
    async with calling(stage, "active_elder_woman") as call:
        desk = call.desk
        await desk.step_ended(await desk.push("consent", topic="face"))
        await _pass_challenge(call)

        view = await _kill_until_compared(stage, call)

        matches = [e for e in view["identity"]["evidence"] if e["kind"] == "face_match"]
        assert {e["outcome"] for e in matches} == {"review"}, matches
        assert view["identity"]["level"] == "L0"
        await _pass_challenge(call)  # there is a worker again


async def _pass_challenge(call: Call) -> None:
    """Push the head turn until it ends well; a busy machine makes a clumsy customer."""
    for _ in range(4):
        call.customer.phases.clear()
        step_id = await call.desk.push("face")
        await eventually("end of the challenge", lambda: "done" in call.customer.phases, 90)
        ended = await call.desk.step_ended(step_id)
        if ended["state"] == "done":
            return
    raise AssertionError(ended)


async def _kill_until_compared(stage: Stage, call: Call) -> Json:
    """Kill every identity worker there is, and each that takes its place, until a result stands."""
    async with asyncio.timeout(60):
        while True:
            for worker in workers(stage, IDENTITY):
                worker.kill()
            view = await call.desk.view()
            if any(e["kind"] == "face_match" for e in view["identity"]["evidence"]):
                return view
