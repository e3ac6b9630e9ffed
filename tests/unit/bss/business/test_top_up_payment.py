"""A payment is made on the operator's own page: once, in time, for a number that exists."""

from __future__ import annotations

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.money_world import DEBTOR, NUMBER, MoneyWorld
from vcounter.adapters.bss.embedded import NewSubscriber, demo_person, send_due_notices
from vcounter.adapters.bss.embedded.money_seeds import seed_money
from vcounter.adapters.bss.embedded.pages import FormRefused, OpenPage, PageOver
from vcounter.adapters.sms import DemoInbox
from vcounter.services.ports import BssResult


async def opened(money: MoneyWorld, **inputs: str) -> tuple[str, OpenPage]:
    """A fresh page: its token, and what stands on it."""
    result = await money.run("top_up_payment", **({"amount": "50"} | inputs))
    assert result.pending
    token = result.page.rsplit("/", 1)[1]
    page = await money.bss.pages.read(token)
    assert isinstance(page, OpenPage)
    return token, page


async def outcome(money: MoneyWorld) -> BssResult:
    result = await money.bss.query(money.keys[-1])
    assert result is not None
    return result


async def test_nothing_is_paid_before_the_customer_says_so(money: MoneyWorld) -> None:
    before = await money.account()

    _, page = await opened(money)

    assert await money.account() == before
    assert page.values == {"amount_fen": "5000", "payee_masked": "138****6022"}
    assert (await outcome(money)).pending


async def test_the_money_arrives_once_however_often_the_button_is_pressed(
    money: MoneyWorld,
) -> None:
    before = await money.account()
    token, page = await opened(money)

    for _ in range(3):
        assert await money.bss.pages.finish(token, page.form_token, {}) == PageOver("")

    assert (await outcome(money)).done
    assert (await money.account()).balance_fen == before.balance_fen + 5000
    assert sum((await money.balances()).values()) == 0


async def test_paying_for_another_number_lifts_its_debt_and_tells_its_holder(
    money: MoneyWorld, inbox: DemoInbox
) -> None:
    owed = (await money.account(DEBTOR)).arrears_fen
    token, page = await opened(money, payee=DEBTOR, amount=str(owed // 100 + 1))

    await money.bss.pages.finish(token, page.form_token, {})
    await send_due_notices(money.bss, inbox)

    assert await money.state(DEBTOR) == "ACTIVE"
    [message] = await inbox.messages(DEBTOR)
    assert "恢复使用" in message.text
    assert not {"resumed", "balance_fen"} & set((await outcome(money)).values)


async def test_a_page_that_is_left_pays_nothing(money: MoneyWorld) -> None:
    before = await money.account()
    token, page = await opened(money)

    assert await money.bss.pages.abandon(token, page.form_token) == PageOver("page_abandoned")
    assert await money.bss.pages.finish(token, page.form_token, {}) == PageOver("page_abandoned")

    result = await outcome(money)
    assert (result.done, result.reason) == (False, "page_abandoned")
    assert await money.account() == before


@pytest.mark.parametrize("look_first", [True, False])
async def test_a_page_is_open_for_a_quarter_of_an_hour(
    money: MoneyWorld, clock: FakeClock, look_first: bool
) -> None:
    before = await money.account()
    token, page = await opened(money)
    clock.move(minutes=15)

    if look_first:
        assert await money.bss.pages.read(token) == PageOver("page_expired")
    late = await money.bss.pages.finish(token, page.form_token, {})

    assert late == PageOver("page_expired")
    assert (await outcome(money)).reason == "page_expired"
    assert await money.account() == before


async def test_an_unknown_token_opens_nothing(money: MoneyWorld) -> None:
    assert await money.bss.pages.read("x" * 32) == PageOver("page_unknown")


async def test_a_form_of_another_page_changes_nothing(money: MoneyWorld) -> None:
    _, other = await opened(money)
    token, _ = await opened(money, amount="30")

    with pytest.raises(FormRefused):
        await money.bss.pages.finish(token, other.form_token, {})
    with pytest.raises(FormRefused):
        await money.bss.pages.abandon(token, "")

    assert (await outcome(money)).pending


async def test_the_end_of_a_page_is_told_once_with_its_key(money: MoneyWorld) -> None:
    told: list[str] = []
    money.bss.pages.listen(told.append)
    token, page = await opened(money)

    await money.bss.pages.finish(token, page.form_token, {})
    await money.bss.pages.finish(token, page.form_token, {})

    assert told == [money.keys[-1]]


async def test_number_and_amount_are_checked(money: MoneyWorld) -> None:
    assert await money.failing("top_up_payment", NUMBER, amount="501") == ("amount_within_cap",)
    assert await money.failing("top_up_payment", NUMBER, amount="500") == ()
    missing = await money.failing("top_up_payment", NUMBER, amount="5", payee="13999999999")
    assert missing == ("payee_known",)


async def test_a_test_number_pays_for_no_real_one(money: MoneyWorld) -> None:
    demo = demo_person("13800006021")
    assert demo is not None
    await money.bss.hall.open_number(NewSubscriber(demo.person, test=False))
    await seed_money(money.bss, demo)

    failing = await money.failing("top_up_payment", NUMBER, amount="5", payee="13800006021")

    assert failing == ("payee_known",)


CLOSING = {"refund": "bank", "refund_to": "6222020000000007"}


@pytest.mark.parametrize("hours", [1, 72])
async def test_nobody_pays_for_a_number_that_is_closed_or_being_closed(
    money: MoneyWorld, clock: FakeClock, hours: int
) -> None:
    await money.pay(DEBTOR, 100_000)
    assert (await money.run("terminate_service", DEBTOR, **CLOSING)).done
    clock.move(hours=hours)
    await money.bss.move_time()

    failing = await money.failing("top_up_payment", NUMBER, amount="5", payee=DEBTOR)

    assert failing == ("payee_known",)


async def test_a_page_that_was_open_when_the_number_was_closed_takes_no_money(
    money: MoneyWorld,
) -> None:
    token, page = await opened(money, payee=DEBTOR)
    before = await money.account(DEBTOR)
    assert (await money.run("terminate_service", NUMBER, **CLOSING)).done

    assert await money.bss.pages.finish(token, page.form_token, {}) == PageOver("not_closed")

    assert await money.account(DEBTOR) == before
