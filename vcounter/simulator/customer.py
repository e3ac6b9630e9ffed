"""A simulated customer: calls in, turns the head, shows the card, answers every step."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from signaling.protocol import Offer
from vcounter.observability.logs import get_logger
from vcounter.simulator.api import Api, ApiProblem, Json
from vcounter.simulator.line import Line, LineClosed
from vcounter.simulator.operator_page import finish_page
from vcounter.simulator.peer import Camera, Microphone, Peer, Received
from vcounter.simulator.people import NEW_CONTACT, NEW_PASSWORD, Caller
from vcounter.simulator.pictures import (
    CardShot,
    Reel,
    card_shot,
    head_reel,
    router,
    signature,
    tilted_card,
)
from vcounter.simulator.sounds import CUSTOMER_PITCH_HZ
from vcounter.specimen.head import TURN_YAW_DEG

FPS = 10.0
TURN_DEG_PER_S = 60.0
REACTION_S = 0.8
SETTLE_S = 0.8  # the card lies still in the picture before it is photographed
CARD_TRIES = 8
SMS_WAIT_S = 10.0
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_OVER = frozenset({"wrap_up", "closed", "abandoned", "call_back"})
log = get_logger(__name__)


@dataclass(slots=True)
class Called:
    """How one simulated visit went. `revealed` stays in memory: it is a disclosure."""

    visit_id: str = ""
    was_served: bool = False
    connect_s: float | None = None  # from the agent's accept to the first picture from the agent
    total_s: float = 0.0
    steps: list[str] = field(default_factory=list)
    received: Received = field(default_factory=Received)
    receipts: int = 0
    drops: int = 0
    failure: str = ""
    revealed: list[str] = field(default_factory=list, repr=False)


class Pose:
    """What the camera shows now: the head at some yaw, moving, or a side of the card."""

    def __init__(self, reel: Reel) -> None:
        self._reel = reel
        self._yaw = self._target = 0.0
        self._told, self._due = 0.0, 0.0
        self._card: CardShot | None = None
        self._at = time.monotonic()
        self._count = 0

    def turn(self, target_deg: float) -> None:
        """Begin to turn after a person's time to react."""
        if target_deg != self._told:
            self._told, self._due = target_deg, time.monotonic() + REACTION_S

    def show(self, card: CardShot | None) -> None:
        """A side of the card, or None for the face."""
        self._card = card

    def picture(self) -> bytes:
        """The frame of this moment; a resting head still moves a little, as people do."""
        now = time.monotonic()
        step = TURN_DEG_PER_S * min(now - self._at, 0.5)
        self._at = now
        self._count += 1
        if self._card is not None:
            return self._card.frames[self._count % len(self._card.frames)]
        if now >= self._due:
            self._target = self._told
        gap = self._target - self._yaw
        self._yaw += math.copysign(min(abs(gap), step), gap)
        sway = 2.0 * math.sin(now * 1.7) if self._target == 0 else 0.0
        return self._reel.at(self._yaw + sway)


