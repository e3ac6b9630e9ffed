"""What the use cases ask of the world: one Protocol per need, adapters at the edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from vcounter.domain.agent import Agent, AgentState, Role
from vcounter.domain.attempts import Attempt, AttemptKind, AttemptOutcome
from vcounter.domain.documents import DocumentType
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Reference, Zone
from vcounter.domain.ids import (
    ImageId,
    KeyId,
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
from vcounter.domain.queueing import FreeAgent, Waiting
from vcounter.domain.steps import Step
from vcounter.domain.visit import Visit, VisitState

Json = Mapping[str, object]


class Clock(Protocol):
    def now(self) -> datetime:
        """UTC, aware."""
        ...

    def monotonic(self) -> float:
        """Seconds; for durations only."""
        ...


class IdFactory(Protocol):
    def new(self, prefix: str) -> str:
        """A fresh id such as `vis_01J…`: prefix, underscore, 26 Crockford base32, time-ordered."""
        ...

    def token(self, n_bytes: int = 32) -> str:
        """An unguessable URL-safe secret."""
        ...

    def number(self, below: int) -> int:
        """An unguessable integer, 0 <= n < below; for codes and challenges."""
        ...


# --- rows that are not entities -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data a transaction may touch. Every query filters by it; ids of others are NotFound."""

    tenant_id: TenantId
    region: Region


@dataclass(frozen=True, slots=True)
class Tenant:
    id: TenantId
    name: str
    timezone: str  # IANA, such as Asia/Shanghai


@dataclass(frozen=True, slots=True)
class SkillGroup:
    id: SkillGroupId
    tenant_id: TenantId
    region: Region
    code: str  # general, elder_care
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class StaffRecord:
    """A staff row with its login facts. `password_hash` is argon2id, `totp_secret` base32 or ""."""

    agent: Agent
    login: str
    password_hash: str
    totp_secret: str
    skill_group_ids: frozenset[SkillGroupId]
    expires_at: datetime | None
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class AgentSession:
    """An opaque server-side login: only the SHA-256 of the cookie's value is stored."""

    token_hash: str
    staff_id: StaffId
    tenant_id: TenantId
    region: Region
    device_id: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An invitation sent by SMS or made by staff. Consumed by a POST, never by opening it."""

    token_hash: str
    tenant_id: TenantId
    region: Region
    msisdn: Msisdn | None
    lang: str
    created_at: datetime
    expires_at: datetime
    visit_id: VisitId | None = None  # set when consumed
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a visit. `credential_hash` is the SHA-256 of the resume credential in force."""

    id: PartyId
    tenant_id: TenantId
    region: Region
    visit_id: VisitId
    kind: Literal["customer", "second_holder", "helper"]
    credential_hash: str
    device: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """A single-use key to `/ws`, valid for a minute; only its hash is stored."""

    token_hash: str
    tenant_id: TenantId
    region: Region
    role: Literal["customer", "agent"]
    subject: str  # party id or staff id
    visit_id: VisitId | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ChatMessage:
    id: MessageId
    tenant_id: TenantId
    region: Region
    visit_id: VisitId
    sender: Literal["customer", "agent", "system", "note"]  # notes are the staff's own
    text: str  # encrypted at rest
    at: datetime


