"""Repositories, the unit of work and the database."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from vcounter.domain.agent import Agent, AgentState, Role
from vcounter.domain.attempts import Attempt, AttemptKind, AttemptOutcome
from vcounter.domain.identity import Evidence, EvidenceKind
from vcounter.domain.ids import (
    ImageId,
    Msisdn,
    OrderId,
    PartyId,
    RecordingId,
    SkillGroupId,
    StaffId,
    StepId,
    TenantId,
    VisitId,
)
from vcounter.domain.order import Order, OrderState
from vcounter.domain.queueing import FreeAgent, Waiting
from vcounter.domain.steps import Step
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.ports.clock import Json
from vcounter.services.ports.rows import (
    ActionSwitch,
    AgentSession,
    AuditEntry,
    AuditLine,
    ChatMessage,
    CodeRow,
    ImageRow,
    Link,
    OrderLine,
    OrderQuery,
    OutboxRow,
    Party,
    ReadingRow,
    RecordingRow,
    SkillGroup,
    StaffRecord,
    Tenant,
    Ticket,
)
from vcounter.services.ports.scope import Scope
from vcounter.services.ports.sms import SmsRepo, SmsTemplateRepo


class TenantRepo(Protocol):
    async def add(self, tenant: Tenant) -> None: ...
    async def get(self, tenant_id: TenantId) -> Tenant: ...
    async def all(self) -> list[Tenant]: ...
    async def scopes(self) -> list[Scope]:
        """Every (tenant, region) that has a skill group; for jobs, across tenants."""
        ...


class SkillGroupRepo(Protocol):
    async def add(self, group: SkillGroup) -> None: ...
    async def by_code(self, code: str) -> SkillGroup: ...
    async def all(self) -> list[SkillGroup]: ...


class StaffRepo(Protocol):
    async def add(self, record: StaffRecord) -> None: ...
    async def get(self, staff_id: StaffId) -> StaffRecord: ...
    async def by_login(self, login: str) -> StaffRecord | None:
        """Login names are unique in a tenant."""
        ...

    async def save(self, agent: Agent) -> None:
        """Store state, reason and since; raises AgentTaken if `agent.version` is stale."""
        ...

    async def set_password(self, staff_id: StaffId, password_hash: str) -> None: ...
    async def free(self) -> list[FreeAgent]: ...
    async def in_states(self, states: Sequence[AgentState]) -> list[Agent]: ...
    async def on_duty(self, group: SkillGroupId) -> int: ...
    async def with_role(self, role: Role) -> list[Agent]: ...
    async def named(self, staff_ids: Sequence[StaffId]) -> dict[StaffId, Agent]:
        """Those of these members of staff who are there, in one query."""
        ...

    async def with_badge(self, badge: str) -> list[Agent]: ...


class SessionRepo(Protocol):
    async def add(self, session: AgentSession) -> None: ...
    async def get(self, token_hash: str) -> AgentSession | None:
        """Looked up across tenants, since the cookie alone tells who it is."""
        ...

    async def revoke(self, token_hash: str, at: datetime) -> None: ...


class LinkRepo(Protocol):
    async def add(self, link: Link) -> None: ...
    async def get(self, token_hash: str) -> Link | None:
        """Looked up across tenants, since the token alone tells whose it is."""
        ...

    async def consume(self, token_hash: str, visit_id: VisitId) -> bool:
        """Bind the link to a visit; False if another visit has it. One conditional UPDATE."""
        ...

    async def of_visit(self, visit_id: VisitId) -> Link | None:
        """The link that opened a visit; None for a walk-in."""
        ...


class PartyRepo(Protocol):
    async def add(self, party: Party) -> None: ...
    async def get(self, party_id: PartyId) -> Party: ...
    async def of_visit(self, visit_id: VisitId) -> list[Party]: ...
    async def by_credential(self, credential_hash: str) -> Party | None:
        """Looked up across tenants."""
        ...

    async def set_credential(
        self, party_id: PartyId, credential_hash: str, device: str
    ) -> None: ...


class TicketRepo(Protocol):
    async def add(self, ticket: Ticket) -> None: ...
    async def take(self, token_hash: str, now: datetime) -> Ticket | None:
        """Consume: a second take of the same ticket, or an expired one, is None. Across tenants."""
        ...

    async def void(self, subject: str) -> None:
        """Void all tickets of a party or a member of staff whose credential ended."""
        ...


class VisitRepo(Protocol):
    async def add(self, visit: Visit) -> None: ...
    async def get(self, visit_id: VisitId) -> Visit: ...
    async def save(self, visit: Visit) -> None:
        """Raises VisitGone if `visit.version` is stale; increments it otherwise."""
        ...

    async def waiting(self, limit: int = 500) -> list[Waiting]:
        """Those in `waiting`, best ranked first (priority, entered_at, id)."""
        ...

    async def in_states(self, states: Sequence[VisitState]) -> list[Visit]: ...
    async def of_agent(self, agent_id: StaffId, states: Sequence[VisitState]) -> list[Visit]: ...
    async def companions_of(self, visit_id: VisitId) -> list[Visit]:
        """The second holder's visit beside this one while it is being served; one at most."""
        ...

    async def rings_over(self, now: datetime) -> list[Visit]: ...
    async def of_number(self, msisdn: Msisdn, limit: int) -> list[Visit]:
        """The newest `limit` visits about a number, newest first."""
        ...

    async def ended_since(self, since: datetime, limit: int) -> list[Visit]:
        """Of those that ended since, the newest `limit`."""
        ...

    async def mean_handle_s(self, default: float) -> float:
        """Mean of connected -> ended over the last 50 ended visits, else `default`."""
        ...


