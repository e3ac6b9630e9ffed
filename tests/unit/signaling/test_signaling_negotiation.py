"""One leg's offers: numbers, staleness, pauses and the grace of an absent peer."""

from __future__ import annotations

from signaling.negotiation import MAX_PAUSE_S, Negotiation

GAP = 1.0


def offered(leg: Negotiation, bridge_number: int, now: float = 0.0) -> int:
    leg.begin(now, GAP)
    return leg.offered(bridge_number)


def ready() -> Negotiation:
    leg = Negotiation()
    leg.ready("pty_1", relay_only=False)
    return leg


def test_numbers_rise_though_the_bridge_starts_again() -> None:
    leg = ready()

    assert offered(leg, 5) == 1
    assert leg.bridge_number(1, "pty_1") == 5
    leg.lost()
    assert offered(leg, 1) == 2
    assert leg.bridge_number(1, "pty_1") is None
    assert leg.bridge_number(2, "pty_1") == 1
    assert leg.bridge_number(2, "pty_2") is None


def test_an_answer_to_a_lost_offer_is_stale() -> None:
    leg = ready()
    offered(leg, 1)
    leg.lost()

    assert leg.bridge_number(1, "pty_1") is None


def test_offers_keep_their_distance() -> None:
    leg = ready()
    assert leg.may_offer(0.0)
    offered(leg, 1)
    leg.ready("pty_1", relay_only=False)

    assert not leg.may_offer(0.9)
    assert leg.may_offer(1.0)


def test_one_offer_is_made_at_a_time_and_serves_a_repeated_ready() -> None:
    leg = ready()
    leg.begin(0.0, GAP)
    leg.ready("pty_1", relay_only=False)
    leg.lost()
    assert not leg.wanted

    leg.ready("pty_1", relay_only=True)
    assert leg.wanted
    assert not leg.may_offer(5.0)
    leg.offered(1)
    assert leg.may_offer(5.0)


def test_a_bridge_that_refuses_is_asked_less_and_less_often() -> None:
    leg = ready()
    pauses = []
    for _ in range(6):
        leg.begin(0.0, GAP)
        leg.refused(0.0, GAP)
        pauses.append(next(t for t in range(100) if leg.may_offer(float(t))))

    assert pauses == [2, 4, 8, 15, 15, 15]
    assert pauses[-1] == MAX_PAUSE_S


def test_only_the_current_offer_can_fail_and_only_for_its_own_peer() -> None:
    leg = ready()
    offered(leg, 1)

    leg.failed("pty_1", 7, relay_only=False)
    leg.failed("pty_2", 1, relay_only=False)
    assert not leg.wanted
    leg.failed("pty_1", 1, relay_only=False)
    assert leg.wanted


def test_a_failure_tells_a_restarted_server_that_devices_are_ready() -> None:
    leg = Negotiation()
    leg.failed("pty_1", 5, relay_only=True)

    assert (leg.subject, leg.wanted, leg.relay_only) == ("pty_1", True, True)


def test_a_second_failure_is_relayed_until_media_ran_in_between() -> None:
    leg = ready()
    offered(leg, 1)
    leg.failed("pty_1", 1, relay_only=False)
    assert not leg.relay_only
    offered(leg, 2)
    leg.failed("pty_1", 2, relay_only=False)
    assert leg.relay_only

    offered(leg, 3)
    leg.connected()
    leg.failed("pty_1", 3, relay_only=False)
    assert not leg.relay_only


def test_an_undelivered_offer_is_wanted_again() -> None:
    leg = ready()
    offered(leg, 1)
    leg.undelivered()

    assert leg.wanted
    assert leg.bridge_number(1, "pty_1") is None


def test_the_bridge_speaks_of_the_last_offer_or_does_not_say() -> None:
    leg = ready()
    offered(leg, 4)

    assert leg.is_current(None)
    assert leg.is_current(4)
    assert not leg.is_current(3)

    leg.begin(5.0, GAP)
    assert not leg.is_current(4)


def test_an_absent_subject_is_forgotten_after_the_grace_unless_it_returns() -> None:
    leg = ready()
    leg.gone("somebody else", 0.0)
    assert not leg.expire(100.0, 30.0)
    leg.gone("pty_1", 100.0)
    leg.gone("pty_1", 120.0)
    leg.back("somebody else")
    assert not leg.expire(129.0, 30.0)
    assert leg.expire(130.0, 30.0)
    assert not leg.expire(131.0, 30.0)

    leg.ready("pty_1", relay_only=False)
    leg.gone("pty_1", 140.0)
    leg.back("pty_1")
    assert not leg.expire(300.0, 30.0)


def test_an_offer_made_for_somebody_forgotten_is_nobodys() -> None:
    leg = ready()
    leg.begin(0.0, GAP)
    leg.reset()

    number = leg.offered(1)

    assert leg.bridge_number(number, "pty_1") is None
    leg.undelivered()
    assert not leg.wanted