@dataclass(frozen=True, slots=True)
class ImageRow:
    """A picture kept as evidence; its bytes are in the blob store under `blob_key`, encrypted."""

    id: ImageId
    tenant_id: TenantId
    region: Region
    visit_id: VisitId
    kind: Literal["card_front", "card_back", "card_portrait", "live_face", "face_still", "snapshot"]
    blob_key: str
    sha256: str  # of the plain bytes
    width: int
    height: int
    at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """What one picture of a card reads: `reading` until the laboratory answered or fell silent.

    One row for each accepted still; the newest of a side counts. The fields are personal: sealed
    with the visit's key, deleted when `expires_at` has come, and shown by an audited request only.
    """

    image_id: ImageId
    tenant_id: TenantId
    region: Region
    visit_id: VisitId
    side: Literal["front", "back"]
    state: Literal["reading", "read", "unreadable"]
    at: datetime
    expires_at: datetime
    document: DocumentType = DocumentType.RESIDENT_ID
    fields: Mapping[str, ReadField] = field(default_factory=dict, repr=False)
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    engine: str = ""


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One visit's recording: raw while the call runs, `muxed` once it is a playable file."""

    id: RecordingId
    tenant_id: TenantId
    region: Region
    visit_id: VisitId
    state: Literal["growing", "closed", "muxed", "failed"]
    raw_path: str
    started_at: datetime
    expires_at: datetime
    files: Mapping[str, str] = field(default_factory=dict)  # party -> blob key
    sha256: Mapping[str, str] = field(default_factory=dict)  # party -> hash of the plain file
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry to write. `subject` is a keyed hash, so that deletion leaves the chain whole;
    `detail` holds codes and ids, never personal data."""

    actor: str  # staff id, party id, "system"
    verb: str  # such as visit.open, image.view, order.confirm
    object: str  # an id
    subject: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A written line with its place in the chain; `seq` and `hash` are None until it is sealed."""

    at: datetime
    line: AuditLine
    seq: int | None
    hash: str | None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An event to publish after the commit, in order, at least once."""

    seq: int
    tenant_id: TenantId
    room: str  # a visit id or desk:<staff id>
    kind: str
    audience: tuple[str, ...]  # roles that may see it; empty means all in the room
    body: Json


@dataclass(frozen=True, slots=True)
class CodeRow:
    """An SMS code in force: hash of it, tries left, and when it ends. Single use."""

    visit_id: VisitId
    msisdn: Msisdn
    code_hash: str
    expires_at: datetime
    tries_left: int


# --- repositories and the unit of work ------------------------------------------------------------


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
    async def rings_over(self, now: datetime) -> list[Visit]: ...
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
    async def in_states(self, states: Sequence[OrderState], limit: int = 200) -> list[Order]:
        """Across tenants when the unit of work has no scope."""
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
    messages: MessageRepo
    images: ImageRepo
    readings: ReadingRepo
    recordings: RecordingRepo
    codes: CodeRepo
    attempts: AttemptRepo
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


# --- keys and blobs -------------------------------------------------------------------------------


class KeyStore(Protocol):
    """One data key per visit, wrapped by a key-encryption key that never leaves its port."""

    async def data_key(self, scope: Scope, visit_id: VisitId) -> tuple[KeyId, bytes]:
        """The visit's 256-bit data key, made at first use."""
        ...

    async def image_key(self, scope: Scope, visit_id: VisitId) -> tuple[KeyId, bytes]:
        """The key of the visit's pictures, apart from its rows' key, made at first use."""
        ...

    async def destroy_image_key(self, scope: Scope, visit_id: VisitId) -> bool:
        """Make the visit's pictures unreadable for ever; False if there is no such key."""
        ...

    def blind_index(self, value: str) -> str:
        """Keyed hash of a value that must be looked up or named without being readable."""
        ...


class BlobStore(Protocol):
    """Encrypted objects: AES-256-GCM in chunks, bound to their key name."""

    async def put(self, key: str, data: bytes, data_key: bytes) -> None: ...
    async def get(self, key: str, data_key: bytes) -> bytes:
        """Raises NotFound, or InvalidInput if the object was tampered with."""
        ...

    async def delete(self, key: str) -> None: ...
    async def exists(self, key: str) -> bool: ...
    async def names(self, prefix: str) -> list[tuple[str, datetime]]:
        """The keys of all objects below `prefix`, with the time they were written."""
        ...


# --- the live plane -------------------------------------------------------------------------------

Leg = Literal["customer", "agent"]


