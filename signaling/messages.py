"""Sans-I/O: every message of `/ws`, protocol version 1: each field with its rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from signaling.fields import Bool, Int, Many, Nested, OneOf, Opaque, OrNull, Text, may, need

_ROOM: Final = Text(64, pattern=r"[A-Za-z0-9_:.\-]+")
_KIND: Final = Text(32, pattern=r"[a-z][a-z0-9_]*")
_CODE: Final = Text(64, pattern=r"[a-z][a-z0-9_]*")
_ID: Final = Text(64)
_EPOCH: Final = Text(32)
_SDP: Final = Text(60_000)
_LEG: Final = OneOf(("customer", "agent"))
_BODY: Final = Opaque()
_MAYBE_BODY: Final = OrNull(_BODY)
_STATE: Final = OneOf(("new", "connecting", "connected", "failed", "closed"))


@dataclass(frozen=True, slots=True)
class IceCandidate:
    """One ICE candidate as in RTCIceCandidateInit."""

    candidate: str = need(Text(1024, low=0))
    sdpMid: str | None = may(OrNull(Text(32, low=0)))  # the W3C's name
    sdpMLineIndex: int | None = may(OrNull(Int(0, 255)))  # the W3C's name
    usernameFragment: str | None = may(OrNull(Text(256, low=0)))  # the W3C's name


@dataclass(frozen=True, slots=True)
class IceServer:
    """One RTCIceServer."""

    urls: tuple[str, ...] = need(Many(Text(256), 8))
    username: str | None = may(Text(256))
    credential: str | None = may(Text(256))


_CANDIDATE: Final = OrNull(Nested(IceCandidate))
_ICE_SERVERS: Final = Many(Nested(IceServer), 8)


# --- client to server ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """First message, within 5 s. `tab` names one load of a page: see close codes 4004 and 4504."""

    v: int = need(Int(0, 65_535))
    ticket: str = need(Text(256))
    tab: str | None = may(Text(64))


@dataclass(frozen=True, slots=True)
class Join:
    """Enter a room; with the last seen epoch and offset, to go on from there."""

    room: str = need(_ROOM)
    epoch: str | None = may(_EPOCH)
    offset: int | None = may(Int())


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave a room."""

    room: str = need(_ROOM)


@dataclass(frozen=True, slots=True)
class Ping:
    """Sign of life, every 4 s; answered by `pong` with the same number."""

    n: int = need(Int())


@dataclass(frozen=True, slots=True)
class Send:
    """An application message, answered by `ack` or `error` with the same id."""

    id: str = need(_ID)
    room: str = need(_ROOM)
    kind: str = need(_KIND)
    body: Mapping[str, object] = need(_BODY)


@dataclass(frozen=True, slots=True)
class MediaReady:
    """Camera and microphone are open, or were refused: an offer may come."""

    room: str = need(_ROOM)
    relay_only: bool = need(Bool())
    audio: bool = need(Bool())
    video: bool = need(Bool())


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the offer of the same negotiation; ignored when a newer offer is out."""

    room: str = need(_ROOM)
    negotiation: int = need(Int(1))
    sdp: str = need(_SDP)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One trickled candidate, or null when there are no more."""

    room: str = need(_ROOM)
    negotiation: int = need(Int(1))
    candidate: IceCandidate | None = need(_CANDIDATE)  # noqa: RUF009  # a field specifier


@dataclass(frozen=True, slots=True)
class MediaFailed:
    """Asks for a fresh peer connection: ICE failed, or the network changed."""

    room: str = need(_ROOM)
    negotiation: int = need(Int())
    reason: str = need(_CODE)
    relay_only: bool = need(Bool())


# --- server to client ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Welcome:
    """The ticket was good."""

    v: int = need(Int(1, 65_535))
    peer_id: str = need(_ID)
    subject: str = need(_ID)
    heartbeat_s: int = need(Int(1, 60))


@dataclass(frozen=True, slots=True)
class Pong:
    """Answer to `ping`."""

    n: int = need(Int())


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened in the room; kept for those who resume. Offsets rise, with gaps."""

    room: str = need(_ROOM)
    epoch: str = need(_EPOCH)
    offset: int = need(Int())
    kind: str = need(_KIND)
    body: Mapping[str, object] = need(_BODY)


_EVENTS: Final = Many(Nested(Event), 1024)


@dataclass(frozen=True, slots=True)
class Joined:
    """The room is entered: `missed` events when resumed, else a snapshot to start from."""

    room: str = need(_ROOM)
    epoch: str = need(_EPOCH)
    offset: int = need(Int())
    resumed: bool = need(Bool())
    snapshot: Mapping[str, object] | None = need(_MAYBE_BODY)
    missed: tuple[Event, ...] = need(_EVENTS)


@dataclass(frozen=True, slots=True)
class Direct:
    """A hint that is not kept."""

    room: str = need(_ROOM)
    kind: str = need(_KIND)
    body: Mapping[str, object] = need(_BODY)


@dataclass(frozen=True, slots=True)
class Offer:
    """Make a fresh peer connection and answer with the same negotiation number."""

    room: str = need(_ROOM)
    negotiation: int = need(Int(1))
    sdp: str = need(_SDP)
    ice_servers: tuple[IceServer, ...] = need(_ICE_SERVERS)
    relay_only: bool = need(Bool())


@dataclass(frozen=True, slots=True)
class Media:
    """How one leg's media stand at the server."""

    room: str = need(_ROOM)
    leg: str = need(_LEG)
    state: str = need(_STATE)


@dataclass(frozen=True, slots=True)
class Ack:
    """A `send` was handled."""

    id: str = need(_ID)
    body: Mapping[str, object] = need(_BODY)


@dataclass(frozen=True, slots=True)
class Error:
    """A message was refused; the connection stays. `id` names a `send`, `room` a room."""

    code: str = need(_CODE)
    id: str | None = may(_ID)
    room: str | None = may(_ROOM)
    fields: Mapping[str, object] | None = may(Opaque())


@dataclass(frozen=True, slots=True)
class Bye:
    """Said just before the server closes with the same code."""

    code: int = need(Int(4000, 4999))
    reason: str = need(Text(64, low=0))


ClientMessage = Hello | Join | Leave | Ping | Send | MediaReady | Answer | Candidate | MediaFailed
ServerMessage = Welcome | Pong | Joined | Event | Direct | Offer | Media | Ack | Error | Bye

CLIENT_MESSAGES: Final[Mapping[str, type]] = {
    "hello": Hello,
    "join": Join,
    "leave": Leave,
    "ping": Ping,
    "send": Send,
    "media_ready": MediaReady,
    "answer": Answer,
    "candidate": Candidate,
    "media_failed": MediaFailed,
}
SERVER_MESSAGES: Final[Mapping[str, type]] = {
    "welcome": Welcome,
    "pong": Pong,
    "joined": Joined,
    "event": Event,
    "direct": Direct,
    "offer": Offer,
    "media": Media,
    "ack": Ack,
    "error": Error,
    "bye": Bye,
}
