"""Orders that the customer finishes on the operator's own page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.order_world import NUMBER, OrderWorld, order_world
from vcounter.adapters.bss.embedded import demo_person
from vcounter.adapters.bss.embedded.money_seeds import seed_money
from vcounter.adapters.bss.embedded.pages import OpenPage
from vcounter.domain.errors import StepGone
from vcounter.domain.ids import OrderId
from vcounter.domain.order import OrderState
from vcounter.domain.steps import StepKind
from vcounter.services.orders.order_views import order_view
from vcounter.services.orders.page_closed import page_closed
from vcounter.services.orders.pages import page_of_step
from vcounter.services.orders.run_action import present_order
from vcounter.services.orders.settle_orders import settle_orders
from vcounter.services.visits.guide import push


@pytest.fixture
async def world(folder: Path) -> AsyncIterator[OrderWorld]:
    """A customer of whom nothing is known, and whose operator tells when a page is over."""
    async with order_world(folder, level="L0") as opened:
        demo = demo_person(NUMBER)
        assert demo is not None
        await seed_money(opened.bss, demo)
        opened.bss.pages.listen(
            lambda key: opened.spawner(page_closed(opened.deps, key), "page closed")
        )
        yield opened


async def page_of(world: OrderWorld) -> str:
    """The token that the customer's page gets."""
    url = await page_of_step(world.deps, world.customer, (await world.step()).id)
    return url.rsplit("/", 1)[1]


async def finish(world: OrderWorld, *, pay: bool = True) -> None:
    token = await page_of(world)
    page = await world.bss.pages.read(token)
    assert isinstance(page, OpenPage)
    if pay:
        await world.bss.pages.finish(token, page.form_token, {})
    else:
        await world.bss.pages.abandon(token, page.form_token)
    await world.spawner.run()


async def waiting(world: OrderWorld) -> OrderId:
    order = await world.carry_out("top_up_payment", amount=50)
    assert order.state is OrderState.SUBMITTED
    return order.id


async def test_the_order_waits_until_the_customer_has_paid(world: OrderWorld) -> None:
    order_id = await waiting(world)
    assert (await world.step()).kind is StepKind.PAY
    assert await world.sent() == []

    await finish(world)

    assert (await world.order(order_id)).state is OrderState.SUCCEEDED
    assert await world.current() is None
    assert await world.sent() == [(NUMBER, "receipt.top_up_payment")]


async def test_who_does_not_pay_has_a_failed_order_and_no_receipt(world: OrderWorld) -> None:
    order_id = await waiting(world)

    await finish(world, pay=False)

    order = await world.order(order_id)
    assert (order.state, order.failure) == (OrderState.FAILED, "page_abandoned")
    assert await world.sent() == []


async def test_a_page_that_is_too_late_fails_the_order_by_the_sweep(world: OrderWorld) -> None:
    order_id = await waiting(world)
    world.clock.move(minutes=16)

    await settle_orders(world.deps)

    order = await world.order(order_id)
    assert (order.state, order.failure) == (OrderState.FAILED, "page_expired")
    assert await world.current() is None


async def test_a_lost_word_of_the_operator_is_made_up_for_by_the_sweep(world: OrderWorld) -> None:
    order_id = await waiting(world)
    world.bss.pages.listen(lambda _: None)
    await finish(world)
    assert (await world.order(order_id)).state is OrderState.SUBMITTED
    world.clock.move(seconds=20)

    await settle_orders(world.deps)

    assert (await world.order(order_id)).state is OrderState.SUCCEEDED


async def test_the_address_is_for_the_customers_screen_alone(world: OrderWorld) -> None:
    order_id = await waiting(world)
    token = await page_of(world)

    view = order_view(await world.order(order_id), "zh-CN")
    told = str(view) + str(await world.events("order")) + str(await world.events("step"))
    assert token not in told
    assert token not in str((await world.step()).params)


async def test_a_page_pushed_off_the_screen_comes_back(world: OrderWorld) -> None:
    order_id = await waiting(world)
    token = await page_of(world)
    await push(world.deps, world.agent, world.visit_id, StepKind.MESSAGE, {"text": "请等一下"})
    with pytest.raises(StepGone):
        await page_of(world)

    await present_order(world.deps, world.agent, order_id)

    assert await page_of(world) == token


async def test_a_key_that_no_order_has_is_ignored(world: OrderWorld) -> None:
    await page_closed(world.deps, "vis_none:key")
    await page_closed(world.deps, "")
