"""Receipts over HTTP: the file for whom it belongs to, and the page behind its code for anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.counter_rig import ELDER, Rig, running_rig
from tests.integration.documents.planted import plant_done_order
from vcounter.services.orders.receipt_token import receipt_url
from vcounter.storage import HOME

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]


class Scene:
    """One served visit with a done order."""

    def __init__(self, rig: Rig, customer: httpx.AsyncClient, order_id: str) -> None:
        self.rig, self.customer, self.order_id = rig, customer, order_id

    async def page(self, token: str) -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.rig.app), base_url="http://127.0.0.1:8080"
        ) as client:
            return await client.get(f"/r/{token}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("receipts")
    async with running_rig(folder) as rig:
        customer = await rig.customer(await rig.link())
        visit_id = await rig.serve("agent1", customer)
        order_id = await plant_done_order(rig.counter.deps, HOME, visit_id)
        yield Scene(rig, customer, order_id)
        await customer.aclose()


async def test_the_customer_gets_the_file_and_no_cache_keeps_it(scene: Scene) -> None:
    answer = await scene.customer.get(f"/visit/receipts/{scene.order_id}")

    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert f"{scene.order_id}.pdf" in answer.headers["content-disposition"]


async def test_staff_get_their_copy_each_as_far_as_they_may(scene: Scene) -> None:
    found = {
        who: (await scene.rig.staff[who].get(f"/orders/{scene.order_id}/receipt")).status_code
        for who in ("agent1", "agent2", "lead", "admin", "auditor", "stranger")
    }

    assert found == {
        "agent1": 200,
        "agent2": 409,
        "lead": 200,
        "admin": 200,
        "auditor": 403,
        "stranger": 404,
    }


async def test_another_customer_finds_nothing(scene: Scene) -> None:
    other = await scene.rig.customer()
    answer = await other.get(f"/visit/receipts/{scene.order_id}")
    await other.aclose()

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_page_behind_the_code_says_genuine_and_nothing_personal(scene: Scene) -> None:
    token = receipt_url(scene.rig.counter.deps, HOME, scene.order_id).rsplit("/", 1)[1]  # type: ignore[arg-type]  # an id as text

    answer = await scene.page(token)

    assert answer.status_code == 200
    assert "这张回执是真的" in answer.text
    assert "This receipt is genuine" in answer.text
    assert "6021" in answer.text
    assert ELDER.person.msisdn not in answer.text
    assert ELDER.person.name not in answer.text
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("token", ["x", "a.b", "%3Cscript%3E.0", "..%2f..", "A" * 3000])
async def test_a_forged_code_is_said_to_be_unknown(scene: Scene, token: str) -> None:
    answer = await scene.page(token)

    assert answer.status_code == 404
    assert "<script>" not in answer.text
    assert "是真的" not in answer.text.replace("可能不是真的", "")
