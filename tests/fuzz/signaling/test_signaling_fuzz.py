"""Whatever a client sends, decoding and the session answer with a stable code and never break."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.limits import CloseCode, Limits
from signaling.protocol import CLIENT_MESSAGES, ClientMessage, ProtocolError, decode, encode, schema
from signaling.session import Close, PeerSession

CODES = {
    "not_text",
    "too_large",
    "not_json",
    "not_object",
    "too_deep",
    "unknown_type",
    "missing_field",
    "unknown_field",
    "bad_field",
}
VALIDATOR = jsonschema.Draft202012Validator(
    schema() | {"anyOf": [{"$ref": "#/$defs/ClientMessage"}]}
)
NAMES = sorted({name for node in schema()["$defs"].values() for name in node.get("properties", {})})  # type: ignore[attr-defined]

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
messages = st.builds(
    lambda tag, rest: {"t": tag, **rest},
    st.sampled_from(sorted(CLIENT_MESSAGES)),
    st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), values, max_size=6),
)
ROOM = st.sampled_from(["vis_1", "desk:stf_1"])
NUMBER = st.integers(0, 3)
good = st.one_of(
    st.fixed_dictionaries({"t": st.just("hello"), "v": st.integers(0, 2), "ticket": st.just("x")}),
    st.fixed_dictionaries({"t": st.just("ping"), "n": NUMBER}),
    st.fixed_dictionaries({"t": st.sampled_from(["join", "leave"]), "room": ROOM}),
    st.fixed_dictionaries(
        {
            "t": st.just("send"),
            "id": st.just("1"),
            "room": ROOM,
            "kind": st.just("k"),
            "body": st.dictionaries(st.text(max_size=4), st.integers(), max_size=3),
        }
    ),
    st.fixed_dictionaries(
        {"t": st.just("answer"), "room": ROOM, "negotiation": NUMBER, "sdp": st.text(min_size=1)}
    ),
)


def _decoded(frame: str | bytes) -> tuple[ClientMessage | None, str]:
    try:
        return decode(frame), ""
    except ProtocolError as error:
        return None, error.code


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_arbitrary_frames_decode_or_give_a_stable_code(frame: str | bytes) -> None:
    message, code = _decoded(frame)

    assert message is not None or code in CODES


@settings(max_examples=300)
@given(messages | good)
def test_decoding_agrees_with_the_schema_and_what_it_accepts_can_be_sent(
    document: dict[str, Any],
) -> None:
    frame = json.dumps(document)
    message, code = _decoded(frame)
    if message is None:
        assert code in CODES
        return

    assert VALIDATOR.is_valid(json.loads(frame))
    again = encode(message)
    again.encode()
    assert decode(again) == message


@given(
    st.lists(
        st.tuples(
            good.map(json.dumps) | messages.map(json.dumps) | st.text(max_size=30),
            st.floats(0, 3),
            st.sampled_from(["nothing", "welcomed", "joined", "left", "due"]),
        ),
        max_size=40,
    )
)
def test_the_session_survives_any_order_and_says_nothing_after_close(
    script: list[tuple[str, float, str]],
) -> None:
    session = PeerSession(0.0, Limits(rate_burst=20))
    now, closed = 0.0, False

    for frame, wait, also in script:
        now += wait
        outcomes: list[object] = [session.received(frame, now)]
        match also:
            case "welcomed":
                session.welcomed()
            case "joined":
                session.joined("vis_1")
            case "left":
                session.left("vis_1")
            case "due":
                outcomes.append(session.due(now))
        for outcome in outcomes:
            assert not (closed and outcome is not None)
            if isinstance(outcome, Close):
                assert outcome.code in set(CloseCode)
                closed = True
        assert closed == (session.state == "closed")
        assert closed or session.deadline() > 0
