"""Events, audiences and resuming of one room, and who is in it."""

from __future__ import annotations

from signaling.room import Member, Room

PHONE = Member("peer_1", "pty_1", "customer")
DESK = Member("peer_2", "stf_1", "agent")


def make(capacity: int = 4) -> Room:
    return Room("vis_1", "epoch", capacity, now=0.0)


def offsets(room: Room, role: str, since: int) -> list[int] | None:
    events = room.since(role, since)
    return None if events is None else [event.offset for event in events]


def test_offsets_rise_by_one_whoever_may_see_the_event() -> None:
    room = make()
    for audience in ((), ("agent",), ("customer",)):
        room.append("step", {}, audience)

    assert room.offset == 3
    assert offsets(room, "customer", 0) == [1, 3]
    assert offsets(room, "agent", 0) == [1, 2]


def test_resuming_needs_the_same_epoch_and_a_known_offset() -> None:
    room = make()
    room.append("step", {"n": 1})

    assert room.resume("customer", "other", 0) is None
    assert room.resume("customer", None, None) is None
    assert room.resume("customer", "epoch", None) is None
    assert room.resume("customer", "epoch", 2) is None
    assert room.resume("customer", "epoch", 1) == ()
    assert [e.body for e in room.resume("customer", "epoch", 0) or ()] == [{"n": 1}]


def test_whoever_missed_what_fell_out_of_the_ring_takes_a_snapshot() -> None:
    room = make(capacity=2)
    for _ in range(3):
        room.append("step", {})

    assert offsets(room, "customer", 0) is None
    assert offsets(room, "customer", 1) == [2, 3]


def test_events_of_another_role_falling_out_do_not_cost_a_resume() -> None:
    room = make(capacity=2)
    room.append("step", {})
    for _ in range(5):
        room.append("timeline", {}, ("agent",))

    assert offsets(room, "customer", 1) == []
    assert offsets(room, "agent", 1) is None
    assert offsets(room, "agent", 4) == [5, 6]


def test_members_are_found_by_role_and_subject() -> None:
    room = make()
    room.enter(PHONE)
    room.enter(DESK)

    assert room.members() == [PHONE, DESK]
    assert room.members(("agent",)) == [DESK]
    assert room.member_of("pty_1") == PHONE
    assert room.member_of("pty_2") is None


def test_a_room_knows_since_when_it_is_empty() -> None:
    room = make()
    assert room.empty_since == 0.0
    room.enter(PHONE)
    room.enter(DESK)

    assert room.exit("peer_1", 5.0) == PHONE
    assert room.empty_since is None
    assert room.exit("peer_1", 6.0) is None
    assert room.exit("peer_2", 7.0) == DESK
    assert room.empty_since == 7.0


def test_offers_wait_for_the_start_the_devices_and_the_peer() -> None:
    room = make()
    room.leg("customer").ready("pty_1", relay_only=False)
    room.leg("agent")
    assert room.legs_to_offer(1.0) == []

    room.media_started = True
    assert room.legs_to_offer(1.0) == []

    room.enter(PHONE)
    assert room.legs_to_offer(1.0) == ["customer"]


def test_a_leg_notices_its_subject_going_and_coming_back() -> None:
    room = make()
    leg = room.leg("customer")
    leg.ready("pty_1", relay_only=False)
    room.enter(PHONE)
    room.exit("peer_1", 10.0)
    room.enter(PHONE)
    assert not leg.expire(100.0, 30.0)

    room.exit("peer_1", 100.0)
    assert leg.expire(130.0, 30.0)
    assert leg.subject == ""
