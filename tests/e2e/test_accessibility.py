"""axe-core finds no violation (WCAG 2.2 A and AA) on the screens of a visit, in both languages."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.stage import ROOT, Agent, Customer, Stage, person, pictures_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
AXE = (ROOT / "web/node_modules/axe-core/axe.min.js").read_text("utf-8")
RUN = """async () => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const found = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
  return found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', '));
}"""


async def has_no_violation(page: Page, screen: str) -> None:
    if not await page.evaluate("typeof window.axe === 'object'"):
        await page.evaluate(AXE)
    assert await page.evaluate(RUN) == [], screen


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_screens_of_a_visit(browser: Browser, stage: Stage, lang: str) -> None:
    agent = await Agent.open(browser, stage)
    if lang == "en":
        await agent.click("lang-switch")
    await has_no_violation(agent.page, "desk, idle")
    url = await stage.link(person("active_elder_woman"), lang)
    customer = await Customer.open(browser, url, pictures_of("active_elder_woman"), lang=lang)
    await has_no_violation(customer.page, "start")
    await customer.touch("btn-start")
    await customer.sees("screen-waiting")
    await has_no_violation(customer.page, "waiting")
    await agent.click("ready-button")
    await agent.sees("accept")
    assert not await agent.page.get_by_test_id("reason-break").is_visible(), (
        "a resting hand opens nothing"
    )
    await has_no_violation(agent.page, "desk, ringing")
    await agent.click("accept")
    await customer.sees("agent-video")
    await has_no_violation(customer.page, "call")
    await has_no_violation(agent.page, "desk, identity")
    await agent.click("push-consent")
    await customer.sees("step-consent")
    await has_no_violation(customer.page, "consent")
    await customer.touch("btn-consent-yes")
    await agent.page.keyboard.press("Alt+b")
    await agent.sees("action-report_loss")
    await has_no_violation(agent.page, "desk, business")
    await agent.click("push-sms_code")
    await customer.sees("step-number_pad")
    await has_no_violation(customer.page, "number pad")
    await customer.close()
    await agent.close()


async def test_login_and_large_text(browser: Browser, stage: Stage) -> None:
    """At 320 px and 200 % text nothing is cut off to the right."""
    context = await browser.new_context(viewport={"width": 320, "height": 640}, locale="zh-CN")
    page = await context.new_page()
    await page.goto(f"{stage.url}/")
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    await has_no_violation(page, "start at 200 %")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await page.goto(f"{stage.url}/console")
    await page.get_by_test_id("login-name").wait_for()
    await has_no_violation(page, "login")
    await context.close()
