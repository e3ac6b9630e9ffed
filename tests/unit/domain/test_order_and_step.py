"""An order's lawful states, a step's single end, numbers and errors."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcounter.domain import errors
from vcounter.domain.errors import CounterError, InvalidInput, StepGone, WrongState
from vcounter.domain.ids import (
    Msisdn,
    OrderId,
    PartyId,
    Region,
    StaffId,
    StepId,
    TenantId,
    VisitId,
)
from vcounter.domain.msisdn import mask_msisdn, parse_msisdn
from vcounter.domain.order import FINAL_STATES, Order, OrderState
from vcounter.domain.steps import Step, StepKind, StepState

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def order(state: OrderState = OrderState.DRAFT) -> Order:
    return Order(
        id=OrderId("ord_1"),
        tenant_id=TenantId("ten_1"),
        region=Region("43"),
        visit_id=VisitId("vis_1"),
        party_id=PartyId("pty_1"),
        action_id="report_loss",
        msisdn=Msisdn("13800006021"),
        maker_id=StaffId("stf_1"),
        idempotency_key="key",
        inputs={},
        state=state,
        created_at=NOW,
    )


def test_the_way_to_success_notes_each_time() -> None:
    mine = order()

    for state in (
        OrderState.AWAITING_CUSTOMER,
        OrderState.CONFIRMED,
        OrderState.SUBMITTED,
        OrderState.SUCCEEDED,
    ):
        mine.to(state, NOW)

    assert (mine.confirmed_at, mine.submitted_at, mine.settled_at) == (NOW, NOW, NOW)


def test_an_unknown_outcome_is_settled_or_sent_again_never_cancelled() -> None:
    with pytest.raises(WrongState):
        order(OrderState.UNKNOWN).to(OrderState.CANCELLED, NOW)
    order(OrderState.UNKNOWN).to(OrderState.FAILED, NOW)


@pytest.mark.parametrize("state", sorted(FINAL_STATES - {OrderState.SUCCEEDED}))
def test_nothing_follows_a_final_state(state: OrderState) -> None:
    for after in OrderState:
        with pytest.raises(WrongState):
            order(state).to(after, NOW)


def test_an_order_cannot_succeed_without_the_customer() -> None:
    with pytest.raises(WrongState):
        order(OrderState.AWAITING_CUSTOMER).to(OrderState.SUBMITTED, NOW)


def step() -> Step:
    return Step(StepId("stp_1"), VisitId("vis_1"), StepKind.CONFIRM, StepState.PUSHED, NOW)


def test_a_step_ends_once() -> None:
    mine = step()

    mine.finish(StepState.DONE, NOW, {"confirmed": "yes"})

    assert mine.outcome == {"confirmed": "yes"}
    with pytest.raises(StepGone):
        mine.finish(StepState.CANCELLED, NOW)


def test_a_step_may_end_without_an_outcome() -> None:
    mine = step()

    mine.finish(StepState.CANCELLED, NOW)

    assert (mine.state, mine.outcome) == (StepState.CANCELLED, {})


@pytest.mark.parametrize("text", ["138 0000 6021", "+8613800006021", "138-0000-6021"])
def test_numbers_are_read_as_people_write_them(text: str) -> None:
    assert parse_msisdn(text) == "13800006021"


@given(st.text(max_size=20))
def test_what_is_not_a_mobile_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_msisdn(f"x{text}", "call_back")

    assert refused.value.fields["field"] == "call_back"


def test_a_masked_number_shows_seven_digits_at_most() -> None:
    assert mask_msisdn("13800006021") == "138****6021"
    assert mask_msisdn("12345") == "****"


def test_every_error_has_its_own_code_and_a_docstring() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, CounterError)
    ]

    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(kind.__doc__ for kind in kinds)
    assert str(errors.NotFound()) == "not_found"
