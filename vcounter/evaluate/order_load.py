"""One process's share of `bench orders`: customers who order, confirm, and wait for the deed.

Child process. Takes one JSON line on stdin; answers one when it is ready, waits for another line,
and answers with what it measured. Real database, real embedded operator with a file of its own; no
bridge (the recording is said to grow) and no browser: what is measured is the life of orders.
"""

from __future__ import annotations

import asyncio
import json
import resource
import secrets
import sys
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from vcounter.adapters.blobs import FileBlobStore
from vcounter.adapters.bss.embedded import EmbeddedBss, NewSubscriber
from vcounter.adapters.clock import SystemClock
from vcounter.adapters.db import SqlDatabase, make_database
from vcounter.adapters.ids import UlidFactory
from vcounter.adapters.keys import DatabaseKeyStore, FileKeyEncryptionKey
from vcounter.adapters.sms import DemoInbox
from vcounter.domain.agent import Agent, AgentState, Role
from vcounter.domain.identity import L2_KINDS, Evidence, EvidenceKind, Outcome, Reference, Zone
from vcounter.domain.ids import (
    EvidenceId,
    Msisdn,
    OrderId,
    PartyId,
    Region,
    SkillGroupId,
    StaffId,
    TenantId,
    VisitId,
)
from vcounter.domain.order import OrderState
from vcounter.domain.visit import RecordingConsent, Visit, VisitState
from vcounter.jobs.outbox import OutboxRelay
from vcounter.services.context import CustomerCaller, Deps, Policy, StaffCaller
from vcounter.services.orders.order_steps import answer_step
from vcounter.services.orders.run_action import prepare_order, present_order
from vcounter.services.ports import (
    AgentSession,
    IdentityLab,
    Live,
    MediaPlane,
    Party,
    RecordingStatus,
    Scope,
    SkillGroup,
    StaffRecord,
    Tenant,
)
from vcounter.simulator.people import practice_caller

SCOPE = Scope(TenantId("ten_bench"), Region("43"))
ORDERS_A_VISIT = 6
_TURNS = ("suspend_service", "resume_service")  # each makes the next one possible


class _GrowingRecording:
    async def recording(self, visit_id: VisitId) -> RecordingStatus:
        return RecordingStatus(True, False, 1000, 500, 500)

    async def set_sealed(self, visit_id: VisitId, sealed: bool) -> None:
        return None


class _NoRooms:
    async def publish(self, room: str, kind: str, body: object, audience: object = ()) -> None:
        return None


@dataclass(slots=True)
class Measured:
    """Seconds: `commits` from the customer's yes to the settled order, `wholes` the whole order."""

    commits: list[float] = field(default_factory=list)
    wholes: list[float] = field(default_factory=list)
    failed: int = 0

    def as_json(self) -> dict[str, object]:
        return {"commits": self.commits, "wholes": self.wholes, "failed": self.failed}


class Line:
    """One agent with one customer after another, who stops and resumes the same number."""

    def __init__(self, deps: Deps, tasks: set[asyncio.Task[None]], number: Msisdn) -> None:
        self._deps, self._tasks, self._number = deps, tasks, number
        self._agent: StaffCaller | None = None
        self._customer: CustomerCaller | None = None
        self._turn = 0

    async def open(self, name: str) -> None:
        """A member of staff of one's own, and the first visit."""
        deps, now = self._deps, self._deps.clock.now()
        agent = Agent(
            StaffId(deps.ids.new("stf")),
            SCOPE.tenant_id,
            SCOPE.region,
            name,
            name,
            Role.AGENT,
            AgentState.SERVING,
            now,
        )
        group = SkillGroupId("skg_bench")
        async with deps.db.write(SCOPE) as uow:
            await uow.staff.add(StaffRecord(agent, name, "x", "", frozenset({group}), None))
        session = AgentSession(
            deps.ids.token(), agent.id, SCOPE.tenant_id, SCOPE.region, "bench", now, now, None
        )
        self._agent = StaffCaller(session, agent)
        await self._next_visit()

    async def _next_visit(self) -> None:
        """The one before is closed; the next customer is identified already."""
        assert self._agent is not None
        deps, now = self._deps, self._deps.clock.now()
        visit_id, party_id = VisitId(deps.ids.new("vis")), PartyId(deps.ids.new("pty"))
        party = Party(
            *(party_id, SCOPE.tenant_id, SCOPE.region, visit_id, "customer"),
            *(deps.ids.token(), "bench", now),
        )
        visit = Visit(
            id=visit_id,
            tenant_id=SCOPE.tenant_id,
            region=SCOPE.region,
            skill_group_id=SkillGroupId("skg_bench"),
            state=VisitState.SERVING,
            priority=50,
            lang="zh-CN",
            entered_at=now,
            recording_consent=RecordingConsent.GIVEN,
            msisdn=self._number,
            agent_id=self._agent.id,
            connected_at=now,
            customer_party_id=party_id,
        )
        async with deps.db.write(SCOPE) as uow:
            if self._customer is not None:
                before = await uow.visits.get(self._customer.party.visit_id)
                before.state = VisitState.CLOSED
                await uow.visits.save(before)
            await uow.visits.add(visit)
            await uow.parties.add(party)
            for kind in (*L2_KINDS, EvidenceKind.AGENT_DECISION):
                await uow.evidence.add(self._proof(visit_id, party_id, kind))
        self._customer = CustomerCaller(party)

    def _proof(self, visit_id: VisitId, party_id: PartyId, kind: EvidenceKind) -> Evidence:
        face = kind is EvidenceKind.FACE_MATCH
        return Evidence(
            id=EvidenceId(self._deps.ids.new("evd")),
            visit_id=visit_id,
            party_id=party_id,
            msisdn=self._number,
            kind=kind,
            outcome=Outcome.PASSED,
            at=self._deps.clock.now(),
            reference=Reference.ENROLMENT if face else Reference.NONE,
            zone=Zone.MATCH if face else None,
        )

    async def order(self, measured: Measured) -> None:
        """One order, from the form to the receipt."""
        assert self._agent is not None
        if self._turn and self._turn % ORDERS_A_VISIT == 0:
            await self._next_visit()
        assert self._customer is not None
        action_id = _TURNS[self._turn % len(_TURNS)]
        visit_id = self._customer.party.visit_id
        self._turn += 1
        begun = time.perf_counter()
        view = await prepare_order(
            self._deps, self._agent, visit_id, action_id, {}, f"bench-{self._turn}"
        )
        order_id = OrderId(str(view["id"]))
        await present_order(self._deps, self._agent, order_id)
        async with self._deps.db.read(SCOPE) as uow:
            step = await uow.steps.current(visit_id)
        assert step is not None
        yes = time.perf_counter()
        await answer_step(self._deps, self._customer, step.id, {"confirmed": True})
        await self._settled(order_id, measured)
        now = time.perf_counter()
        measured.commits.append(now - yes)
        measured.wholes.append(now - begun)

    async def _settled(self, order_id: OrderId, measured: Measured) -> None:
        name = f"submit {order_id}"
        task = next((t for t in self._tasks if t.get_name() == name), None)
        if task is not None:
            await task
        async with self._deps.db.read(SCOPE) as uow:
            order = await uow.orders.get(order_id)
        measured.failed += order.state is not OrderState.SUCCEEDED


