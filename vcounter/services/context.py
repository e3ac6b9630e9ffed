"""What every use case is given: the ports, and the operator's policy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from vcounter.domain.agent import Agent
from vcounter.domain.errors import DocumentUnavailable
from vcounter.domain.identity import Outcome
from vcounter.domain.ids import StaffId, VisitId
from vcounter.services.identity.comparisons import Comparisons
from vcounter.services.identity.identity_view import Watched
from vcounter.services.identity.tally import NoTally, Tally
from vcounter.services.ports import (
    AgentSession,
    BlobStore,
    Bss,
    CheckReading,
    Clock,
    Database,
    IdentityLab,
    IdFactory,
    KeyStore,
    Live,
    MediaPlane,
    PaperReceipt,
    Party,
    PortraitAuthority,
    ReadingCheck,
    ReceiptPrinter,
    Scope,
    Sheet,
    SheetWriter,
    SmsSender,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """Numbers an operator may set. Times in seconds unless the name says otherwise."""

    ring_time_s: float = 20
    customer_grace_s: float = 60
    agent_grace_s: float = 30
    link_ttl_h: float = 24
    agent_session_h: float = 12
    ticket_ttl_s: float = 60
    code_ttl_s: float = 600
    code_tries: int = 3
    codes_per_hour: int = 5
    codes_per_day: int = 10
    wrong_codes_per_day: int = 10
    wrong_passwords_per_day: int = 5
    wrong_facts_per_day: int = 5
    failed_draws_per_day: int = 3
    uploads_per_step: int = 25
    attempts_kept_days: int = 30
    fraud_mark_days: int = 180
    handle_time_s: float = 180.0
    image_retention_days: int = 180
    unproven_face_days: int = 7
    recording_retention_days: int = 1095
    portrait_old_years: int = 10
    challenge_tries: int = 3
    max_image_bytes: int = 12 * 1024 * 1024
    public_url: str = "http://127.0.0.1:8080"
    recordings_dir: str = "var/recordings"


Spawn = Callable[[Coroutine[object, object, None], str], None]


@dataclass(frozen=True, slots=True)
class _NothingRead:
    agreement: Mapping[str, Literal["agrees", "differs", "unknown"]]
    faults: tuple[str, ...] = ()
    sure: bool = False


def _never_sure(*_: object) -> ReadingCheck:
    """Without a reader's check nothing that was read decides anything."""
    return _NothingRead(dict.fromkeys(("number", "name", "birth", "sex", "valid"), "unknown"))


class FacePresence(Protocol):
    """Whether the face that passed the challenge is still before the camera."""

    def watch(self, scope: Scope, visit_id: VisitId) -> None:
        """Watch it in the background until the decision. Safe to repeat."""
        ...

    async def confirm(self, scope: Scope, visit_id: VisitId) -> Outcome | None:
        """Look closely now and keep what was found; None if there was no challenge."""
        ...


class _Unwatched:
    """Nobody watches, so presence is never evidence and level L2 out of reach by a face."""

    def watch(self, scope: Scope, visit_id: VisitId) -> None:
        return None

    async def confirm(self, scope: Scope, visit_id: VisitId) -> Outcome | None:
        return None


class _NoPress:
    """Where no documents are made, none is promised."""

    async def print_receipt(self, paper: PaperReceipt) -> bytes:
        raise DocumentUnavailable("no printer", reason="none")

    async def write_sheet(self, sheet: Sheet) -> bytes:
        raise DocumentUnavailable("no writer", reason="none")


@dataclass(slots=True)
class Deps:
    """The ports in force. `spawn` supervises a named coroutine; `poke` wakes pairing."""

    db: Database
    clock: Clock
    ids: IdFactory
    keys: KeyStore
    blobs: BlobStore
    bss: Bss
    sms: SmsSender
    media: MediaPlane
    live: Live
    lab: IdentityLab
    policy: Policy
    spawn: Spawn
    poke: Callable[[], None]
    check_reading: CheckReading = _never_sure
    authorities: tuple[PortraitAuthority, ...] = ()
    presence: FacePresence = field(default_factory=_Unwatched)
    receipts: ReceiptPrinter = field(default_factory=_NoPress)
    sheets: SheetWriter = field(default_factory=_NoPress)
    tally: Tally = field(default_factory=NoTally)
    comparing: Comparisons = field(default_factory=Comparisons)
    watched: dict[VisitId, Watched] = field(default_factory=dict)  # what the watchers see now


@dataclass(frozen=True, slots=True)
class CustomerCaller:
    """A request that carried a valid visit credential."""

    party: Party

    @property
    def scope(self) -> Scope:
        return Scope(self.party.tenant_id, self.party.region)


@dataclass(frozen=True, slots=True)
class StaffCaller:
    """A request that carried a valid staff login."""

    session: AgentSession
    agent: Agent

    @property
    def id(self) -> StaffId:
        return self.agent.id

    @property
    def role(self) -> str:
        return self.agent.role.value

    @property
    def scope(self) -> Scope:
        return Scope(self.agent.tenant_id, self.agent.region)


def sha256_hex(secret: str) -> str:
    """The stored form of an unguessable token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def desk_room(staff_id: StaffId) -> str:
    """The room of one agent's own events."""
    return f"desk:{staff_id}"
