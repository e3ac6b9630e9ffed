"""Who may do what: the level and the reference decide, whatever the client sends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.order_world import INPUTS, NUMBER, OrderWorld, order_world
from vcounter.domain.errors import AssuranceTooLow
from vcounter.domain.identity import Outcome, Reference
from vcounter.domain.order import OrderState

ALL = {
    "suspend_service": None,
    "resume_service": "voluntary",
    "report_loss": None,
    "cancel_loss": "lost",
    "query_puk": None,
    "reset_service_password": None,
}
BY_CARD = {"suspend_service", "resume_service", "report_loss", "cancel_loss"}
CARRIES = [
    ("L0", Reference.NONE, Outcome.PASSED, set()),
    ("L1a", Reference.NONE, Outcome.PASSED, {"report_loss"}),
    ("L1", Reference.NONE, Outcome.PASSED, {"report_loss"}),
    ("L2", Reference.CARD, Outcome.PASSED, BY_CARD),
    ("L2", Reference.ENROLMENT, Outcome.PASSED, set(ALL)),
    ("L2", Reference.AUTHORITY, Outcome.PASSED, set(ALL)),
    ("L2", Reference.ENROLMENT, Outcome.FAILED, set()),
]


@pytest.fixture
async def stranger(folder: Path) -> AsyncIterator[OrderWorld]:
    """A visit whose customer has proved nothing."""
    async with order_world(folder, level="L0") as opened:
        yield opened


@pytest.mark.parametrize(("level", "reference", "decision", "carried"), CARRIES)
async def test_each_level_and_reference_carries_exactly_its_actions(
    stranger: OrderWorld,
    level: str,
    reference: Reference,
    decision: Outcome,
    carried: set[str],
) -> None:
    await stranger.prove(level, reference, decision)

    allowed = set()
    for action_id, stop in ALL.items():
        if stop:
            await stranger.bss.hall.stop(NUMBER, stop, "test")
        try:
            await stranger.prepare(action_id, action_id, **INPUTS.get(action_id, {}))
            allowed.add(action_id)
        except AssuranceTooLow:
            pass
        if stop == "voluntary":
            await stranger.bss.hall.lift(NUMBER, stop)
        elif stop == "lost":
            await stranger.bss.hall.replace_card(NUMBER)

    assert allowed == carried


async def test_refusal_says_what_is_missing(stranger: OrderWorld) -> None:
    with pytest.raises(AssuranceTooLow) as refused:
        await stranger.prepare("suspend_service")

    assert refused.value.fields["needed"] == "L2"
    assert refused.value.fields["held"] == "L0"
    assert "face_match" in refused.value.fields["missing"]  # type: ignore[operator]


@pytest.mark.parametrize("stage", ["confirm", "commit"])
async def test_level_lost_on_the_way_stops_the_order(world: OrderWorld, stage: str) -> None:
    await world.present(order_id := await world.prepare("suspend_service"))
    if stage == "confirm":
        world.clock.move(seconds=1)
        await world.prove("L2", decision=Outcome.FAILED)
        with pytest.raises(AssuranceTooLow):
            await world.answer(confirmed=True)
        assert (await world.order(order_id)).state is OrderState.AWAITING_CUSTOMER
        return
    await world.answer(confirmed=True)
    world.clock.move(seconds=1)
    await world.prove("L2", decision=Outcome.FAILED)
    await world.spawner.run()

    order = await world.order(order_id)
    assert (order.state, order.failure) == (OrderState.FAILED, "assurance_too_low")
    assert await world.state() == "ACTIVE"


async def test_evidence_for_another_number_counts_for_nothing(world: OrderWorld) -> None:
    await world.change_visit(msisdn="13800006022")

    with pytest.raises(AssuranceTooLow):
        await world.prepare("suspend_service")
