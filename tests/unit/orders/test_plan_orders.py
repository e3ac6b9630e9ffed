"""Orders of plans and services, from the form to the receipt."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.order_world import NUMBER, OrderWorld, order_world
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, seed_plans
from vcounter.adapters.bss.embedded.usage import Usage, add_usage
from vcounter.domain.errors import AssuranceTooLow, NotRecording, PreconditionFailed
from vcounter.domain.identity import Reference
from vcounter.domain.order import OrderState
from vcounter.domain.steps import StepKind
from vcounter.services.orders.disclose import reveal_step

OTHER = "13900007714"
FORWARDED = "13900009999"


async def plant_call(world: OrderWorld) -> None:
    """One record that is unlike anything else in the world."""
    at = world.clock.now() - timedelta(hours=1)
    async with world.bss.store.transaction():
        sub = world.bss.vault.name(NUMBER)
        planted = Usage(at, "call_out", 73149268, 77, OTHER)
        await add_usage(world.bss.books, sub, [planted], world.bss.zone)


async def test_records_reach_the_customer_alone_and_stay_nowhere(
    world: OrderWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await plant_call(world)
    order = await world.carry_out("query_usage_detail")

    step = await world.step()
    assert (step.kind, step.sealed, step.params["kind"]) == (StepKind.SHOW, True, "usage_detail")
    shown = await reveal_step(world.deps, world.customer, step.id)
    assert [row[2:4] for row in shown.rows] == [(OTHER, "73149268")]
    await world.answer(seen=True)
    assert not world.media.sealed

    async with world.deps.db.read(None) as uow:
        events = await uow.outbox.pending(1000)
    async with world.deps.db.read(world.agent.scope) as uow:
        audit = await uow.audit.of_object(order.id)
        steps = await uow.steps.of_visit(world.visit_id)
    messages = await world.inbox.recent()
    result = await world.bss.query(order.idempotency_key)
    for where in (order, events, audit, steps, messages, result, caplog.text, caplog.records):
        assert OTHER not in repr(where)
        assert "73149268" not in repr(where)
    assert "order.reveal" in repr(audit)
    files = {path.name: path.read_bytes() for path in world.folder.iterdir() if path.is_file()}
    assert b"query_usage_detail" in b"".join(files.values())
    for name, content in files.items():
        assert OTHER.encode() not in content, name


async def test_records_want_a_reference_from_elsewhere(folder: Path) -> None:
    async with order_world(folder, level="L0") as world:
        await world.prove("L2", reference=Reference.CARD)

        with pytest.raises(AssuranceTooLow):
            await world.prepare("query_usage_detail")


async def test_plan_is_read_back_on_the_screen_while_the_recording_grows(
    world: OrderWorld,
) -> None:
    order_id = await world.prepare("change_plan", target_plan="easy59")
    step = await world.present(order_id)
    assert "畅享59元" in step.params["what"]
    assert "59元" in step.params["cost"]
    assert "19元" in step.params["cost"]

    world.media.growing = False
    with pytest.raises(NotRecording):
        await world.answer(confirmed=True)

    world.media.growing = True
    await world.answer(confirmed=True)
    await world.spawner.run()
    order = await world.order(order_id)
    assert order.state is OrderState.SUCCEEDED
    assert order.result["undo_until"] == "2026-11-30T16:00:00+00:00"


async def test_plan_that_is_not_for_this_holder_is_refused_with_its_code(world: OrderWorld) -> None:
    with pytest.raises(PreconditionFailed) as refused:
        await world.prepare("change_plan", target_plan="second9")

    assert refused.value.fields["reason"] == "plan_eligible"


async def test_code_is_enough_for_services_but_not_for_forwarding(folder: Path) -> None:
    async with order_world(folder, level="L1") as world:
        await seed_plans(world.bss, DEMO_PEOPLE[0])

        order = await world.carry_out("cancel_vas", ring_tone=True, news=True)

        assert order.state is OrderState.SUCCEEDED
        assert (order.result["ends_now"], order.result["ends_later"]) == ("news", "ring_tone")
        with pytest.raises(AssuranceTooLow) as refused:
            await world.prepare(
                "toggle_feature",
                "form-2",
                feature="call_forward",
                switch="on",
                forward_to=FORWARDED,
            )
        assert refused.value.fields["needed"] == "L2"


async def test_allowance_is_shown_openly_without_a_recording(folder: Path) -> None:
    async with order_world(folder, level="L1") as world:
        await seed_plans(world.bss, DEMO_PEOPLE[0])
        world.media.growing = False

        order = await world.carry_out("query_allowance")

        assert order.state is OrderState.SUCCEEDED
        step = await world.step()
        assert (step.kind, step.sealed, step.params["kind"]) == (StepKind.SHOW, False, "shown")
        assert order.result["data_left"] in step.params["lines"]


async def test_forwarding_number_is_masked_wherever_people_read(world: OrderWorld) -> None:
    order = await world.carry_out(
        "toggle_feature", feature="call_forward", switch="on", forward_to=FORWARDED
    )

    assert order.state is OrderState.SUCCEEDED
    for where in (await world.inbox.recent(), order.result):
        assert FORWARDED not in repr(where)
