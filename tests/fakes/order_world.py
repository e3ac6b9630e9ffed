"""A served visit on the real database and the real embedded operator; the media are fakes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from tests.fakes.clock import FakeClock
from vcounter.adapters.blobs import FileBlobStore
from vcounter.adapters.bss.embedded import EmbeddedBss, Faults, NewSubscriber, demo_person
from vcounter.adapters.db import SqlDatabase, make_database
from vcounter.adapters.ids import UlidFactory
from vcounter.adapters.keys import DatabaseKeyStore, FileKeyEncryptionKey
from vcounter.adapters.sms import DemoInbox
from vcounter.domain.agent import Agent, AgentState, Role
from vcounter.domain.errors import MediaUnavailable
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Reference, Zone
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
from vcounter.domain.order import Order
from vcounter.domain.sms import Lang
from vcounter.domain.steps import Step
from vcounter.domain.visit import RecordingConsent, Visit, VisitState
from vcounter.services.context import CustomerCaller, Deps, Policy, StaffCaller
from vcounter.services.orders.order_steps import answer_step
from vcounter.services.orders.run_action import prepare_order, present_order
from vcounter.services.ports import (
    AgentSession,
    Json,
    Party,
    RecordingStatus,
    Scope,
    SkillGroup,
    SmsTemplateRow,
    StaffRecord,
    Tenant,
)

SCOPE = Scope(TenantId("ten_test"), Region("43"))
NUMBER = Msisdn("13800006021")
CONTACT = Msisdn("13900006121")
CALL_BACK = "13900009999"
PUK = "40718263"
NEW_PASSWORD = "507318"
KEY = bytes(range(32))
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
INPUTS: dict[str, dict[str, object]] = {
    "suspend_service": {"scope": "both"},
    "report_loss": {"call_back": CALL_BACK},
}


class FakeMedia:
    """A bridge that remembers its seal. `history` tells seal changes in order."""

    def __init__(self) -> None:
        self.growing, self.sealed = True, False
        self.down = self.refuses_seal = False
        self.history: list[bool] = []

    async def recording(self, visit_id: VisitId) -> RecordingStatus:
        self._up()
        return RecordingStatus(self.growing or self.sealed, self.sealed, 1000, 500, 500)

    async def set_sealed(self, visit_id: VisitId, sealed: bool) -> None:
        self._up()
        if sealed and self.refuses_seal:
            raise MediaUnavailable("no answer")
        self.sealed = sealed
        self.history.append(sealed)

    async def close(self, visit_id: VisitId) -> None:
        self._up()

    def _up(self) -> None:
        if self.down:
            raise MediaUnavailable("down")


class NobodyLive:
    """Rooms without a socket: orders publish through the outbox only. `stopped` tells whose media
    were ended, in order."""

    def __init__(self) -> None:
        self.stopped: list[VisitId] = []

    async def publish(self, room: str, kind: str, body: Json, audience: Sequence[str] = ()) -> None:
        raise AssertionError(f"{kind} past the outbox")

    async def direct(self, room: str, kind: str, body: Json, audience: Sequence[str] = ()) -> None:
        return None

    async def start_media(self, visit_id: VisitId) -> None:
        return None

    async def stop_media(self, visit_id: VisitId) -> None:
        self.stopped.append(visit_id)

    async def close_room(self, visit_id: VisitId) -> None:
        return None

    def online(self, subject: str) -> bool:
        return False


class Spawner:
    """Keeps spawned work until a test lets it run."""

    def __init__(self) -> None:
        self.waiting: list[Coroutine[object, object, None]] = []

    def __call__(self, work: Coroutine[object, object, None], name: str) -> None:
        self.waiting.append(work)

    async def run(self) -> None:
        while self.waiting:
            await self.waiting.pop(0)

    def drop(self) -> None:
        """As a killed process would."""
        for work in self.waiting:
            work.close()
        self.waiting.clear()


@dataclass
class OrderWorld:
    """One visit at one agent's desk. Everything a test needs to carry an order out."""

    clock: FakeClock
    deps: Deps
    bss: EmbeddedBss
    inbox: DemoInbox
    media: FakeMedia
    spawner: Spawner
    faults: Faults
    agent: StaffCaller
    customer: CustomerCaller
    visit_id: VisitId
    folder: Path
    keys: dict[str, int] = field(default_factory=dict)

    async def prepare(self, action_id: str, key: str = "form-1", **inputs: object) -> OrderId:
        given = inputs or INPUTS.get(action_id, {})
        view = await prepare_order(self.deps, self.agent, self.visit_id, action_id, given, key)
        return OrderId(str(view["id"]))

    async def present(self, order_id: OrderId) -> Step:
        await present_order(self.deps, self.agent, order_id)
        return await self.step()

    async def answer(self, **given: object) -> None:
        await answer_step(self.deps, self.customer, (await self.step()).id, given)

    async def confirm(self, action_id: str, key: str = "form-1", **inputs: object) -> OrderId:
        """Prepare, present, the customer's yes; what follows waits in the spawner."""
        order_id = await self.prepare(action_id, key, **inputs)
        await self.present(order_id)
        await self.answer(confirmed=True)
        if action_id == "reset_service_password":
            await self.answer(digits=NEW_PASSWORD)
        return order_id

    async def lead(self, name: str = "lead") -> StaffCaller:
        """A team lead of the same house."""
        agent = Agent(
            StaffId(f"stf_{name}"),
            SCOPE.tenant_id,
            SCOPE.region,
            name,
            "9001",
            Role.TEAM_LEAD,
            AgentState.READY,
            self.clock.now(),
        )
        async with self.deps.db.write(SCOPE) as uow:
            groups = frozenset(g.id for g in await uow.skill_groups.all())
            await uow.staff.add(StaffRecord(agent, name, "x", "", groups, None))
        return StaffCaller(replace(self.agent.session, staff_id=agent.id), agent)

    async def audited(self, object_id: str) -> list[str]:
        """The verbs of an object's audit lines, oldest first."""
        async with self.deps.db.read(SCOPE) as uow:
            return [line.verb for _, line in await uow.audit.of_object(object_id)]

    async def carry_out(self, action_id: str, key: str = "form-1", **inputs: object) -> Order:
        order_id = await self.confirm(action_id, key, **inputs)
        await self.spawner.run()
        return await self.order(order_id)

    async def order(self, order_id: OrderId) -> Order:
        async with self.deps.db.read(SCOPE) as uow:
            return await uow.orders.get(order_id)

    async def step(self) -> Step:
        step = await self.current()
        assert step is not None
        return step

    async def current(self) -> Step | None:
        async with self.deps.db.read(SCOPE) as uow:
            return await uow.steps.current(self.visit_id)

    async def state(self) -> str:
        found = await self.bss.find(NUMBER)
        assert found is not None
        return found.state

    async def events(self, kind: str) -> list[dict[str, Any]]:
        async with self.deps.db.read(None) as uow:
            rows = await uow.outbox.pending(1000)
        return [dict(row.body) for row in rows if row.kind == kind]

    async def sent(self) -> list[tuple[str, str]]:
        """(recipient, template) of every message, oldest first."""
        return [(m.to, m.template) for m in reversed(await self.inbox.recent())]

    async def change_visit(self, **fields: object) -> None:
        async with self.deps.db.write(SCOPE) as uow:
            visit = await uow.visits.get(self.visit_id)
            for name, value in fields.items():
                setattr(visit, name, value)
            await uow.visits.save(visit)

    async def prove(
        self,
        level: str = "L2",
        reference: Reference = Reference.ENROLMENT,
        decision: Outcome = Outcome.PASSED,
        number: Msisdn = NUMBER,
    ) -> None:
        """Add the evidence of a level for the visit's customer and a number."""
        kinds: list[tuple[EvidenceKind, Reference, Outcome]] = []
        if level == "L1a":
            kinds = [(EvidenceKind.PROTECTIVE_FACTS, Reference.NONE, Outcome.PASSED)]
        elif level == "L1":
            kinds = [(EvidenceKind.SMS_CODE, Reference.NONE, Outcome.PASSED)]
        elif level == "L2":
            kinds = [
                (EvidenceKind.CARD_FRONT, Reference.NONE, Outcome.PASSED),
                (EvidenceKind.CARD_BACK, Reference.NONE, Outcome.PASSED),
                (EvidenceKind.DOCUMENT, Reference.NONE, Outcome.PASSED),
                (EvidenceKind.LIVENESS, Reference.NONE, Outcome.PASSED),
                (EvidenceKind.FACE_MATCH, reference, Outcome.PASSED),
                (EvidenceKind.PRESENCE, Reference.NONE, Outcome.PASSED),
                (EvidenceKind.AGENT_DECISION, Reference.NONE, decision),
            ]
        async with self.deps.db.write(SCOPE) as uow:
            for kind, ref, outcome in kinds:
                await uow.evidence.add(
                    Evidence(
                        id=EvidenceId(self.deps.ids.new("evd")),
                        visit_id=self.visit_id,
                        party_id=self.customer.party.id,
                        msisdn=number,
                        kind=kind,
                        outcome=outcome,
                        at=self.clock.now(),
                        reference=ref,
                        zone=Zone.MATCH if kind is EvidenceKind.FACE_MATCH else None,
                    )
                )


