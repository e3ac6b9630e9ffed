"""A whole counter on a real socket in this process, with peers at both ends: for attacks on it."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pytest
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app import create_app
from tests.counter_rig import add_other_tenant
from vcounter.adapters.bss.embedded import NewSubscriber
from vcounter.adapters.identity import lab as laboratory
from vcounter.bootstrap import Counter
from vcounter.demo import seed
from vcounter.domain.ids import Msisdn
from vcounter.observability.logs import configure
from vcounter.serving import Server, listen, uvicorn_config
from vcounter.settings import Settings
from vcounter.simulator.api import Api, ApiProblem, Json
from vcounter.simulator.customer import Customer
from vcounter.simulator.local import prefer_loopback
from vcounter.simulator.people import Caller
from vcounter.specimen.people import portraits

PATIENCE_S = 90.0  # for a busy machine; an idle one takes seconds
_UNLIMITED = 1_000_000
Refused = tuple[int, str]


@dataclass(slots=True)
class House:
    """The running counter. Staff are signed in through real sockets by `staff`."""

    counter: Counter
    url: str
    passwords: dict[str, str]
    _pairing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def staff(
        self, login: str, *, tenant: str = "", password: str = ""
    ) -> AsyncIterator[Api]:
        async with Api(self.url) as api:
            word = password or self.passwords[login]
            await api.post("/staff/login", {"tenant": tenant, "login": login, "password": word})
            yield api

    async def open_number(self, caller: Caller, *, enrolled: str | None, puk: str = "") -> None:
        """A fictitious subscriber with that enrolment photograph, and that PUK if one is given."""
        faces = (portraits()[enrolled].enrolment,) if enrolled else ()
        new = NewSubscriber(
            person=caller.demo.person,
            test=True,
            facts=dict(caller.demo.facts),
            portraits=faces,
            puk=puk or None,
        )
        assert await self.counter.bss.hall.open_number(new)

    async def record(self, caller: Caller) -> object:
        """Everything that the operator's system says of a number, to compare before and after."""
        return await self.counter.bss.find(Msisdn(caller.msisdn))

    async def simulated_link(self, msisdn: str) -> str:
        async with Api(self.url) as api:
            answer = await api.post("/demo/simulated_links", {"msisdn": msisdn})
        return str(answer["link"])

    @asynccontextmanager
    async def visit(self, login: str, customer: Customer, msisdn: str) -> AsyncIterator[Desk]:
        """That customer served by that agent, who looks at pictures and sends none."""
        token = await self.simulated_link(msisdn)
        async with self.staff(login) as api:
            async with self._pairing:
                calling = asyncio.create_task(customer.run(token, timeout_s=300))
                visit_id = await _next_offer(api)
                await api.post(f"/offers/{visit_id}/accept")
            desk = Desk(api, visit_id)
            try:
                yield desk
            finally:
                await desk.close()
                await calling

    @asynccontextmanager
    async def plain_visit(self, login: str, msisdn: str) -> AsyncIterator[tuple[Desk, Api]]:
        """A visit without media: its desk, and the customer's own client."""
        token = await self.simulated_link(msisdn)
        async with self.staff(login) as api, Api(self.url) as customer:
            async with self._pairing:
                opened = await customer.post("/visits", {"link": token, "recording": "given"})
                customer.bear(opened["credential"])
                visit_id = await _next_offer(api)
                await api.post(f"/offers/{visit_id}/accept")
            assert visit_id == opened["visit_id"]
            desk = Desk(api, visit_id)
            try:
                yield desk, customer
            finally:
                await desk.close()


