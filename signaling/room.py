"""Sans-I/O: one room: who is in it, its stream of events, and the negotiation of each leg."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signaling.messages import Event
from signaling.negotiation import Negotiation


@dataclass(frozen=True, slots=True)
class Member:
    """One connection in the room. A subject has at most one."""

    peer_id: str
    subject: str
    role: str


class Room:
    """Events carry offsets 1, 2, 3 … of one epoch, which is new whenever a room starts empty.

    An event for some roles only takes its offset all the same: the others see a gap, and a resume
    gives them the same gap. The ring keeps the last `capacity` events; whoever missed one that fell
    out takes a snapshot, while events of other roles falling out do not matter to them.
    """

    def __init__(self, name: str, epoch: str, capacity: int, now: float) -> None:
        self.name = name
        self.epoch = epoch
        self.offset = 0
        self.media_started = False
        self.empty_since: float | None = now
        self.legs: dict[str, Negotiation] = {}
        self._ring: deque[tuple[Event, frozenset[str]]] = deque()
        self._capacity = capacity
        self._dropped_for_all = 0
        self._dropped: dict[str, int] = {}
        self._members: dict[str, Member] = {}

    # --- events ---

    def append(self, kind: str, body: Mapping[str, object], audience: Sequence[str] = ()) -> Event:
        """Add an event for these roles (none: for all), dropping the oldest from a full ring."""
        self.offset += 1
        event = Event(self.name, self.epoch, self.offset, kind, body)
        if len(self._ring) >= self._capacity:
            self._forget(*self._ring.popleft())
        self._ring.append((event, frozenset(audience)))
        return event

    def _forget(self, event: Event, audience: frozenset[str]) -> None:
        if not audience:
            self._dropped_for_all = event.offset
        for role in audience:
            self._dropped[role] = event.offset

    def since(self, role: str, offset: int) -> tuple[Event, ...] | None:
        """What the role missed after `offset`; None if some of it has fallen out of the ring."""
        dropped = max(self._dropped_for_all, self._dropped.get(role, 0))
        if not dropped <= offset <= self.offset:
            return None
        return tuple(
            event
            for event, audience in self._ring
            if event.offset > offset and (not audience or role in audience)
        )

    def resume(self, role: str, epoch: str | None, offset: int | None) -> tuple[Event, ...] | None:
        """What a returning peer missed; None if it must take a snapshot."""
        if epoch != self.epoch or offset is None:
            return None
        return self.since(role, offset)

    # --- members ---

    def enter(self, member: Member) -> None:
        """Add a connection; a connection that enters again stays what it was."""
        self._members[member.peer_id] = member
        self.empty_since = None
        for leg in self.legs.values():
            leg.back(member.subject)

    def exit(self, peer_id: str, now: float) -> Member | None:
        """Remove a connection; None if it was not in the room."""
        member = self._members.pop(peer_id, None)
        if member is None:
            return None
        if not self._members:
            self.empty_since = now
        for leg in self.legs.values():
            leg.gone(member.subject, now)
        return member

    def members(self, audience: Sequence[str] = ()) -> list[Member]:
        """Those in the room who have one of these roles; no roles means everybody."""
        return [m for m in self._members.values() if not audience or m.role in audience]

    def member_of(self, subject: str) -> Member | None:
        return next((m for m in self._members.values() if m.subject == subject), None)

    # --- media ---

    def leg(self, role: str) -> Negotiation:
        """The role's negotiation, made at first use. Legs are called as the roles are."""
        return self.legs.setdefault(role, Negotiation())

    def legs_to_offer(self, now: float) -> list[str]:
        """Legs whose subject is here and waits for an offer that may be made now."""
        if not self.media_started:
            return []
        return [
            role
            for role, leg in self.legs.items()
            if leg.may_offer(now) and self.member_of(leg.subject) is not None
        ]
