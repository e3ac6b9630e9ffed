"""The identity steps as three customers go through them.

One who only does what is spoken, and one who hears nothing: each prompt is listed together with
what stood on the screen at that moment. And one who does not want the face to be processed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.stage import ROOT, SLOW, Customer
from tests.e2e.stage import Stage as Server
from tests.e2e.visit import IDENTITY_MS, Meeting, meet
from vcounter.simulator.people import Caller

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WORDS = {
    prompt["id"]: prompt["zh-CN"]
    for prompt in json.loads((ROOT / "web/customer/voice-prompts.json").read_text("utf-8"))
}
# The customer's ear: instead of sounding, a prompt is listed with the screen as it then was.
EAR = """() => {
  window.__heard = [];
  const instruction = () => {
    const found = document.querySelector('[data-testid=instruction]');
    return found ? found.innerText : '';
  };
  HTMLMediaElement.prototype.play = new Proxy(HTMLMediaElement.prototype.play, {
    apply(native, audio, args) {
      const prompt = /voice\\/[^/]+\\/(.+)\\.mp3$/.exec(audio.src || '');
      if (!prompt) return Reflect.apply(native, audio, args);
      const entry = { id: prompt[1] };
      window.__heard.push(entry);
      setTimeout(() => {
        const step = document.querySelector('[data-testid^=step-]');
        entry.screen = document.body.innerText;
        entry.instruction = instruction();
        entry.arrow = !!document.querySelector('.turn.left, .turn.right');
        entry.buttons = step ? step.querySelectorAll('button').length : 0;
        audio.onended && audio.onended();
      }, 150);
      return Promise.resolve();
    },
  });
}"""


class Desk:
    """The agent's requests, in the session of the agent's own page."""

    def __init__(self, meeting: Meeting, visit_id: str) -> None:
        self._page = meeting.agent.page
        self._base = f"{meeting.stage.url}/api/v1/visits/{visit_id}"

    @classmethod
    async def of(cls, meeting: Meeting) -> Desk:
        stored = await meeting.customer.page.evaluate("sessionStorage['vc.visit']")
        return cls(meeting, json.loads(stored)["visit_id"])

    async def ask(self, path: str, body: object | None = None) -> tuple[int, Any]:
        answer = await self._page.request.post(
            f"{self._base}/{path}",
            data=body if body is not None else {},
            headers={"X-Requested-With": "vcounter", "Idempotency-Key": secrets.token_hex(8)},
        )
        text = await answer.text()
        return answer.status, json.loads(text) if text else None

    async def do(self, path: str, body: object | None = None) -> Any:
        status, answer = await self.ask(path, body)
        assert status < 300, (path, answer)
        return answer

    async def step(self, kind: str, **params: str) -> None:
        await self.do("steps", {"kind": kind, "params": params})

    async def identity(self) -> Any:
        return (await (await self._page.request.get(self._base)).json())["identity"]

    async def until_done(self, path: str, body: object, seconds: float = 60) -> Any:
        """Repeat what is refused while pictures are still being compared."""
        status, answer = 0, None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not 200 <= status < 300:
                    await asyncio.sleep(0.5)
                    status, answer = await self.ask(path, body)
        assert status < 300, answer
        return answer


async def gone(customer: Customer, testid: str) -> None:
    await expect(customer.page.get_by_test_id(testid)).to_be_hidden(timeout=IDENTITY_MS)


async def hears(customer: Customer, prompt: str) -> None:
    """Whoever obeys a voice answers once it was heard, not before."""
    await customer.page.wait_for_function(
        "id => window.__heard.some(e => e.id === id && 'screen' in e)", arg=prompt, timeout=SLOW
    )


async def heard(customer: Customer) -> list[dict[str, Any]]:
    return list(await customer.page.evaluate("window.__heard.filter(e => 'screen' in e)"))


async def to_level_2(desk: Desk, meeting: Meeting) -> None:
    """Face, card (the front twice, for its glare), tilt; then the decision."""
    customer = meeting.customer
    await desk.step("consent", topic="face")
    await hears(customer, "step.consent_face.say")
    await customer.touch("btn-consent-yes")
    await gone(customer, "step-consent")
    await desk.step("face")
    await customer.sees("step-face")
    await gone(customer, "step-face")
    await customer.lay("card_front")
    await desk.step("card_front")
    await customer.sees("step-card_front")
    await gone(customer, "step-card_front")
    await desk.do("retake", {"kind": "card_front", "reason": "glare"})
    await expect(customer.page.get_by_test_id("retake")).to_have_text(
        WORDS["retake.glare"], timeout=SLOW
    )
    await gone(customer, "step-card_front")
    await desk.step("card_tilt")
    await customer.sees("tilt-left")
    await customer.lay("card_back")
    await gone(customer, "step-card_tilt")
    await desk.step("card_back")
    await customer.sees("step-card_back")
    await gone(customer, "step-card_back")
    # The face comes back before the camera by itself: without it there is no decision.
    await desk.do("document", Caller(meeting.who).document())
    await desk.until_done("decision", {"outcome": "passed", "reason": "looked at the pictures"})


async def test_who_only_obeys_the_voice_or_only_reads_is_led_through(
    browser: Browser, stage: Server
) -> None:
    meeting = await meet(browser, stage)
    customer = meeting.customer
    uploads: list[str] = []
    customer.page.on(
        "request", lambda r: uploads.append(r.url) if r.url.endswith("/image") else None
    )
    await customer.page.evaluate(EAR)
    desk = await Desk.of(meeting)

    await to_level_2(desk, meeting)
    await desk.do("read_back")
    await customer.sees("read-back-lines")
    await hears(customer, "step.read_back.say")
    await customer.touch("btn-read-back-yes")
    await gone(customer, "step-read_back")

    # One tap to join, one to consent, one for the read-back: nothing else is touched.
    assert customer.touches == 3
    entries = await heard(customer)
    said = [entry["id"] for entry in entries]
    assert len([url for url in uploads if "stp_" in url]) >= 4, "face still, front twice, back"
    in_order = [
        "step.consent_face.say",
        "step.face.title",
        "step.face.done",
        "step.card_front.say",
        "step.card.accepted",
        "retake.glare",
        "step.card_front.say",
        "step.card_tilt.say",
        "step.card_tilt.done",
        "step.card_back.say",
        "step.read_back.say",
    ]
    rest = iter(said)
    assert all(prompt in rest for prompt in in_order), said
    turns = [entry for entry in entries if entry["id"].startswith("step.face.turn_")]
    assert len(turns) >= 2
    assert all(entry["arrow"] and entry["instruction"] for entry in turns)
    for entry in entries:
        # What is longer when spoken (`.say`) stands on the screen in shorter words.
        shown = entry["instruction"] if entry["id"].endswith(".say") else WORDS[entry["id"]]
        assert shown, entry
        assert shown in entry["screen"], entry
    hands_free = [e for e in entries if re.match(r"step\.(face|card_tilt)", e["id"])]
    assert all(entry["buttons"] == 0 for entry in hands_free), "nothing to touch, nothing shown"
    await meeting.close()


async def test_who_refuses_the_face_is_served_another_way(browser: Browser, stage: Server) -> None:
    meeting = await meet(browser, stage)
    customer = meeting.customer
    desk = await Desk.of(meeting)

    await desk.step("consent", topic="face")
    other = customer.page.get_by_test_id("step-consent")
    await expect(other).to_contain_text("营业员问您几个问题", timeout=SLOW)
    await customer.touch("btn-consent-no")
    await gone(customer, "step-consent")
    status, problem = await desk.ask("steps", {"kind": "face", "params": {}})
    assert (status, problem["code"]) == (409, "consent_missing")
    drawn = await desk.do("questions")
    await desk.do("questions/answers", {"answers": {one["code"]: True for one in drawn}})
    await desk.do("contact_code")

    await expect(customer.page.get_by_test_id("hint")).to_contain_text("联系号码", timeout=SLOW)
    contact = meeting.who.person.alternate_contact
    assert contact is not None
    message = (await stage.inbox(contact))[-1]
    code = re.search(r"\d{6}", message["text"])
    assert code is not None
    for digit in code.group():
        await customer.touch(f"pad-key-{digit}")
    await customer.touch("btn-pad-done")
    await gone(customer, "step-number_pad")

    identity = await desk.identity()
    assert identity["path"] == "no_face"
    assert identity["questions"]["outcome"] == "passed"
    await meeting.close()


async def test_who_ended_the_call_is_said(browser: Browser, stage: Server) -> None:
    meeting = await meet(browser, stage)
    customer, agent = meeting.customer, meeting.agent
    await customer.touch("btn-type")
    await customer.page.get_by_test_id("chat-text").fill("我还想问")

    await agent.click("hang-up")
    await agent.click("hang-up-confirm")

    await customer.sees("screen-ended")
    await expect(customer.page.get_by_test_id("ended-by")).to_have_text("营业员已结束通话")
    assert await customer.page.get_by_test_id("chat-text").count() == 0
    await meeting.close()
