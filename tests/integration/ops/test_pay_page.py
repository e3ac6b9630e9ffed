"""The operator's own page over HTTP: what it says, sends, refuses, and lets nobody do."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.counter_rig import Rig, running_rig
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import BssCommand

NUMBER = Msisdn("13800006022")


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_rig(tmp_path, demo_people=15) as opened:
        yield opened


async def opened(rig: Rig, action_id: str = "top_up_payment", **inputs: str) -> str:
    """The address of a fresh page."""
    bss = rig.counter.bss
    found = await bss.find(NUMBER)
    assert found is not None
    given = inputs or {"amount": "50"}
    command = BssCommand(f"vis_x:{action_id}", action_id, NUMBER, found.version, given)
    return (await bss.execute(command)).page


def browser(rig: Rig) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(rig.app), base_url="http://127.0.0.1:8080"
    )


def form_of(page: httpx.Response) -> str:
    [token] = re.findall(r'name="form" value="([0-9a-f]+)"', page.text)
    return str(token)


async def test_the_page_runs_no_script_and_stands_in_our_own_frame_alone(rig: Rig) -> None:
    async with browser(rig) as phone:
        page = await phone.get(await opened(rig))

    policy = page.headers["Content-Security-Policy"]
    assert page.status_code == 200
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert "<script" not in page.text
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert page.headers["Cache-Control"] == "no-store"
    assert NUMBER not in page.text


@pytest.mark.parametrize(("lang", "button"), [("zh-CN", "确认支付"), ("en", "Pay now")])
async def test_it_speaks_both_languages(rig: Rig, lang: str, button: str) -> None:
    async with browser(rig) as phone:
        page = await phone.get(await opened(rig), params={"lang": lang, "size": "36"})

    assert button in page.text
    assert "50.00" in page.text
    assert 'class="size-36"' in page.text


async def test_paying_leads_to_a_page_that_says_so_and_can_be_reloaded(rig: Rig) -> None:
    async with browser(rig) as phone:
        address = await opened(rig)
        sent = {"form": form_of(await phone.get(address)), "answer": "yes"}
        answer = await phone.post(address, data=sent)
        over = await phone.get(answer.headers["Location"])
        again = await phone.post(address, data=sent, follow_redirects=True)

    assert answer.status_code == 303
    assert "办好了" in over.text
    assert "办好了" in again.text
    result = await rig.counter.bss.query("vis_x:top_up_payment")
    assert result is not None
    assert result.done


async def test_a_form_without_the_pages_token_pays_nothing(rig: Rig) -> None:
    async with browser(rig) as phone:
        address = await opened(rig)
        refused = await phone.post(address, data={"form": "0" * 40, "answer": "yes"})

    assert refused.status_code == 422
    assert "没有收到" in refused.text
    result = await rig.counter.bss.query("vis_x:top_up_payment")
    assert result is not None
    assert result.pending


async def test_a_form_from_another_site_is_refused(rig: Rig) -> None:
    async with browser(rig) as phone:
        address = await opened(rig)
        sent = {"form": form_of(await phone.get(address)), "answer": "yes"}
        for origin in ("https://elsewhere.example", "null"):
            answer = await phone.post(address, data=sent, headers={"Origin": origin})
            assert answer.status_code == 403


async def test_a_wrong_token_is_told_in_words(rig: Rig) -> None:
    async with browser(rig) as phone:
        page = await phone.get("/pay/" + "x" * 32)

    assert page.status_code == 404
    assert "打不开" in page.text


async def test_the_bank_wants_a_choice_and_a_tick(rig: Rig) -> None:
    async with browser(rig) as phone:
        address = await opened(rig, "autopay_setup", change="set_up")
        page = await phone.get(address)
        sent = {"form": form_of(page), "answer": "yes"}
        missing = await phone.post(address, data=sent)
        done = await phone.post(
            address, data={**sent, "bank": "lotus", "agreed": "yes"}, follow_redirects=True
        )

    assert missing.status_code == 422
    assert "请选银行" in missing.text
    assert "办好了" in done.text


async def test_the_customers_page_may_frame_its_own_origin_alone(rig: Rig) -> None:
    async with browser(rig) as phone:
        answer = await phone.get("/healthz")

    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
