"""The operator's system, and messages to its customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from vcounter.domain.documents import DocumentType
from vcounter.domain.ids import (
    Msisdn,
    VisitId,
)
from vcounter.services.ports.scope import Scope


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
    elder_care: bool = False  # asked to be served at the elder-care desk, whatever the age
    dialect: str = ""  # what they speak, where they said so
    large_print: bool = False


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

    `secret` goes straight through and is kept as a hash at most. `part` names a second effect of
    the same order, after its main one; `reverses` is the key of a command to undo. Neither is held
    against `version`.
    """

    idempotency_key: str
    action_id: str
    msisdn: Msisdn
    version: int
    inputs: Mapping[str, str]
    secret: str | None = field(default=None, repr=False)
    part: str = ""
    reverses: str = ""


@dataclass(frozen=True, slots=True)
class BssResult:
    """The outcome of a command; `values` holds nothing secret and no disclosure.

    `pending`: not settled, the customer is to finish on a page of the operator's own. `page` is the
    address of that page, for the customer's screen alone, in the first answer only.
    """

    done: bool
    reason: str  # i18n suffix when refused, else ""
    version: int
    values: Mapping[str, str] = field(default_factory=dict)
    pending: bool = False
    page: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What only the customer may see: one value, or rows under their headings; never logged.

    `left_out`: how many rows there are beyond those given.
    """

    value: str = field(default="", repr=False)
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    left_out: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True)
class ControlQuestion:
    """Something only the holder knows. `expected` is shown to the agent, never to the customer."""

    code: str
    expected: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A case of the operator's about a number: a fault, a complaint, a field visit. `title` says it
    in the operator's words and holds personal data: never logged."""

    no: str
    kind: str
    state: str
    opened_at: datetime
    due_at: datetime | None
    title: str


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

    async def quote(
        self, action_id: str, msisdn: Msisdn, inputs: Mapping[str, str], *, reverses: str = ""
    ) -> Quote:
        """What the command would mean now; with `reverses`, what undoing that command would."""
        ...

    async def execute(self, command: BssCommand) -> BssResult: ...
    async def query(self, idempotency_key: str) -> BssResult | None:
        """The stored result of a command; None if the key was never seen."""
        ...

    async def reveal(self, idempotency_key: str) -> Disclosed:
        """The disclosure that a done command allows (a PUK), for the customer's screen alone."""
        ...

    async def control_questions(self, msisdn: Msisdn) -> list[ControlQuestion]: ...
    async def check_password(self, msisdn: Msisdn, password: str) -> bool: ...
    async def tickets(self, msisdn: Msisdn) -> Sequence[Ticket]:
        """A number's cases, newest first, 50 at most; none for an unknown number."""
        ...


@dataclass(frozen=True, slots=True)
class Sms:
    """One message to one number. A text that carries a secret has a template of kind `code`.

    `visit_id` and `scope` say whose it is, for the record of what was sent; without a scope it is
    the home tenant's. `version` is the template's, 0 for a text as shipped.
    """

    to: Msisdn
    text: str = field(repr=False)
    template: str
    idempotency_key: str
    visit_id: VisitId | None = None
    scope: Scope | None = None
    version: int = 0


class SmsSender(Protocol):
    async def send(self, sms: Sms) -> None:
        """Hand one message to the gateway; a repeated key sends nothing.

        Raises InvalidInput for what cannot be sent at all, OperatorUnavailable when the gateway
        did not take it.
        """
        ...
