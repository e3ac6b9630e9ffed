"""Orders that wait for their time, and actions that are switched off or closed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from tests.fakes.order_world import NUMBER, SCOPE, OrderWorld, own_text
from vcounter.domain.errors import ActionClosed, Forbidden, InvalidInput
from vcounter.domain.ids import Msisdn, OrderId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.visit import VisitState
from vcounter.services.orders import order_guard, switches
from vcounter.services.orders.run_action import cancel_order, prepare_order
from vcounter.services.orders.settle_orders import settle_orders
from vcounter.services.orders.undo_link import read_link, send_undo_code, undo_by_code
from vcounter.services.ports import ActionSwitch

DAY = timedelta(days=1)


async def prepare(world: OrderWorld, due_at: datetime | None, action_id: str) -> OrderId:
    inputs = {"scope": "both"} if action_id == "suspend_service" else {}
    view = await prepare_order(
        world.deps, world.agent, world.visit_id, action_id, inputs, "later", due_at
    )
    return OrderId(str(view["id"]))


async def scheduled(world: OrderWorld) -> Order:
    order_id = await prepare(world, world.clock.now() + DAY, "suspend_service")
    await world.present(order_id)
    await world.answer(confirmed=True)
    await world.spawner.run()
    return await world.order(order_id)


async def switch(world: OrderWorld, action_id: str = "suspend_service", **fields: object) -> None:
    given: dict[str, object] = {"role": "all", "enabled": True, "opens": None, "closes": None}
    await switches.set_switch(
        world.deps,
        await world.lead(f"lead{len(await world.audited(action_id))}"),
        action_id,
        **{**given, **fields},  # type: ignore[arg-type]
    )


async def test_order_waits_for_its_time_and_is_then_carried_out(world: OrderWorld) -> None:
    order = await scheduled(world)
    assert order.state is OrderState.SCHEDULED
    await settle_orders(world.deps)
    assert await world.state() == "ACTIVE"
    await world.change_visit(state=VisitState.CLOSED)

    world.clock.move(hours=24, seconds=1)
    await settle_orders(world.deps)

    assert (await world.order(order.id)).state is OrderState.SUCCEEDED
    assert await world.state() == "SUSPENDED_VOL"


async def test_customer_is_told_once_when_it_will_be_done(world: OrderWorld) -> None:
    await scheduled(world)

    for _ in range(2):
        await settle_orders(world.deps)

    assert [t for _, t in await world.sent()] == ["order.scheduled"]


async def test_customer_is_told_in_the_operators_own_words(world: OrderWorld) -> None:
    await own_text(world, "order.scheduled", "某某公司 {at} {tail} {url}", "{at} {tail} {url}")
    await scheduled(world)

    await settle_orders(world.deps)

    (sent,) = await world.inbox.recent()
    assert sent.text.startswith("某某公司 ")
    assert f" {NUMBER[-4:]} http" in sent.text


async def test_what_the_operator_refuses_later_is_told_by_sms(world: OrderWorld) -> None:
    order = await scheduled(world)
    await world.bss.hall.stop(NUMBER, "debt", "test")
    world.clock.move(hours=25)

    await settle_orders(world.deps)
    await settle_orders(world.deps)

    failed = await world.order(order.id)
    assert (failed.state, failed.failure) == (OrderState.FAILED, "is_active")
    assert [t for _, t in await world.sent()].count("order.refused") == 1


async def test_marks_are_asked_again_when_the_time_has_come(world: OrderWorld) -> None:
    order = await scheduled(world)
    async with world.deps.db.write(SCOPE) as uow:
        await order_guard.mark_duress(uow, "stf", world.visit_id, on=True)
    world.clock.move(hours=25)

    await settle_orders(world.deps)
    assert (await world.order(order.id)).state is OrderState.SCHEDULED
    world.clock.move(hours=24)
    await settle_orders(world.deps)

    assert (await world.order(order.id)).state is OrderState.EXPIRED
    assert await world.state() == "ACTIVE"


async def test_agent_who_serves_the_number_cancels_what_waits(world: OrderWorld) -> None:
    order = await scheduled(world)
    await world.change_visit(msisdn=Msisdn("13800006022"))
    with pytest.raises(Forbidden):
        await cancel_order(world.deps, world.agent, order.id)
    await world.change_visit(msisdn=NUMBER)

    await cancel_order(world.deps, world.agent, order.id)

    world.clock.move(hours=25)
    await settle_orders(world.deps)
    assert (await world.order(order.id)).state is OrderState.CANCELLED
    assert await world.state() == "ACTIVE"


async def test_customer_cancels_from_the_link_with_a_code(world: OrderWorld) -> None:
    order = await scheduled(world)
    await settle_orders(world.deps)
    await world.change_visit(state=VisitState.CLOSED)
    found = re.search(r"/u/([\w-]+)", (await world.inbox.recent())[0].text)
    assert found is not None

    await send_undo_code(world.deps, found[1])
    digits = re.search(r"\d{6}", (await world.inbox.recent())[0].text)
    assert digits is not None
    after = await undo_by_code(world.deps, found[1], digits[0])

    assert after.standing == "undone"
    assert (await world.order(order.id)).state is OrderState.CANCELLED
    assert (await read_link(world.deps, found[1])).standing == "undone"


@pytest.mark.parametrize("days", [-1, 91])
async def test_time_lies_ahead_and_not_too_far(world: OrderWorld, days: int) -> None:
    with pytest.raises(InvalidInput):
        await prepare(world, world.clock.now() + timedelta(days=days), "suspend_service")


async def test_what_the_customer_must_be_there_for_does_not_wait(world: OrderWorld) -> None:
    for action_id in ("query_puk", "reset_service_password"):
        with pytest.raises(InvalidInput):
            await prepare(world, world.clock.now() + DAY, action_id)


# --- switches


async def test_action_that_is_off_is_neither_prepared_nor_shown(world: OrderWorld) -> None:
    order_id = await world.prepare("suspend_service")
    await switch(world, enabled=False)

    with pytest.raises(ActionClosed):
        await world.prepare("suspend_service", "form-2")
    with pytest.raises(ActionClosed):
        await world.present(order_id)
    assert "switch.set" in await world.audited("suspend_service")


async def test_closed_action_says_its_hours_and_may_wait_for_them(world: OrderWorld) -> None:
    local = world.clock.now() + timedelta(hours=8)  # Asia/Shanghai
    opens, closes = local + timedelta(hours=2), local + timedelta(hours=4)
    await switch(world, opens=opens.time().replace(microsecond=0), closes=closes.time())

    with pytest.raises(ActionClosed) as refused:
        await world.prepare("suspend_service")

    fields = refused.value.fields
    assert f"{opens:%H:%M}" in str(fields["hours_zh"])
    assert "daily from" in str(fields["hours_en"])
    due = datetime.fromisoformat(str(fields["opens_at"]))
    await prepare(world, due + timedelta(minutes=1), "suspend_service")


async def test_role_has_its_own_switch_before_that_of_all(world: OrderWorld) -> None:
    await switch(world, enabled=False)
    await switch(world, role="agent", enabled=True)

    await world.prepare("suspend_service")


async def test_loss_can_be_reported_at_any_hour(world: OrderWorld) -> None:
    for fields in ({"enabled": False}, {"opens": time(8), "closes": time(20)}):
        with pytest.raises(InvalidInput):
            await switch(world, "report_loss", **fields)
    async with world.deps.db.write(SCOPE) as uow:  # whatever the table says
        await uow.switches.put(
            ActionSwitch(
                SCOPE.tenant_id,
                SCOPE.region,
                "report_loss",
                "all",
                False,
                world.clock.now(),
                world.agent.id,
            )
        )

    await world.prepare("report_loss")


async def test_catalogue_tells_what_is_offered_now(world: OrderWorld) -> None:
    await switch(world, enabled=False)

    shown = {str(form["id"]): form for form in await switches.offered(world.deps, world.agent)}

    assert shown["suspend_service"]["enabled"] is False
    assert shown["report_loss"]["open_now"] is True


@pytest.mark.parametrize(
    ("opens", "closes", "at", "is_open"),
    [
        (time(8), time(20), "08:00", True),
        (time(8), time(20), "20:00", False),
        (time(20), time(6), "23:00", True),
        (time(20), time(6), "05:59", True),
        (time(20), time(6), "06:00", False),
    ],
)
def test_hours_may_run_over_midnight(opens: time, closes: time, at: str, is_open: bool) -> None:
    moment = datetime.fromisoformat(f"2026-11-20T{at}:00+08:00")
    switch_ = ActionSwitch(
        SCOPE.tenant_id,
        SCOPE.region,
        "x",
        "all",
        True,
        moment,
        "stf_1",
        opens,
        closes,  # type: ignore[arg-type]
    )

    assert switches.is_open(switch_, moment) is is_open
    opening = switches.next_opening(replace(switch_), moment)
    assert opening is not None
    assert opening > moment
