"""Orders about money: shown openly, held, granted, taken back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.order_world import NUMBER, OrderWorld, order_world
from vcounter.adapters.bss.embedded import demo_person
from vcounter.adapters.bss.embedded.money_seeds import seed_money
from vcounter.domain.errors import AssuranceTooLow, PreconditionFailed
from vcounter.domain.order import OrderState
from vcounter.domain.steps import StepKind


@pytest.fixture
async def world(folder: Path) -> AsyncIterator[OrderWorld]:
    """A customer known by a code alone, who owes nothing."""
    async with order_world(folder, level="L1") as opened:
        await open_account(opened)
        yield opened


async def open_account(world: OrderWorld, *, in_debt: bool = False) -> None:
    demo = demo_person(NUMBER)
    assert demo is not None
    await seed_money(world.bss, demo, in_debt=in_debt)


async def test_a_balance_is_shown_openly_and_read_aloud(world: OrderWorld) -> None:
    order = await world.carry_out("query_balance")

    step = await world.step()
    assert order.state is OrderState.SUCCEEDED
    assert (step.kind, step.sealed) == (StepKind.SHOW, False)
    assert "余额" in json.loads(step.params["lines"])[0]


async def test_each_line_of_a_bill_is_explained(world: OrderWorld) -> None:
    order = await world.carry_out("query_bill", months="2026-10")

    [bill] = json.loads(order.result["bills"])
    lines = json.loads((await world.step()).params["lines"])
    assert len(lines) == len(bill["lines"]) + 1
    assert lines[0].startswith("2026年10月一共")
    assert lines[1].startswith("第1项, 套餐月费")


async def test_nothing_is_shown_to_a_customer_who_is_not_known(folder: Path) -> None:
    async with order_world(folder, level="L0") as world:
        await open_account(world)

        with pytest.raises(AssuranceTooLow):
            await world.prepare("query_balance")


async def test_a_queried_balance_needs_no_recording(world: OrderWorld) -> None:
    world.media.growing = False

    assert (await world.carry_out("query_balance")).state is OrderState.SUCCEEDED


async def test_a_dispute_gives_a_case_number_and_the_day_of_the_answer(world: OrderWorld) -> None:
    order = await world.carry_out("dispute_charge", month="2026-10", item=1, reason="wrong_amount")

    [receipt] = await world.events("receipt")
    values = [line["value"] for line in receipt["lines"]]
    assert order.result["ticket_no"] in values
    assert "2026年11月24日" in values


async def test_a_number_in_debt_works_again_for_a_day(folder: Path) -> None:
    async with order_world(folder, level="L1") as world:
        await open_account(world, in_debt=True)
        await world.bss.hall.stop(NUMBER, "debt", "test")

        order = await world.carry_out("emergency_resume", reason="medical")

        assert order.state is OrderState.SUCCEEDED
        assert await world.state() == "ACTIVE"
        assert await world.sent() == [(NUMBER, "receipt.emergency_resume")]
        with pytest.raises(PreconditionFailed):
            await world.prepare("emergency_resume", "form-2", reason="medical")
