"""A simulated agent: logs in, becomes ready, accepts, carries an action out, wraps up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from signaling.protocol import Offer
from vcounter.observability.logs import get_logger
from vcounter.simulator.api import Api, ApiProblem, Json
from vcounter.simulator.line import Line, LineClosed
from vcounter.simulator.peer import Camera, Microphone, Peer, Received
from vcounter.simulator.people import Caller, caller_for
from vcounter.simulator.pictures import AGENT_SIZE, Reel, head_reel
from vcounter.simulator.scripts import ScriptFailed, carry_out, choose_action
from vcounter.simulator.sounds import AGENT_PITCH_HZ

FPS = 5.0
AGENT_PORTRAIT = "obama"
POLL_S = 1.5  # how long to wait for an event before looking anyway
log = get_logger(__name__)

Plan = Callable[[Json], tuple[Caller, str]]
"""Who a visit's customer is and which action to carry out, from the agent's view of it."""


@dataclass(slots=True)
class Served:
    """How one visit went at the agent's side."""

    visit_id: str
    action_id: str = ""
    failure: str = ""
    handle_s: float = 0.0
    received: Received = field(default_factory=Received)


def demo_plan(view: Json) -> tuple[Caller, str]:
    """For a demo server: the fictitious subscriber of the number, and what their state allows."""
    caller = caller_for(view["visit"]["msisdn"] or "")
    if caller is None:
        raise ScriptFailed("not a fictitious subscriber")
    return caller, choose_action(view)


