"""An order: one business action carried out for one customer, and its whole life."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from vcounter.domain.errors import WrongState
from vcounter.domain.ids import (
    ImageId,
    Msisdn,
    OrderId,
    PartyId,
    Region,
    StaffId,
    TenantId,
    VisitId,
)


class OrderState(StrEnum):
    """The names are stable: they stand in reports, exports and the API."""

    DRAFT = "draft"
    AWAITING_CUSTOMER = "awaiting_customer"
    CONFIRMED = "confirmed"
    AWAITING_APPROVAL = "awaiting_approval"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SCHEDULED = "scheduled"
    REVERSED = "reversed"


_S = OrderState
_NEXT: dict[OrderState, frozenset[OrderState]] = {
    _S.DRAFT: frozenset({_S.AWAITING_CUSTOMER, _S.CANCELLED, _S.EXPIRED}),
    _S.AWAITING_CUSTOMER: frozenset({_S.CONFIRMED, _S.DECLINED, _S.CANCELLED, _S.EXPIRED}),
    _S.CONFIRMED: frozenset(
        {_S.SUBMITTED, _S.AWAITING_APPROVAL, _S.SCHEDULED, _S.CANCELLED, _S.EXPIRED, _S.FAILED}
    ),
    _S.AWAITING_APPROVAL: frozenset(
        {_S.SUBMITTED, _S.SCHEDULED, _S.DECLINED, _S.CANCELLED, _S.EXPIRED, _S.FAILED}
    ),
    _S.SCHEDULED: frozenset({_S.SUBMITTED, _S.CANCELLED, _S.EXPIRED, _S.FAILED}),
    _S.SUBMITTED: frozenset({_S.SUCCEEDED, _S.FAILED, _S.UNKNOWN}),
    _S.UNKNOWN: frozenset({_S.SUCCEEDED, _S.FAILED, _S.SUBMITTED}),
    _S.SUCCEEDED: frozenset({_S.REVERSED}),
    _S.FAILED: frozenset(),
    _S.DECLINED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.REVERSED: frozenset(),
}
FINAL_STATES = frozenset(s for s, nxt in _NEXT.items() if not nxt) | {_S.SUCCEEDED}
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
MAX_ATTEMPTS = 12
UNDO_WITHIN = timedelta(minutes=1)
COMPENSATED = "compensated"  # the failure of an order whose first effect was undone after all
IN_FLIGHT_STATES = frozenset({_S.CONFIRMED, _S.SUBMITTED, _S.UNKNOWN})


@dataclass(slots=True)
class Order:
    """`inputs` never holds a secret; `result` never holds a disclosure.

    `idempotency_key` goes to the operator's system with every call for this order;
    `bss_version` is the version of the subscriber record that the customer was shown. `approval`
    is the second person's word: `decision`, `reason`, `at`. `due_at` is when a scheduled order goes
    to the operator. `attempts` counts how often it was brought there or asked about without an
    outcome, `next_try_at` says when it is asked next; once `dead_since` is set, nobody asks any
    more by itself and a person must look.
    """

    id: OrderId
    tenant_id: TenantId
    region: Region
    visit_id: VisitId
    party_id: PartyId
    action_id: str
    msisdn: Msisdn
    maker_id: StaffId
    idempotency_key: str
    inputs: dict[str, str]
    state: OrderState
    created_at: datetime
    bss_version: int = 0
    assurance: str = "L0"
    reference: str = "none"
    confirmed_at: datetime | None = None
    submitted_at: datetime | None = None
    settled_at: datetime | None = None
    failure: str | None = None
    result: dict[str, str] = field(default_factory=dict)
    reverses_id: OrderId | None = None
    approver_id: StaffId | None = None
    approval: dict[str, str] = field(default_factory=dict)
    due_at: datetime | None = None
    second_party_id: PartyId | None = None
    second_visit_id: VisitId | None = None
    second_confirmed_at: datetime | None = None
    signature_image_id: ImageId | None = None
    attempts: int = 0
    next_try_at: datetime | None = None
    dead_since: datetime | None = None
    version: int = 0

    def try_later(self, now: datetime) -> None:
        """Nobody answered: ask again after a wait that doubles, 15 seconds to an hour; after
        MAX_ATTEMPTS (some four hours) a person must look."""
        self.attempts += 1
        wait = min(FIRST_WAIT * 2 ** (self.attempts - 1), LONGEST_WAIT)
        self.next_try_at = now + wait
        if self.attempts >= MAX_ATTEMPTS:
            self.dead_since = self.dead_since or now

    def take_up_again(self, now: datetime) -> None:
        """A person had it tried anew."""
        self.attempts, self.next_try_at, self.dead_since = 0, now, None

    def undo_again(self, now: datetime) -> None:
        """A person has what was left half done undone anew, for UNDO_WITHIN at most. It stays given
        up until that is done, so that nothing is forgotten. Raises WrongState while it is tried."""
        if self.next_try_at is not None and self.next_try_at > now:
            raise WrongState("being undone", state=self.state.value)
        self.next_try_at = now + UNDO_WITHIN

    def undone(self) -> None:
        """What was left half done is undone."""
        self.failure, self.dead_since, self.next_try_at = COMPENSATED, None, None

    def to(self, state: OrderState, now: datetime) -> None:
        """Move on; raises WrongState with the present state if that is not lawful."""
        if state not in _NEXT[self.state]:
            raise WrongState(f"{self.state} -> {state}", state=self.state.value)
        self.state = state
        match state:
            case OrderState.CONFIRMED:
                self.confirmed_at = now
            case OrderState.SUBMITTED:
                self.submitted_at = now
            case OrderState.SUCCEEDED | OrderState.FAILED:
                self.settled_at = now
                self.next_try_at = self.dead_since = None
            case _:
                pass
