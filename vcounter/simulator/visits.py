"""Whole visits, both ends, on a server of their own: `vcounter simulate visits`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil

from vcounter.observability.logs import get_logger
from vcounter.simulator.agent import AGENT_PORTRAIT, Agent, Served
from vcounter.simulator.api import Api, ApiProblem, Json
from vcounter.simulator.customer import Called, Customer
from vcounter.simulator.local import prefer_loopback
from vcounter.simulator.people import Caller, practice_caller
from vcounter.simulator.pictures import AGENT_SIZE, head_reel
from vcounter.simulator.scripts import ACTIONS, ScriptFailed

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0
AGENT_LATE_S = 30.0
VISIT_TIMEOUT_S = 600.0
LEAD_LOOKS_EVERY_S = 1.0
WEB_DIST = os.path.abspath("web/dist")
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One visit, seen from both ends; `failure` is empty when both were content."""

    action_id: str
    failure: str
    total_s: float
    called: Called = field(repr=False)
    served: Served | None = field(repr=False)


@dataclass(slots=True)
class OwnServer:
    """A running child server."""

    url: str
    logins: list[tuple[str, str]]
    leads: list[tuple[str, str]]
    process: asyncio.subprocess.Process

    def usage(self) -> dict[str, float]:
        """Memory (MiB), open files and processes of the server and its workers."""
        root = psutil.Process(self.process.pid)
        family = [root, *root.children(recursive=True)]
        return {
            "rss_mib": round(sum(p.memory_info().rss for p in family) / 2**20, 1),
            "files": sum(p.num_fds() for p in family),
            "processes": len(family),
        }


@asynccontextmanager
async def own_server(
    actions: Sequence[str], *, agents: int, log_level: str = "warning"
) -> AsyncIterator[OwnServer]:
    """Start a server with one fresh subscriber per entry of `actions`; it ends with the block.

    Raises RuntimeError when it does not come up in START_TIMEOUT_S.
    """
    with tempfile.TemporaryDirectory(prefix="vcounter-") as folder:
        order = {
            "data_dir": folder,
            "web_dist": WEB_DIST,
            "agents": agents,
            "visits": list(actions),
            "log_level": log_level,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "vcounter.simulator.own_server",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={k: v for k, v in os.environ.items() if not k.startswith("VCOUNTER_")},
        )
        try:
            ready = await _start(process, order)
            logins = [(login, password) for login, password in ready["logins"]]
            leads = [(login, password) for login, password in ready["leads"]]
            yield OwnServer(ready["server"], logins, leads, process)
        finally:
            await _stop(process)


async def _start(process: asyncio.subprocess.Process, order: Json) -> Json:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(order).encode() + b"\n")
    await process.stdin.drain()
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            line = await process.stdout.readline()
    except TimeoutError:
        raise RuntimeError("the server did not start in time") from None
    if not line:
        raise RuntimeError("the server did not start")
    ready: Json = json.loads(line)
    return ready


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