class Wire:
    """A bare signaling connection that says whatever it is told to and keeps every frame."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.frames: list[Json] = []
        self.close_code: int | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, api: Api, ticket: str) -> AsyncIterator[Wire]:
        async with connect(api.socket_url, proxy=None, close_timeout=1) as socket:
            wire = cls(socket)
            reading = asyncio.create_task(wire._read())
            try:
                await wire.say(t="hello", v=1, ticket=ticket)
                yield wire
            finally:
                await socket.close()
                await reading

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                self.frames.append(json.loads(frame))
        except ConnectionClosed:
            pass
        self.close_code = self._socket.close_code

    async def say(self, **message: object) -> None:
        with suppress(ConnectionClosed):
            await self._socket.send(json.dumps(message))

    async def closed(self) -> int:
        """The code with which the server closed."""
        await eventually(lambda: self.close_code is not None)
        assert self.close_code is not None
        return self.close_code

    async def heard(self, **wanted: object) -> Json:
        """The first frame with these values, also of what came before."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for frame in self.frames:
                    if wanted.items() <= frame.items():
                        return frame
                await asyncio.sleep(0.05)

    async def join(self, room: str) -> Json:
        """The answer to a join: `joined`, or `error`."""
        seen = len(self.frames)
        await self.say(t="join", room=room)
        async with asyncio.timeout(10):
            while True:
                for frame in self.frames[seen:]:
                    if frame["t"] in ("joined", "error") and frame.get("room") == room:
                        return frame
                await asyncio.sleep(0.05)

    async def send(self, room: str, kind: str, body: Json) -> Json:
        """The answer to a message: `ack`, or `error`."""
        number = f"m{next(self._numbers)}"
        await self.say(t="send", id=number, room=room, kind=kind, body=body)
        return await self.heard(id=number)


async def _next_offer(api: Api) -> str:
    await api.post("/staff/state", {"state": "ready"})
    async with asyncio.timeout(PATIENCE_S):
        while True:
            offer = (await api.get("/desk"))["offer"]
            if offer is not None:
                return str(offer["visit_id"])
            await asyncio.sleep(0.1)


@dataclass(slots=True)
class Desk:
    """What an agent does with one visit over the public API."""

    api: Api
    visit_id: str

    async def post(self, path: str, body: Json | None = None, *, key: str = "") -> Any:
        return await self.api.post(f"/visits/{self.visit_id}/{path}", body, key=key)

    async def view(self) -> Json:
        found: Json = await self.api.get(f"/visits/{self.visit_id}")
        return found

    async def identity(self) -> Json:
        found: Json = (await self.view())["identity"]
        return found

    async def close(self) -> None:
        """Hang up, wrap up, and be offered nothing more."""
        await self.post("end")
        await self.post("wrap_up", {"disposition": "not_done"})
        await self.api.post("/staff/state", {"state": "not_ready", "reason": "other"})

    async def until(self, ready: Callable[[Json], bool]) -> Json:
        """The first view for which `ready` holds."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            view = await self.view()
            if ready(view):
                return view
            assert time.monotonic() < deadline, (view["step"], view["identity"])
            await asyncio.sleep(0.25)

    async def push(self, kind: str, **params: str) -> str:
        step = await self.post("steps", {"kind": kind, "params": params})
        return str(step["id"])

    async def step(self, kind: str, **params: str) -> Json:
        """Push a step and return it as it ended."""
        step_id = await self.push(kind, **params)
        view = await self.until(lambda v: _ended(v, step_id))
        return _find(view, step_id)

    async def key_document(self, document: Json) -> Json:
        found: Json = await self.post("document", {**document, "authority": ""})
        return found

    async def gather(self, document: Json, *, face_tries: int = 3) -> Json:
        """Cards, document, live face, as far as they go; the identity panel at the end."""
        await self.step("consent", topic="face")
        for side in ("card_front", "card_back"):
            assert (await self.step(side))["state"] == "done"
        await self.key_document(document)
        await self.challenge(face_tries)
        return await self.identity()

    async def challenge(self, tries: int) -> Json:
        """The head turn, again if it did not pass; then wait until the face was compared."""
        for _ in range(tries):
            ended = await self.step("face")
            if ended["state"] == "done":
                break
        await self.until(lambda v: bool(faces(v["identity"])))
        return ended

    async def decide(self) -> Refused | None:
        """The agent presses "passed". The refusal, if there is one."""
        return await refusal(self.post("decision", {"outcome": "passed", "reason": "looks right"}))

    async def referee_passes(self, house: House) -> Json:
        """The agent asks, the team lead passes whatever is there."""
        await self.post("referral", {"reason": "please look"})
        async with house.staff("lead") as lead:
            body = {"outcome": "passed", "reason": "known in person"}
            found: Json = await lead.post(f"/referrals/{self.visit_id}/decision", body)
        return found

    async def order(self, action_id: str, **inputs: str) -> Json:
        body = {"action_id": action_id, "inputs": inputs}
        order: Json = await self.post("orders", body, key=f"{action_id}-{time.monotonic_ns()}")
        return order

    async def order_refused(self, action_id: str) -> ApiProblem:
        """The problem with which an order is refused; fails if it is not."""
        try:
            await self.order(action_id)
        except ApiProblem as problem:
            return problem
        raise AssertionError(f"{action_id} was taken")


async def eventually(holds: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    """Wait until it holds; fails if it does not in time."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "never came true"
        await asyncio.sleep(0.05)


