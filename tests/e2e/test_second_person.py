"""An order at level L3: the customer signs, a team lead approves, and only then it happens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.stage import SLOW, Agent, Stage
from tests.e2e.visit import meet, order, reach_l2, sign

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def test_closing_a_number_wants_a_signature_and_a_second_person(
    browser: Browser, stage: Stage
) -> None:
    meeting = await meet(browser, stage)
    agent, customer = meeting.agent, meeting.customer
    await reach_l2(meeting)
    lead = await Agent.open(browser, stage, "lead")

    await order(agent, "terminate_service", refund="number", refund_to="13900006121")
    await customer.touch("btn-confirm-yes")
    await customer.sees("sign-field")
    assert await customer.page.get_by_test_id("btn-sign-done").is_disabled()
    await _look(customer.page, "sign")
    await sign(customer)
    await _look(customer.page, "signed")
    await customer.touch("btn-sign-done")

    await _state(agent, "awaiting_approval")
    await expect(lead.page.get_by_test_id("approvals-waiting")).to_contain_text("1", timeout=SLOW)
    await lead.click("open-approvals")
    await lead.page.get_by_test_id("approval-list").locator("button").click(timeout=SLOW)
    await expect(lead.page.get_by_test_id("approval-order")).to_contain_text("销户")
    await expect(lead.page.get_by_test_id("approval-yes")).to_have_attribute(
        "aria-disabled", "true"
    )
    await lead.fill("approval-reason", "证件、人脸和本人意愿都核对过")
    await _look(lead.page, "approval")
    await _look(agent.page, "approving")
    await lead.click("approval-yes")

    await _state(agent, "succeeded")
    await lead.sees("approval-none")
    await expect(customer.page.get_by_test_id("receipt")).to_be_visible(timeout=SLOW)
    await expect(agent.page.get_by_test_id("assurance")).to_contain_text("L3", timeout=SLOW)
    await lead.close()
    await meeting.close()


async def _state(agent: Agent, state: str) -> None:
    await expect(agent.page.get_by_test_id("order-state")).to_have_attribute(
        "data-state", state, timeout=SLOW
    )


async def _look(page: Page, name: str) -> None:
    """With VCOUNTER_TEST_SHOTS=folder, a picture for whoever wants to look."""
    if folder := os.environ.get("VCOUNTER_TEST_SHOTS"):
        await page.screenshot(path=Path(folder) / f"second-person-{name}.png")
