"""An agent's working state."""

from datetime import UTC, datetime

import pytest

from vcounter.domain.agent import Agent, AgentState, NotReadyReason, Role
from vcounter.domain.errors import WrongState
from vcounter.domain.ids import Region, StaffId, TenantId

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def agent(state: AgentState = AgentState.NOT_READY) -> Agent:
    return Agent(
        id=StaffId("stf_1"),
        tenant_id=TenantId("ten_1"),
        region=Region("43"),
        name="王芳",
        badge="1023",
        role=Role.AGENT,
        state=state,
        since=NOW,
    )


def test_a_ready_agent_is_reserved_once() -> None:
    wang = agent(AgentState.READY)

    wang.reserve(NOW)

    assert wang.state is AgentState.OFFERED
    with pytest.raises(WrongState):
        wang.reserve(NOW)


def test_a_visit_goes_from_ready_to_ready() -> None:
    wang = agent()
    wang.become_ready(NOW)
    wang.reserve(NOW)
    wang.serve(NOW)
    wang.start_wrap_up(NOW)

    wang.finish_wrap_up(NOW)

    assert wang.state is AgentState.READY


def test_missed_ring_makes_the_agent_not_ready_with_that_reason() -> None:
    wang = agent(AgentState.OFFERED)

    wang.miss_ring(NOW)

    assert (wang.state, wang.reason) == (AgentState.NOT_READY, NotReadyReason.MISSED_RING)


def test_an_agent_whose_customer_left_while_ringing_is_ready_again() -> None:
    wang = agent(AgentState.OFFERED)

    wang.release(NOW)

    assert (wang.state, wang.reason) == (AgentState.READY, None)


@pytest.mark.parametrize("state", [AgentState.SERVING, AgentState.WRAP_UP])
def test_no_break_and_no_ready_with_a_customer_at_the_desk(state: AgentState) -> None:
    with pytest.raises(WrongState):
        agent(state).become_not_ready(NotReadyReason.BREAK, NOW)
    with pytest.raises(WrongState):
        agent(state).become_ready(NOW)


def test_serving_needs_an_offer_and_wrap_up_needs_a_visit() -> None:
    with pytest.raises(WrongState):
        agent(AgentState.READY).serve(NOW)
    with pytest.raises(WrongState):
        agent(AgentState.READY).finish_wrap_up(NOW)


def test_a_break_has_its_reason_and_signing_out_has_none() -> None:
    wang = agent()

    wang.become_not_ready(NotReadyReason.TRAINING, NOW)
    assert wang.reason is NotReadyReason.TRAINING
    wang.go_offline(NOW)

    assert (wang.state, wang.reason) == (AgentState.OFFLINE, None)
