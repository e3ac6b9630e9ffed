"""A small world for database tests: two tenants with a desk each, and builders of rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.fakes.clock import START
from vcounter.adapters.db import SqlDatabase
from vcounter.domain.agent import Agent, AgentState, Role
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome
from vcounter.domain.ids import (
    EvidenceId,
    ImageId,
    MessageId,
    Msisdn,
    OrderId,
    PartyId,
    RecordingId,
    Region,
    SkillGroupId,
    StaffId,
    StepId,
    TenantId,
    VisitId,
)
from vcounter.domain.order import Order, OrderState
from vcounter.domain.steps import Step, StepKind, StepState
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.ports import (
    ChatMessage,
    ImageRow,
    Party,
    ReadField,
    ReadingRow,
    RecordingRow,
    Scope,
    SkillGroup,
    StaffRecord,
    Tenant,
)

NUMBER = Msisdn("13812346021")
AT = START


@dataclass(frozen=True)
class Desk:
    """One (tenant, region) with a skill group and builders of its rows."""

    scope: Scope
    tag: str

    @property
    def group(self) -> SkillGroupId:
        return SkillGroupId(f"skg_{self.tag}")

    def staff(self, name: str = "an", state: AgentState = AgentState.READY) -> StaffRecord:
        agent = Agent(
            id=StaffId(f"stf_{self.tag}_{name}"),
            tenant_id=self.scope.tenant_id,
            region=self.scope.region,
            name="安娜",
            badge="0042",
            role=Role.AGENT,
            state=state,
            since=AT,
        )
        return StaffRecord(
            agent=agent,
            login=f"{name}{self.scope.region}",
            password_hash="$argon2id$x",
            totp_secret="JBSWY3DPEHPK3PXP",
            skill_group_ids=frozenset({self.group}),
            expires_at=None,
        )

    def visit(
        self, name: str = "1", state: VisitState = VisitState.WAITING, after_s: int = 0
    ) -> Visit:
        return Visit(
            id=VisitId(f"vis_{self.tag}_{name}"),
            tenant_id=self.scope.tenant_id,
            region=self.scope.region,
            skill_group_id=self.group,
            state=state,
            priority=50,
            lang="zh-CN",
            entered_at=AT + timedelta(seconds=after_s),
            msisdn=NUMBER,
        )

    def party(self, visit: Visit, name: str = "1") -> Party:
        return Party(
            id=PartyId(f"pty_{self.tag}_{name}"),
            tenant_id=self.scope.tenant_id,
            region=self.scope.region,
            visit_id=visit.id,
            kind="customer",
            credential_hash=f"cred-{self.tag}-{name}",
            device="phone",
            created_at=AT,
        )

    def step(self, visit: Visit, name: str = "1") -> Step:
        return Step(
            id=StepId(f"stp_{self.tag}_{name}"),
            visit_id=visit.id,
            kind=StepKind.SHOW,
            state=StepState.PUSHED,
            pushed_at=AT,
            params={"title": "账单"},
        )

    def evidence(self, visit: Visit, party: Party, name: str = "1") -> Evidence:
        return Evidence(
            id=EvidenceId(f"evd_{self.tag}_{name}"),
            visit_id=visit.id,
            party_id=party.id,
            msisdn=NUMBER,
            kind=EvidenceKind.DOCUMENT,
            outcome=Outcome.PASSED,
            at=AT,
            detail={"portrait": "new"},
        )

    def order(self, visit: Visit, party: Party, maker: StaffId, name: str = "1") -> Order:
        return Order(
            id=OrderId(f"ord_{self.tag}_{name}"),
            tenant_id=self.scope.tenant_id,
            region=self.scope.region,
            visit_id=visit.id,
            party_id=party.id,
            action_id="suspend_service",
            msisdn=NUMBER,
            maker_id=maker,
            idempotency_key=f"idem-{self.tag}-{name}",
            inputs={"reason": "travel"},
            state=OrderState.DRAFT,
            created_at=AT,
        )

    def message(self, visit: Visit, text: str, name: str = "1", after_s: int = 0) -> ChatMessage:
        return ChatMessage(
            id=MessageId(f"msg_{self.tag}_{name}"),
            tenant_id=self.scope.tenant_id,
            region=self.scope.region,
            visit_id=visit.id,
            sender="customer",
            text=text,
            at=AT + timedelta(seconds=after_s),
        )

    def image(self, visit: Visit, name: str = "1", expires_at: datetime | None = None) -> ImageRow:
        return ImageRow(
            id=ImageId(f"img_{self.tag}_{name}"),
            tenant_id=self.scope.tenant_id,
            region=self.scope.region,
            visit_id=visit.id,
            kind="live_face",
            blob_key=f"images/{visit.id}/{name}",
            sha256="ab" * 32,
            width=640,
            height=480,
            at=AT,
            expires_at=expires_at or AT + timedelta(days=180),
        )

    def reading(
        self, visit: Visit, name: str = "1", expires_at: datetime | None = None
    ) -> ReadingRow:
        return ReadingRow(
            image_id=ImageId(f"img_{self.tag}_{name}"),
            tenant_id=self.scope.tenant_id,
            region=self.scope.region,
            visit_id=visit.id,
            side="front",
            state="read",
            at=AT,
            expires_at=expires_at or AT + timedelta(days=180),
            fields={"name": ReadField("样例", 0.98), "number": ReadField("430102", 0.5)},
            faults=("check_digit",),
            warnings=("screen", "flat"),
            engine="reader 1",
        )

    def recording(
        self, visit: Visit, raw_path: str = "raw", expires_at: datetime | None = None
    ) -> RecordingRow:
        return RecordingRow(
            id=RecordingId(f"rec_{self.tag}_1"),
            tenant_id=self.scope.tenant_id,
            region=self.scope.region,
            visit_id=visit.id,
            state="growing",
            raw_path=raw_path,
            started_at=AT,
            expires_at=expires_at or AT + timedelta(days=1095),
        )


OURS = Desk(Scope(TenantId("ten_a"), Region("43")), "a43")
OTHER_REGION = Desk(Scope(TenantId("ten_a"), Region("44")), "a44")
OTHER_TENANT = Desk(Scope(TenantId("ten_b"), Region("43")), "b43")
OTHERS = (OTHER_REGION, OTHER_TENANT)


async def build(db: SqlDatabase) -> None:
    """Tenants, groups and one agent at each desk."""
    async with db.write(None) as uow:
        for tenant_id in ("ten_a", "ten_b"):
            await uow.tenants.add(Tenant(TenantId(tenant_id), tenant_id, "Asia/Shanghai"))
    for desk in (OURS, *OTHERS):
        async with db.write(desk.scope) as uow:
            await uow.skill_groups.add(
                SkillGroup(
                    desk.group,
                    desk.scope.tenant_id,
                    desk.scope.region,
                    "general",
                    "综合",
                    "General",
                )
            )
            await uow.staff.add(desk.staff())


async def add_visit(db: SqlDatabase, desk: Desk, name: str = "1") -> tuple[Visit, Party]:
    """A waiting visit with its customer."""
    visit = desk.visit(name)
    party = desk.party(visit, name)
    async with db.write(desk.scope) as uow:
        await uow.visits.add(visit)
        await uow.parties.add(party)
    return visit, party
