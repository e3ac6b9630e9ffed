"""A customer who takes their time, and an agent who stays at the desk whatever the server does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psutil

from signaling.protocol import Offer
from tests.e2e.stage import Stage, person
from tests.resilience.signals import Signal
from vcounter.simulator.agent import AGENT_PORTRAIT
from vcounter.simulator.api import Api, ApiProblem, Json
from vcounter.simulator.customer import Called, Customer
from vcounter.simulator.line import Line
from vcounter.simulator.peer import Camera, Microphone, Peer, Received
from vcounter.simulator.people import Caller
from vcounter.simulator.pictures import AGENT_SIZE, head_reel
from vcounter.simulator.sounds import AGENT_PITCH_HZ

LOOK_S = 0.1
PATIENCE_S = 60.0  # a machine that runs the other suites as well
MEDIA_BACK_S = 45.0


async def eventually(what: str, holds: Callable[[], Any], timeout_s: float = PATIENCE_S) -> None:
    """Look again until it holds; name what did not."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s:.0f} s"
        await asyncio.sleep(LOOK_S)


class SlowCustomer(Customer):
    """Follows the steps, but answers those in `holding` only when let go.

    With `marked` the camera and the microphone send that instead of a face and a voice.
    """

    def __init__(
        self,
        api: Api,
        caller: Caller,
        holding: frozenset[str] = frozenset(),
        *,
        recording: str = "given",
        marked: Signal | None = None,
    ) -> None:
        super().__init__(api, caller)
        self.caller = caller
        self.holding = holding
        self.phases: list[str] = []
        self._recording, self._marked = recording, marked
        self._go = asyncio.Event()

    async def _call_in(self, link_token: str) -> None:
        body = {"link": link_token, "lang": "zh-CN", "recording": self._recording}
        opened = await self._api.post("/visits", body)
        self.called.visit_id = opened["visit_id"]
        self._api.bear(opened["credential"])
        if self._marked is not None:
            self._peer = self._marked.peer()
            self.called.received = self._peer.received

    def let_go(self) -> None:
        self._go.set()

    @property
    def received(self) -> Received:
        return self.called.received

    async def event(self, room: str, kind: str, body: Json) -> None:
        if kind == "challenge":
            self.phases.append(str(body.get("phase", "")))
        await super().event(room, kind, body)

    async def _act(self, step: Json) -> None:
        if step["kind"] in self.holding:
            await self._go.wait()
        await super()._act(step)


