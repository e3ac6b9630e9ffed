"""Call records from the tap to the rows on the customer's screen, in Chromium on both sides."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.stage import SLOW, Stage
from tests.e2e.test_accessibility import has_no_violation
from tests.e2e.visit import hang_up_and_wrap_up, meet, order, reach_l2

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
PANEL_WIDER = """() => [...document.querySelectorAll('.panel, .rows li')]
  .some((e) => e.scrollWidth > e.clientWidth)"""


async def test_call_records_are_read_by_the_customer_alone(browser: Browser, stage: Stage) -> None:
    meeting = await meet(browser, stage)
    agent, customer = meeting.agent, meeting.customer
    await reach_l2(meeting)

    await order(agent, "query_usage_detail")
    await customer.touch("btn-confirm-yes")

    rows = customer.page.get_by_test_id("secret-rows")
    await expect(rows).to_be_visible(timeout=SLOW)
    told = await rows.inner_text()
    others = {said.replace(" ", "") for said in re.findall(r"\b139 0000 \d{4}\b", told)}
    assert others
    assert "打出去" in told
    await agent.sees("sealed-cover")
    seen_by_agent = await agent.page.content()
    assert not [number for number in others if number in seen_by_agent]
    count = customer.page.get_by_test_id("rows-count")
    assert str(await rows.locator("li").count()) in await count.inner_text()

    for size in ("100%", "200%"):
        await customer.page.evaluate(
            "(size) => { document.documentElement.style.fontSize = size;"
            " window.dispatchEvent(new Event('resize')); }",
            size,
        )
        await expect(rows.locator("li").first).to_be_visible()
        await expect(customer.page.get_by_test_id("btn-show-done")).to_be_in_viewport()
        await rows.locator("li").last.scroll_into_view_if_needed()
        await expect(rows.locator("li").last).to_be_in_viewport()
        await has_no_violation(customer.page, f"call records at {size}")
        assert not await customer.page.evaluate(WIDER), size
        assert not await customer.page.evaluate(PANEL_WIDER), size

    await customer.touch("btn-show-done")
    await expect(agent.page.get_by_test_id("sealed-cover")).to_be_hidden(timeout=SLOW)
    await expect(rows).to_have_count(0)
    assert not [number for number in others if number in "".join(stage.log)]
    await hang_up_and_wrap_up(agent)
    assert not [number for number in others if number in await agent.page.content()]
    await meeting.close()