class Run:
    """`count` visits, at most `parallel` at once, the actions in turn."""

    def __init__(self, actions: Sequence[str], count: int, parallel: int) -> None:
        unknown = sorted(set(actions) - set(ACTIONS))
        if unknown or not actions:
            raise ValueError(f"not scripted: {', '.join(unknown) or 'no action'}")
        self.actions = [actions[i % len(actions)] for i in range(count)]
        self.parallel = min(parallel, count)
        self.outcomes: list[Outcome] = []
        self.usage: list[dict[str, float]] = []
        self._callers = {practice_caller(i).msisdn: i for i in range(count)}
        self._served: dict[str, asyncio.Future[Served]] = {}

    async def go(
        self, *, log_level: str = "warning", on_visit: Callable[[Outcome], None] | None = None
    ) -> list[Outcome]:
        """Run them all; what fails is in the outcomes."""
        await asyncio.to_thread(self._warm_up)
        async with own_server(self.actions, agents=self.parallel, log_level=log_level) as server:
            prefer_loopback(server.url)
            agents = [await self._agent(server, n) for n in range(self.parallel)]
            agents += [asyncio.create_task(approve_all(server.url, *one)) for one in server.leads]
            waiting: asyncio.Queue[int] = asyncio.Queue()
            for index in range(len(self.actions)):
                waiting.put_nowait(index)
            try:
                async with asyncio.TaskGroup() as tasks:
                    for _ in range(self.parallel):
                        tasks.create_task(self._work(server, waiting, on_visit))
            finally:
                for task in agents:
                    task.cancel()
                await asyncio.gather(*agents, return_exceptions=True)
        return self.outcomes

    def _warm_up(self) -> None:
        """Draw every head before the clock runs."""
        head_reel(AGENT_PORTRAIT, AGENT_SIZE)
        for key in {practice_caller(i).portrait_key for i in range(len(self.actions))}:
            head_reel(key)

    async def _agent(self, server: OwnServer, number: int) -> asyncio.Task[None]:
        login, password = server.logins[number]

        async def shift() -> None:
            async with Api(server.url) as api:
                await Agent(api, login, password, self._plan).run(self._note)

        return asyncio.create_task(shift(), name=f"agent {login}")

    def _plan(self, view: Json) -> tuple[Caller, str]:
        index = self._callers.get(view["visit"]["msisdn"] or "")
        if index is None:
            raise ScriptFailed("nobody of this run")
        return practice_caller(index), self.actions[index]

    async def _note(self, served: Served) -> None:
        self._future(served.visit_id).set_result(served)

    def _future(self, visit_id: str) -> asyncio.Future[Served]:
        if visit_id not in self._served:
            self._served[visit_id] = asyncio.get_running_loop().create_future()
        return self._served[visit_id]

    async def _work(
        self,
        server: OwnServer,
        waiting: asyncio.Queue[int],
        on_visit: Callable[[Outcome], None] | None,
    ) -> None:
        while not waiting.empty():
            outcome = await self._visit(server, waiting.get_nowait())
            self.outcomes.append(outcome)
            self.usage.append(server.usage())
            if on_visit is not None:
                on_visit(outcome)

    async def _visit(self, server: OwnServer, index: int) -> Outcome:
        caller = practice_caller(index)
        called = await call_in(server.url, caller, timeout_s=VISIT_TIMEOUT_S)
        served: Served | None = None
        if called.visit_id:
            try:
                async with asyncio.timeout(AGENT_LATE_S):
                    served = await self._future(called.visit_id)
            except TimeoutError:
                log.warning("agent never finished", visit=called.visit_id)
        failure = called.failure or (served.failure if served else "no agent") or _silence(called)
        return Outcome(self.actions[index], failure, called.total_s, called, served)


def _silence(called: Called) -> str:
    """A visit without the agent's picture and sound was no visit."""
    if called.received.video_frames == 0:
        return "no picture"
    return "" if called.received.audio_energy > 1e-6 else "no sound"


async def approve_all(server: str, login: str, password: str) -> None:
    """A team lead who approves whatever waits for a second person, until cancelled."""
    async with Api(server) as api:
        await api.post("/staff/login", {"login": login, "password": password})
        while True:
            await asyncio.sleep(LEAD_LOOKS_EVERY_S)
            try:
                for item in (await api.get("/approvals"))["items"]:
                    order_id = item["order"]["id"]
                    word = {"decision": "approved", "reason": "simulated"}
                    await api.post(f"/orders/{order_id}/approval", word)
            except (ApiProblem, httpx.HTTPError) as error:
                log.info("approval failed", reason=str(error))


async def call_in(
    server: str, caller: Caller, *, lang: str = "zh-CN", ca: str | None = None, timeout_s: float
) -> Called:
    """One simulated customer from a fresh link to the end of the visit."""
    async with Api(server, ca=ca) as api:
        link = await api.post("/demo/simulated_links", {"msisdn": caller.msisdn, "lang": lang})
        return await Customer(api, caller, lang=lang).run(link["link"], timeout_s=timeout_s)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Nearest-rank percentile, rounded to milliseconds; None of nothing."""
    if not values:
        return None
    ranked = sorted(values)
    rank = max(1, -(-len(ranked) * round(share * 100) // 100))
    return round(ranked[rank - 1], 3)


def report(run: Run) -> dict[str, Any]:
    """The JSON of `simulate visits`: keys as the design promises them, and a few more."""
    by_action: dict[str, Any] = {}
    for action_id in dict.fromkeys(run.actions):
        mine = [o for o in run.outcomes if o.action_id == action_id]
        good = [o.total_s for o in mine if not o.failure]
        by_action[action_id] = {
            "served": len(good),
            "failed": len(mine) - len(good),
            "p50_s": percentile(good, 0.5),
            "p95_s": percentile(good, 0.95),
        }
    connects = [o.called.connect_s for o in run.outcomes if o.called.connect_s is not None]
    failures = [o for o in run.outcomes if o.failure]
    return {
        "visits": len(run.outcomes),
        "served": len(run.outcomes) - len(failures),
        "failed": len(failures),
        "by_action": by_action,
        "p95_connect_s": percentile(connects, 0.95),
        "failures": [{"action": o.action_id, "reason": o.failure} for o in failures],
        "server": {"first": run.usage[0], "last": run.usage[-1]} if run.usage else {},
    }
