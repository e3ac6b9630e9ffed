"""The PUK's way: sealed, to one screen, for one order, and found nowhere afterwards."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from tests.fakes.order_world import CALL_BACK, NUMBER, PUK, OrderWorld
from vcounter.domain.errors import (
    MediaUnavailable,
    PreconditionFailed,
    StepGone,
    VisitGone,
    WrongState,
)
from vcounter.domain.ids import PartyId, VisitId
from vcounter.domain.order import OrderState
from vcounter.domain.steps import StepKind
from vcounter.domain.visit import VisitState
from vcounter.services.context import CustomerCaller
from vcounter.services.orders.disclose import reveal_step, show_again
from vcounter.services.visits.seal import follow_step


async def shown(world: OrderWorld) -> str:
    return (await reveal_step(world.deps, world.customer, (await world.step()).id)).value


async def test_puk_reaches_the_customer_behind_a_shut_bridge(world: OrderWorld) -> None:
    await world.carry_out("query_puk")

    step = await world.step()
    assert (step.kind, step.sealed, step.params["kind"]) == (StepKind.SHOW, True, "puk")
    assert world.media.sealed
    assert await shown(world) == PUK
    await world.answer(seen=True)
    assert await world.current() is None
    assert not world.media.sealed


async def test_nothing_is_revealed_while_the_bridge_is_open(world: OrderWorld) -> None:
    await world.carry_out("query_puk")
    world.media.sealed = False

    with pytest.raises(MediaUnavailable):
        await shown(world)


async def test_value_is_dropped_if_the_step_went_while_the_operator_answered(
    world: OrderWorld,
) -> None:
    await world.carry_out("query_puk")
    step = await world.step()
    true_reveal = world.bss.reveal

    async def slow_reveal(key: str) -> str:
        value = await true_reveal(key)
        await world.answer(seen=True)
        return value

    world.deps.bss.reveal = slow_reveal  # type: ignore[method-assign]

    with pytest.raises(StepGone):
        await reveal_step(world.deps, world.customer, step.id)


async def test_late_look_at_an_older_step_cannot_open_the_bridge(world: OrderWorld) -> None:
    """A request that had seen no sealed step opened the bridge after one had come up."""
    order_id = await world.confirm("query_puk")
    true_seal = world.media.set_sealed
    looked, go_on = asyncio.Event(), asyncio.Event()

    async def slow_seal(visit_id: VisitId, sealed: bool) -> None:
        if not sealed and not looked.is_set():
            looked.set()
            await go_on.wait()
        await true_seal(visit_id, sealed)

    world.media.set_sealed = slow_seal  # type: ignore[method-assign]
    late = asyncio.create_task(follow_step(world.deps, world.agent.scope, world.visit_id))
    await looked.wait()
    settling = asyncio.create_task(world.spawner.run())
    await asyncio.sleep(0.1)  # as far as it gets while the other holds its turn
    go_on.set()
    await asyncio.gather(late, settling)

    assert (await world.order(order_id)).state is OrderState.SUCCEEDED
    assert (await world.step()).sealed
    assert world.media.sealed


async def test_another_party_gets_nothing(world: OrderWorld) -> None:
    await world.carry_out("query_puk")
    step = await world.step()
    helper = CustomerCaller(replace(world.customer.party, id=PartyId("pty_helper")))

    with pytest.raises(StepGone):
        await reveal_step(world.deps, helper, step.id)


async def test_visit_that_ended_gets_nothing(world: OrderWorld) -> None:
    await world.carry_out("query_puk")
    step = await world.step()
    await world.change_visit(state=VisitState.WRAP_UP)

    with pytest.raises(VisitGone):
        await reveal_step(world.deps, world.customer, step.id)


async def test_plain_steps_reveal_nothing(world: OrderWorld) -> None:
    step = await world.present(await world.prepare("query_puk"))

    with pytest.raises(StepGone):
        await reveal_step(world.deps, world.customer, step.id)


async def test_bridge_that_cannot_be_shut_shows_nothing_until_the_agent_tries_again(
    world: OrderWorld,
) -> None:
    world.media.refuses_seal = True
    order = await world.carry_out("query_puk")
    assert order.state is OrderState.SUCCEEDED
    assert await world.current() is None

    world.media.refuses_seal = False
    await show_again(world.deps, world.agent, order.id)

    assert await shown(world) == PUK


async def test_only_a_done_disclosure_can_be_shown_again(world: OrderWorld) -> None:
    draft = await world.prepare("query_puk")
    other = await world.carry_out("suspend_service", "form-2")

    for order_id in (draft, other.id):
        with pytest.raises(WrongState):
            await show_again(world.deps, world.agent, order_id)
    assert not world.media.sealed


async def test_loss_reported_meanwhile_hides_the_puk(world: OrderWorld) -> None:
    await world.carry_out("query_puk")
    await world.bss.hall.stop(NUMBER, "lost", "test")

    with pytest.raises(PreconditionFailed):
        await shown(world)


async def test_puk_is_in_no_file_event_order_or_log(
    world: OrderWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    order = await world.carry_out("query_puk")
    assert await shown(world) == PUK
    with pytest.raises(StepGone):
        await reveal_step(world.deps, world.customer, order.id)  # type: ignore[arg-type]
    await world.answer(seen=True)

    async with world.deps.db.read(None) as uow:
        events = await uow.outbox.pending(1000)
    async with world.deps.db.read(world.agent.scope) as uow:
        audit = await uow.audit.of_object(order.id)
    messages = await world.inbox.recent()
    result = await world.bss.query(order.idempotency_key)
    for where in (order, events, audit, messages, result, caplog.text, caplog.records):
        assert PUK not in repr(where)
    files = {path.name: path.read_bytes() for path in world.folder.iterdir() if path.is_file()}
    assert {"counter.db", "bss.db"} <= files.keys()
    assert b"query_puk" in b"".join(files.values()), "what the visit wrote has reached the files"
    for name, content in files.items():
        assert PUK.encode() not in content, name


async def test_personal_data_is_in_no_file_in_clear(world: OrderWorld) -> None:
    await world.carry_out("report_loss", call_back=CALL_BACK, place="菜市场门口")

    record = await world.bss.find(NUMBER)
    assert record is not None
    for path in world.folder.iterdir():
        content = path.read_bytes() if path.is_file() else b""
        for secret in (
            NUMBER,
            CALL_BACK,
            record.document_number,
            record.name,
            record.address,
            "菜市场",
        ):
            assert secret.encode() not in content, path.name
