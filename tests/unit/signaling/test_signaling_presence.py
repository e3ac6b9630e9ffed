"""Who is online, and which departures are worth telling."""

from __future__ import annotations

from signaling.presence import Presence
from tests.fakes.signaling import agent, customer


def test_a_departure_is_told_once_after_the_grace() -> None:
    presence = Presence(grace_s=3)
    presence.dropped(customer(), "vis_1", 10.0)

    assert presence.departed(12.9) == []
    assert presence.departed(13.0) == [(customer(), "vis_1")]
    assert presence.departed(14.0) == []


def test_a_return_within_the_grace_is_no_departure() -> None:
    presence = Presence(grace_s=3)
    presence.dropped(customer(), "vis_1", 10.0)
    presence.dropped(agent(), "vis_1", 10.0)
    presence.entered("pty_1", "vis_1")

    assert presence.departed(20.0) == [(agent(), "vis_1")]


def test_a_closed_room_has_no_departures() -> None:
    presence = Presence(grace_s=3)
    presence.dropped(customer(), "vis_1", 10.0)
    presence.dropped(agent(), "desk:stf_1", 10.0)
    presence.forget_room("vis_1")

    assert presence.departed(20.0) == [(agent(), "desk:stf_1")]


def test_a_subject_stays_online_for_the_grace_and_while_it_has_a_connection() -> None:
    presence = Presence(grace_s=3)
    presence.connected("pty_1")
    presence.connected("pty_1")
    presence.disconnected("pty_1", 1.0)
    assert presence.online("pty_1", 50.0)

    presence.disconnected("pty_1", 50.0)
    assert presence.online("pty_1", 52.9)
    assert not presence.online("pty_1", 53.0)
    presence.departed(51.0)
    assert presence.online("pty_1", 52.0)
    presence.departed(53.0)
    assert not presence.online("pty_1", 52.0)
    presence.connected("pty_1")
    assert presence.online("pty_1", 99.0)