class Desk:
    """An agent's connection and media; every question is asked again while nobody answers."""

    def __init__(self, api: Api, peer: Peer) -> None:
        self.api = api
        self.id = ""
        self.visit_id = ""
        self.peer = peer
        self.line = Line(api, self._ticket, self)
        self._running: asyncio.Task[None] | None = None

    @property
    def received(self) -> Received:
        return self.peer.received

    @classmethod
    @asynccontextmanager
    async def open(cls, stage: Stage, login: str, peer: Peer) -> AsyncIterator[Desk]:
        async with Api(stage.url) as api:
            desk = cls(api, peer)
            body = {"login": login, "password": stage.logins[login]}
            desk.id = (await api.post("/staff/login", body))["id"]
            desk._running = asyncio.create_task(desk.line.run())
            try:
                await desk.line.join(f"desk:{desk.id}")
                yield desk
            finally:
                await desk.vanish()

    async def vanish(self) -> None:
        """As when the browser crashed."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self.peer.close()

    async def _ticket(self) -> str:
        return str((await self.api.post("/staff/ticket"))["ticket"])

    async def joined(self, room: str, snapshot: Json) -> None:
        return None

    async def event(self, room: str, kind: str, body: Json) -> None:
        return None

    async def offer(self, room: str, offer: Offer) -> str:
        return await self.peer.answer(offer)

    # --- what an agent does

    async def get(self, path: str) -> Any:
        return await self.api.get(path)

    async def post(self, path: str, body: Json | None = None, *, key: str = "") -> Any:
        return await self.api.post(path, body, key=key)

    async def take(self, visit_id: str) -> None:
        """Become ready and accept this visit when it rings."""
        await self.api.post("/staff/state", {"state": "ready"})
        await self._ask("/desk", lambda d: (d["offer"] or {}).get("visit_id") == visit_id, "ring")
        await self.api.post(f"/offers/{visit_id}/accept")
        self.visit_id = visit_id
        await self.line.join(visit_id)
        await self.line.media_ready(visit_id, lambda: self.peer.is_connected)

    async def push(self, kind: str, **params: str) -> str:
        path = f"/visits/{self.visit_id}/steps"
        return str((await self.api.post(path, {"kind": kind, "params": params}))["id"])

    async def view(self) -> Json:
        return await self.until("view", lambda v: True)

    async def until(
        self, what: str, ready: Callable[[Json], Any], timeout_s: float = PATIENCE_S
    ) -> Json:
        """The first view for which it holds."""
        return await self._ask(f"/visits/{self.visit_id}", ready, what, timeout_s)

    async def step_ended(self, step_id: str, timeout_s: float = PATIENCE_S) -> Json:
        view = await self.until(
            "step's end", lambda v: find(v, step_id)["state"] != "pushed", timeout_s
        )
        return find(view, step_id)

    async def _ask(
        self, path: str, ready: Callable[[Json], Any], what: str, timeout_s: float = PATIENCE_S
    ) -> Json:
        deadline = time.monotonic() + timeout_s
        seen: Json = {}
        while True:
            with contextlib.suppress(httpx.HTTPError):
                try:
                    seen = await self.api.get(path)
                    if ready(seen):
                        return seen
                except ApiProblem as problem:
                    if problem.status < 500:
                        raise
            assert time.monotonic() < deadline, f"{what}: not within {timeout_s:.0f} s: {seen}"
            await asyncio.sleep(LOOK_S)

    async def wrap_up(self) -> None:
        """Hang up and close the visit, whatever state it is in."""
        for path, body in (
            ("end", None),
            ("wrap_up", {"disposition": "done", "tags": [], "note": ""}),
        ):
            with contextlib.suppress(ApiProblem):
                await self.api.post(f"/visits/{self.visit_id}/{path}", body)
        await self.line.leave(self.visit_id)
        await self.peer.close()
        with contextlib.suppress(ApiProblem):
            await self.api.post("/staff/state", {"state": "not_ready", "reason": "other"})


def find(view: Json, step_id: str) -> Json:
    found: Json = next(s for s in view["steps"] if s["id"] == step_id)
    return found


def _face() -> Peer:
    reel = head_reel(AGENT_PORTRAIT, AGENT_SIZE)
    return Peer(lambda: Camera(5.0, lambda: reel.at(0)), lambda: Microphone(AGENT_PITCH_HZ))


class Call:
    """A served visit: both peers, connected."""

    def __init__(self, desk: Desk, customer: SlowCustomer, running: asyncio.Task[Called]) -> None:
        self.desk, self.customer, self._running = desk, customer, running

    async def customer_vanishes(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    @property
    def visit_id(self) -> str:
        return self.desk.visit_id

    async def media_run(self, timeout_s: float = MEDIA_BACK_S) -> None:
        """More pictures and sound arrive at both ends than have arrived by now."""
        ends = {"agent": self.desk.received, "customer": self.customer.received}
        before = {name: (r.video_frames, r.audio_frames) for name, r in ends.items()}
        for name, received in ends.items():
            await eventually(
                f"media at the {name}",
                lambda r=received, b=before[name]: (
                    r.video_frames >= b[0] + 5 and r.audio_frames >= b[1] + 25
                ),
                timeout_s,
            )

    async def reaches_customer(self, timeout_s: float = MEDIA_BACK_S) -> None:
        received = self.customer.received
        goal = received.video_frames + 5
        await eventually(
            "pictures at the customer", lambda: received.video_frames >= goal, timeout_s
        )


@asynccontextmanager
async def calling(
    stage: Stage,
    case: str,
    holding: str = "",
    *,
    recording: str = "given",
    signals: tuple[Signal, Signal] | None = None,
) -> AsyncIterator[Call]:
    """A simulated customer in a call with an agent, ended afterwards.

    `signals` are what the customer and the agent send.
    """
    caller = Caller(person(case))
    for_customer, for_agent = signals or (None, None)
    peer = for_agent.peer() if for_agent else await asyncio.to_thread(_face)
    async with Desk.open(stage, "agent1", peer) as desk, Api(stage.url) as api:
        customer = SlowCustomer(
            api, caller, frozenset(holding.split()), recording=recording, marked=for_customer
        )
        link = await api.post("/demo/simulated_links", {"msisdn": caller.msisdn, "lang": "zh-CN"})
        running = asyncio.create_task(customer.run(link["link"], timeout_s=600))
        try:
            await eventually("visit", lambda: customer.called.visit_id or running.done())
            await desk.take(customer.called.visit_id)
            call = Call(desk, customer, running)
            await call.media_run()
            if recording == "given":
                await desk.until("recording", lambda v: v["recording"]["state"] == "growing")
            yield call
        finally:
            await desk.wrap_up()
            await asyncio.wait({running}, timeout=10)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def crash(stage: Stage) -> None:
    """The server and all its workers at once, as when the power fails."""
    os.killpg(stage.pid, signal.SIGKILL)
    await stage.kill()


def workers(stage: Stage, sign: str) -> list[psutil.Process]:
    """The server's own children whose command line holds `sign`."""
    return [p for p in psutil.Process(stage.pid).children() if sign in " ".join(p.cmdline())]


MEDIA, IDENTITY = "signaling.media.worker", "spawn_main"
