"""SMS through the whole counter: what the agent sees, what an administrator may write, receipts."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.contract.sms.http_service import KEY_ID, SECRET, receipt_headers, sms_service
from tests.counter_rig import ELDER, OTHER, Rig, running_rig
from vcounter.adapters.passwords import hash_password
from vcounter.domain.agent import Role
from vcounter.domain.ids import Msisdn
from vcounter.gateways import SmsUnconfigured
from vcounter.services.ports import Sms
from vcounter.services.staff.add_staff import NewStaff, add_staff

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]
NUMBER = ELDER.person.msisdn


@dataclass
class Scene:
    rig: Rig
    visit_id: str
    folder: Path

    async def view(self) -> dict[str, object]:
        answer = await self.rig.staff["agent1"].get(f"/visits/{self.visit_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def template(self, template_id: str, login: str = "admin") -> dict[str, object]:
        answer = await self.rig.staff[login].get("/sms/templates")
        assert answer.status_code == 200, answer.text
        return next(t for t in answer.json() if t["id"] == template_id)

    async def put(self, body: dict[str, object], login: str = "admin") -> httpx.Response:
        return await self.rig.staff[login].put("/sms/templates/sms_code", json=body)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("sms")
    async with running_rig(folder) as rig:
        await _add_other_admin(rig)
        customer = await rig.customer(await rig.link(NUMBER))
        visit_id = await rig.serve("agent1", customer)
        yield Scene(rig, visit_id, folder)
        await customer.aclose()


async def _add_other_admin(rig: Rig) -> None:
    deps = rig.counter.deps
    new = NewStaff("boss", "别家", "7001", Role.ADMIN, hash_password("another-boss-password"), ())
    await add_staff(deps.db, deps.clock, deps.ids, OTHER, new)
    rig.staff["boss"] = await rig.sign_in("boss", "another-boss-password", OTHER.tenant_id)


async def test_the_agent_sees_that_a_code_went_and_nothing_of_it(scene: Scene) -> None:
    answer = await scene.rig.staff["agent1"].post(f"/visits/{scene.visit_id}/sms_code")
    assert answer.status_code == 201, answer.text

    (message,) = await scene.rig.counter.inbox(Msisdn(NUMBER))
    code = re.search(r"\d{6}", str(message["text"]))
    view = await scene.view()

    (sent,) = view["sms"]  # type: ignore[misc]  # a list
    assert (sent["template"], sent["state"], sent["segments"]) == ("sms_code", "delivered", 1)
    assert sent["to_masked"] == f"{NUMBER[:3]}****{NUMBER[-4:]}"
    assert code is not None
    assert code.group() not in json.dumps(view)
    assert "text" not in sent


async def test_an_administrator_sees_every_text_with_its_length(scene: Scene) -> None:
    answer = await scene.rig.staff["admin"].get("/sms/templates")
    listed = {t["id"]: t for t in answer.json()}

    assert {"sms_code", "contact_code", "loss_reminder", "receipt.report_loss"} <= set(listed)
    for template in listed.values():
        assert [t["lang"] for t in template["texts"]] == ["zh-CN", "en"]
        for text in template["texts"]:
            assert text["text"].strip()
            assert 1 <= text["segments"] <= 6
            assert text["length"] >= len(text["text"]) - 20
    assert [t["id"] for t in listed.values() if t["kind"] == "code"] == [
        "sms_code",
        "contact_code",
        "new_contact_code",
    ]
    assert not listed["receipt.report_loss"]["editable"]


async def test_an_operators_own_text_is_what_the_customer_gets(scene: Scene) -> None:
    before = await scene.template("sms_code")
    body = {"version": before["version"], "zh": "【某某公司】您的码是 {code}", "en": "Code {code}"}

    answer = await scene.put(body)
    repeat = await scene.put(body)

    assert answer.status_code == 200, answer.text
    assert answer.json()["version"] == before["version"] + 1  # type: ignore[operator]  # a number
    assert (repeat.status_code, repeat.json()["code"]) == (409, "wrong_state")
    await scene.rig.staff["agent1"].post(f"/visits/{scene.visit_id}/sms_code")
    newest = (await scene.rig.counter.inbox(Msisdn(NUMBER)))[0]
    assert re.fullmatch(r"【某某公司】您的码是 \d{6}", str(newest["text"]))
    view = await scene.view()
    assert view["sms"][-1]["version"] == answer.json()["version"]  # type: ignore[index]  # a list
    async with scene.rig.counter.deps.db.read(scene.rig.counter.home) as uow:
        lines = await uow.audit.of_object("sms_template:sms_code")
    assert [line.verb for _, line in lines] == ["sms_template.put"]


async def test_another_tenant_keeps_the_shipped_text(scene: Scene) -> None:
    shipped = await scene.template("sms_code", "boss")

    assert shipped["version"] == 0
    assert "某某公司" not in str(shipped)


@pytest.mark.parametrize(
    ("zh", "reason"),
    [
        ("没有码", "placeholder_missing"),
        ("{code} {msisdn}", "placeholder_unknown"),
        ("{code.__class__}", "braces"),
        ("{code} " + "长" * 450, "segments"),
    ],
)
async def test_a_text_that_loses_or_adds_something_is_refused(
    scene: Scene, zh: str, reason: str
) -> None:
    version = (await scene.template("sms_code"))["version"]

    answer = await scene.put({"version": version, "zh": zh, "en": "Code {code}"})

    assert answer.status_code == 422
    assert answer.json()["fields"] == {"field": "zh-CN", "reason": reason}


async def test_texts_of_the_code_are_not_to_be_replaced(scene: Scene) -> None:
    for template_id in ("receipt.report_loss", "nothing"):
        answer = await scene.rig.staff["admin"].put(
            f"/sms/templates/{template_id}", json={"version": 0, "zh": "x", "en": "x"}
        )
        assert answer.status_code == 404


async def test_no_code_is_in_the_counters_files(scene: Scene) -> None:
    """The inbox, the customer's phone, is sealed; the record has no digits."""
    sent = await scene.rig.staff["agent1"].post(f"/visits/{scene.visit_id}/sms_code")
    assert sent.status_code == 201, sent.text
    codes = [
        match.group()
        for message in await scene.rig.counter.inbox(Msisdn(NUMBER))
        if (match := re.search(r"\d{6}", str(message["text"])))
    ]

    assert codes
    for path in scene.folder.rglob("*.db*"):
        content = path.read_bytes()
        assert not [code for code in codes if f"码 {code}".encode() in content], path
        assert "验证码".encode() not in content