class Agent:
    """One agent's shift. `run` serves visit after visit until `stop` or cancelled."""

    def __init__(self, api: Api, login: str, password: str, plan: Plan = demo_plan) -> None:
        self._api, self._login, self._password, self._plan = api, login, password, plan
        self._offers: asyncio.Queue[str] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._line: Line | None = None
        self._peer: Peer | None = None
        self._desk = ""
        self._stopping = asyncio.Event()
        self._at_desk = asyncio.Event()
        self._unready = asyncio.Event()
        self.visit_id = ""
        self.served: list[Served] = []

    def stop(self) -> None:
        """Serve nobody any more; the visit in hand is finished."""
        self._stopping.set()

    async def run(self, on_served: Callable[[Served], Awaitable[None]] | None = None) -> None:
        """Raises ApiProblem when the login is refused, LineClosed when the server shuts us out."""
        me = await self._api.post(
            "/staff/login", {"login": self._login, "password": self._password}
        )
        self._desk = f"desk:{me['id']}"
        reel = await asyncio.to_thread(head_reel, AGENT_PORTRAIT, AGENT_SIZE)
        self._line = Line(self._api, self._ticket, self)
        running = asyncio.create_task(self._line.run())
        serving = asyncio.create_task(self._serve_all(reel, on_served))
        try:
            await self._line.join(self._desk)
            await asyncio.wait({running, serving}, return_when=asyncio.FIRST_COMPLETED)
            for task in (running, serving):
                if task.done():
                    task.result()
        finally:
            for task in (running, serving):
                task.cancel()
            await asyncio.gather(running, serving, return_exceptions=True)
            await self._sign_off()

    async def _sign_off(self) -> None:
        if self._peer is not None:
            await self._peer.close()
        with contextlib.suppress(ApiProblem, httpx.HTTPError):
            await self._api.post("/staff/state", {"state": "not_ready", "reason": "other"})
            await self._api.post("/staff/logout")

    async def _ticket(self) -> str:
        return str((await self._api.post("/staff/ticket"))["ticket"])

    async def _serve_all(
        self, reel: Reel, on_served: Callable[[Served], Awaitable[None]] | None
    ) -> None:
        await self._at_desk.wait()  # an agent who is not connected is not offered anything
        while not self._stopping.is_set():
            await self._become_ready()
            visit_id = await self._next_offer()
            if visit_id is None:
                continue
            try:
                await self._api.post(f"/offers/{visit_id}/accept")
            except ApiProblem as problem:
                log.info("offer gone", code=problem.code)
                continue
            served = await self._serve(visit_id, reel)
            self.served.append(served)
            if on_served is not None:
                await on_served(served)

    async def _become_ready(self) -> None:
        self._unready.clear()
        try:
            await self._api.post("/staff/state", {"state": "ready"})
        except ApiProblem as problem:
            if problem.code != "wrong_state":  # offered already
                raise

    async def _next_offer(self) -> str | None:
        """The next visit that rings; None when told to stop, or to say ready again."""
        offer = asyncio.create_task(self._offers.get())
        others = [asyncio.create_task(e.wait()) for e in (self._stopping, self._unready)]
        await asyncio.wait({offer, *others}, return_when=asyncio.FIRST_COMPLETED)
        found = offer.result() if offer.done() else None
        for task in (offer, *others):
            task.cancel()
        await asyncio.gather(offer, *others, return_exceptions=True)
        return found

    async def _serve(self, visit_id: str, reel: Reel) -> Served:
        served, begun = Served(visit_id), time.monotonic()
        count = 0

        def picture() -> bytes:
            nonlocal count
            count += 1
            return reel.at(6.0 * ((count // 4) % 3 - 1))

        self._peer = Peer(lambda: Camera(FPS, picture), lambda: Microphone(AGENT_PITCH_HZ))
        peer, self.visit_id = self._peer, visit_id
        served.received = peer.received
        assert self._line is not None
        try:
            await self._line.join(visit_id)
            await self._line.media_ready(visit_id, lambda: peer.is_connected)
            caller, served.action_id = self._plan(await self.view())
            await carry_out(self, caller, served.action_id)
        except (ScriptFailed, ApiProblem) as error:
            served.failure = str(error)
            log.info("simulated visit failed", visit=visit_id, reason=served.failure)
        except httpx.HTTPError as error:
            served.failure = type(error).__name__
        finally:
            await self._hang_up(visit_id, served)
            await peer.close()
        served.handle_s = time.monotonic() - begun
        return served

    async def _hang_up(self, visit_id: str, served: Served) -> None:
        assert self._line is not None
        disposition = "not_done" if served.failure else "done"
        try:
            await self._api.post(f"/visits/{visit_id}/end")
            await self._api.post(
                f"/visits/{visit_id}/wrap_up",
                {"disposition": disposition, "tags": [], "note": "simulated"},
            )
        except (ApiProblem, httpx.HTTPError) as error:
            served.failure = served.failure or f"wrap-up: {error}"
        await self._line.leave(visit_id)
        self.visit_id = ""

    # --- what scripts ask (scripts.Desk)

    async def get(self, path: str) -> Any:
        return await self._api.get(path)

    async def post(self, path: str, body: Json | None = None, *, key: str = "") -> Any:
        return await self._api.post(path, body, key=key)

    async def view(self) -> Json:
        found: Json = await self._api.get(f"/visits/{self.visit_id}")
        return found

    async def until(self, what: str, ready: Callable[[Json], bool], timeout_s: float) -> Json:
        deadline = time.monotonic() + timeout_s
        while True:
            self._changed.clear()
            view = await self.view()
            if ready(view):
                return view
            if view["visit"]["state"] != "serving":
                raise ScriptFailed(f"{what}: visit is {view['visit']['state']}")
            left = deadline - time.monotonic()
            if left <= 0:
                raise ScriptFailed(f"{what}: nothing for {timeout_s:.0f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(POLL_S, left))

    # --- what the line tells

    async def joined(self, room: str, snapshot: Json) -> None:
        self._changed.set()
        if room != self._desk:
            return
        self._at_desk.set()
        self._look_at_me(snapshot["me"])
        if snapshot.get("offer"):
            self._offers.put_nowait(snapshot["offer"]["visit_id"])

    async def event(self, room: str, kind: str, body: Json) -> None:
        if room == self._desk and kind == "offer":
            self._offers.put_nowait(body["visit_id"])
        elif room == self._desk and kind == "me":
            self._look_at_me(body)
        elif room == self.visit_id:
            self._changed.set()

    def _look_at_me(self, me: Json) -> None:
        """A missed ring or a lost connection made us not ready: say ready again."""
        if me["state"] == "not_ready":
            self._unready.set()

    async def offer(self, room: str, offer: Offer) -> str:
        assert self._peer is not None
        return await self._peer.answer(offer)


__all__ = ["Agent", "LineClosed", "Plan", "Served", "demo_plan"]
