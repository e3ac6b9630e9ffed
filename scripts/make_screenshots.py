"""Draw every screen of both pages from a real visit: `make screenshots` writes docs/screenshots.

A development-time command: starts the demo on a free port, drives it in Chromium with the browser
tests' cameras, and saves PNGs at phone and desktop sizes.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.stage import CHROMIUM, FLAGS, SLOW, Agent, Customer, Stage, person, pictures_of
from tests.e2e.visit import IDENTITY_MS, Meeting, decide, order, wrap_up

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
CASE = "active_elder_woman"
LARGE = {"width": 412, "height": 915}


async def shoot(page: Page, name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
    print(f"docs/screenshots/{name}.png")


async def both(meeting: Meeting, name: str) -> None:
    await shoot(meeting.customer.page, f"customer-{name}")
    await shoot(meeting.agent.page, f"console-{name}")


async def visit(browser: Browser, stage: Stage, lang: str) -> None:
    """One whole visit, looked at from both sides at each screen."""
    suffix = "" if lang == "zh-CN" else "-en"
    who = person(CASE)
    agent = await Agent.open(browser, stage)
    if lang == "en":
        await agent.click("lang-switch")
    await shoot(agent.page, f"console-idle{suffix}")
    customer = await Customer.open(
        browser, await stage.link(who, lang), pictures_of(CASE), lang=lang, viewport=LARGE
    )
    await shoot(customer.page, f"customer-start{suffix}")
    await customer.touch("btn-start")
    await customer.sees("screen-waiting")
    await asyncio.sleep(2)
    await shoot(customer.page, f"customer-waiting{suffix}")
    await agent.click("ready-button")
    await agent.sees("accept")
    await shoot(agent.page, f"console-ring{suffix}")
    await agent.click("accept")
    await customer.sees("agent-video")
    await asyncio.sleep(2)
    meeting = Meeting(stage, agent, customer, who)
    await both(meeting, f"call{suffix}")
    await identity(meeting, suffix)
    await business(meeting, suffix)
    await meeting.close()


async def identity(meeting: Meeting, suffix: str) -> None:
    agent, customer = meeting.agent, meeting.customer
    await agent.click("push-verify")
    await customer.sees("step-consent")
    await shoot(customer.page, f"customer-consent{suffix}")
    await customer.touch("btn-consent-yes")
    await customer.sees("step-face")
    await asyncio.sleep(3)
    await shoot(customer.page, f"customer-face{suffix}")
    await customer.sees("step-card_front", IDENTITY_MS)
    await customer.lay("card_front")
    await asyncio.sleep(3)
    await shoot(customer.page, f"customer-card{suffix}")
    await customer.sees("step-card_back", IDENTITY_MS)
    await customer.lay("card_back")
    await expect(customer.page.get_by_test_id("step-card_back")).to_be_hidden(timeout=IDENTITY_MS)
    await expect(agent.page.get_by_test_id("decision-pass")).to_be_enabled(timeout=IDENTITY_MS)
    await asyncio.sleep(4)
    await shoot(agent.page, f"console-identity{suffix}")
    await decide(agent)
    await shoot(agent.page, f"console-visit{suffix}")


async def business(meeting: Meeting, suffix: str) -> None:
    agent, customer = meeting.agent, meeting.customer
    await order(agent, "query_puk")
    await customer.sees("step-confirm")
    await both(meeting, f"confirm{suffix}")
    await customer.touch("btn-confirm-yes")
    await customer.sees("secret-value")
    await agent.sees("sealed-cover")
    await both(meeting, f"sealed{suffix}")
    await customer.touch("btn-show-done")
    await agent.click("hang-up")
    await agent.click("hang-up-confirm")
    await customer.sees("screen-ended")
    await expect(agent.page.get_by_test_id("wrap-up-submit")).to_be_visible(timeout=SLOW)
    await both(meeting, f"end{suffix}")
    await wrap_up(agent)
    await agent.click("logout")
    await agent.sees("login-name")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder) / "var", settings={"VCOUNTER_RING_TIME_S": "60"})
        await stage.start()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            try:
                for lang in ("zh-CN", "en"):
                    await visit(browser, stage, lang)
            finally:
                await browser.close()
                await stage.stop()


if __name__ == "__main__":
    asyncio.run(main())