@dataclass(frozen=True, slots=True)
class Keyframe:
    """One encoded intra frame as it came from the browser; nothing was decoded to get it."""

    codec: Literal["VP8", "H264"]
    data: bytes
    at: float  # monotonic seconds on this host


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """`growing`: bytes of both parties arrived in the last seconds, or a seal is up."""

    growing: bool
    sealed: bool
    bytes_written: int
    customer_bytes: int
    agent_bytes: int


@dataclass(frozen=True, slots=True)
class Muxed:
    """A playable file per party, and how long they are; both begin and end together."""

    files: Mapping[str, bytes] = field(repr=False)
    duration_ms: int


class MediaPlane(Protocol):
    """The bridge as the counter sees it. Every call has a time-out and raises MediaUnavailable."""

    async def start_recording(self, visit_id: VisitId, raw_path: str, data_key: bytes) -> None: ...
    async def recording(self, visit_id: VisitId) -> RecordingStatus: ...
    async def set_sealed(self, visit_id: VisitId, sealed: bool) -> None:
        """Returns only when the bridge has shut (or opened) the customer's sound and picture."""
        ...

    async def keyframe(self, visit_id: VisitId, leg: Leg, timeout_s: float = 2.0) -> Keyframe:
        """Ask the browser for an intra frame and return the next whole one."""
        ...

    async def close(self, visit_id: VisitId) -> None: ...
    async def mux(self, raw_path: str, data_key: bytes) -> Muxed:
        """Turn a raw recording, torn or whole, into a playable file per party."""
        ...


class Live(Protocol):
    """Rooms as the counter sees them."""

    async def publish(self, room: str, kind: str, body: Json, audience: Sequence[str] = ()) -> None:
        """Append to the room's stream and fan out."""
        ...

    async def direct(self, room: str, kind: str, body: Json, audience: Sequence[str] = ()) -> None:
        """Fan out without keeping: hints, places, meters."""
        ...

    async def start_media(self, visit_id: VisitId) -> None:
        """Let the peers of the room negotiate with the bridge from now on."""
        ...

    async def stop_media(self, visit_id: VisitId) -> None: ...
    async def close_room(self, visit_id: VisitId) -> None: ...
    def online(self, subject: str) -> bool: ...


# --- the operator's system ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subscriber:
    """The operator's record of a number. Holds personal data: never logged, never sent whole."""

    msisdn: Msisdn
    name: str
    document_number: str
    sex: Literal["female", "male"]
    birth: date
    address: str
    state: str  # ACTIVE, SUSPENDED_VOL, SUSPENDED_DEBT, LOST_HOLD, SUSPENDED_FRAUD, ...
    stop_reasons: tuple[str, ...]
    version: int
    stars: int
    plan: str
    opened_on: date
    alternate_contact: Msisdn | None
    has_enrolment: bool
    iccid_tail: str
    test: bool  # a fictitious subscriber; simulated visits may touch these only
    document_type: DocumentType = DocumentType.RESIDENT_ID


@dataclass(frozen=True, slots=True)
class Portrait:
    jpeg: bytes
    taken_on: date


@dataclass(frozen=True, slots=True)
class Check:
    """One precondition and whether it holds; `code` is an i18n suffix."""

    code: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """What carrying the action out would mean now. Money in fen (CNY 0.01)."""

    version: int
    checks: tuple[Check, ...]
    price_fen: int
    effective_from: datetime
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return all(c.ok for c in self.checks)


@dataclass(frozen=True, slots=True)
class BssCommand:
    """`version` is what the customer was shown; the operator's system refuses if it moved.

    `secret` goes straight through and is kept as a hash at most.
    """

    idempotency_key: str
    action_id: str
    msisdn: Msisdn
    version: int
    inputs: Mapping[str, str]
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class BssResult:
    """The settled outcome of a command; `values` holds nothing secret and no disclosure."""

    done: bool
    reason: str  # i18n suffix when refused, else ""
    version: int
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ControlQuestion:
    """Something only the holder knows. `expected` is shown to the agent, never to the customer."""

    code: str
    expected: str


