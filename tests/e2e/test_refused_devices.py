"""What a phone may refuse, and what impatient fingers do: the customer is served all the same."""

from __future__ import annotations

import contextlib

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.stage import SLOW, Agent, Customer, Stage, person, pictures_of
from tests.e2e.visit import meet

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
CASE = "active_elder_woman"


async def arrive(browser: Browser, stage: Stage, refuse: str) -> Customer:
    """A phone whose browser refuses one of its devices."""
    customer = await Customer.open(browser, await stage.link(person(CASE)), pictures_of(CASE))
    await customer.page.evaluate(
        "what => { window.__shim.refuse[what] = 'NotAllowedError' }", refuse
    )
    await customer.touch("btn-start")
    return customer


@pytest.mark.parametrize("device", ["camera", "microphone"])
async def test_refused_device_gets_a_picture_guide_and_the_customer_may_go_on_without(
    browser: Browser, stage: Stage, device: str
) -> None:
    agent = await Agent.open(browser, stage)
    await agent.click("ready-button")
    customer = await arrive(browser, stage, device)

    await customer.sees("device-guide")
    await customer.touch("btn-go-without")
    await agent.click("accept")

    await agent.sees("customer-name")
    await customer.sees("screen-call")
    await agent.fill("chat-input", "您好,我在这里")
    await agent.click("chat-send")
    await expect(customer.page.get_by_text("您好,我在这里")).to_be_visible(timeout=SLOW)
    await customer.close()
    await agent.close()


async def test_allowing_the_camera_after_all_brings_the_picture(
    browser: Browser, stage: Stage
) -> None:
    customer = await arrive(browser, stage, "camera")
    await customer.sees("device-guide")

    await customer.page.evaluate("window.__shim.refuse = {}")
    await customer.touch("btn-retry-devices")

    await customer.sees("screen-waiting")
    await customer.close()


async def test_double_taps_do_everything_once(browser: Browser, stage: Stage) -> None:
    agent = await Agent.open(browser, stage)
    await agent.click("ready-button")
    customer = await Customer.open(browser, await stage.link(person(CASE)), pictures_of(CASE))

    await customer.page.get_by_test_id("btn-start").dblclick()
    await agent.sees("accept")
    await agent.page.get_by_test_id("accept").dblclick()
    await agent.click("push-consent")
    await customer.sees("step-consent")
    await customer.page.get_by_test_id("btn-consent-yes").dblclick()

    await expect(agent.page.get_by_test_id("last-step")).to_be_visible(timeout=SLOW)
    await expect(customer.page.get_by_test_id("step-consent")).to_be_hidden(timeout=SLOW)
    async with contextlib.aclosing(await stage.staff("lead")) as lead:
        queue = (await lead.get("/desk")).json()["queue"]
    assert queue["waiting"] == 0
    await customer.close()
    await agent.close()


async def test_agent_who_lets_it_ring_is_not_ready_and_the_customer_keeps_the_place(
    browser: Browser, stage: Stage
) -> None:
    agent = await Agent.open(browser, stage)
    await agent.click("ready-button")
    customer = await Customer.open(browser, await stage.link(person(CASE)), pictures_of(CASE))
    await customer.touch("btn-start")
    await agent.sees("ring")

    await agent.sees("missed", 2 * SLOW)

    await customer.sees("screen-waiting")
    await agent.click("ready-button")
    await agent.click("accept")
    await customer.sees("screen-call")
    await customer.close()
    await agent.close()


async def test_hanging_up_asks_first(browser: Browser, stage: Stage) -> None:
    meeting = await meet(browser, stage)
    customer = meeting.customer

    await customer.touch("btn-hang-up")
    await customer.sees("ask-leave")
    await customer.touch("btn-stay")
    await customer.sees("screen-call")
    await customer.touch("btn-hang-up")
    await customer.touch("btn-leave")

    await customer.sees("screen-ended")
    await meeting.agent.sees("wrap-up-submit")
    await meeting.close()
