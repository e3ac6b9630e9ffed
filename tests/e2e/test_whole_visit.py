"""From the first tap to the receipt, in real Chromium on both sides."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.stage import SLOW, Stage, both_hear_and_see
from tests.e2e.visit import hang_up_and_wrap_up, meet, order, reach_l2

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def test_lost_phone_is_barred_and_receipted(browser: Browser, stage: Stage) -> None:
    meeting = await meet(browser, stage)
    agent, customer = meeting.agent, meeting.customer
    await both_hear_and_see(agent.page, customer.page)
    await reach_l2(meeting)

    await order(agent, "report_loss", call_back="13900006121")
    await customer.touch("btn-confirm-yes")

    await expect(agent.page.get_by_test_id("order-state")).to_have_attribute(
        "data-state", "succeeded", timeout=SLOW
    )
    await expect(customer.page.get_by_test_id("receipt")).to_be_visible(timeout=SLOW)
    await _large_print_is_saved(customer.page, "btn-save-receipt", smallest_px=60)
    await customer.sees("receipt-saved")
    await _large_print_is_saved(agent.page, "order-paper", smallest_px=24)
    await expect(agent.page.get_by_test_id("customer-state")).to_contain_text("挂失", timeout=SLOW)
    await hang_up_and_wrap_up(agent)
    await customer.sees("screen-ended")
    await expect(customer.page.get_by_test_id("receipt").first).to_be_visible()
    assert await stage.inbox(meeting.who.person.msisdn) == []
    assert meeting.who.person.alternate_contact is not None
    assert await stage.inbox(meeting.who.person.alternate_contact) != []
    await meeting.close()


async def _large_print_is_saved(page: Page, testid: str, *, smallest_px: float) -> None:
    """One touch downloads a PDF that says what was done."""
    button = page.get_by_test_id(testid)
    box = await button.bounding_box()
    assert box is not None
    assert box["height"] >= smallest_px
    async with page.expect_download(timeout=SLOW) as waiting:
        await button.click(timeout=SLOW)
    path = await (await waiting.value).path()
    text = _text_of(Path(path))
    assert "138****6021" in text
    assert "挂失" in text


def _text_of(path: Path) -> str:
    with pypdfium2.PdfDocument(path.read_bytes()) as document:
        return "".join(page.get_textpage().get_text_bounded() for page in document)


async def test_puk_is_shown_to_the_customer_alone(browser: Browser, stage: Stage) -> None:
    meeting = await meet(browser, stage)
    agent, customer = meeting.agent, meeting.customer
    await reach_l2(meeting)

    await order(agent, "query_puk")
    await customer.touch("btn-confirm-yes")

    secret = customer.page.get_by_test_id("secret-value")
    await expect(secret).to_have_text(re.compile(r"^\s*\d{4}\s+\d{4}\s*$"), timeout=SLOW)
    puk = re.sub(r"\D", "", await secret.inner_text())
    await agent.sees("sealed-cover")
    assert puk not in re.sub(r"\D", "", await agent.page.content())
    # The browser's permission prompt is the fourth touch.
    assert customer.touches <= 3
    await customer.touch("btn-show-done")
    await expect(agent.page.get_by_test_id("sealed-cover")).to_be_hidden(timeout=SLOW)
    await both_hear_and_see(agent.page, customer.page)
    assert puk not in "".join(stage.log)
    await hang_up_and_wrap_up(agent)
    await meeting.close()
