"""What agent and customer do in a visit, as the tests drive it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.async_api import Browser, expect

from tests.e2e.stage import SLOW, Agent, Customer, Stage, person, pictures_of
from vcounter.adapters.bss.embedded import DemoPerson
from vcounter.simulator.people import Caller

IDENTITY_MS = 90_000


@dataclass(slots=True)
class Meeting:
    """One agent and one customer who are connected."""

    stage: Stage
    agent: Agent
    customer: Customer
    who: DemoPerson

    async def close(self) -> None:
        await self.customer.close()
        await self.agent.close()


async def meet(
    browser: Browser,
    stage: Stage,
    case: str = "active_elder_woman",
    *,
    pictures: str = "",
    lang: str = "zh-CN",
) -> Meeting:
    """The customer opens the link and taps once; the agent accepts."""
    who = person(case)
    agent = await Agent.open(browser, stage)
    await agent.click("ready-button")
    customer = await Customer.open(
        browser, await stage.link(who, lang), pictures or pictures_of(case), lang=lang
    )
    await customer.touch("btn-start")
    await agent.click("accept")
    await customer.sees("screen-call")
    return Meeting(stage, agent, customer, who)


async def gather_identity(meeting: Meeting) -> None:
    """Consent, head turn, both sides of the card: one key of the agent, one tap of the customer."""
    agent, customer = meeting.agent, meeting.customer
    await agent.click("push-verify")
    await customer.touch("btn-consent-yes")
    await customer.sees("step-face")
    await customer.sees("step-card_front", IDENTITY_MS)
    await customer.lay("card_front")
    await customer.sees("step-card_back", IDENTITY_MS)
    await customer.lay("card_back")
    await expect(customer.page.get_by_test_id("step-card_back")).to_be_hidden(timeout=IDENTITY_MS)
    await agent.sees("image-card_back")


async def key_document(agent: Agent, who: DemoPerson, *, number: str = "") -> None:
    card = Caller(who).card()
    await agent.fill("document-name", card.name)
    await agent.fill("document-number", number or card.number)
    await agent.fill("document-valid-from", who.card_from.strftime("%Y%m%d"))
    if who.card_until is None:
        await agent.page.get_by_test_id("document-long-term").check()
    else:
        await agent.fill("document-valid-until", who.card_until.strftime("%Y%m%d"))
    await agent.click("document-submit")


async def decide(agent: Agent) -> None:
    """Wait for the comparison, then pass; the level is then computed as L2."""
    await expect(agent.page.get_by_test_id("evidence")).to_contain_text(
        re.compile("人脸比对|Face"), timeout=IDENTITY_MS
    )
    await expect(agent.page.get_by_test_id("decision-pass")).to_be_enabled(timeout=IDENTITY_MS)
    await agent.click("decision-pass")
    await expect(agent.page.get_by_test_id("assurance")).to_contain_text("L2", timeout=SLOW)


async def reach_l2(meeting: Meeting) -> None:
    await gather_identity(meeting)
    await key_document(meeting.agent, meeting.who)
    await decide(meeting.agent)


async def order(agent: Agent, action_id: str, **fields: str) -> None:
    """Choose the action, fill its form, prepare it, and put it on the customer's screen."""
    await agent.page.keyboard.press("Alt+b")
    await agent.click(f"action-{action_id}")
    for name, value in fields.items():
        await enter(agent, name, value)
    await agent.click("prepare")
    await agent.click("present")


async def enter(agent: Agent, name: str, value: str) -> None:
    """Fill one field of an action's form, whatever kind it is; a choice is given by its value."""
    field = agent.page.get_by_test_id(f"field-{name}")
    if await field.get_attribute("role", timeout=SLOW) == "radiogroup":
        await field.locator(f'input[value="{value}"]').check(timeout=SLOW)
    else:
        await agent.fill(f"field-{name}", value)


async def sign(customer: Customer) -> None:
    """Two strokes of a finger in the field."""
    box = await customer.page.get_by_test_id("sign-field").bounding_box()
    assert box is not None
    mouse = customer.page.mouse
    left, top, width, height = box["x"], box["y"], box["width"], box["height"]
    for start in (0.2, 0.55):
        await mouse.move(left + start * width, top + 0.25 * height)
        await mouse.down()
        for step in range(1, 6):
            await mouse.move(
                left + (start + 0.05 * step) * width, top + (0.25 + 0.1 * step) * height
            )
        await mouse.up()


async def hang_up_and_wrap_up(agent: Agent) -> None:
    await agent.click("hang-up")
    await agent.click("hang-up-confirm")
    await agent.sees("wrap-up-submit")
    await wrap_up(agent)


async def wrap_up(agent: Agent) -> None:
    """Tick the outcome and be ready for the next one."""
    await agent.click("disposition-done")
    await agent.click("wrap-up-submit")
    await expect(agent.page.get_by_test_id("ready-button")).to_be_enabled(timeout=SLOW)
