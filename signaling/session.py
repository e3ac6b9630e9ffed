"""Sans-I/O: the state machine of one connection, from hello to close.

It is fed frames and the time, and says what to do. It never raises for what a client sends, and
once it has said Close it says nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from signaling.limits import VERSION, CloseCode, Limits
from signaling.protocol import (
    Answer,
    Candidate,
    ClientMessage,
    Error,
    Hello,
    Join,
    Leave,
    MediaFailed,
    MediaReady,
    Ping,
    Pong,
    ProtocolError,
    Send,
    ServerMessage,
    decode,
)

State = Literal["new", "authorizing", "open", "closed"]
Handled = Join | Leave | Send | MediaReady | Answer | Candidate | MediaFailed
NUDGE: Final = Pong(0)  # asks a silent client for a sign of life; clients number pings from 1


@dataclass(frozen=True, slots=True)
class Authorize:
    """Ask the owner whether this ticket is good; then call `welcomed`, or close."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class Handle:
    """A message in its right place, for the hub to carry out."""

    message: Handled


@dataclass(frozen=True, slots=True)
class Reply:
    """Send this back."""

    message: ServerMessage


@dataclass(frozen=True, slots=True)
class Close:
    """Say bye and close."""

    code: CloseCode
    reason: str


Outcome = Authorize | Handle | Reply | Close


class PeerSession:
    """What one connection may say next. Times are monotonic seconds."""

    def __init__(self, now: float, limits: Limits) -> None:
        self.state: State = "new"
        self._limits = limits
        self._opened_at = now
        self._heard_at = now
        self._nudged = False
        self._tokens = float(limits.rate_burst)
        self._filled_at = now
        self._joining: set[str] = set()
        self._joined: set[str] = set()

    @property
    def rooms(self) -> frozenset[str]:
        return frozenset(self._joined)

    def received(self, frame: str | bytes, now: float) -> Outcome | None:
        """Judge one frame. None: nothing to do, since the session is closed."""
        if self.state == "closed":
            return None
        self._heard_at = now
        self._nudged = False
        if not self._spend(now):
            return self._close(CloseCode.RATE_LIMITED, "rate_limited")
        try:
            message = decode(frame)
        except ProtocolError as error:
            code = CloseCode.TOO_LARGE if error.code == "too_large" else CloseCode.PROTOCOL_ERROR
            return self._close(code, f"{error.code}:{error.field}" if error.field else error.code)
        return self._in_order(message)

    def welcomed(self) -> None:
        """The owner accepted the ticket. Changes nothing if the session closed meanwhile."""
        if self.state == "authorizing":
            self.state = "open"

    def joined(self, room: str) -> None:
        """The hub let the connection into the room."""
        self._joining.discard(room)
        self._joined.add(room)

    def left(self, room: str) -> None:
        """The connection is out of the room, or was not let in."""
        self._joining.discard(room)
        self._joined.discard(room)

    def closed(self) -> None:
        """The connection ended; nothing more will be said."""
        self.state = "closed"
        self._joining.clear()
        self._joined.clear()

    def deadline(self) -> float:
        """When `due` will next have something to say, at the earliest."""
        if self.state in ("new", "authorizing"):
            return self._opened_at + self._limits.hello_timeout_s
        wait = self._limits.silence_s * (1.0 if self._nudged else 0.5)
        return self._heard_at + wait

    def due(self, now: float) -> Reply | Close | None:
        """Close for silence or a missing hello; half way there, nudge the client once.

        The nudge wakes pages whose timers sleep because they are hidden: frames still reach them.
        """
        if self.state == "closed" or now < self.deadline():
            return None
        if self.state in ("new", "authorizing"):
            return self._close(CloseCode.HEARTBEAT_LOST, "hello_timeout")
        if now >= self._heard_at + self._limits.silence_s:
            return self._close(CloseCode.HEARTBEAT_LOST, "silence")
        self._nudged = True
        return Reply(NUDGE)

    def _in_order(self, message: ClientMessage) -> Outcome:
        match message:
            case Hello():
                return self._hello(message)
            case _ if self.state == "new":
                return self._close(CloseCode.PROTOCOL_ERROR, "hello_first")
            case _ if self.state == "authorizing":
                return self._close(CloseCode.PROTOCOL_ERROR, "not_welcome")
            case Ping(n=n):
                return Reply(Pong(n))
            case Join():
                return self._join(message)
            case Send(id=send_id, room=room) if room not in self._joined:
                return Reply(Error("not_joined", id=send_id, room=room))
            case _ if message.room not in self._joined:
                return Reply(Error("not_joined", room=message.room))
            case _:
                return Handle(message)

    def _hello(self, hello: Hello) -> Outcome:
        if self.state != "new":
            return self._close(CloseCode.PROTOCOL_ERROR, "hello_twice")
        if hello.v != VERSION:
            return self._close(CloseCode.VERSION, "version")
        self.state = "authorizing"
        return Authorize(hello)

    def _join(self, join: Join) -> Outcome:
        if join.room in self._joining:
            return Reply(Error("join_pending", room=join.room))
        if len(self._joining | self._joined | {join.room}) > self._limits.max_rooms:
            return Reply(Error("too_many_rooms", room=join.room))
        self._joining.add(join.room)
        return Handle(join)

    def _spend(self, now: float) -> bool:
        """Take one token; `rate_per_s` flow in, `rate_burst` are kept at most."""
        gained = (now - self._filled_at) * self._limits.rate_per_s
        self._tokens = min(float(self._limits.rate_burst), self._tokens + gained)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _close(self, code: CloseCode, reason: str) -> Close:
        self.closed()
        return Close(code, reason)
