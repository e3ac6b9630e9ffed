"""Whole visits between simulated peers, over real sockets, on a server in a process of its own."""

from __future__ import annotations

import re

import pytest

from vcounter.simulator.api import Json
from vcounter.simulator.customer import Customer
from vcounter.simulator.visits import Run, report

pytestmark = pytest.mark.timeout(600)


async def test_three_visits_at_once_are_served_with_picture_and_sound_both_ways() -> None:
    run = Run(("report_loss", "query_puk", "reset_service_password"), 3, 3)

    outcomes = await run.go()

    assert report(run)["failures"] == []
    for outcome in outcomes:
        assert outcome.served is not None
        for received in (outcome.called.received, outcome.served.received):
            assert received.video_frames > 3
            assert received.audio_energy > 1e-4
        assert outcome.called.receipts == 1
    puk = next(o.called for o in outcomes if o.action_id == "query_puk")
    assert re.fullmatch(r"\d{8}", puk.revealed[0].replace(" ", ""))
    assert puk.steps == ["consent", "card_front", "card_back", "face", "confirm", "show"]


async def test_one_action_of_each_further_kind_is_served() -> None:
    """Without evidence, by a code, on the operator's page, with a sealed list, and signed for and
    approved by a second person."""
    actions = (
        "remote_fault_tutoring",
        "query_balance",
        "top_up_payment",
        "query_my_numbers",
        "terminate_service",
    )
    run = Run(actions, len(actions), 2)

    outcomes = await run.go()

    assert report(run)["failures"] == []
    called = {o.action_id: o.called for o in outcomes}
    assert all(one.receipts >= 1 for one in called.values())
    assert called["remote_fault_tutoring"].steps == ["photo", "confirm", "show"]
    assert called["query_balance"].steps == ["number_pad", "confirm", "show"]
    assert called["top_up_payment"].steps == ["confirm", "pay"]
    assert called["query_my_numbers"].steps[-2:] == ["confirm", "show"]
    assert called["query_my_numbers"].revealed != []
    assert called["terminate_service"].steps[-2:] == ["confirm", "sign"]


async def test_a_customer_whose_line_drops_while_confirming_is_served_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dropped: list[str] = []
    act = Customer._act

    async def act_after_a_drop(self: Customer, step: Json) -> None:
        if step["kind"] == "confirm" and not dropped:
            dropped.append(step["id"])
            await self.drop_line()
        await act(self, step)

    monkeypatch.setattr(Customer, "_act", act_after_a_drop)
    run = Run(("report_loss",), 1, 1)

    outcomes = await run.go()

    assert report(run)["failures"] == []
    assert outcomes[0].called.drops == 1
    assert outcomes[0].called.receipts == 1
