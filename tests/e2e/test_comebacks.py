"""Reloads, dropped sockets, another device: the visit goes on at the same step."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.stage import SLOW, Agent, Customer, Stage, both_hear_and_see, person, pictures_of
from tests.e2e.visit import meet

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def test_both_pages_come_back_to_the_same_step_after_a_reload(
    browser: Browser, stage: Stage
) -> None:
    meeting = await meet(browser, stage)
    agent, customer = meeting.agent, meeting.customer
    await agent.click("push-consent")
    await customer.sees("step-consent")

    await customer.page.reload()
    await customer.sees("step-consent", 2 * SLOW)
    await agent.page.reload()
    await expect(agent.page.get_by_test_id("mirror-step")).to_be_visible(timeout=2 * SLOW)

    await customer.touch("btn-consent-yes")
    await expect(agent.page.get_by_test_id("last-step")).to_be_visible(timeout=SLOW)
    await customer.sees("agent-video")
    await wait_for_pictures(agent.page)
    await wait_for_pictures(customer.page)
    await both_hear_and_see(agent.page, customer.page)
    await meeting.close()


async def test_dropped_sockets_are_mended_without_a_question(
    browser: Browser, stage: Stage
) -> None:
    meeting = await meet(browser, stage)
    agent, customer = meeting.agent, meeting.customer

    for page in (customer.page, agent.page):
        await page.evaluate("window.__sockets.forEach(s => s.close())")
    await agent.click("push-consent")

    await customer.sees("step-consent")
    await customer.touch("btn-consent-yes")
    await expect(agent.page.get_by_test_id("last-step")).to_be_visible(timeout=SLOW)
    await meeting.close()


async def test_server_restart_in_mid_visit_is_survived(browser: Browser, stage: Stage) -> None:
    meeting = await meet(browser, stage)
    agent, customer = meeting.agent, meeting.customer
    await agent.click("push-consent")
    await customer.sees("step-consent")

    await stage.kill()
    await stage.start()

    await customer.touch("btn-consent-yes")
    await expect(agent.page.get_by_test_id("last-step")).to_be_visible(timeout=3 * SLOW)
    await customer.sees("agent-video")
    await wait_for_pictures(agent.page)
    await both_hear_and_see(agent.page, customer.page)
    await meeting.close()


async def wait_for_pictures(page: Page) -> None:
    """Until frames of the newest connection are decoded again."""
    script = """async () => {
      const peer = window.__peers[window.__peers.length - 1];
      if (!peer) return false;
      for (const stat of (await peer.getStats()).values())
        if (stat.type === 'inbound-rtp' && stat.kind === 'video' && stat.framesDecoded > 5)
          return true;
      return false;
    }"""
    async with asyncio.timeout(60):
        while not await page.evaluate(script):  # noqa: ASYNC110  # a browser has no event for it
            await asyncio.sleep(0.2)


async def test_a_second_phone_takes_over_only_when_the_customer_says_so(
    browser: Browser, stage: Stage
) -> None:
    who = person("active_elder_woman")
    url = await stage.link(who)
    first = await Customer.open(browser, url, pictures_of("active_elder_woman"))
    await first.touch("btn-start")
    await first.sees("screen-waiting")

    second = await Customer.open(browser, url, pictures_of("active_elder_woman"))
    await second.touch("btn-start")
    await second.sees("btn-takeover")
    await first.sees("screen-waiting")
    await second.touch("btn-takeover")

    await second.sees("screen-waiting")
    await expect(first.page.get_by_test_id("screen-waiting")).to_be_hidden(timeout=SLOW)
    await first.close()
    await second.close()


async def test_second_console_window_says_so_and_can_take_the_desk_back(
    browser: Browser, stage: Stage
) -> None:
    agent = await Agent.open(browser, stage)

    other = await agent.page.context.new_page()
    await other.goto(f"{stage.url}/console")

    await agent.sees("desk-closed")
    await agent.click("desk-reopen")
    await agent.sees("ready-button")
    await agent.close()
