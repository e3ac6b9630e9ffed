"""A visit: one customer's contact, from request to wrap-up, and the states it may pass through."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vcounter.domain.errors import VisitGone, WrongState
from vcounter.domain.ids import (
    Msisdn,
    PartyId,
    Region,
    SkillGroupId,
    StaffId,
    TenantId,
    VisitId,
)


class VisitState(StrEnum):
    """`design.md`, The visit; the names are stable."""

    WAITING = "waiting"
    OFFERED = "offered"
    SERVING = "serving"
    WRAP_UP = "wrap_up"
    CLOSED = "closed"
    ABANDONED = "abandoned"
    CALL_BACK = "call_back"
    TRANSFERRING = "transferring"


OPEN_STATES = frozenset(
    {VisitState.WAITING, VisitState.OFFERED, VisitState.SERVING, VisitState.TRANSFERRING}
)

_NEXT: dict[VisitState, frozenset[VisitState]] = {
    VisitState.WAITING: frozenset(
        {VisitState.OFFERED, VisitState.ABANDONED, VisitState.CALL_BACK, VisitState.CLOSED}
    ),
    VisitState.OFFERED: frozenset(
        {VisitState.SERVING, VisitState.WAITING, VisitState.ABANDONED, VisitState.CLOSED}
    ),
    VisitState.SERVING: frozenset(
        {VisitState.WRAP_UP, VisitState.TRANSFERRING, VisitState.WAITING}
    ),
    VisitState.TRANSFERRING: frozenset(
        {VisitState.OFFERED, VisitState.SERVING, VisitState.WRAP_UP}
    ),
    VisitState.WRAP_UP: frozenset({VisitState.CLOSED}),
    VisitState.CALL_BACK: frozenset({VisitState.WAITING, VisitState.CLOSED}),
    VisitState.CLOSED: frozenset(),
    VisitState.ABANDONED: frozenset(),
}


class RecordingConsent(StrEnum):
    """What the customer said to the notice of recording."""

    UNASKED = "unasked"
    GIVEN = "given"
    REFUSED = "refused"


class FaceConsent(StrEnum):
    """What the customer said to face processing, asked apart at the face step."""

    UNASKED = "unasked"
    GIVEN = "given"
    REFUSED = "refused"


@dataclass(slots=True)
class Visit:
    """One contact. Changes through methods that name a business fact; stored by the unit of work.

    `entered_at` is when the customer joined the queue: it never changes, so that a missed ring
    gives the old place back. `version` counts stored changes (optimistic locking).

    `companion_of` is the visit that a second holder has joined: served by the same agent, never in
    the queue, over with it at the latest. `aside`: the agent is speaking with the other holder.
    """

    id: VisitId
    tenant_id: TenantId
    region: Region
    skill_group_id: SkillGroupId
    state: VisitState
    priority: int
    lang: str
    entered_at: datetime
    simulated: bool = False
    recording_consent: RecordingConsent = RecordingConsent.UNASKED
    face_consent: FaceConsent = FaceConsent.UNASKED
    msisdn: Msisdn | None = None
    agent_id: StaffId | None = None
    last_agent_id: StaffId | None = None
    offered_at: datetime | None = None
    ring_until: datetime | None = None
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    closed_at: datetime | None = None
    customer_party_id: PartyId | None = None
    disposition: str | None = None
    companion_of: VisitId | None = None
    aside: bool = False
    version: int = 0
    missed_by: list[StaffId] = field(default_factory=list)

    def _go(self, to: VisitState) -> None:
        if to not in _NEXT[self.state]:
            raise WrongState(f"{self.state} -> {to}", state=self.state.value)
        self.state = to

    def offer_to(self, agent_id: StaffId, now: datetime, ring_until: datetime) -> None:
        """Ring one agent until `ring_until`. Raises WrongState unless waiting or transferring."""
        self._go(VisitState.OFFERED)
        self.agent_id, self.offered_at, self.ring_until = agent_id, now, ring_until

    def accept(self, agent_id: StaffId, now: datetime) -> None:
        """Connect with the agent it rings at. Raises WrongState, VisitGone for another agent."""
        if self.agent_id != agent_id:
            raise VisitGone("offered to somebody else", state=self.state.value)
        self._go(VisitState.SERVING)
        self.connected_at = self.connected_at or now
        self.last_agent_id = agent_id
        self.ring_until = None

    def miss(self, agent_id: StaffId) -> None:
        """Ring time over or declined: back to the same place in the queue."""
        if self.agent_id != agent_id:
            raise VisitGone("offered to somebody else", state=self.state.value)
        self._go(VisitState.WAITING)
        if agent_id not in self.missed_by:
            self.missed_by.append(agent_id)
        self.agent_id = self.offered_at = self.ring_until = None

    def lose_agent(self) -> None:
        """The agent did not come back in the grace time: to the head of the queue, steps kept."""
        self._go(VisitState.WAITING)
        self.agent_id = None
        self.priority = min(self.priority, HEAD_PRIORITY)

    def end(self, now: datetime) -> None:
        """Hang up by either side while serving: the agent wraps up."""
        self._go(VisitState.WRAP_UP)
        self.ended_at = now

    def abandon(self, now: datetime) -> None:
        """The customer left before being served."""
        self._go(VisitState.ABANDONED)
        self.ended_at = self.closed_at = now
        self.agent_id = self.ring_until = None

    def leave_served(self, now: datetime) -> None:
        """The customer left after being served, while nobody was serving: closed at once.

        Raises WrongState for a visit that was never served: that one is abandoned.
        """
        if self.connected_at is None:
            raise WrongState("never served", state=self.state.value)
        self._go(VisitState.CLOSED)
        self.ended_at = self.closed_at = now
        self.agent_id = self.ring_until = None
        self.disposition = CUSTOMER_LEFT

    def ask_call_back(self, now: datetime) -> None:
        """The customer takes a call back instead of waiting, keeping the place."""
        self._go(VisitState.CALL_BACK)

    def end_companion(self, now: datetime) -> None:
        """A second holder's visit is over: nothing is left to wrap up. Raises WrongState."""
        self.end(now)
        self.wrap_up(COMPANION, now)

    def wrap_up(self, disposition: str, now: datetime) -> None:
        """Close after the agent ticked the outcome."""
        self._go(VisitState.CLOSED)
        self.disposition, self.closed_at = disposition, now


COMPANION = "companion"  # the disposition of a second holder's visit; the first one's tells more
CUSTOMER_LEFT = "customer_left"  # a disposition; an agent may tick it as well

# Smaller is served sooner. Ranks within a skill group; see queueing.rank.
HEAD_PRIORITY = 0
ELDER_PRIORITY = 10
NORMAL_PRIORITY = 50
ELDER_AGE_YEARS = 65
