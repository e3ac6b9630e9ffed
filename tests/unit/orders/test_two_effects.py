"""Orders with a second effect: the appointment that is gone, silence between the two, a crash."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.killer import Killed, Killer
from tests.fakes.order_world import NUMBER, OrderWorld, order_world
from vcounter.adapters.bss.embedded import Fault
from vcounter.adapters.bss.embedded.appointments import set_capacity
from vcounter.adapters.bss.embedded.home import ADDRESSES, seed_home
from vcounter.domain.order import OrderState
from vcounter.services.orders.parts import compensate_again
from vcounter.services.orders.settle_orders import settle_orders
from vcounter.services.ports import BssCommand, BssResult

DAY = "2026-11-24"
FAULT: dict[str, object] = {"symptom": "red_light", "day": DAY, "half": "morning"}
MOVE: dict[str, object] = {"new_address": "湘雅路60号", "day": DAY, "half": "morning"}
BOTH = [("broadband_fault_ticket", FAULT), ("broadband_relocate", MOVE)]


@pytest.fixture
async def home(world: OrderWorld) -> OrderWorld:
    async with world.bss.store.transaction():
        await seed_home(world.bss.books, NUMBER, whole=True)
    return world


async def tickets(world: OrderWorld) -> list[str]:
    return [t.state for t in await world.bss.tickets(NUMBER)]


async def booked(world: OrderWorld) -> int:
    async with world.bss.store.transaction() as store:
        return len(await store.all("SELECT 1 FROM bookings WHERE state = 'booked'"))


async def take_every_slot(world: OrderWorld) -> None:
    async with world.bss.store.transaction():
        for district in {a.district for a in ADDRESSES}:
            day = date.fromisoformat(DAY)
            await set_capacity(world.bss.books, district, day, "morning", 0)


def between_the_two(
    world: OrderWorld, monkeypatch: pytest.MonkeyPatch, fault: Fault | None
) -> None:
    """Right before the part: somebody takes the last place, or the network fails once."""
    real, struck = world.bss.execute, False

    async def execute(command: BssCommand) -> BssResult:
        nonlocal struck
        if command.part and not struck:
            struck = True
            if fault is None:
                await take_every_slot(world)
            else:
                world.faults.plan("execute", fault)
        return await real(command)

    monkeypatch.setattr(world.bss, "execute", execute)


@pytest.mark.parametrize(("action_id", "inputs"), BOTH)
async def test_both_effects_and_one_receipt(
    home: OrderWorld, action_id: str, inputs: dict[str, Any]
) -> None:
    order = await home.carry_out(action_id, **inputs)

    assert order.state is OrderState.SUCCEEDED
    assert await tickets(home) == ["open"]
    assert await booked(home) == 1
    assert order.result["work_order"].startswith(order.result["case_no"])
    assert await home.sent() == [(NUMBER, f"receipt.{action_id}")]


@pytest.mark.parametrize(("action_id", "inputs"), BOTH)
async def test_slot_taken_between_quote_and_commit_leaves_nothing(
    home: OrderWorld, action_id: str, inputs: dict[str, Any]
) -> None:
    order_id = await home.confirm(action_id, **inputs)
    await take_every_slot(home)
    await home.spawner.run()

    order = await home.order(order_id)
    assert (order.state, order.failure) == (OrderState.FAILED, "visit_slot_free")
    assert await tickets(home) == []


@pytest.mark.parametrize(("action_id", "inputs"), BOTH)
async def test_slot_taken_between_the_two_takes_the_case_back(
    home: OrderWorld, monkeypatch: pytest.MonkeyPatch, action_id: str, inputs: dict[str, Any]
) -> None:
    between_the_two(home, monkeypatch, None)

    order = await home.carry_out(action_id, **inputs)

    assert (order.state, order.failure) == (OrderState.FAILED, "visit_slot_free")
    assert await tickets(home) == ["cancelled"]
    assert await booked(home) == 0
    assert await home.sent() == []


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.SLOW])
@pytest.mark.parametrize(("action_id", "inputs"), BOTH)
async def test_silence_between_the_two_is_settled_by_asking(
    home: OrderWorld,
    monkeypatch: pytest.MonkeyPatch,
    action_id: str,
    inputs: dict[str, Any],
    fault: Fault,
) -> None:
    between_the_two(home, monkeypatch, fault)

    order = await home.carry_out(action_id, **inputs)
    assert order.state is OrderState.UNKNOWN
    assert await home.sent() == []
    await settle_orders(home.deps, min_age_s=0)
    await settle_orders(home.deps, min_age_s=0)

    assert (await home.order(order.id)).state is OrderState.SUCCEEDED
    assert await tickets(home) == ["open"]
    assert await booked(home) == 1


@pytest.mark.parametrize(("action_id", "inputs"), BOTH)
async def test_a_repeat_after_success_changes_nothing(
    home: OrderWorld, action_id: str, inputs: dict[str, Any]
) -> None:
    first = await home.carry_out(action_id, **inputs)

    same = await home.prepare(action_id, **inputs)
    await settle_orders(home.deps, min_age_s=0)

    assert same == first.id
    assert await booked(home) == 1


async def test_crash_at_any_border_leaves_both_effects_or_none(folder: Path) -> None:
    """Whatever border a process dies at, after the restart a ticket has its appointment."""
    border, reached = 0, True
    while reached:
        border += 1
        here = folder / str(border)
        await asyncio.to_thread(_copy, folder, here)
        async with order_world(here) as world:
            async with world.bss.store.transaction():
                await seed_home(world.bss.books, NUMBER, whole=True)
            order_id = await world.prepare("broadband_fault_ticket", **FAULT)
            await world.present(order_id)
            killer = Killer(border)
            killer.arm(world)
            reached = False
            try:
                await world.answer(confirmed=True)
                await world.spawner.run()
            except Killed:
                reached = True
            killer.disarm(world)
            world.spawner.drop()
        async with order_world(here, again=True) as again:
            await settle_orders(again.deps, min_age_s=0)
            await settle_orders(again.deps, min_age_s=0)
            state = (await again.order(order_id)).state
            confirmed = state is not OrderState.AWAITING_CUSTOMER
            assert state in (OrderState.SUCCEEDED, OrderState.AWAITING_CUSTOMER)
            assert await tickets(again) == (["open"] if confirmed else [])
            assert await booked(again) == int(confirmed)
    assert border > 8


def _copy(source: Path, target: Path) -> None:
    target.mkdir()
    (target / "counter.db").write_bytes((source / "counter.db").read_bytes())


async def test_undoing_whose_answer_was_lost_is_found_and_not_done_again(home: OrderWorld) -> None:
    order = await home.carry_out("broadband_fault_ticket", **FAULT)
    home.faults.plan("execute", Fault.TIMEOUT_AFTER)

    assert not await compensate_again(home.deps, order), "nothing is known of it"
    assert await compensate_again(home.deps, order)

    assert await tickets(home) == ["cancelled"]
    assert await home.bss.query(f"{order.idempotency_key}#undo2") is None
