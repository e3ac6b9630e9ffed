"""A counter agent's working state (ACD presence) and its lawful changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vcounter.domain.errors import WrongState
from vcounter.domain.ids import Region, StaffId, TenantId


class Role(StrEnum):
    """What a member of staff may do; `auditor` reads the audit log and nothing else."""

    AGENT = "agent"
    TEAM_LEAD = "team_lead"
    ADMIN = "admin"
    AUDITOR = "auditor"


class AgentState(StrEnum):
    OFFLINE = "offline"
    NOT_READY = "not_ready"
    READY = "ready"
    OFFERED = "offered"
    SERVING = "serving"
    WRAP_UP = "wrap_up"


class NotReadyReason(StrEnum):
    SIGNED_IN = "signed_in"
    BREAK = "break"
    TRAINING = "training"
    MISSED_RING = "missed_ring"
    CONNECTION_LOST = "connection_lost"
    OTHER = "other"


@dataclass(slots=True)
class Agent:
    """A member of staff at a desk. `since` is when the present state began (UTC)."""

    id: StaffId
    tenant_id: TenantId
    region: Region
    name: str
    badge: str
    role: Role
    state: AgentState
    since: datetime
    reason: NotReadyReason | None = None
    version: int = 0

    def _to(self, state: AgentState, now: datetime, reason: NotReadyReason | None = None) -> None:
        self.state, self.reason, self.since = state, reason, now

    def become_ready(self, now: datetime) -> None:
        """Raises WrongState while a customer is at the desk."""
        if self.state in (AgentState.OFFERED, AgentState.SERVING, AgentState.WRAP_UP):
            raise WrongState("busy", state=self.state.value)
        self._to(AgentState.READY, now)

    def become_not_ready(self, reason: NotReadyReason, now: datetime) -> None:
        """Raises WrongState while a customer is at the desk."""
        if self.state in (AgentState.SERVING, AgentState.WRAP_UP):
            raise WrongState("busy", state=self.state.value)
        self._to(AgentState.NOT_READY, now, reason)

    def reserve(self, now: datetime) -> None:
        """Raises WrongState unless ready: one reservation at a time."""
        if self.state is not AgentState.READY:
            raise WrongState("not ready", state=self.state.value)
        self._to(AgentState.OFFERED, now)

    def serve(self, now: datetime) -> None:
        if self.state is not AgentState.OFFERED:
            raise WrongState("no offer", state=self.state.value)
        self._to(AgentState.SERVING, now)

    def miss_ring(self, now: datetime) -> None:
        self._to(AgentState.NOT_READY, now, NotReadyReason.MISSED_RING)

    def release(self, now: datetime) -> None:
        """The customer left while ringing: ready again, nothing held against the agent."""
        self._to(AgentState.READY, now)

    def start_wrap_up(self, now: datetime) -> None:
        self._to(AgentState.WRAP_UP, now)

    def finish_wrap_up(self, now: datetime) -> None:
        if self.state is not AgentState.WRAP_UP:
            raise WrongState("nothing to wrap up", state=self.state.value)
        self._to(AgentState.READY, now)

    def go_offline(self, now: datetime) -> None:
        self._to(AgentState.OFFLINE, now)