class StepRepo(Protocol):
    async def add(self, step: Step) -> None: ...
    async def get(self, step_id: StepId) -> Step: ...
    async def save(self, step: Step) -> None: ...
    async def current(self, visit_id: VisitId) -> Step | None: ...
    async def of_visit(self, visit_id: VisitId) -> list[Step]: ...


class SwitchRepo(Protocol):
    """Which actions are offered, and when, in a region."""

    async def put(self, switch: ActionSwitch) -> None:
        """Add the switch of an (action, role), or replace the one it has."""
        ...

    async def of_action(self, action_id: str) -> list[ActionSwitch]: ...
    async def all(self) -> list[ActionSwitch]: ...


class EvidenceRepo(Protocol):
    async def add(self, evidence: Evidence) -> None: ...
    async def of_visit(self, visit_id: VisitId) -> list[Evidence]: ...
    async def delete(self, visit_id: VisitId, kinds: Sequence[EvidenceKind]) -> None:
        """Only for consent withdrawn: what was found by a face goes with its pictures."""
        ...


class OrderRepo(Protocol):
    async def add(self, order: Order) -> None: ...
    async def get(self, order_id: OrderId) -> Order: ...
    async def save(self, order: Order) -> None:
        """Raises WrongState if `order.version` is stale."""
        ...

    async def of_visit(self, visit_id: VisitId) -> list[Order]: ...
    async def search(self, query: OrderQuery) -> list[OrderLine]:
        """Newest first, `query.limit` at most; the number is looked up by its blind index."""
        ...

    async def in_states(self, states: Sequence[OrderState], limit: int = 200) -> list[Order]:
        """Across tenants when the unit of work has no scope."""
        ...

    async def of_key(self, idempotency_key: str) -> Order | None:
        """The order that goes by this key at the operator. Across tenants without a scope."""
        ...

    async def page(
        self, states: Sequence[OrderState], limit: int, after: OrderId | None = None
    ) -> list[Order]:
        """The next `limit` of a tenant's orders in these states, in the order they were made."""
        ...

    async def to_try(
        self, states: Sequence[OrderState], now: datetime, limit: int = 200
    ) -> list[Order]:
        """As in_states, without those whose next try is later and without dead ones."""
        ...

    async def due(self, now: datetime, limit: int = 200) -> list[Order]:
        """Scheduled orders whose time has come. Across tenants without a scope."""
        ...

    async def dead(self, limit: int, after: OrderId | None = None) -> list[Order]:
        """The next `limit` of those that were given up and wait for a person."""
        ...

    async def reversals_of(self, order_id: OrderId) -> list[Order]:
        """The orders made to take this one back, oldest first, whatever became of them."""
        ...

    async def of_second_visit(self, visit_id: VisitId) -> list[Order]:
        """The orders in which somebody else is asked to agree in this visit."""
        ...


class MessageRepo(Protocol):
    async def add(self, message: ChatMessage) -> None: ...
    async def of_visit(self, visit_id: VisitId) -> list[ChatMessage]: ...


class ImageRepo(Protocol):
    async def add(self, image: ImageRow) -> None: ...
    async def get(self, image_id: ImageId) -> ImageRow: ...
    async def of_visit(self, visit_id: VisitId) -> list[ImageRow]: ...
    async def expired(self, now: datetime, limit: int = 200) -> list[ImageRow]: ...
    async def set_expiry(self, image_id: ImageId, expires_at: datetime) -> None: ...
    async def delete(self, image_id: ImageId) -> None: ...


