"""Taking an order back: by the agent in any visit of the number, by the customer from a link."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from tests.fakes.order_world import NUMBER, SCOPE, OrderWorld, order_world
from vcounter.adapters.bss.embedded import Fault, demo_person
from vcounter.adapters.bss.embedded.money_seeds import seed_money
from vcounter.domain.errors import (
    AssuranceTooLow,
    CodeWrong,
    KeyReused,
    LinkInvalid,
    PreconditionFailed,
    TooMany,
    VisitGone,
    WrongState,
)
from vcounter.domain.ids import Msisdn, OrderId, VisitId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.visit import VisitState
from vcounter.http.middleware.security_headers import SecurityHeaders
from vcounter.http.undo_page import undo_routes
from vcounter.services.context import sha256_hex
from vcounter.services.orders import order_guard
from vcounter.services.orders.order_views import UNDO_URL
from vcounter.services.orders.reversal import prepare_reversal
from vcounter.services.orders.settle_orders import settle_orders
from vcounter.services.orders.undo_link import read_link, send_undo_code, undo_by_code
from vcounter.services.orders.undo_url import UNDO_UNTIL
from vcounter.services.visits.open_visit import OpenRequest, RecordingConsent, open_visit

INPUTS: dict[str, object] = {"month": "2026-10", "item": 1, "reason": "wrong_amount"}


@pytest.fixture
async def world(folder: Path) -> AsyncIterator[OrderWorld]:
    """A customer known by a code alone, who disputes a charge and may withdraw."""
    async with order_world(folder, level="L1") as opened:
        demo = demo_person(NUMBER)
        assert demo is not None
        await seed_money(opened.bss, demo, in_debt=False)
        yield opened


async def disputed(world: OrderWorld) -> Order:
    return await world.carry_out("dispute_charge", "form-0", **INPUTS)


async def reverse(world: OrderWorld, original: Order, key: str = "undo-1") -> OrderId:
    view = await prepare_reversal(world.deps, world.agent, original.id, key)
    return OrderId(str(view["id"]))


async def linked(world: OrderWorld) -> tuple[Order, str]:
    """A done order whose visit is over, and the token of its undo link."""
    order = await disputed(world)
    await world.change_visit(state=VisitState.CLOSED)
    world.clock.move(minutes=5)
    found = re.fullmatch(r"https://counter\.example\.cn/u/([\w-]+)", order.result[UNDO_URL])
    assert found is not None
    return order, found[1]


async def code(world: OrderWorld, token: str) -> str:
    await send_undo_code(world.deps, token)
    newest = (await world.inbox.recent())[0]
    assert newest.to == NUMBER
    found = re.search(r"\d{6}", newest.text)
    assert found is not None
    return found[0]


def other(digits: str) -> str:
    return f"{(int(digits) + 1) % 1_000_000:06d}"


# --- by the agent


async def test_order_is_taken_back_with_the_customers_yes(world: OrderWorld) -> None:
    original = await disputed(world)
    reversal = await reverse(world, original)
    step = await world.present(reversal)
    await world.answer(confirmed=True)
    await world.spawner.run()

    assert "撤" in step.params["what"]
    done = await world.order(reversal)
    assert (done.state, done.reverses_id) == (OrderState.SUCCEEDED, original.id)
    assert (await world.order(original.id)).state is OrderState.REVERSED
    assert UNDO_URL not in done.result
    assert "order.reversed" in await world.audited(original.id)


async def test_reversal_is_prepared_once_for_a_key(world: OrderWorld) -> None:
    original = await disputed(world)

    first, again = await reverse(world, original), await reverse(world, original)

    assert first == again
    with pytest.raises(KeyReused):
        await reverse(world, original, "form-0")


async def test_one_reversal_is_on_its_way_at_a_time(world: OrderWorld) -> None:
    original = await disputed(world)

    tried = await asyncio.gather(
        *(reverse(world, original, f"undo-{n}") for n in range(3)), return_exceptions=True
    )

    assert sum(isinstance(t, WrongState) for t in tried) == 2


async def test_declined_reversal_leaves_the_order_and_may_be_tried_again(
    world: OrderWorld,
) -> None:
    original = await disputed(world)
    await world.present(await reverse(world, original))
    await world.answer(confirmed=False)

    assert (await world.order(original.id)).state is OrderState.SUCCEEDED
    await reverse(world, original, "undo-2")


async def test_only_what_was_done_and_can_be_undone_in_time_is_taken_back(
    world: OrderWorld,
) -> None:
    original = await disputed(world)
    shown = await world.carry_out("query_balance", "form-2")
    draft = await world.prepare("query_balance", "form-3")

    with pytest.raises(PreconditionFailed) as refused:
        await reverse(world, shown, "undo-2")
    assert refused.value.fields["reason"] == "cannot_undo"
    with pytest.raises(WrongState):
        await reverse(world, await world.order(draft), "undo-3")
    await set_deadline(world, original, minutes=-1)
    with pytest.raises(PreconditionFailed) as late:
        await reverse(world, original, "undo-4")
    assert late.value.fields["reason"] == "undo_too_late"


async def set_deadline(world: OrderWorld, order: Order, minutes: float) -> None:
    async with world.deps.db.write(SCOPE) as uow:
        fresh = await uow.orders.get(order.id)
        until = world.clock.now() + timedelta(minutes=minutes)
        fresh.result = {**fresh.result, UNDO_UNTIL: until.isoformat()}
        await uow.orders.save(fresh)


async def test_reversal_wants_a_visit_of_the_same_number(world: OrderWorld) -> None:
    original = await disputed(world)
    await world.change_visit(msisdn=Msisdn("13800006022"))
    with pytest.raises(PreconditionFailed):
        await reverse(world, original)

    await world.change_visit(state=VisitState.WRAP_UP)
    with pytest.raises(VisitGone):
        await reverse(world, original)


# --- by the customer, from the link


async def test_link_and_code_take_the_order_back_without_a_visit(world: OrderWorld) -> None:
    original, token = await linked(world)
    assert (await read_link(world.deps, token)).standing == "ready"

    after = await undo_by_code(world.deps, token, await code(world, token))

    assert after.standing == "undone"
    assert (await world.order(original.id)).state is OrderState.REVERSED
    assert (await world.sent())[-1] == (NUMBER, "receipt.dispute_charge")


async def test_link_undoes_once(world: OrderWorld) -> None:
    _, token = await linked(world)
    digits = await code(world, token)
    await undo_by_code(world.deps, token, digits)

    with pytest.raises(WrongState):
        await undo_by_code(world.deps, token, digits)
    with pytest.raises(WrongState):
        await send_undo_code(world.deps, token)


async def test_of_two_taps_at_once_one_undoes(world: OrderWorld) -> None:
    original, token = await linked(world)
    digits = await code(world, token)

    taps = await asyncio.gather(
        *(undo_by_code(world.deps, token, digits) for _ in range(2)), return_exceptions=True
    )

    assert sum(not isinstance(t, BaseException) for t in taps) == 1
    async with world.deps.db.read(SCOPE) as uow:
        [reversal] = await uow.orders.reversals_of(original.id)
    assert reversal.state is OrderState.SUCCEEDED


async def test_reading_the_link_changes_nothing(world: OrderWorld) -> None:
    original, token = await linked(world)
    before = await world.sent()

    for _ in range(3):
        await read_link(world.deps, token)

    assert await world.sent() == before
    assert (await world.order(original.id)).version == original.version


async def test_wrong_code_undoes_nothing_and_the_tries_end(world: OrderWorld) -> None:
    original, token = await linked(world)
    digits = await code(world, token)
    left = []

    for _ in range(3):
        with pytest.raises(CodeWrong) as wrong:
            await undo_by_code(world.deps, token, other(digits))
        left.append(wrong.value.fields["tries_left"])

    assert left == [2, 1, 0]
    with pytest.raises(CodeWrong):
        await undo_by_code(world.deps, token, digits)
    assert (await world.order(original.id)).state is OrderState.SUCCEEDED


async def test_codes_count_against_the_numbers_limits(world: OrderWorld) -> None:
    _, token = await linked(world)

    for _ in range(world.deps.policy.codes_per_hour):
        await send_undo_code(world.deps, token)

    with pytest.raises(TooMany):
        await send_undo_code(world.deps, token)


async def test_no_code_no_undo(world: OrderWorld) -> None:
    """What the visit proved before lends the link nothing."""
    original, token = await linked(world)

    with pytest.raises(CodeWrong):
        await undo_by_code(world.deps, token, "123456")

    assert (await world.order(original.id)).state is OrderState.SUCCEEDED


@pytest.mark.parametrize("stop", ["lost", "fraud", "police"])
async def test_no_code_goes_to_a_card_that_cannot_be_trusted(world: OrderWorld, stop: str) -> None:
    _, token = await linked(world)
    await world.bss.hall.stop(NUMBER, stop, "test")
    before = await world.sent()

    assert (await read_link(world.deps, token)).standing == "visit"
    with pytest.raises(WrongState):
        await send_undo_code(world.deps, token)
    assert await world.sent() == before


async def test_link_is_over_in_time(world: OrderWorld) -> None:
    _, token = await linked(world)
    world.clock.move(hours=25)

    assert (await read_link(world.deps, token)).standing == "late"
    with pytest.raises(WrongState):
        await send_undo_code(world.deps, token)


async def test_operators_deadline_ends_the_link(world: OrderWorld) -> None:
    original, token = await linked(world)
    await set_deadline(world, original, minutes=1)
    digits = await code(world, token)
    world.clock.move(minutes=2)

    with pytest.raises(WrongState):
        await undo_by_code(world.deps, token, digits)


async def test_forged_or_foreign_token_is_nothing(world: OrderWorld) -> None:
    await linked(world)
    plain = "x" * 32
    async with world.deps.db.write(SCOPE) as uow:
        link = await uow.links.get(sha256_hex(plain))
        assert link is None

    for token in (plain, "", "../etc", sha256_hex("x")):
        with pytest.raises(LinkInvalid):
            await read_link(world.deps, token)


async def test_customer_who_is_still_with_the_agent_is_told_so(world: OrderWorld) -> None:
    _, token = await linked(world)
    await world.change_visit(state=VisitState.SERVING)

    assert (await read_link(world.deps, token)).standing == "serving"


async def test_duress_holds_an_undo_back_silently(world: OrderWorld) -> None:
    original, token = await linked(world)
    async with world.deps.db.write(SCOPE) as uow:
        await order_guard.mark_duress(uow, "stf", world.visit_id, on=True)

    after = await undo_by_code(world.deps, token, await code(world, token))

    assert after.standing == "undoing"
    assert (await world.order(original.id)).state is OrderState.SUCCEEDED


async def test_undo_survives_a_silent_operator(world: OrderWorld) -> None:
    original, token = await linked(world)
    digits = await code(world, token)
    world.faults.plan("execute", Fault.TIMEOUT_BEFORE)

    after = await undo_by_code(world.deps, token, digits)
    assert after.standing == "undoing"
    world.clock.move(minutes=1)
    await settle_orders(world.deps)

    assert (await world.order(original.id)).state is OrderState.REVERSED


async def test_link_of_what_wants_l2_opens_a_visit_that_knows_the_order(folder: Path) -> None:
    async with order_world(folder) as world:
        order = await world.carry_out("suspend_service")
        await world.change_visit(state=VisitState.CLOSED)
        found = re.fullmatch(r"https://counter\.example\.cn/c/([\w-]+)", order.result[UNDO_URL])
        assert found is not None
        token = found[1]

        assert (await read_link(world.deps, token)).standing == "visit"
        async with world.deps.db.write(SCOPE) as uow:
            group = (await uow.skill_groups.all())[0]
            elder = replace(group, id=type(group.id)("skg_elder"), code="elder_care")
            await uow.skill_groups.add(elder)
        request = OpenRequest(token, "zh-CN", RecordingConsent.GIVEN, False, "phone")
        opened = await open_visit(world.deps, request, SCOPE)
        async with world.deps.db.read(SCOPE) as uow:
            link = await uow.links.of_visit(VisitId(opened.visit_id))
        assert link is not None
        assert link.order_id == order.id


# --- the page


class Unlimited:
    async def take(self, name: str, whom: str) -> None:
        return None


class Pages:
    """What the page asks of the counter."""

    limits = Unlimited()

    def __init__(self, deps: Any) -> None:
        self.deps = deps


def browser(world: OrderWorld) -> httpx.AsyncClient:
    app = Starlette(routes=undo_routes(Pages(world.deps)))  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app=SecurityHeaders(app))
    return httpx.AsyncClient(transport=transport, base_url="https://counter.example.cn")


async def test_page_leads_from_the_link_to_undone(world: OrderWorld) -> None:
    _, token = await linked(world)
    async with browser(world) as web:
        first = await web.get(f"/u/{token}")
        assert first.status_code == 200
        assert "发验证码到这个号码" in first.text
        assert 'name="code"' not in first.text
        second = await web.post(f"/u/{token}/code")
        assert 'name="code"' in second.text
        digits = re.search(r"\d{6}", (await world.inbox.recent())[0].text)
        assert digits is not None
        last = await web.post(f"/u/{token}/confirm", data={"code": digits[0]})

    assert "已经撤销了" in last.text
    assert NUMBER not in first.text + second.text + last.text
    assert "<script" not in first.text


async def test_page_may_send_its_forms_and_is_kept_nowhere(world: OrderWorld) -> None:
    _, token = await linked(world)
    async with browser(world) as web:
        page = await web.get(f"/u/{token}")

    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "form-action 'self'" in page.headers["content-security-policy"]


async def test_page_says_in_words_what_went_wrong(world: OrderWorld) -> None:
    _, token = await linked(world)
    async with browser(world) as web:
        forged = await web.get("/u/<script>alert(1)</script>".replace("/script", "%2Fscript"))
        unknown = await web.get(f"/u/{'x' * 32}")
        await web.post(f"/u/{token}/code")
        wrong = await web.post(f"/u/{token}/confirm", data={"code": "12ab"})
        long = await web.post(f"/u/{token}/confirm", content=b"code=" + b"1" * 5000)
        world.clock.move(hours=25)
        late = await web.get(f"/u/{token}")

    assert (forged.status_code, unknown.status_code) == (404, 404)
    assert "链接不对" in unknown.text
    assert "alert(1)" not in forged.text
    assert "请只输入数字" in wrong.text
    assert "请只输入数字" in long.text
    assert "时间已经过了" in late.text


async def test_english_customer_reads_english(world: OrderWorld) -> None:
    await world.change_visit(lang="en")
    _, token = await linked(world)
    async with browser(world) as web:
        page = await web.get(f"/u/{token}")

    assert "Do you want to undo this?" in page.text
    assert not re.search(r"[\u4e00-\u9fff]", page.text)


# --- a number alone


async def complained(world: OrderWorld) -> Order:
    return await world.carry_out("lodge_complaint", "form-0", category="staff", words="排队太久")


async def test_nobody_takes_back_for_another_by_saying_the_number_alone(folder: Path) -> None:
    """A complaint wants no proof; another person's withdrawal of it does."""
    async with order_world(folder, level="L0") as world:
        order = await complained(world)
        await world.change_visit(customer_party_id="pty_somebody")

        with pytest.raises(AssuranceTooLow) as refused:
            await reverse(world, order)

        assert refused.value.fields["needed"] == "L1"


async def test_who_made_it_takes_it_back_as_it_was_made(folder: Path) -> None:
    async with order_world(folder, level="L0") as world:
        order = await complained(world)
        await world.present(await reverse(world, order))
        await world.answer(confirmed=True)
        await world.spawner.run()

        assert (await world.order(order.id)).state is OrderState.REVERSED
