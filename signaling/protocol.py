"""Sans-I/O: the messages of `/ws`, their strict decoding, the limits and the close codes.

One JSON object per text frame, `{"t": "<type>", ...}`. Protocol version 1. The only mapping of
errors to the wire stands here; see docs/signaling.md for the conversation as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from signaling.fields import (
    MAX_SAFE_INT,
    Bool,
    Int,
    Many,
    Nested,
    OneOf,
    Opaque,
    OrNull,
    ProtocolError,
    Text,
    build,
    may,
    need,
    object_schema,
    plain,
)
from signaling.limits import (
    HEARTBEAT_S,
    HELLO_TIMEOUT_S,
    MAX_FRAME_BYTES,
    MAX_ROOMS,
    MAX_SEND_BYTES,
    RATE_BURST,
    RATE_PER_S,
    SEND_QUEUE,
    SILENCE_S,
    VERSION,
    CloseCode,
)

__all__ = [
    "CLIENT_MESSAGES",
    "SERVER_MESSAGES",
    "Ack",
    "Answer",
    "Bye",
    "Candidate",
    "ClientMessage",
    "CloseCode",
    "Direct",
    "Error",
    "Event",
    "Hello",
    "IceCandidate",
    "IceServer",
    "Join",
    "Joined",
    "Leave",
    "Media",
    "MediaFailed",
    "MediaReady",
    "Offer",
    "Ping",
    "Pong",
    "ProtocolError",
    "Send",
    "ServerMessage",
    "Welcome",
    "decode",
    "encode",
    "schema",
]

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
_TAGS: Final = {kind: tag for tag, kind in SERVER_MESSAGES.items()} | {
    kind: tag for tag, kind in CLIENT_MESSAGES.items()
}


def decode(frame: str | bytes) -> ClientMessage:
    """Read one client frame.

    Whatever the bytes are, raises ProtocolError or returns a message whose every field is inside
    its limits: no NaN or infinity, no lone surrogate, no duplicate key.
    """
    raw = _parse(frame)
    tag = raw.pop("t", None)
    kind = CLIENT_MESSAGES.get(tag) if isinstance(tag, str) else None
    if kind is None:
        raise ProtocolError("unknown_type", "t")
    if kind is Send and len(frame.encode()) > MAX_SEND_BYTES:  # type: ignore[union-attr]  # str by now
        raise ProtocolError("too_large")
    message: ClientMessage = build(kind, raw)
    return message


def encode(message: ServerMessage | ClientMessage) -> str:
    """Write one frame. Raises ValueError if an opaque body holds NaN or what JSON cannot carry."""
    return json.dumps(
        {"t": _TAGS[type(message)], **plain(message)},
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    )


def _parse(frame: str | bytes) -> dict[str, object]:
    if not isinstance(frame, str):
        raise ProtocolError("not_text")
    if len(frame) > MAX_FRAME_BYTES or len(frame.encode(errors="replace")) > MAX_FRAME_BYTES:
        raise ProtocolError("too_large")
    try:
        raw = json.loads(frame, parse_constant=_refuse, object_pairs_hook=_unique)
    except RecursionError:
        raise ProtocolError("too_deep") from None
    except ValueError:
        raise ProtocolError("not_json") from None
    if type(raw) is not dict:
        raise ProtocolError("not_object")
    return raw


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of every message, with the limits and close codes as `x-` facts."""
    definitions = {
        kind.__name__: object_schema(kind, tag)
        for messages in (CLIENT_MESSAGES, SERVER_MESSAGES)
        for tag, kind in messages.items()
    }

    def union(messages: Mapping[str, type]) -> dict[str, object]:
        return {"oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in messages.values()]}

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Signaling",
        "x-version": VERSION,
        "x-limits": {
            "max_frame_bytes": MAX_FRAME_BYTES,
            "max_send_bytes": MAX_SEND_BYTES,
            "max_rooms": MAX_ROOMS,
            "max_safe_int": MAX_SAFE_INT,
            "rate_per_s": RATE_PER_S,
            "rate_burst": RATE_BURST,
            "hello_timeout_s": HELLO_TIMEOUT_S,
            "heartbeat_s": HEARTBEAT_S,
            "silence_s": SILENCE_S,
            "send_queue": SEND_QUEUE,
        },
        "x-close-codes": {code.name.lower(): code.value for code in CloseCode},
        "anyOf": [{"$ref": "#/$defs/ClientMessage"}, {"$ref": "#/$defs/ServerMessage"}],
        "$defs": definitions
        | {
            "ClientMessage": union(CLIENT_MESSAGES),
            "ServerMessage": union(SERVER_MESSAGES),
        },
    }
