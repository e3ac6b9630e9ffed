"""A top-up from the first tap to the receipt: the operator's own page stands in the step."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.stage import SLOW, Stage, both_hear_and_see
from tests.e2e.visit import meet, order

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def test_a_top_up_is_paid_on_the_operators_page_while_the_call_goes_on(
    browser: Browser, stage: Stage
) -> None:
    meeting = await meet(browser, stage)
    agent, customer = meeting.agent, meeting.customer
    await both_hear_and_see(agent.page, customer.page)

    await order(agent, "top_up_payment", amount="50", payee="13800006024")
    await customer.touch("btn-confirm-yes")
    await customer.sees("pay-page")
    page = customer.page.frame_locator("[data-testid=pay-page]")
    await expect(page.get_by_text("50.00元")).to_be_visible(timeout=SLOW)
    await expect(page.get_by_text("138****6024")).to_be_visible()
    await both_hear_and_see(agent.page, customer.page)
    address = str(await customer.page.get_by_test_id("pay-page").get_attribute("src"))
    token = re.sub(r"^.*/|\?.*$", "", address)
    await page.get_by_role("button", name="确认支付").click()

    await expect(agent.page.get_by_test_id("order-state")).to_have_attribute(
        "data-state", "succeeded", timeout=SLOW
    )
    await expect(customer.page.get_by_test_id("receipt")).to_be_visible(timeout=SLOW)
    await expect(customer.page.get_by_test_id("step-pay")).to_be_hidden()
    assert token not in await agent.page.content()
    assert token not in "".join(stage.log)
    assert [m["text"] for m in await stage.inbox(meeting.who.person.msisdn)] != []
    await meeting.close()


async def test_who_does_not_want_to_pay_is_told_that_nothing_was_taken(
    browser: Browser, stage: Stage
) -> None:
    meeting = await meet(browser, stage)
    agent, customer = meeting.agent, meeting.customer
    await both_hear_and_see(agent.page, customer.page)

    await order(agent, "top_up_payment", amount="50")
    await customer.touch("btn-confirm-yes")
    page = customer.page.frame_locator("[data-testid=pay-page]")
    await page.get_by_role("button", name="不付了").click(timeout=SLOW)

    await expect(agent.page.get_by_test_id("order-state")).to_have_attribute(
        "data-state", "failed", timeout=SLOW
    )
    await expect(customer.page.get_by_test_id("step-pay")).to_be_hidden(timeout=SLOW)
    await expect(customer.page.get_by_text("没有扣钱").first).to_be_visible(timeout=SLOW)
    assert await stage.inbox(meeting.who.person.msisdn) == []
    await meeting.close()
