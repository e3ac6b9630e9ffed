"""The state machine of one connection, on times that the test makes up."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from signaling.limits import CloseCode, Limits
from signaling.protocol import Error, Hello, Join, Leave, Pong
from signaling.session import NUDGE, Authorize, Close, Handle, PeerSession, Reply

LIMITS = Limits(hello_timeout_s=5, silence_s=12, rate_per_s=8, rate_burst=5, max_rooms=2)


def frame(**message: object) -> str:
    return json.dumps(message)


HELLO = frame(t="hello", v=1, ticket="x")


def open_session(now: float = 0.0, limits: Limits = LIMITS) -> PeerSession:
    session = PeerSession(now, limits)
    session.received(HELLO, now)
    session.welcomed()
    return session


def test_hello_asks_for_authorization_first() -> None:
    session = PeerSession(0, LIMITS)

    assert session.received(HELLO, 0) == Authorize(Hello(1, "x"))
    assert session.state == "authorizing"
    session.welcomed()
    assert session.state == "open"


@pytest.mark.parametrize(
    ("frames", "close"),
    [
        ([frame(t="ping", n=1)], Close(CloseCode.PROTOCOL_ERROR, "hello_first")),
        ([HELLO, frame(t="ping", n=1)], Close(CloseCode.PROTOCOL_ERROR, "not_welcome")),
        ([HELLO, HELLO], Close(CloseCode.PROTOCOL_ERROR, "hello_twice")),
        ([frame(t="hello", v=2, ticket="x")], Close(CloseCode.VERSION, "version")),
        (["x" * 70_000], Close(CloseCode.TOO_LARGE, "too_large")),
        (["nonsense"], Close(CloseCode.PROTOCOL_ERROR, "not_json")),
        ([frame(t="ping")], Close(CloseCode.PROTOCOL_ERROR, "missing_field:n")),
    ],
)
def test_what_is_malformed_or_out_of_order_closes(frames: list[str], close: Close) -> None:
    session = PeerSession(0, LIMITS)

    outcomes = [session.received(one, 0) for one in frames]

    assert outcomes[-1] == close
    assert session.state == "closed"


def test_a_closed_session_says_nothing_more() -> None:
    session = open_session()
    session.closed()
    session.welcomed()

    assert session.state == "closed"
    assert session.received(frame(t="ping", n=1), 0) is None
    assert session.due(1_000) is None


def test_ping_is_answered_with_its_number() -> None:
    assert open_session().received(frame(t="ping", n=9), 1) == Reply(Pong(9))


def test_room_messages_need_a_finished_join() -> None:
    session = open_session()
    send = frame(t="send", id="7", room="v", kind="k", body={})
    leave = frame(t="leave", room="v")

    assert session.received(send, 1) == Reply(Error("not_joined", id="7", room="v"))
    assert session.received(leave, 1) == Reply(Error("not_joined", room="v"))
    assert session.received(frame(t="join", room="v"), 1) == Handle(Join("v"))
    assert session.received(send, 1) == Reply(Error("not_joined", id="7", room="v"))
    session.joined("v")
    assert session.rooms == {"v"}
    assert session.received(leave, 2) == Handle(Leave("v"))


def test_a_join_is_not_repeated_while_it_is_pending_but_may_be_later() -> None:
    session = open_session()
    join = frame(t="join", room="v")
    session.received(join, 1)

    assert session.received(join, 1) == Reply(Error("join_pending", room="v"))
    session.joined("v")
    assert session.received(join, 1) == Handle(Join("v"))


def test_rooms_are_limited_and_leaving_or_a_refusal_makes_place() -> None:
    session = open_session(limits=replace(LIMITS, rate_burst=50))
    for room in ("a", "b"):
        session.received(frame(t="join", room=room), 1)

    assert session.received(frame(t="join", room="c"), 1) == Reply(
        Error("too_many_rooms", room="c")
    )
    session.left("b")
    assert session.received(frame(t="join", room="c"), 1) == Handle(Join("c"))


def test_a_burst_is_allowed_and_more_than_the_rate_is_not() -> None:
    session = open_session()
    ping = frame(t="ping", n=1)

    burst = [session.received(ping, 10) for _ in range(5)]
    steady = [session.received(ping, 10 + n / 8) for n in range(1, 6)]
    over = session.received(ping, 10.7)

    assert burst + steady == [Reply(Pong(1))] * 10
    assert over == Close(CloseCode.RATE_LIMITED, "rate_limited")


def test_a_missing_hello_or_a_slow_authorization_runs_out_of_time() -> None:
    for frames in ([], [HELLO]):
        session = PeerSession(100, LIMITS)
        for one in frames:
            session.received(one, 104)

        assert session.deadline() == 105
        assert session.due(104.9) is None
        assert session.due(105) == Close(CloseCode.HEARTBEAT_LOST, "hello_timeout")


def test_silence_is_nudged_once_then_closed() -> None:
    session = open_session()

    assert session.due(5.9) is None
    assert session.due(6) == Reply(NUDGE)
    assert session.deadline() == 12
    assert session.due(11.9) is None
    assert session.due(12) == Close(CloseCode.HEARTBEAT_LOST, "silence")


def test_a_sign_of_life_starts_the_silence_anew() -> None:
    session = open_session()
    session.due(6)
    session.received(frame(t="ping", n=1), 7)

    assert session.deadline() == 13
    assert session.due(12) is None
    assert session.due(30) == Close(CloseCode.HEARTBEAT_LOST, "silence")