@asynccontextmanager
async def order_world(
    folder: Path, *, level: str = "L2", again: bool = False
) -> AsyncIterator[OrderWorld]:
    """A visit being served in a fresh world. `folder` holds an upgraded `counter.db`.

    `again` opens the files of a world whose process is gone.
    """
    clock, faults = FakeClock(), Faults()
    ids = UlidFactory(clock)
    kek = await asyncio.to_thread(FileKeyEncryptionKey, folder / "kek.json")
    database = make_database(f"sqlite:///{folder}/counter.db", DatabaseKeyStore(kek, ids), clock)
    bss = await EmbeddedBss.open(
        folder / "bss.db", KEY, clock, timeout_s=0.8, hasher=QUICK, faults=faults
    )
    inbox = await DemoInbox.open(folder / "inbox.db", KEY, clock)
    media, spawner = FakeMedia(), Spawner()
    deps = Deps(
        db=database,
        clock=clock,
        ids=ids,
        keys=database.keys,
        blobs=FileBlobStore(folder / "blobs"),
        bss=bss,
        sms=inbox,
        media=media,  # type: ignore[arg-type]  # the two calls that orders make
        live=NobodyLive(),
        lab=None,  # type: ignore[arg-type]
        policy=Policy(public_url="https://counter.example.cn"),
        spawn=spawner,
        poke=lambda: None,
    )
    if again:
        agent, customer, visit_id = await _find_served(database, clock)
    else:
        agent, customer, visit_id = await _serve(database, ids, clock)
        await _open_number(bss)
    world = OrderWorld(
        clock, deps, bss, inbox, media, spawner, faults, agent, customer, visit_id, folder
    )
    if not again:
        await world.prove(level)
    try:
        yield world
    finally:
        spawner.drop()
        await bss.close()
        await inbox.close()
        await database.close()


