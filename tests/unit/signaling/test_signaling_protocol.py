"""Decoding: what is refused with which code, and what the schema says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from signaling import protocol
from signaling.fields import MAX_DEPTH, MAX_SAFE_INT
from signaling.limits import MAX_FRAME_BYTES, MAX_SEND_BYTES, CloseCode
from signaling.protocol import (
    Ack,
    Bye,
    Candidate,
    Error,
    Event,
    Hello,
    IceCandidate,
    IceServer,
    Join,
    Joined,
    MediaFailed,
    Offer,
    Ping,
    Pong,
    ProtocolError,
    Send,
    Welcome,
    decode,
    encode,
    schema,
)

ROOT = Path(__file__).resolve().parents[3]


def _refused(frame: str | bytes) -> tuple[str, str]:
    with pytest.raises(ProtocolError) as caught:
        decode(frame)
    return caught.value.code, caught.value.field


def _send(body: object) -> str:
    return json.dumps({"t": "send", "id": "1", "room": "vis_1", "kind": "screen", "body": body})


def _nested(depth: int) -> object:
    value: object = {}
    for _ in range(depth - 1):
        value = {"in": value}
    return value


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ('{"t":"hello","v":1,"ticket":"x"}', Hello(1, "x")),
        ('{"t":"hello","v":1,"ticket":"x","tab":"y"}', Hello(1, "x", "y")),
        ('{"t":"join","room":"desk:stf_1"}', Join("desk:stf_1")),
        ('{"t":"join","room":"vis_1","epoch":"e","offset":0}', Join("vis_1", "e", 0)),
        (
            '{"t":"candidate","room":"v","negotiation":1,"candidate":null}',
            Candidate("v", 1, None),
        ),
        (
            '{"t":"candidate","room":"v","negotiation":1,'
            '"candidate":{"candidate":"c","sdpMid":null,"sdpMLineIndex":0}}',
            Candidate("v", 1, IceCandidate("c", None, 0)),
        ),
        (
            '{"t":"media_failed","room":"v","negotiation":0,"reason":"ice","relay_only":true}',
            MediaFailed("v", 0, "ice", True),
        ),
    ],
)
def test_a_frame_becomes_its_message(frame: str, message: object) -> None:
    assert decode(frame) == message


@pytest.mark.parametrize(
    ("frame", "code", "field"),
    [
        (b"{}", "not_text", ""),
        ("", "not_json", ""),
        ("{", "not_json", ""),
        ('{"t":"ping","n":1,"n":2}', "not_json", ""),
        ('{"t":"ping","n":Infinity}', "not_json", ""),
        ('{"t":"ping","n":' + "9" * 5000 + "}", "not_json", ""),
        ("[]", "not_object", ""),
        ("1", "not_object", ""),
        ("[" * 60_000, "too_deep", ""),
        ("x" * (MAX_FRAME_BYTES + 1), "too_large", ""),
        ('"' + "字" * (MAX_FRAME_BYTES // 2) + '"', "too_large", ""),
        ('{"t":"ping\ud800","n":1}', "unknown_type", "t"),
        ("{}", "unknown_type", "t"),
        ('{"t":["ping"]}', "unknown_type", "t"),
        ('{"t":"welcome"}', "unknown_type", "t"),
        ('{"t":"ping"}', "missing_field", "n"),
        ('{"t":"ping","n":1,"m":1}', "unknown_field", "m"),
        ('{"t":"ping","n":true}', "bad_field", "n"),
        ('{"t":"ping","n":1.0}', "bad_field", "n"),
        ('{"t":"ping","n":-1}', "bad_field", "n"),
        ('{"t":"ping","n":' + str(MAX_SAFE_INT + 1) + "}", "bad_field", "n"),
        ('{"t":"hello","v":1,"ticket":""}', "bad_field", "ticket"),
        ('{"t":"hello","v":1,"ticket":"' + "x" * 257 + '"}', "bad_field", "ticket"),
        ('{"t":"hello","v":1,"ticket":5}', "bad_field", "ticket"),
        ('{"t":"hello","v":1,"ticket":"\\ud800"}', "bad_field", "ticket"),
        ('{"t":"hello","v":1,"ticket":"x","tab":null}', "bad_field", "tab"),
        ('{"t":"join","room":"a b"}', "bad_field", "room"),
        ('{"t":"join","room":"vis_1\\n"}', "bad_field", "room"),
        (
            '{"t":"candidate","room":"v","negotiation":1,"candidate":[]}',
            "bad_field",
            "candidate",
        ),
        (
            '{"t":"candidate","room":"v","negotiation":1,"candidate":{"candidate":1}}',
            "bad_field",
            "candidate.candidate",
        ),
        (
            '{"t":"media_ready","room":"v","relay_only":0,"audio":true,"video":true}',
            "bad_field",
            "relay_only",
        ),
    ],
)
def test_a_malformed_frame_is_refused_with_a_stable_code(
    frame: str | bytes, code: str, field: str
) -> None:
    assert _refused(frame) == (code, field)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("[]", "bad_field"),
        ('{"a":1e999}', "bad_field"),
        ('{"a":["\\udfff"]}', "bad_field"),
        ('{"\\udfff":1}', "bad_field"),
    ],
)
def test_an_opaque_body_holds_only_what_json_carries_everywhere(body: str, code: str) -> None:
    frame = f'{{"t":"send","id":"1","room":"v","kind":"k","body":{body}}}'

    assert _refused(frame) == (code, "body")


def test_a_body_may_be_as_deep_as_the_limit_and_no_deeper() -> None:
    assert isinstance(decode(_send(_nested(MAX_DEPTH))), Send)
    assert _refused(_send(_nested(MAX_DEPTH + 1))) == ("too_deep", "body")
    assert _refused(_send({"a": [[[[[[[[[[[[]]]]]]]]]]]]})) == ("too_deep", "body")


def test_a_send_may_be_as_long_as_its_limit_and_no_longer() -> None:
    room = MAX_SEND_BYTES - len(_send({"x": ""}))

    assert isinstance(decode(_send({"x": "y" * room})), Send)
    assert _refused(_send({"x": "y" * (room + 1)})) == ("too_large", "")


def test_optional_fields_are_left_out_and_null_is_written_where_it_means_something() -> None:
    assert json.loads(encode(Error("busy"))) == {"t": "error", "code": "busy"}
    assert json.loads(encode(Candidate("v", 1, None)))["candidate"] is None
    assert json.loads(encode(Joined("v", "e", 1, True, None, ())))["snapshot"] is None


def test_a_body_that_json_cannot_carry_is_not_sent() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode(Ack("1", {"x": float("nan")}))


SERVER_EXAMPLES = [
    Welcome(1, "peer_1", "pty_1", 4),
    Pong(0),
    Joined("v", "e", 2, False, {"a": 1}, (Event("v", "e", 1, "step", {}),)),
    Offer("v", 1, "v=0", (IceServer(("stun:s",)), IceServer(("turn:t",), "u", "c")), False),
    Error("not_now", id="1", fields={"reason": "x"}),
    Bye(4504, "taken_over"),
]


@pytest.mark.parametrize("message", SERVER_EXAMPLES, ids=lambda m: type(m).__name__)
def test_the_schema_accepts_what_the_server_says(message: Any) -> None:
    document = json.loads(encode(message))

    jsonschema.validate(document, schema() | {"anyOf": [{"$ref": "#/$defs/ServerMessage"}]})


def test_the_schema_is_valid_and_tells_every_message_and_close_code() -> None:
    document: Any = schema()

    jsonschema.Draft202012Validator.check_schema(document)
    assert {*protocol.CLIENT_MESSAGES, *protocol.SERVER_MESSAGES} == {
        node["properties"]["t"]["const"] for node in document["$defs"].values() if "type" in node
    }
    assert document["x-close-codes"] == {code.name.lower(): code.value for code in CloseCode}


def test_the_schema_accepts_and_refuses_as_decode_does() -> None:
    validator = jsonschema.Draft202012Validator(
        schema() | {"anyOf": [{"$ref": "#/$defs/ClientMessage"}]}
    )

    assert validator.is_valid({"t": "ping", "n": 1})
    assert not validator.is_valid({"t": "ping", "n": -1})
    assert not validator.is_valid({"t": "ping", "n": 1, "m": 1})
    assert not validator.is_valid({"t": "join", "room": "a b"})


def test_close_codes_tell_whether_to_reconnect_by_their_range() -> None:
    assert all(code.may_reconnect == (code < 4500) for code in CloseCode)
    assert decode(encode(Ping(3))) == Ping(3)


def test_the_generated_typescript_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/gen_protocol_ts.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_close_code_and_limit_is_documented() -> None:
    document = (ROOT / "docs" / "signaling.md").read_text(encoding="utf-8")

    missing = [
        code.name for code in CloseCode if f"| {code.value} | `{code.name.lower()}`" not in document
    ]
    assert missing == []
    assert [tag for tag in protocol.CLIENT_MESSAGES if f"`{tag}" not in document] == []
    assert [tag for tag in protocol.SERVER_MESSAGES if f"`{tag}" not in document] == []