class Bss(Protocol):
    """The operator's business support system: remote, slow, sometimes silent.

    Every method raises OperatorUnavailable when no answer came in time; for `execute` that means
    that the outcome is unknown until `query` tells.
    """

    async def find(self, msisdn: Msisdn) -> Subscriber | None: ...
    async def portrait(self, msisdn: Msisdn) -> Portrait | None: ...
    async def enrol(
        self, msisdn: Msisdn, jpeg: bytes, taken_on: date, idempotency_key: str, by: str
    ) -> None:
        """Keep a portrait as the newest enrolment photograph, which `portrait` then returns; older
        ones stay with their dates. `by` is who ordered it at the counter.

        A repeat of the key with the same content changes nothing, with other content raises
        KeyReused; an unknown number raises NotFound.
        """
        ...

    async def quote(self, action_id: str, msisdn: Msisdn, inputs: Mapping[str, str]) -> Quote: ...
    async def execute(self, command: BssCommand) -> BssResult: ...
    async def query(self, idempotency_key: str) -> BssResult | None:
        """The stored result of a command; None if the key was never seen."""
        ...

    async def reveal(self, idempotency_key: str) -> str:
        """The disclosure that a done command allows (a PUK), for the customer's screen alone."""
        ...

    async def control_questions(self, msisdn: Msisdn) -> list[ControlQuestion]: ...
    async def check_password(self, msisdn: Msisdn, password: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Sms:
    to: Msisdn
    text: str
    template: str
    idempotency_key: str


class SmsSender(Protocol):
    async def send(self, sms: Sms) -> None:
        """Hand one message to the gateway; a repeated key sends nothing."""
        ...


# --- identity laboratory --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FaceMeasure:
    """What one frame shows. `nose_offset` = (nose - eye midpoint) . eye axis / eye distance:
    positive when the nose moves towards the image's right. Features stay in memory only."""

    faces: int
    nose_offset: float
    eye_distance_px: float
    sharpness: float
    brightness: float
    box: tuple[float, float, float, float]  # x, y, w, h as shares of the frame, 0-1
    feature: bytes = field(default=b"", repr=False)
    jpeg: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class MatchReport:
    """A comparison of live frames with one reference; scores are text-safe, templates are gone."""

    zone: Zone
    fused: float | None
    sface: float | None
    dlib: float | None
    frames: int
    engine: str
    thresholds: Mapping[str, float]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CardReport:
    """Whether a still of a card side can be used, and if not, what the customer should change.

    `jpeg` is re-encoded upright without metadata; `portrait` is cut from a front (may be empty).
    `agrees` compares it with the stream of the same seconds: None means it could not be told.
    """

    outcome: Outcome
    reason: str
    jpeg: bytes = field(repr=False)
    width: int = 0
    height: int = 0
    portrait: bytes = field(default=b"", repr=False)
    agrees: bool | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadField:
    """One field as it was read, folded by NFKC; `confidence` 0-1 is the recogniser's own."""

    text: str = field(repr=False)
    confidence: float


@dataclass(frozen=True, slots=True)
class CardReading:
    """What was read off one side of an identity card. Personal: encrypted at rest, never logged.

    Front: name, sex (female | male), ethnicity, birth (ISO date), address, number.
    Back: authority, valid_from (ISO date), valid_until (ISO date or `long_term`).
    A field that could not be read is absent. `faults` are codes of what does not agree within the
    card itself (`check_digit`, `birth_differs`, ...).
    """

    side: Literal["front", "back"]
    fields: Mapping[str, ReadField] = field(repr=False)
    faults: tuple[str, ...]
    engine: str


class ReadingCheck(Protocol):
    """A card's reading beside the operator's record, by part: number, name, birth, sex, valid.

    `sure`: both sides were read, everything agrees and there is no fault.
    """

    @property
    def agreement(self) -> Mapping[str, Literal["agrees", "differs", "unknown"]]: ...
    @property
    def faults(self) -> tuple[str, ...]: ...
    @property
    def sure(self) -> bool: ...


CheckReading = Callable[[CardReading | None, CardReading | None, Subscriber, date], ReadingCheck]


@dataclass(frozen=True, slots=True)
class FaceStill:
    """A full-size still of the face beside the stream's frame of the same seconds.

    `agrees`: the same person, pose and scene as the frame; None when it could not be told.
    `measure` holds the face's feature, in memory only.
    """

    outcome: Outcome
    reason: str
    jpeg: bytes = field(repr=False)
    width: int = 0
    height: int = 0
    agrees: bool | None = None
    measure: FaceMeasure | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PassiveReport:
    """A passive detector's word on live frames: `score` 0 (attack) to 1 (live), the median."""

    outcome: Outcome  # never FAILED: alone it may only cause doubt
    score: float
    threshold: float
    engine: str


@dataclass(frozen=True, slots=True)
class TiltReport:
    """Whether light moved over the card while it was tilted, as on a laminated one (a warning)."""

    moved: bool | None  # None: too few frames, or no tilt was seen
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whose face it should be. Personal: never logged."""

    msisdn: Msisdn
    name: str = field(repr=False)
    document_number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReferenceReport:
    """What one authority says of a live face. `taken_on` is its picture's date, where known."""

    reference: Reference
    match: MatchReport
    taken_on: date | None = None


class PortraitAuthority(Protocol):
    """Somebody who holds a portrait that does not come from the card shown.

    The operator's enrolment photographs, or a national service over HTTP. One-to-one only.
    `asks_outside`: the question leaves the operator's house, which no simulated visit may cause.
    """

    @property
    def asks_outside(self) -> bool: ...

    async def compare(self, claimed: Claimed, live: Sequence[bytes]) -> ReferenceReport | None:
        """None when it holds no portrait of this person. Errors and silence come back as a report
        in `review` with `frames` 0 and a reason, never as a match."""
        ...


class IdentityLab(Protocol):
    """Faces and cards, in worker processes. A time-out or a crash raises MediaUnavailable, which
    the use cases turn into `review`, never into a pass."""

    async def measure(self, frame: Keyframe) -> FaceMeasure: ...
    async def measure_still(self, jpeg: bytes) -> FaceMeasure:
        """As `measure`, of a stored picture; finds a face's feature again after a restart."""
        ...

    async def inspect_face(self, still: bytes, frame: Keyframe | None) -> FaceStill:
        """Judge an uploaded still of the face. Raises ImageUnusable for what is no picture."""
        ...

    async def passive(self, frames: Sequence[bytes]) -> PassiveReport | None:
        """The optional passive detector's word on live frames (JPEGs); None if none is set."""
        ...

    async def compare(self, live: Sequence[bytes], reference: bytes) -> MatchReport:
        """`live` are >= 1 JPEGs of the live face (five or more wanted), `reference` one JPEG."""
        ...

    async def same_person(self, first: bytes, second: bytes) -> bool:
        """Whether two FaceMeasure features are one face (continuity within a challenge)."""
        ...

    async def inspect_card(
        self,
        still: bytes,
        side: Literal["front", "back"],
        stream: Keyframe | None,
        document: DocumentType = DocumentType.RESIDENT_ID,
    ) -> CardReport:
        """Raises ImageUnusable for what is not a picture or is larger than allowed."""
        ...

    async def read_card(self, jpeg: bytes, side: Literal["front", "back"]) -> CardReading:
        """Read a still that `inspect_card` accepted (its own `jpeg`)."""
        ...

    async def inspect_tilt(self, frames: Sequence[Keyframe]) -> TiltReport:
        """Frames of one card being tilted slowly, in order of time."""
        ...