class Customer:
    """One visit of one caller. `run` returns when the visit is over, one way or the other."""

    fps = FPS

    def __init__(self, api: Api, caller: Caller, *, lang: str = "zh-CN") -> None:
        self._api, self._caller, self._lang = api, caller, lang
        self._pose: Pose | None = None
        self._line: Line | None = None
        self._peer: Peer | None = None
        self._over = asyncio.Event()
        self._accepted_at: float | None = None
        self._step_task: asyncio.Task[None] | None = None
        self._step_id = ""
        self._crash: BaseException | None = None
        self.called = Called()

    async def run(self, link_token: str, *, timeout_s: float = 300.0) -> Called:
        """Call in with a link and follow the agent to the end.

        Never raises for what the server does: `failure` tells. A visit that lasts longer than
        `timeout_s` is left.
        """
        self._pose = pose = await self._pose_for_camera()
        begun = time.monotonic()
        self._peer = Peer(lambda: Camera(self.fps, pose.picture), self._microphone)
        self.called.received = self._peer.received
        try:
            await self._call_in(link_token)
            async with asyncio.timeout(timeout_s):
                await self._stay()
        except TimeoutError:
            self.called.failure = "timeout"
            await self._leave()
        except ApiProblem as problem:
            self.called.failure = problem.code
        except LineClosed as closed:
            self.called.failure = f"closed_{closed.code}"
        except httpx.HTTPError as error:
            self.called.failure = type(error).__name__
        finally:
            await self._stop_step()
            await self._peer.close()
        self._measure(begun)
        return self.called

    async def _pose_for_camera(self) -> Pose:
        """What the camera will look at. Tests show other things than an honest head."""
        return Pose(await asyncio.to_thread(head_reel, self._caller.portrait_key))

    def _microphone(self) -> Microphone:
        return Microphone(CUSTOMER_PITCH_HZ)

    async def _call_in(self, link_token: str) -> None:
        opened = await self._api.post(
            "/visits",
            {
                "link": link_token,
                "lang": self._lang,
                "recording": "given",
                "device": "simulated customer",
            },
        )
        self.called.visit_id = opened["visit_id"]
        self._api.bear(opened["credential"])

    async def _stay(self) -> None:
        line = Line(self._api, self._ticket, self)
        self._line = line
        room = self.called.visit_id
        running = asyncio.create_task(line.run())
        over = asyncio.create_task(self._over.wait())
        try:
            await line.join(room)
            assert self._peer is not None
            peer = self._peer
            await line.media_ready(room, lambda: peer.is_connected)
            done, _ = await asyncio.wait({running, over}, return_when=asyncio.FIRST_COMPLETED)
            if running in done:
                _closed(running)
            if self._crash is not None:
                raise self._crash
        finally:
            self.called.drops = line.drops
            for task in (running, over):
                task.cancel()
            await asyncio.gather(running, over, return_exceptions=True)

    async def _ticket(self) -> str:
        return str((await self._api.post("/visit/ticket"))["ticket"])

    async def _leave(self) -> None:
        with contextlib.suppress(ApiProblem, httpx.HTTPError):
            await self._api.post("/visit/leave")

    def _measure(self, begun: float) -> None:
        called = self.called
        called.total_s = time.monotonic() - begun
        first = called.received.first_picture_at
        if self._accepted_at is not None and first is not None:
            called.connect_s = max(0.0, first - self._accepted_at)
        called.was_served = self._accepted_at is not None and not called.failure

    async def drop_line(self) -> None:
        """Lose the network for a moment."""
        if self._line is not None:
            await self._line.drop()

    # --- what the line tells

    async def joined(self, room: str, snapshot: Json) -> None:
        self._look_at_visit(snapshot)
        await self._take_step(snapshot.get("step"))

    async def event(self, room: str, kind: str, body: Json) -> None:
        match kind:
            case "visit":
                self._look_at_visit(body)
            case "step":
                await self._take_step(body.get("step"))
            case "challenge":
                self._turn_head(str(body.get("phase", "")))
            case "receipt":
                self.called.receipts += 1
            case _:
                pass

    async def offer(self, room: str, offer: Offer) -> str:
        assert self._peer is not None
        return await self._peer.answer(offer)

    def _look_at_visit(self, view: Json) -> None:
        state = view["visit"]["state"]
        if state == "serving" and self._accepted_at is None:
            self._accepted_at = time.monotonic()
        if state in _OVER:
            self._over.set()

    def _turn_head(self, phase: str) -> None:
        assert self._pose is not None
        match phase:
            case "turn_left":
                self._pose.turn(TURN_YAW_DEG)
            case "turn_right":
                self._pose.turn(-TURN_YAW_DEG)
            case "hold":
                pass
            case _:
                self._pose.turn(0.0)

    # --- steps

    async def _take_step(self, step: Json | None) -> None:
        """Answer a new step in a task of its own. An answer on its way is not cut off by the step's
        own end, only by a step that was taken off the screen or replaced."""
        if step is None or step["state"] in ("done", "declined", "failed"):
            self._rest()
            return
        if step["state"] != "pushed":
            await self._stop_step()
            return
        if step["id"] == self._step_id and self._step_task and not self._step_task.done():
            return
        await self._stop_step()
        if step["id"] != self._step_id:
            self.called.steps.append(step["kind"])
        self._step_id = step["id"]
        self._step_task = asyncio.create_task(self._follow(step))
        self._step_task.add_done_callback(self._notice_crash)

    def _notice_crash(self, task: asyncio.Task[None]) -> None:
        """A fault of the simulator's own ends the visit instead of leaving the step unanswered."""
        if not task.cancelled() and task.exception() is not None:
            self._crash = task.exception()
            self._over.set()

    async def _stop_step(self) -> None:
        task, self._step_task = self._step_task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._rest()

    def _rest(self) -> None:
        """Look straight ahead, the card out of the picture."""
        if self._pose is not None:
            self._pose.turn(0.0)
            self._pose.show(None)

    async def _follow(self, step: Json) -> None:
        try:
            await self._act(step)
        except ApiProblem as problem:
            if problem.code != "step_gone":
                log.info("simulated step failed", kind=step["kind"], code=problem.code)
        except httpx.HTTPError as error:
            log.info("simulated step failed", kind=step["kind"], error=type(error).__name__)

    async def _act(self, step: Json) -> None:
        kind, params = step["kind"], step["params"]
        match kind:
            case "consent":
                await self._answer(step, {"given": True})
            case "camera":
                facing = params.get("facing", "user")
                await self._answer(step, {"ok": True, "facing": facing})
            case "card_front" | "card_back":
                await self._show_card(step, "front" if kind == "card_front" else "back")
            case "card_tilt":
                await self._tilt_card()
            case "read_back":
                await self._answer(step, {"right": True})
            case "number_pad":
                await self._answer(step, {"digits": await self._digits(step)})
            case "confirm":
                await self._answer(step, {"confirmed": True})
            case "sign":
                await self._api.upload(f"/visit/steps/{step['id']}/image", signature())
            case "photo":
                await self._photograph(step)
            case "show":
                if step["sealed"]:
                    value = await self._api.post(f"/visit/steps/{step['id']}/reveal")
                    shown = [value["value"], *("".join(row) for row in value["rows"])]
                    self.called.revealed.extend(text for text in shown if text)
                await self._answer(step, {"seen": True})
            case "message":
                await self._answer(step, {"read": True})
            case "pay":
                address = (await self._api.post(f"/visit/steps/{step['id']}/page"))["url"]
                await finish_page(self._api.server, address, self._api.ca)
            case _:
                pass  # face: the server watches, and ends the step by itself

    async def _answer(self, step: Json, answer: dict[str, Any]) -> None:
        await self._api.post(f"/visit/steps/{step['id']}/answer", {"answer": answer})

    async def _show_card(self, step: Json, side: str) -> None:
        assert self._pose is not None
        for attempt in range(CARD_TRIES):
            shot = await asyncio.to_thread(card_shot, self._caller.card(), side, attempt + 1)
            self._pose.show(shot)
            await asyncio.sleep(SETTLE_S)
            try:
                await self._api.upload(f"/visit/steps/{step['id']}/image", shot.still)
            except ApiProblem as problem:
                log.info("card refused", code=problem.code, reason=problem.fields.get("reason"))
                if problem.code not in ("image_unusable", "media_unavailable"):
                    raise
            else:
                return

    async def _photograph(self, step: Json) -> None:
        """Point the camera at the router and send what it shows."""
        assert self._pose is not None
        shot = await asyncio.to_thread(router)
        self._pose.show(shot)
        await asyncio.sleep(SETTLE_S)
        await self._api.upload(f"/visit/steps/{step['id']}/image", shot.still)

    async def _tilt_card(self) -> None:
        """Tilt the front before the camera; the server watches and ends the step by itself."""
        assert self._pose is not None
        self._pose.show(await asyncio.to_thread(tilted_card, self._caller.card(), self.fps))

    async def _digits(self, step: Json) -> str:
        match step["params"].get("purpose"):
            case "msisdn":
                return self._caller.msisdn
            case "service_password":
                return self._caller.demo.password
            case "sms_code":
                return await self._read_sms(self._caller.msisdn)
            case "new_contact_code":
                return await self._read_sms(NEW_CONTACT)
            case "contact_code":
                return await self._read_sms(self._caller.demo.person.alternate_contact or "")
            case _:
                return NEW_PASSWORD

    async def _read_sms(self, msisdn: str) -> str:
        """The newest code in the demo's inbox, which stands for the customer's own phone."""
        deadline = time.monotonic() + SMS_WAIT_S
        while time.monotonic() < deadline:
            inbox = await self._api.get("/demo/inbox", msisdn=msisdn)
            for message in sorted(inbox, key=lambda m: m["at"], reverse=True):
                if found := _CODE.search(message["text"]):
                    return found.group()
            await asyncio.sleep(0.3)
        return "000000"


def _closed(running: asyncio.Task[None]) -> None:
    """The line ended for good. A visit that is over closes its room, which is no failure."""
    error = running.exception()
    if isinstance(error, LineClosed) and error.code == 4505:
        return
    if error is not None:
        raise error