class Share:
    """This process's lines, the ports under them, and the relay that empties the outbox."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._order = order
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines: list[Line] = []

    def _spawn(self, work: Coroutine[object, object, None], name: str) -> None:
        task = asyncio.ensure_future(work)
        task.set_name(name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        folder, clock = Path(self._order["folder"]), SystemClock()
        ids = UlidFactory(clock)
        kek = await asyncio.to_thread(FileKeyEncryptionKey, folder / "kek.json")
        database = make_database(self._order["database"], DatabaseKeyStore(kek, ids), clock)
        key = secrets.token_bytes(32)
        mine = folder / str(self._order["share"])
        bss = await EmbeddedBss.open(mine / "bss.db", key, clock)
        inbox = await DemoInbox.open(mine / "inbox.db", key, clock)
        deps = Deps(
            db=database,
            clock=clock,
            ids=ids,
            keys=database.keys,
            blobs=FileBlobStore(mine / "blobs"),
            bss=bss,
            sms=inbox,
            media=cast("MediaPlane", _GrowingRecording()),  # all that orders ask of a bridge
            live=cast("Live", _NoRooms()),
            lab=cast("IdentityLab", None),  # nobody is identified here
            policy=Policy(public_url="https://counter.example.cn"),
            spawn=self._spawn,
            poke=lambda: None,
        )
        try:
            await self._prepare(deps, database, bss)
            await self._measure(deps, database)
        finally:
            await bss.close()
            await inbox.close()
            await database.close()

    async def _prepare(self, deps: Deps, database: SqlDatabase, bss: EmbeddedBss) -> None:
        share, lines = int(self._order["share"]), int(self._order["lines"])
        if share == 0:
            await _found(database)
        _say({"ready": False})
        _heard()  # until the first share has made the tenant
        for n in range(lines):
            index = share * lines + n
            demo = practice_caller(index).demo
            await bss.hall.open_number(NewSubscriber(demo.person, test=True))
            line = Line(deps, self._tasks, Msisdn(demo.person.msisdn))
            await line.open(f"bench{index}")
            self._lines.append(line)

    async def _measure(self, deps: Deps, database: SqlDatabase) -> None:
        relay = OutboxRelay(deps)
        database.on_events(relay.wake)
        relaying = asyncio.create_task(relay.run()) if self._order["share"] == 0 else None
        _say({"ready": True})
        await asyncio.to_thread(_heard)
        measured, used = Measured(), _cpu_s()
        end = time.perf_counter() + float(self._order["seconds"])
        rate = float(self._order["rate"])
        pause = len(self._lines) / rate if rate else 0.0
        async with asyncio.TaskGroup() as tasks:
            for n, line in enumerate(self._lines):
                start = time.perf_counter() + pause * n / len(self._lines)
                tasks.create_task(_keep_ordering(line, measured, start, end, pause))
        if relaying is not None:
            relaying.cancel()
            await asyncio.gather(relaying, return_exceptions=True)
        _say({**measured.as_json(), "cpu_s": _cpu_s() - used})


async def _keep_ordering(
    line: Line, measured: Measured, start: float, end: float, pause: float
) -> None:
    """At a steady pace, or one after the other; a line that falls behind does not catch up."""
    due = start
    while (now := time.perf_counter()) < end:
        if due > now:
            await asyncio.sleep(min(due, end) - now)
            continue
        await line.order(measured)
        due = max(due + pause, time.perf_counter())


async def _found(database: SqlDatabase) -> None:
    async with database.write(SCOPE) as uow:
        await uow.tenants.add(Tenant(SCOPE.tenant_id, "bench", "Asia/Shanghai"))
        await uow.skill_groups.add(
            SkillGroup(
                SkillGroupId("skg_bench"), SCOPE.tenant_id, SCOPE.region, "bench", "台", "Desk"
            )
        )


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _heard() -> dict[str, Any]:
    line = sys.stdin.readline()
    if not line:
        raise SystemExit(1)  # the parent is gone
    found: dict[str, Any] = json.loads(line)
    return found


if __name__ == "__main__":
    asyncio.run(Share(_heard()).run())
