"""A host and a bridge for signaling's tests: they remember what was asked and answer as told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from signaling.host import Grant, HostRefused
from signaling.media.errors import MediaError, MediaUnavailable


def customer(subject: str = "pty_1", room: str = "vis_1", device: str = "phone") -> Grant:
    return Grant(subject, "customer", frozenset({room}), device)


def agent(subject: str = "stf_1", room: str = "desk:stf_1", device: str = "desk") -> Grant:
    return Grant(subject, "agent", frozenset({room}), device)


@dataclass
class FakeHost:
    """Tickets are used up. `calls` lists joined, left and media changes in their order."""

    tickets: dict[str, Grant] = field(default_factory=dict)
    allowed: set[tuple[str, str]] = field(default_factory=set)  # (subject, room)
    calls: list[tuple[str, ...]] = field(default_factory=list)
    messages: list[tuple[str, str, str, Mapping[str, object]]] = field(default_factory=list)
    answer: Callable[[str, Mapping[str, object]], Awaitable[Mapping[str, object]]] | None = None
    before_snapshot: Callable[[str], Awaitable[None]] | None = None
    authorize_error: Exception | None = None

    async def authorize(self, ticket: str) -> Grant | None:
        if self.authorize_error is not None:
            raise self.authorize_error
        return self.tickets.pop(ticket, None)

    async def may_join(self, grant: Grant, room: str) -> bool:
        return (grant.subject, room) in self.allowed

    async def snapshot(self, grant: Grant, room: str) -> Mapping[str, object]:
        if self.before_snapshot is not None:
            await self.before_snapshot(room)
        return {"for": grant.role, "room": room}

    async def joined(self, grant: Grant, room: str) -> None:
        self.calls.append(("joined", grant.subject, room))

    async def left(self, grant: Grant, room: str) -> None:
        self.calls.append(("left", grant.subject, room))

    async def message(
        self, grant: Grant, room: str, kind: str, body: Mapping[str, object]
    ) -> Mapping[str, object]:
        self.messages.append((grant.subject, room, kind, body))
        if self.answer is not None:
            return await self.answer(kind, body)
        if kind == "refuse":
            raise HostRefused("not_now", {"reason": "closed"})
        if kind == "break":
            raise ZeroDivisionError
        if kind == "hang":
            await asyncio.Event().wait()
        return {"echo": body}

    async def media_changed(self, room: str, leg: str, state: str) -> None:
        self.calls.append(("media", room, leg, state))


@dataclass(frozen=True)
class FakeOffer:
    sdp: str
    negotiation: int


@dataclass
class FakeMedia:
    """Numbers its offers as a worker process does: from 1 again after `restart`."""

    offers: list[tuple[str, str, bool]] = field(default_factory=list)  # call, leg, relay_only
    answers: list[tuple[str, str, int, str]] = field(default_factory=list)
    candidates: list[tuple[str, str, int, object]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    down: bool = False
    error: MediaError | None = None
    _number: int = 0

    def restart(self) -> None:
        self.down, self._number = False, 0

    async def offer(
        self, call: str, leg: str, *, ice_servers: list[dict[str, object]], relay_only: bool
    ) -> FakeOffer:
        if self.down:
            raise MediaUnavailable
        self.offers.append((call, leg, relay_only))
        self._number += 1
        return FakeOffer(f"v=0 {call} {leg} {self._number}", self._number)

    async def answer(self, call: str, leg: str, negotiation: int, sdp: str) -> None:
        if self.error is not None:
            raise self.error
        self.answers.append((call, leg, negotiation, sdp))

    async def candidate(
        self, call: str, leg: str, negotiation: int, candidate: dict[str, object] | None
    ) -> None:
        if self.error is not None:
            raise self.error
        self.candidates.append((call, leg, negotiation, candidate))

    async def close_call(self, call: str) -> None:
        self.closed.append(call)
        if self.down:
            raise MediaUnavailable
