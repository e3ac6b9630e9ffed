"""A visit's lawful changes."""

from datetime import UTC, datetime, timedelta

import pytest

from vcounter.domain.errors import VisitGone, WrongState
from vcounter.domain.ids import PartyId, Region, SkillGroupId, StaffId, TenantId, VisitId
from vcounter.domain.visit import (
    CUSTOMER_LEFT,
    HEAD_PRIORITY,
    NORMAL_PRIORITY,
    Visit,
    VisitState,
)

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
RING_UNTIL = NOW + timedelta(seconds=20)
WANG, LIU = StaffId("stf_wang"), StaffId("stf_liu")


def waiting() -> Visit:
    return Visit(
        id=VisitId("vis_1"),
        tenant_id=TenantId("ten_1"),
        region=Region("43"),
        skill_group_id=SkillGroupId("skg_general"),
        state=VisitState.WAITING,
        priority=NORMAL_PRIORITY,
        lang="zh-CN",
        entered_at=NOW,
        customer_party_id=PartyId("pty_1"),
    )


def offered() -> Visit:
    visit = waiting()
    visit.offer_to(WANG, NOW, RING_UNTIL)
    return visit


def serving() -> Visit:
    visit = offered()
    visit.accept(WANG, NOW)
    return visit


def test_visit_keeps_place_when_agent_misses_the_ring() -> None:
    visit = offered()

    visit.miss(WANG)

    assert visit.state is VisitState.WAITING
    assert visit.entered_at == NOW
    assert (visit.agent_id, visit.ring_until, visit.missed_by) == (None, None, [WANG])


def test_second_miss_of_the_same_agent_is_remembered_once() -> None:
    visit = offered()
    visit.miss(WANG)
    visit.offer_to(WANG, NOW, RING_UNTIL)

    visit.miss(WANG)

    assert visit.missed_by == [WANG]


def test_only_the_agent_it_rings_at_may_accept_or_miss() -> None:
    visit = offered()

    with pytest.raises(VisitGone):
        visit.accept(LIU, NOW)
    with pytest.raises(VisitGone):
        visit.miss(LIU)

    assert visit.state is VisitState.OFFERED


def test_accept_connects_once_and_remembers_the_agent() -> None:
    visit = serving()

    assert visit.connected_at == NOW
    assert visit.last_agent_id == WANG


def test_visit_goes_to_the_head_when_its_agent_is_lost() -> None:
    visit = serving()

    visit.lose_agent()

    assert (visit.state, visit.priority, visit.agent_id) == (
        VisitState.WAITING,
        HEAD_PRIORITY,
        None,
    )
    visit.offer_to(LIU, NOW, RING_UNTIL)
    visit.accept(LIU, NOW + timedelta(seconds=40))
    assert visit.connected_at == NOW


def test_visit_ends_in_wrap_up_and_then_closes() -> None:
    visit = serving()
    later = NOW + timedelta(minutes=2)

    visit.end(later)
    visit.wrap_up("done", later)

    assert visit.state is VisitState.CLOSED
    assert (visit.ended_at, visit.closed_at, visit.disposition) == (later, later, "done")


def test_customer_may_leave_while_waiting_but_not_twice() -> None:
    visit = offered()

    visit.abandon(NOW)

    assert (visit.state, visit.agent_id) == (VisitState.ABANDONED, None)
    with pytest.raises(WrongState):
        visit.abandon(NOW)


def test_call_back_keeps_the_place() -> None:
    visit = waiting()

    visit.ask_call_back(NOW)

    assert visit.state is VisitState.CALL_BACK
    assert visit.entered_at == NOW


def test_a_served_visit_cannot_be_offered_again() -> None:
    with pytest.raises(WrongState):
        serving().offer_to(LIU, NOW, RING_UNTIL)


def test_served_customer_who_left_while_waiting_again_is_closed_not_abandoned() -> None:
    visit = serving()
    visit.lose_agent()

    visit.leave_served(NOW)

    assert (visit.state, visit.disposition) == (VisitState.CLOSED, CUSTOMER_LEFT)
    assert (visit.agent_id, visit.closed_at) == (None, NOW)


def test_customer_who_was_never_served_cannot_leave_as_served() -> None:
    visit = waiting()

    with pytest.raises(WrongState):
        visit.leave_served(NOW)

    assert visit.state is VisitState.WAITING