class ReadingRepo(Protocol):
    async def put(self, reading: ReadingRow) -> None:
        """Add the reading of a picture, or replace the one it has."""
        ...

    async def of_visit(self, visit_id: VisitId) -> list[ReadingRow]:
        """In order of time."""
        ...

    async def expired(self, now: datetime, limit: int = 200) -> list[ReadingRow]:
        """Without their fields. Across tenants when the unit of work has no scope."""
        ...

    async def delete(self, image_id: ImageId) -> None: ...


class RecordingRepo(Protocol):
    async def add(self, recording: RecordingRow) -> None: ...
    async def get(self, recording_id: RecordingId) -> RecordingRow: ...
    async def save(self, recording: RecordingRow) -> None: ...
    async def of_visit(self, visit_id: VisitId) -> RecordingRow | None: ...
    async def recorded(self, visit_ids: Sequence[VisitId]) -> set[VisitId]:
        """Those of these visits whose recording is still there."""
        ...

    async def in_state(self, state: str) -> list[RecordingRow]:
        """Across tenants when the unit of work has no scope."""
        ...

    async def expired(self, now: datetime, limit: int = 200) -> list[RecordingRow]: ...
    async def delete(self, recording_id: RecordingId) -> None: ...


class CodeRepo(Protocol):
    async def put(self, code: CodeRow) -> None: ...
    async def get(self, visit_id: VisitId, msisdn: Msisdn) -> CodeRow | None: ...
    async def spend_try(self, visit_id: VisitId, msisdn: Msisdn) -> int:
        """Take one try and return how many are left (>= 0)."""
        ...

    async def delete(self, visit_id: VisitId, msisdn: Msisdn) -> None: ...


class AttemptRepo(Protocol):
    """Guesses and marks by (kind, keyed hash of a number), over all visits of a region."""

    async def add(self, attempt: Attempt) -> None: ...
    async def settle(self, attempt_id: str, outcome: AttemptOutcome) -> None: ...
    async def since(self, kind: AttemptKind, subject: str, since: datetime) -> list[Attempt]: ...
    async def count(self, kind: AttemptKind, subject: str) -> int: ...


class AuditLog(Protocol):
    async def write(self, line: AuditLine) -> None: ...
    async def of_object(self, object_id: str) -> list[tuple[datetime, AuditLine]]: ...
    async def entries(self, object_ids: Sequence[str]) -> list[AuditEntry]:
        """All lines about these objects, oldest first."""
        ...


class Outbox(Protocol):
    async def add(self, room: str, kind: str, body: Json, audience: Sequence[str] = ()) -> None: ...
    async def pending(self, limit: int = 200) -> list[OutboxRow]:
        """Unsent rows of all tenants in the order of commit."""
        ...

    async def sent(self, seqs: Sequence[int]) -> None: ...


class UnitOfWork(Protocol):
    """One transaction. Leaving the `async with` commits; an exception rolls back.

    With a scope every repository filters by (tenant, region). Without one (`scope=None`) only the
    look-ups documented as crossing tenants may be used: logins, links, tickets, jobs.
    """

    scope: Scope | None
    tenants: TenantRepo
    skill_groups: SkillGroupRepo
    staff: StaffRepo
    sessions: SessionRepo
    links: LinkRepo
    parties: PartyRepo
    tickets: TicketRepo
    visits: VisitRepo
    steps: StepRepo
    evidence: EvidenceRepo
    orders: OrderRepo
    switches: SwitchRepo
    messages: MessageRepo
    images: ImageRepo
    readings: ReadingRepo
    recordings: RecordingRepo
    codes: CodeRepo
    attempts: AttemptRepo
    sms: SmsRepo
    sms_templates: SmsTemplateRepo
    audit: AuditLog
    outbox: Outbox

    async def hold(self, name: str) -> None:
        """Wait until no other transaction of this (tenant, region) holds `name`, then hold it to
        the end. What is read after that is not changed meanwhile by anybody who holds it too."""
        ...


class Database(Protocol):
    def write(self, scope: Scope | None) -> AbstractAsyncContextManager[UnitOfWork]:
        """A writing transaction (BEGIN IMMEDIATE on SQLite, behind one writer)."""
        ...

    def read(self, scope: Scope | None) -> AbstractAsyncContextManager[UnitOfWork]:
        """A reading transaction; writes in it fail."""
        ...
