"""A served visit whose customer holds nothing yet, with leads at other desks."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.fakes.order_world import NUMBER, SCOPE, OrderWorld, order_world
from vcounter.domain.agent import Agent, AgentState, Role
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Reference, Zone
from vcounter.domain.ids import EvidenceId, PartyId, StaffId, VisitId
from vcounter.domain.steps import Step, StepKind
from vcounter.domain.visit import Visit
from vcounter.services.context import CustomerCaller, StaffCaller
from vcounter.services.identity.evidence import ImageKind, store_picture
from vcounter.services.ports import ImageRow, Party, StaffRecord
from vcounter.services.visits import guide
from vcounter.services.visits.answers import answer


@dataclass
class Levels:
    """The world of orders, and what tests of levels do in it."""

    world: OrderWorld

    @property
    def deps(self) -> Any:
        return self.world.deps

    @property
    def agent(self) -> StaffCaller:
        return self.world.agent

    @property
    def visit_id(self) -> VisitId:
        return self.world.visit_id

    async def visit(self) -> Visit:
        async with self.deps.db.read(SCOPE) as uow:
            visit: Visit = await uow.visits.get(self.visit_id)
        return visit

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
            self.world.clock.now(),
        )
        async with self.deps.db.write(SCOPE) as uow:
            groups = frozenset(g.id for g in await uow.skill_groups.all())
            await uow.staff.add(StaffRecord(agent, name, "x", "", groups, None))
        session = replace(self.agent.session, staff_id=agent.id)
        return StaffCaller(session, agent)

    async def evidence(self, *kinds: EvidenceKind) -> list[Evidence]:
        async with self.deps.db.read(SCOPE) as uow:
            found: Sequence[Evidence] = await uow.evidence.of_visit(self.visit_id)
        return [e for e in found if not kinds or e.kind in kinds]

    async def gather(self, *facts: tuple[EvidenceKind, Outcome], **fields: Any) -> None:
        """Add evidence about the visit's number, a second apart."""
        for kind, outcome in facts:
            self.world.clock.move(seconds=1)
            detail = fields.get("detail", {})
            face = kind is EvidenceKind.FACE_MATCH
            item = Evidence(
                id=EvidenceId(self.deps.ids.new("evd")),
                visit_id=self.visit_id,
                party_id=PartyId(self.world.customer.party.id),
                msisdn=NUMBER,
                kind=kind,
                outcome=outcome,
                at=self.world.clock.now(),
                reference=fields.get("reference", Reference.ENROLMENT) if face else Reference.NONE,
                zone=fields.get("zone", Zone.MATCH) if face else None,
                image_id=fields.get("image_id") if kind in FACES else None,
                by=fields.get("by"),
                detail=detail if kind is fields.get("of", kind) else {},
            )
            async with self.deps.db.write(SCOPE) as uow:
                await uow.evidence.add(item)

    async def reach_l2(self, **fields: Any) -> None:
        """All that the agent needs, and the decision."""
        passed = [(kind, Outcome.PASSED) for kind in WITH_FACE]
        await self.gather(*passed, **{"by": self.agent.id, **fields})

    async def picture(self, kind: ImageKind, jpeg: bytes = b"jpeg") -> ImageRow:
        row = await store_picture(self.deps, await self.visit(), kind, jpeg)
        async with self.deps.db.write(SCOPE) as uow:
            await uow.images.add(row)
        return row

    async def push(self, kind: StepKind, **params: str) -> Step:
        return await guide.push(self.deps, self.agent, self.visit_id, kind, params)

    async def answer(self, **given: object) -> None:
        await answer(self.deps, self.world.customer, (await self.world.step()).id, given)

    async def audited(self, object_id: str) -> list[str]:
        async with self.deps.db.read(SCOPE) as uow:
            return [line.verb for _, line in await uow.audit.of_object(object_id)]

    async def another_visit(self, name: str) -> tuple[VisitId, CustomerCaller]:
        """The same customer calls again; the agent serves the new visit, the old one is over."""
        now = self.world.clock.now()
        old, party_id = await self.visit(), PartyId(f"pty_{name}")
        party = Party(
            party_id,
            SCOPE.tenant_id,
            SCOPE.region,
            VisitId(f"vis_{name}"),
            "customer",
            name,
            "",
            now,
        )
        async with self.deps.db.write(SCOPE) as uow:
            new = replace(
                old,
                id=VisitId(f"vis_{name}"),
                customer_party_id=party_id,
                version=0,
                msisdn=NUMBER,
            )
            old.end(now)
            await uow.visits.save(old)
            await uow.visits.add(new)
            await uow.parties.add(party)
        return new.id, CustomerCaller(party)

    async def go_to(self, visit_id: VisitId, customer: CustomerCaller) -> None:
        self.world.visit_id, self.world.customer = visit_id, customer


FACES = frozenset({EvidenceKind.LIVENESS, EvidenceKind.FACE_MATCH, EvidenceKind.PRESENCE})
WITH_FACE = (
    EvidenceKind.CARD_FRONT,
    EvidenceKind.CARD_BACK,
    EvidenceKind.DOCUMENT,
    EvidenceKind.LIVENESS,
    EvidenceKind.FACE_MATCH,
    EvidenceKind.PRESENCE,
    EvidenceKind.AGENT_DECISION,
)


@asynccontextmanager
async def levels_world(folder: Path, empty_database: Path) -> AsyncIterator[Levels]:
    """`empty_database` is an upgraded file to copy."""
    shutil.copy(empty_database, folder / "counter.db")
    async with order_world(folder, level="L0") as world:
        yield Levels(world)
