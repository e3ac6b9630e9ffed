"""Rows that are not entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal

from vcounter.domain.agent import Agent
from vcounter.domain.documents import DocumentType
from vcounter.domain.ids import (
    ImageId,
    MessageId,
    Msisdn,
    OrderId,
    PartyId,
    RecordingId,
    Region,
    SkillGroupId,
    StaffId,
    TenantId,
    VisitId,
)
from vcounter.domain.order import OrderState
from vcounter.services.ports.clock import Json
from vcounter.services.ports.laboratory import (
    ReadField,
)


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
    order_id: OrderId | None = None  # the order that it is meant to take back
    companion_of: VisitId | None = None  # the visit that a second holder is asked to join


@dataclass(frozen=True, slots=True)
class ActionSwitch:
    """Whether an action is offered to a role of a region's staff (`all`: to everybody), and from
    when to when in the tenant's zone; without hours, around the clock. `closes` may be on the next
    day: `opens` 20:00, `closes` 06:00."""

    tenant_id: TenantId
    region: Region
    action_id: str
    role: str
    enabled: bool
    set_at: datetime
    set_by: StaffId
    opens: time | None = None
    closes: time | None = None


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
    # notes are the staff's own; `file` is what was noted on the visit later and nobody chats about
    sender: Literal["customer", "agent", "system", "note", "file"]
    text: str  # encrypted at rest
    at: datetime


@dataclass(frozen=True, slots=True)
class ImageRow:
    """A picture kept as evidence; its bytes are in the blob store under `blob_key`, encrypted."""

    id: ImageId
    tenant_id: TenantId
    region: Region
    visit_id: VisitId
    kind: Literal[
        "card_front",
        "card_back",
        "card_portrait",
        "live_face",
        "face_still",
        "snapshot",
        "signature",
        "photo",
    ]
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
class OrderLine:
    """An order as far as lists need it: no inputs, no result."""

    id: OrderId
    visit_id: VisitId
    action_id: str
    msisdn: Msisdn
    maker_id: StaffId
    state: OrderState
    created_at: datetime
    settled_at: datetime | None
    failure: str | None
    assurance: str


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Which orders to list, newest first. None asks for nothing in particular; `since` is the first
    moment and `until` the first one after the last. `before` goes on behind (created_at, id)."""

    msisdn: Msisdn | None = None
    action_id: str | None = None
    state: OrderState | None = None
    makers: Sequence[StaffId] | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: tuple[datetime, OrderId] | None = None
    limit: int = 50


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