async def refusal(call: Any) -> Refused | None:
    """Status and code with which a call is refused, or None."""
    try:
        await call
    except ApiProblem as problem:
        return problem.status, problem.code
    return None


def faces(identity: Json) -> dict[str, str | None]:
    """Reference -> zone of the newest comparison."""
    return {e["reference"]: e["zone"] for e in of_kind(identity, "face_match")}


def of_kind(identity: Json, kind: str) -> list[Json]:
    return [e for e in identity["evidence"] if e["kind"] == kind]


def _find(view: Json, step_id: str) -> Json:
    return next(s for s in view["steps"] if s["id"] == step_id)


def _ended(view: Json, step_id: str) -> bool:
    return bool(_find(view, step_id)["state"] != "pushed")


@asynccontextmanager
async def running_house(
    data_dir: Path,
    *,
    agents: int = 1,
    log_level: str = "error",
    log: TextIO | None = None,
    **settings: object,
) -> AsyncIterator[House]:
    """A demo counter with its staff and `agents` agents, listening on a free port.

    Lines from `log_level` on go to `log`.
    """
    sock = listen("127.0.0.1", 0)
    values: dict[str, object] = {
        "data_dir": data_dir,
        "port": sock.getsockname()[1],
        "demo": True,
        "identity_workers": 2,
        "rate_login_per_min": _UNLIMITED,
        "rate_visits_per_min": _UNLIMITED,
        "rate_uploads_per_min": _UNLIMITED,
        "log_level": log_level,
    }
    made = Settings(**{**values, **settings})  # type: ignore[arg-type]  # by name
    with _logging(log_level, log), _patient_laboratory():
        app = create_app(made)
        server = Server(uvicorn_config(app, made))
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        try:
            await _started(server, serving)
            prefer_loopback(made.base_url)
            counter: Counter = app.state.counter
            passwords = {a.login: a.password for a in await seed(counter, agents=agents)}
            await add_other_tenant(counter)
            yield House(counter, made.base_url, passwords)
        finally:
            server.should_exit = True
            await serving


@contextmanager
def _patient_laboratory() -> Iterator[None]:
    """What these tests ask is what it says, not how soon: it has more time than in service."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MEASURE_TIMEOUT_S", "COMPARE_TIMEOUT_S", "CARD_TIMEOUT_S"):
            patch.setattr(laboratory, name, PATIENCE_S)
        yield


@contextmanager
def _logging(level: str, stream: TextIO | None) -> Iterator[None]:
    """The product's own logging for a while; afterwards everything is as it was."""
    root, chain = logging.getLogger(), structlog.get_config()
    handlers, threshold = root.handlers[:], root.level
    configure(level, "json", stream=stream)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(threshold)
        structlog.configure(**chain)


async def _started(server: Server, serving: asyncio.Task[None]) -> None:
    ready = asyncio.create_task(server.ready.wait())
    done: Sequence[asyncio.Task[Any]] = (ready, serving)
    await asyncio.wait(done, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if serving.done():
        serving.result()
