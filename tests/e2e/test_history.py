"""What was before, on the desk and on the team lead's page, in real Chromium."""

from __future__ import annotations

import zipfile
from contextlib import aclosing
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.stage import SLOW, Agent, Stage
from tests.e2e.visit import Meeting, hang_up_and_wrap_up, meet

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
CALL_BACK = "13900009001"


async def report_loss_by_told_facts(stage: Stage, meeting: Meeting) -> None:
    """An order that waits for the customer, made as the console makes it."""
    person = meeting.who.person
    async with aclosing(await stage.staff("agent1")) as client:
        visit_id = (await client.get("/desk")).json()["visit"]["visit"]["id"]
        question = (await client.get(f"/visits/{visit_id}/questions")).json()[0]
        told = {
            "name": person.name,
            "document_number": person.document_number,
            "fact_code": question["code"],
            "answer": question["expected"],
            "call_back": CALL_BACK,
        }
        assert (await client.post(f"/visits/{visit_id}/facts", json=told)).is_success
        order = {"action_id": "report_loss", "inputs": {"call_back": CALL_BACK}}
        made = await client.post(
            f"/visits/{visit_id}/orders", json=order, headers={"Idempotency-Key": "k"}
        )
        assert made.is_success, made.text


async def open_history(agent: Agent) -> None:
    """By its key, once the new visit has laid the desk out."""
    tab = agent.page.get_by_test_id("tab-history")
    await expect(agent.page.get_by_test_id("mirror")).to_be_visible(timeout=SLOW)
    await agent.page.keyboard.press("Alt+h")
    await expect(tab).to_have_attribute("aria-selected", "true")
    await agent.sees("history")


async def test_the_agent_sees_what_was_before_and_the_lead_finds_and_exports_it(
    browser: Browser, stage: Stage
) -> None:
    first = await meet(browser, stage)
    await open_history(first.agent)
    await expect(first.agent.page.get_by_test_id("history-item-ticket")).to_have_count(1)
    await expect(first.agent.page.get_by_test_id("history-item-visit")).to_have_count(0)
    await report_loss_by_told_facts(stage, first)
    await hang_up_and_wrap_up(first.agent)
    await first.close()

    second = await meet(browser, stage)
    page = second.agent.page
    await open_history(second.agent)
    for kind in ("visit", "order", "ticket"):
        await expect(page.get_by_test_id(f"history-item-{kind}")).to_have_count(1, timeout=SLOW)
        await expect(page.get_by_test_id(f"history-item-{kind}")).to_be_visible()
    await page.get_by_test_id("history-order").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("history-item-order")).to_contain_text("挂失")
    await expect(page.get_by_test_id("history-item-visit")).to_have_count(0)
    assert second.who.person.msisdn not in await page.get_by_test_id("history").inner_text()
    await hang_up_and_wrap_up(second.agent)
    await second.close()

    await _lead_finds_and_exports(browser, stage, second.who.person.msisdn)


async def _lead_finds_and_exports(browser: Browser, stage: Stage, msisdn: str) -> None:
    lead = await Agent.open(browser, stage, "lead")
    await lead.click("open-orders")
    await lead.fill("orders-number", msisdn)
    await lead.click("orders-search")
    row = lead.page.get_by_test_id("orders-row")
    await expect(row).to_have_count(1, timeout=SLOW)
    await expect(row).to_contain_text("138****6021")
    async with lead.page.expect_download(timeout=SLOW) as waiting:
        await lead.click("orders-export")
    path = Path(await (await waiting.value).path())
    with zipfile.ZipFile(path) as book:
        words = book.read("xl/sharedStrings.xml").decode()
    assert "138****6021" in words
    assert msisdn not in words
    await lead.fill("orders-number", "13800006022")
    await lead.click("orders-search")
    await lead.sees("orders-none")
    await lead.close()
