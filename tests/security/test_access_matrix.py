"""Every route, by every kind of caller. A new route without a row here fails."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio

from app import API
from tests.counter_rig import Rig, running_rig

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

CALLERS = ("nobody", "customer", "agent1", "lead", "admin", "auditor", "stranger")
ANY_STAFF = frozenset({"agent1", "lead", "admin", "auditor", "stranger"})
DESK = frozenset({"agent1", "lead", "stranger"})
LEADS = frozenset({"lead", "stranger"})
REPLAY = frozenset({"agent1", "lead", "admin", "stranger"})
PACK = frozenset({"lead", "admin", "stranger"})
CUSTOMER = frozenset({"customer"})
ALL = frozenset(CALLERS)

# Who gets past the door. What they find behind it (their own tenant, their own visit) is tested
# below and with each use case.
MATRIX: dict[str, frozenset[str]] = {
    "POST /visits": ALL,
    "GET /visit": CUSTOMER,
    "POST /visit/ticket": CUSTOMER,
    "POST /visit/leave": CUSTOMER,
    "POST /visit/call_back": CUSTOMER,
    "POST /visit/lang": CUSTOMER,
    "POST /visit/messages": CUSTOMER,
    "POST /visit/steps/{step_id}/answer": CUSTOMER,
    "POST /visit/steps/{step_id}/image": CUSTOMER,
    "POST /visit/steps/{step_id}/reveal": CUSTOMER,
    "POST /visit/steps/{step_id}/page": CUSTOMER,
    "GET /visit/receipts/{order_id}": CUSTOMER,
    "POST /staff/login": ALL,
    "POST /staff/logout": ANY_STAFF,
    "GET /staff/me": ANY_STAFF,
    "POST /staff/state": ANY_STAFF,
    "POST /staff/ticket": ANY_STAFF,
    "GET /desk": ANY_STAFF,
    "POST /offers/{visit_id}/accept": DESK,
    "POST /offers/{visit_id}/decline": DESK,
    "GET /referrals": LEADS,
    "POST /referrals/{visit_id}/decision": LEADS,
    "GET /referrals/stats": PACK,
    "POST /visits/{visit_id}/questions": DESK,
    "POST /visits/{visit_id}/questions/answers": DESK,
    "POST /visits/{visit_id}/contact_code": DESK,
    "POST /visits/{visit_id}/new_contact_code": DESK,
    "POST /visits/{visit_id}/read_back": DESK,
    "POST /visits/{visit_id}/approval": DESK,
    "POST /visits/{visit_id}/fraud": DESK,
    "POST /visits/{visit_id}/enrolment": DESK,
    "POST /visits/{visit_id}/evidence_pack": PACK,
    "GET /visits/{visit_id}": DESK,
    "POST /visits/{visit_id}/number": DESK,
    "POST /visits/{visit_id}/steps": DESK,
    "DELETE /visits/{visit_id}/steps/{step_id}": DESK,
    "POST /visits/{visit_id}/messages": DESK,
    "POST /visits/{visit_id}/snapshot": DESK,
    "POST /visits/{visit_id}/document": DESK,
    "POST /visits/{visit_id}/decision": DESK,
    "POST /visits/{visit_id}/referral": DESK,
    "POST /visits/{visit_id}/sms_code": DESK,
    "POST /visits/{visit_id}/facts": DESK,
    "GET /visits/{visit_id}/questions": DESK,
    "GET /visits/{visit_id}/card": DESK,
    "POST /visits/{visit_id}/retake": DESK,
    "GET /visits/{visit_id}/images/{image_id}": DESK,
    "POST /visits/{visit_id}/duress": DESK,
    "POST /visits/{visit_id}/turn_to": DESK,
    "POST /visits/{visit_id}/end": DESK,
    "POST /visits/{visit_id}/wrap_up": DESK,
    "GET /visits/{visit_id}/history": DESK,
    "POST /orders/search": PACK,
    "POST /orders/export": LEADS,
    "GET /recordings/{visit_id}": REPLAY,
    "GET /recordings/{visit_id}/{party}": REPLAY,
    "GET /actions": ANY_STAFF,
    "POST /visits/{visit_id}/orders": DESK,
    "GET /orders/{order_id}": DESK,
    "GET /orders/{order_id}/receipt": REPLAY,
    "POST /orders/{order_id}/present": DESK,
    "POST /orders/{order_id}/invite": DESK,
    "POST /orders/{order_id}/present_second": DESK,
    "POST /orders/{order_id}/cancel": DESK,
    "POST /orders/{order_id}/show": DESK,
    "POST /orders/{order_id}/reversal": DESK,
    "GET /approvals": LEADS,
    "GET /orders/dead": LEADS,
    "POST /orders/{order_id}/retry": LEADS,
    "GET /action_switches/{action_id}": PACK,
    "PUT /action_switches/{action_id}": PACK,
    "POST /orders/{order_id}/approval": LEADS,
    "GET /sms/templates": frozenset({"admin"}),
    "PUT /sms/templates/{template_id}": frozenset({"admin"}),
    "POST /sms/receipts": frozenset(),  # for what the gateway signed only
    "POST /demo/links": ANY_STAFF,
    "POST /demo/customers": ANY_STAFF,
    "GET /demo/subscribers": ANY_STAFF,
    "GET /demo/inbox": ALL,
    "POST /demo/simulated_links": ALL,
}
OPERATIONS = {f"{op.method} {op.path}": op for group in API for op in group.operations}
CLOSED = (401, 403)

BODIES: dict[str, dict[str, object]] = {
    "POST /visits/{visit_id}/number": {"msisdn": "13800006022"},
    "POST /visits/{visit_id}/new_contact_code": {"msisdn": "13900009999"},
    "POST /visits/{visit_id}/steps": {"kind": "message", "params": {"text": "x"}},
    "POST /visits/{visit_id}/messages": {"text": "x"},
    "POST /visits/{visit_id}/duress": {"on": True},
    "POST /visits/{visit_id}/document": {
        "number": "430103195304129928",
        "name": "x",
        "valid_from": "2019-03-02",
        "valid_until": "long_term",
    },
    "POST /visits/{visit_id}/retake": {"kind": "card_back", "reason": "glare"},
    "POST /visits/{visit_id}/decision": {"outcome": "passed", "reason": "x"},
    "POST /visits/{visit_id}/referral": {"reason": "x"},
    "POST /referrals/{visit_id}/decision": {"outcome": "passed", "reason": "x"},
    "POST /visits/{visit_id}/facts": {
        "name": "x",
        "document_number": "x",
        "fact_code": "x",
        "answer": "x",
        "call_back": "13900006121",
    },
    "POST /visits/{visit_id}/questions/answers": {"answers": {"x": True}},
    "POST /visits/{visit_id}/approval": {"reason": "x"},
    "POST /visits/{visit_id}/evidence_pack": {"reason": "x"},
    "POST /visits/{visit_id}/fraud": {"on": False, "reason": "x"},
    "PUT /action_switches/{action_id}": {"enabled": True},
    "POST /orders/{order_id}/approval": {"decision": "approved", "reason": "x"},
    "POST /visits/{visit_id}/wrap_up": {"disposition": "done"},
    "PUT /sms/templates/{template_id}": {"version": 0, "zh": "x", "en": "x"},
    "POST /visits/{visit_id}/orders": {
        "action_id": "report_loss",
        "inputs": {"call_back": "13900006121"},
    },
}


@dataclass
class Scene:
    rig: Rig
    visit_id: str
    callers: dict[str, httpx.AsyncClient]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with running_rig(tmp_path_factory.mktemp("matrix")) as rig:
        customer = await rig.customer(await rig.link())
        visit_id = await rig.serve("agent1", customer)
        nobody = rig.client()
        yield Scene(rig, visit_id, {**rig.staff, "customer": customer, "nobody": nobody})
        await customer.aclose()
        await nobody.aclose()


async def test_every_route_has_its_row() -> None:
    assert set(OPERATIONS) == set(MATRIX)


async def ask(client: httpx.AsyncClient, name: str, visit_id: str) -> httpx.Response:
    method, path = name.split(" ")
    path = path.replace("{visit_id}", visit_id)
    path = re.sub(r"{(\w+)_id}", r"\1_00000000000000000000000000", path)
    path = path.replace("{party}", "customer")
    body = BODIES.get(name, {}) if method in ("POST", "PUT") else None
    return await client.request(method, path, json=body, headers={"Idempotency-Key": "matrix"})


@pytest.mark.parametrize("name", sorted(n for n in MATRIX if n != "POST /staff/logout"))
async def test_the_door_is_closed_to_everybody_else(scene: Scene, name: str) -> None:
    for caller in CALLERS:
        if caller in MATRIX[name]:
            continue
        answer = await ask(scene.callers[caller], name, scene.visit_id)
        assert answer.status_code in CLOSED, (caller, answer.text)
        assert answer.json()["code"] in ("not_signed_in", "forbidden")


@pytest.mark.parametrize("name", sorted(n for n, op in OPERATIONS.items() if op.needs_csrf_header))
async def test_staff_routes_refuse_calls_that_another_site_could_make(
    scene: Scene, name: str
) -> None:
    """Without the header that only our own page sets, a cookie alone changes nothing."""
    cookies = scene.rig.staff["lead"].cookies
    async with scene.rig.client() as client:
        client.cookies = cookies
        answer = await ask(client, name, scene.visit_id)
    assert answer.status_code == 403
    assert answer.json()["fields"] == {"reason": "csrf_header"}


OF_A_VISIT = sorted(n for n in MATRIX if "{visit_id}" in n)


@pytest.mark.parametrize("name", OF_A_VISIT)
async def test_another_tenants_team_lead_finds_nothing(scene: Scene, name: str) -> None:
    answer = await ask(scene.callers["stranger"], name, scene.visit_id)

    assert answer.status_code == 404, answer.text
    assert answer.json()["code"] == "not_found"


READS = {
    "GET /visits/{visit_id}",
    "GET /recordings/{visit_id}",
    "GET /recordings/{visit_id}/{party}",
    "GET /visits/{visit_id}/images/{image_id}",
    "GET /visits/{visit_id}/card",
    "GET /visits/{visit_id}/history",
    "POST /visits/{visit_id}/evidence_pack",
}


@pytest.mark.parametrize("name", OF_A_VISIT)
async def test_another_agent_cannot_touch_the_visit(scene: Scene, name: str) -> None:
    answer = await ask(scene.rig.staff["agent2"], name, scene.visit_id)

    assert answer.status_code in (403, 409), answer.text
    assert answer.json()["code"] in ("visit_gone", "offer_gone", "forbidden")


@pytest.mark.parametrize("name", [n for n in OF_A_VISIT if n not in READS])
async def test_a_team_lead_may_look_but_not_act(scene: Scene, name: str) -> None:
    answer = await ask(scene.rig.staff["lead"], name, scene.visit_id)

    assert answer.status_code == 409, answer.text
    assert answer.json()["code"] in ("visit_gone", "offer_gone", "wrong_state")


async def test_a_revoked_login_is_refused_at_once(scene: Scene) -> None:
    client = await scene.rig.sign_in("auditor", scene.rig.passwords["auditor"])
    assert (await client.get("/staff/me")).status_code == 200

    stolen = httpx.Cookies(client.cookies)
    await client.post("/staff/logout")

    async with scene.rig.client() as thief:
        thief.cookies = stolen
        assert (await thief.get("/staff/me")).status_code == 401
    await client.aclose()


async def test_wrong_logins_all_look_the_same(scene: Scene) -> None:
    async with scene.rig.client() as client:
        answers = [
            await client.post("/staff/login", json={"login": login, "password": "wrong"})
            for login in ("agent1", "nobody-of-that-name")
        ]

    assert {a.status_code for a in answers} == {401}
    assert len({a.json()["code"] for a in answers}) == 1
