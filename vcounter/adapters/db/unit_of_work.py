"""One transaction with all its repositories."""

from __future__ import annotations

from vcounter.adapters.db.dialects import hold_until_commit
from vcounter.adapters.db.repositories.attempts import AttemptRepository
from vcounter.adapters.db.repositories.entrance import (
    LinkRepository,
    PartyRepository,
    TicketRepository,
)
from vcounter.adapters.db.repositories.evidence import CodeRepository, EvidenceRepository
from vcounter.adapters.db.repositories.housekeeping import Housekeeping
from vcounter.adapters.db.repositories.journal import AuditRepository, OutboxRepository
from vcounter.adapters.db.repositories.media import ImageRepository, RecordingRepository
from vcounter.adapters.db.repositories.orders import OrderRepository
from vcounter.adapters.db.repositories.people import SkillGroupRepository, TenantRepository
from vcounter.adapters.db.repositories.readings import ReadingRepository
from vcounter.adapters.db.repositories.sms import SmsRepository, SmsTemplateRepository
from vcounter.adapters.db.repositories.staff import SessionRepository, StaffRepository
from vcounter.adapters.db.repositories.steps import MessageRepository, StepRepository
from vcounter.adapters.db.repositories.switches import SwitchRepository
from vcounter.adapters.db.repositories.visits import VisitRepository
from vcounter.adapters.db.transaction import Transaction
from vcounter.services.ports import (
    AttemptRepo,
    AuditLog,
    CodeRepo,
    EvidenceRepo,
    ImageRepo,
    LinkRepo,
    MessageRepo,
    OrderRepo,
    Outbox,
    PartyRepo,
    ReadingRepo,
    RecordingRepo,
    Scope,
    SessionRepo,
    SkillGroupRepo,
    SmsRepo,
    SmsTemplateRepo,
    StaffRepo,
    StepRepo,
    SwitchRepo,
    TenantRepo,
    TicketRepo,
    VisitRepo,
)


class SqlUnitOfWork:
    """UnitOfWork over one open transaction; of no use once it is closed."""

    def __init__(self, transaction: Transaction) -> None:
        self.scope: Scope | None = transaction.scope
        self._transaction = transaction
        self.tenants: TenantRepo = TenantRepository(transaction)
        self.skill_groups: SkillGroupRepo = SkillGroupRepository(transaction)
        self.staff: StaffRepo = StaffRepository(transaction)
        self.sessions: SessionRepo = SessionRepository(transaction)
        self.links: LinkRepo = LinkRepository(transaction)
        self.parties: PartyRepo = PartyRepository(transaction)
        self.tickets: TicketRepo = TicketRepository(transaction)
        self.visits: VisitRepo = VisitRepository(transaction)
        self.steps: StepRepo = StepRepository(transaction)
        self.evidence: EvidenceRepo = EvidenceRepository(transaction)
        self.orders: OrderRepo = OrderRepository(transaction)
        self.switches: SwitchRepo = SwitchRepository(transaction)
        self.messages: MessageRepo = MessageRepository(transaction)
        self.images: ImageRepo = ImageRepository(transaction)
        self.readings: ReadingRepo = ReadingRepository(transaction)
        self.recordings: RecordingRepo = RecordingRepository(transaction)
        self.codes: CodeRepo = CodeRepository(transaction)
        self.attempts: AttemptRepo = AttemptRepository(transaction)
        self.sms: SmsRepo = SmsRepository(transaction)
        self.sms_templates: SmsTemplateRepo = SmsTemplateRepository(transaction)
        self.audit: AuditLog = AuditRepository(transaction)
        self.outbox: Outbox = OutboxRepository(transaction)
        self.housekeeping = Housekeeping(transaction)

    async def hold(self, name: str) -> None:
        """Needs a scope. In SQLite a writing transaction is alone anyway."""
        self._transaction.require_writable()
        scope = self._transaction.require_scope()
        whole = f"{scope.tenant_id}/{scope.region}/{name}"
        await hold_until_commit(self._transaction.connection, whole)
