"""What signaling asks of its owner. It knows no business: bodies pass through unread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Grant:
    """Who a connection is, for its whole life.

    `role` is "customer" or "agent" and also the name of its media leg. `rooms` may be joined
    unasked. `device` tells a reconnect (same device) from another device taking over.
    """

    subject: str
    role: str
    rooms: frozenset[str]
    device: str


class HostRefused(Exception):
    """The owner declines; the client gets an `error` frame with this code and these fields.

    `code` is lower snake case, at most 64 characters; `fields` hold nothing secret.
    """

    def __init__(self, code: str, fields: Json | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.fields: Json = fields or {}


class Host(Protocol):
    """Each call is given `Limits.host_timeout_s` and may raise HostRefused; any other error reaches
    the client as `internal` and the log in full, and never ends the connection."""

    async def authorize(self, ticket: str) -> Grant | None:
        """Take the single-use ticket; None if it is unknown, used or expired."""
        ...

    async def may_join(self, grant: Grant, room: str) -> bool:
        """Asked at each join of a room that is not in `grant.rooms`."""
        ...

    async def snapshot(self, grant: Grant, room: str) -> Json:
        """The room as this subject may see it now. Events that follow may repeat parts of it."""
        ...

    async def joined(self, grant: Grant, room: str) -> None:
        """After each join, reconnects included; in order with `left` of the same room."""
        ...

    async def left(self, grant: Grant, room: str) -> None:
        """The subject left the room, or dropped and was not back within `Limits.left_grace_s`."""
        ...

    async def message(self, grant: Grant, room: str, kind: str, body: Json) -> Json:
        """Carry out a `send`; the result is the body of its `ack`."""
        ...

    async def media_changed(self, room: str, leg: str, state: str) -> None:
        """A leg is new, connecting, connected, failed or closed; in order for one room."""
        ...
