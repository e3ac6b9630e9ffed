"""A photo of the router, from the agent's wish to the desk, in Chromium on both sides."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.stage import PHONE, SLOW, Stage
from tests.e2e.test_accessibility import has_no_violation
from tests.e2e.visit import hang_up_and_wrap_up, meet

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
MIDDLE = """async (image) => {
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0);
  return [...pen.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data].slice(0, 3);
}"""
TEXT = """(size) => {
  document.documentElement.style.fontSize = size;
  window.dispatchEvent(new Event('resize'));
}"""
REAR_IS_SEEN = """() => {
  const video = document.querySelector('.panel-photo video');
  return video && video.videoWidth === 1280;
}"""


async def middle_is_red(image: Locator) -> bool:
    """The lamp of the line, which is in the middle of the picture."""
    red, green, blue = await image.evaluate(MIDDLE)
    return bool(red > 150 and green < 110 and blue < 110)


async def test_a_photo_of_the_router_is_seen_on_the_desk(browser: Browser, stage: Stage) -> None:
    meeting = await meet(browser, stage)
    agent, customer = meeting.agent, meeting.customer
    await customer.lay("router")

    await agent.page.get_by_test_id("photo-what").select_option("device")
    await agent.click("push-photo")
    await customer.sees("step-photo")
    await customer.page.wait_for_function(REAR_IS_SEEN, timeout=SLOW)
    assert customer.page.viewport_size == PHONE
    for size in ("200%", "100%"):
        await customer.page.evaluate(TEXT, size)
        await expect(customer.page.get_by_test_id("btn-photo-take")).to_be_visible()
        await has_no_violation(customer.page, f"aiming at {size}")
        assert not await customer.page.evaluate(WIDER), size
    await expect(customer.page.get_by_test_id("btn-photo-take")).to_be_in_viewport()

    touches = customer.touches
    await customer.touch("btn-photo-take")
    taken = customer.page.get_by_test_id("photo-taken")
    await expect(taken).to_be_visible(timeout=SLOW)
    await customer.touch("btn-photo-again")
    await expect(taken).to_have_count(0)
    await customer.touch("btn-photo-take")
    await expect(taken).to_be_visible(timeout=SLOW)
    assert await middle_is_red(taken)
    await expect(customer.page.get_by_test_id("btn-photo-use")).to_be_in_viewport()
    await has_no_violation(customer.page, "the picture that was taken")
    await customer.touch("btn-photo-use")
    await expect(customer.page.get_by_test_id("step-photo")).to_be_hidden(timeout=SLOW)
    assert customer.touches - touches == 4

    await customer.page.wait_for_function(
        "() => window.__shim.opened[window.__shim.opened.length - 1] === 'user'", timeout=SLOW
    )
    await agent.page.keyboard.press("Alt+b")
    photo = agent.page.get_by_test_id("photo")
    await expect(photo).to_have_count(1)
    assert await middle_is_red(photo.locator("img"))
    await photo.click()
    await expect(agent.page.get_by_test_id("compare")).to_be_focused(timeout=SLOW)
    await agent.page.keyboard.press("+")
    await expect(agent.page.get_by_test_id("compare-zoom")).not_to_have_text("100%")
    assert await middle_is_red(agent.page.get_by_test_id("compare").locator("img"))
    await has_no_violation(agent.page, "a photo as large as the window")
    await agent.page.keyboard.press("Escape")
    await expect(agent.page.get_by_test_id("compare")).to_be_hidden(timeout=SLOW)

    await agent.page.reload()
    await agent.sees("push-photo")
    await agent.page.keyboard.press("Alt+b")
    await expect(photo.locator("img")).to_be_visible(timeout=SLOW)
    await hang_up_and_wrap_up(agent)
    await meeting.close()
