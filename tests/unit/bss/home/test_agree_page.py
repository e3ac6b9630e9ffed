"""The helper's page: opening it changes nothing, an answer counts once, a forged link is gone."""

from __future__ import annotations

import re

import httpx
from starlette.applications import Starlette

from tests.fakes.operator_desk import OperatorDesk
from vcounter.adapters.bss.embedded import send_due_notices
from vcounter.adapters.bss.embedded.agree_page import agree_routes
from vcounter.adapters.sms import DemoInbox

HELPER = "13900009999"


async def state(desk: OperatorDesk) -> object:
    [row] = await desk.rows("SELECT helper_state FROM care_profiles")
    return row["helper_state"]


async def test_helper_agrees_on_a_page_of_their_own(desk: OperatorDesk, inbox: DemoInbox) -> None:
    assert (await desk.do("set_elder_care_profile", {"helper": HELPER})).done
    await send_due_notices(desk.bss, inbox)
    [sms] = await inbox.messages(HELPER)
    link = re.search(r"/agree/[\w-]+", sms.text)
    assert link is not None
    app = Starlette(routes=agree_routes(lambda: desk.bss))
    transport = httpx.ASGITransport(app)

    async with httpx.AsyncClient(transport=transport, base_url="https://counter.test") as page:
        assert (await page.get("/agree/forged")).status_code == 404
        opened = await page.get(link[0])
        assert opened.status_code == 200
        assert desk.msisdn not in opened.text
        assert await state(desk) == "asked"
        assert (await page.post(link[0], content="answer=maybe")).status_code == 422
        assert (await page.post(link[0], content="answer=" + "y" * 99)).status_code == 413
        assert await state(desk) == "asked"
        assert (await page.post(link[0], content="answer=yes")).status_code == 200
        assert (await page.post(link[0], content="answer=no")).status_code == 404

    assert await state(desk) == "agreed"