async def _open_number(bss: EmbeddedBss) -> None:
    demo = demo_person(NUMBER)
    assert demo is not None
    new = NewSubscriber(
        demo.person,
        test=True,
        password="274913",
        facts=dict(demo.facts),
        portraits=(b"j",),
        puk=PUK,
    )
    await bss.hall.open_number(new)


async def _serve(
    database: SqlDatabase, ids: UlidFactory, clock: FakeClock
) -> tuple[StaffCaller, CustomerCaller, VisitId]:
    now = clock.now()
    group = SkillGroup(
        SkillGroupId("skg_general"), SCOPE.tenant_id, SCOPE.region, "general", "综合", "General"
    )
    agent = Agent(
        StaffId(ids.new("stf")),
        SCOPE.tenant_id,
        SCOPE.region,
        "王芳",
        "1023",
        Role.AGENT,
        AgentState.SERVING,
        now,
    )
    visit_id, party_id = VisitId(ids.new("vis")), PartyId(ids.new("pty"))
    party = Party(
        party_id, SCOPE.tenant_id, SCOPE.region, visit_id, "customer", "hash", "phone", now
    )
    visit = Visit(
        id=visit_id,
        tenant_id=SCOPE.tenant_id,
        region=SCOPE.region,
        skill_group_id=group.id,
        state=VisitState.SERVING,
        priority=50,
        lang="zh-CN",
        entered_at=now,
        recording_consent=RecordingConsent.GIVEN,
        msisdn=NUMBER,
        agent_id=agent.id,
        connected_at=now,
        customer_party_id=party_id,
    )
    async with database.write(SCOPE) as uow:
        await uow.tenants.add(Tenant(SCOPE.tenant_id, "测试", "Asia/Shanghai"))
        await uow.skill_groups.add(group)
        await uow.staff.add(StaffRecord(agent, "wangfang", "x", "", frozenset({group.id}), None))
        await uow.visits.add(visit)
        await uow.parties.add(party)
    return *_callers(agent, party, clock), visit_id


async def _find_served(
    database: SqlDatabase, clock: FakeClock
) -> tuple[StaffCaller, CustomerCaller, VisitId]:
    async with database.read(SCOPE) as uow:
        [visit] = await uow.visits.in_states(list(VisitState))
        [party] = await uow.parties.of_visit(visit.id)
        assert visit.agent_id is not None
        agent = (await uow.staff.get(visit.agent_id)).agent
    return *_callers(agent, party, clock), visit.id


def _callers(agent: Agent, party: Party, clock: FakeClock) -> tuple[StaffCaller, CustomerCaller]:
    now = clock.now()
    session = AgentSession("hash", agent.id, SCOPE.tenant_id, SCOPE.region, "desk", now, now, None)
    return StaffCaller(session, agent), CustomerCaller(party)


async def own_text(world: OrderWorld, template: str, zh: str, en: str) -> None:
    """The operator's own words in place of the shipped ones."""
    texts: dict[Lang, str] = {"zh-CN": zh, "en": en}
    row = SmsTemplateRow(
        SCOPE.tenant_id, SCOPE.region, template, 1, texts, world.agent.id, world.clock.now()
    )
    async with world.deps.db.write(SCOPE) as uow:
        await uow.sms_templates.add(row)