# --- outside the demo


async def test_a_counter_without_a_gateway_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(SmsUnconfigured, match="VCOUNTER_SMS_GATEWAY"):
        async with running_rig(tmp_path, demo=False):
            pass


async def test_receipts_settle_messages_and_are_believed_only_when_signed(tmp_path: Path) -> None:
    secret = tmp_path / "sms.secret"
    secret.write_bytes(SECRET)
    async with sms_service() as service:
        settings = {
            "demo": False,
            "sms_gateway": "http",
            "sms_http_url": service.url,
            "sms_http_key_id": KEY_ID,
            "sms_http_secret_file": secret,
        }
        async with running_rig(tmp_path / "var", **settings) as rig, rig.client() as gateway:
            await rig.counter.deps.sms.send(Sms(Msisdn(NUMBER), "hello", "loss_reminder", "k1"))

            async def tell(body: dict[str, str], secret: bytes = SECRET) -> int:
                content = json.dumps(body).encode()
                headers = receipt_headers(content, int(time.time()), secret)
                answer = await gateway.post("/sms/receipts", content=content, headers=headers)
                return answer.status_code

            async def state() -> str:
                async with rig.counter.deps.db.read(rig.counter.home) as uow:
                    found = await uow.sms.by_key("k1")
                return str(found.state.value) if found else ""

            assert await state() == "sent"
            delivered = {"id": "gw-0", "state": "delivered"}
            assert await tell(delivered, b"z" * 32) == 401
            assert await state() == "sent"
            assert await tell({"id": "gw-9", "state": "delivered"}) == 404
            assert await tell({"id": "gw-0", "state": "sent"}) == 204
            assert await tell({"id": "gw-0", "state": "odd"}) == 422
            assert await state() == "sent"
            assert await tell(delivered) == 204
            assert await tell(delivered) == 204
            assert await state() == "delivered"
