"""Sans-I/O: strict decoding and encoding of `/ws`, and its JSON Schema.

One JSON object per text frame, `{"t": "<type>", ...}`. What the messages are stands in
signaling.messages, the limits and close codes in signaling.limits; all are named here too. See
docs/signaling.md for the conversation as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, NoReturn

from signaling.fields import MAX_SAFE_INT, ProtocolError, build, object_schema, plain
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
from signaling.messages import (
    CLIENT_MESSAGES,
    SERVER_MESSAGES,
    Ack,
    Answer,
    Bye,
    Candidate,
    ClientMessage,
    Direct,
    Error,
    Event,
    Hello,
    IceCandidate,
    IceServer,
    Join,
    Joined,
    Leave,
    Media,
    MediaFailed,
    MediaReady,
    Offer,
    Ping,
    Pong,
    Send,
    ServerMessage,
    Welcome,
)

__all__ = [
    "Ack",
    "Answer",
    "Bye",
    "CLIENT_MESSAGES",
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
    "SERVER_MESSAGES",
    "Send",
    "ServerMessage",
    "Welcome",
    "decode",
    "encode",
    "schema",
]

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
