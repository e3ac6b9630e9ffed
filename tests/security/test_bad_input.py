"""Bad input over HTTP: a clear problem with a code that both pages have words for; nothing lost."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
import pytest_asyncio

from tests.counter_rig import ELDER, Rig, running_rig
from vcounter.domain.ids import Msisdn
from vcounter.services.visits.open_visit import store_link
from vcounter.simulator.people import Caller
from vcounter.specimen.card import draw_front, phone_photo

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]
LOCALES = Path(__file__).parents[2] / "web"
CUSTOMER_WORDS = [LOCALES / f"customer/src/locales/{lang}.ts" for lang in ("zh-CN", "en")]
AGENT_WORDS = [LOCALES / f"console/src/locales/codes.{lang}.ts" for lang in ("zh-CN", "en")]


@dataclass
class Scene:
    rig: Rig
    customer: httpx.AsyncClient
    agent: httpx.AsyncClient
    visit_id: str

    async def push(self, kind: str, **params: str) -> str:
        body = {"kind": kind, "params": params}
        answer = await self.agent.post(f"/visits/{self.visit_id}/steps", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def answer(self, step_id: str, **given: object) -> httpx.Response:
        return await self.customer.post(f"/visit/steps/{step_id}/answer", json={"answer": given})

    async def upload(self, step_id: str, data: bytes, kind: str = "image/jpeg") -> httpx.Response:
        return await self.customer.post(
            f"/visit/steps/{step_id}/image", content=data, headers={"Content-Type": kind}
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with running_rig(tmp_path_factory.mktemp("bad"), ring_time_s=1.0) as rig:
        customer = await rig.customer(await rig.link())
        visit_id = await rig.serve("agent1", customer)
        yield Scene(rig, customer, rig.staff["agent1"], visit_id)
        await customer.aclose()


def has_words(answer: httpx.Response, files: list[Path], status: int, code: str) -> None:
    """The answer is this problem, and its audience's pages say it in both languages."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    reason = problem["fields"].get("reason")
    for path in files:
        text = path.read_text("utf-8")
        assert f'"problem.{code}"' in text, (path.name, code)
        if code in ("image_unusable", "precondition_failed"):
            assert f'"problem.{code}.{reason}"' in text, (path.name, code, reason)


# --- links


@pytest.mark.parametrize("token", ["forged", "x" * 128, "../../etc/passwd", "' or 1=1 --"])
async def test_forged_link(scene: Scene, token: str) -> None:
    has_words(await scene.rig.open(token), CUSTOMER_WORDS, 404, "link_invalid")


async def test_a_token_longer_than_any_is_refused_before_it_is_looked_up(scene: Scene) -> None:
    has_words(await scene.rig.open("x" * 4000), CUSTOMER_WORDS, 422, "invalid_input")


async def test_expired_link(scene: Scene) -> None:
    counter = scene.rig.counter
    token = await store_link(
        counter.deps, counter.home, actor="test", msisdn=Msisdn("13800006022"), lang="zh-CN"
    )
    real = counter.deps.clock

    class Tomorrow:
        def now(self):  # type: ignore[no-untyped-def]  # the clock's own type
            return real.now() + timedelta(hours=25)

        def monotonic(self) -> float:
            return real.monotonic()

    counter.deps.clock = Tomorrow()
    try:
        answer = await scene.rig.open(token)
    finally:
        counter.deps.clock = real
    has_words(answer, CUSTOMER_WORDS, 410, "link_expired")


async def test_used_link_asks_before_it_takes_over_and_then_shuts_the_old_device_out(
    scene: Scene,
) -> None:
    link = await scene.rig.link("13800006022")
    old = await scene.rig.customer(link)

    has_words(await scene.rig.open(link), CUSTOMER_WORDS, 409, "link_in_use")
    assert (await old.get("/visit")).status_code == 200
    taken = await scene.rig.open(link, takeover=True)

    assert taken.status_code == 201
    assert taken.json()["visit_id"] == old.headers["X-Visit"]
    has_words(await old.get("/visit"), CUSTOMER_WORDS, 401, "not_signed_in")
    async with scene.rig.client(Authorization=f"Bearer {taken.json()['credential']}") as new:
        assert (await new.post("/visit/leave")).status_code == 204
    has_words(await scene.rig.open(link, takeover=True), CUSTOMER_WORDS, 410, "link_expired")
    await old.aclose()


# --- bodies


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b'{"recording": "maybe"}', 422),
        (b'{"recording": "given", "extra": 1}', 422),
        (b'{"recording": "given", "lang": "xx"}', 422),
        (b"[" * 20_000, 422),
        (b'{"recording": "' + b"x" * 200_000 + b'"}', 413),
    ],
)
async def test_malformed_bodies_are_problems(scene: Scene, body: bytes, status: int) -> None:
    async with scene.rig.client() as client:
        answer = await client.post(
            "/visits", content=body, headers={"Content-Type": "application/json"}
        )

    code = "payload_too_large" if status == 413 else "invalid_input"
    has_words(answer, CUSTOMER_WORDS, status, code)


async def test_form_encoded_body_is_a_problem(scene: Scene) -> None:
    async with scene.rig.client() as client:
        answer = await client.post("/visits", data={"recording": "given"})

    has_words(answer, CUSTOMER_WORDS, 422, "invalid_input")


@pytest.mark.parametrize("text", ["", "   ", "好" * 501])
async def test_empty_or_endless_words_are_refused(scene: Scene, text: str) -> None:
    answer = await scene.customer.post("/visit/messages", json={"text": text})

    has_words(answer, CUSTOMER_WORDS, 422, "invalid_input")


# --- steps


async def test_late_answer_to_a_replaced_step_changes_nothing(scene: Scene) -> None:
    consent = await scene.push("consent", topic="face")
    await scene.push("message", text="请稍等")

    has_words(await scene.answer(consent, given=True), CUSTOMER_WORDS, 409, "step_gone")

    view = (await scene.customer.get("/visit")).json()
    assert view["visit"]["face_consent"] == "unasked"


async def test_double_tap_answers_once(scene: Scene) -> None:
    step = await scene.push("message", text="请看这里")

    first, second = await scene.answer(step, read=True), await scene.answer(step, read=True)

    assert first.status_code == 204
    has_words(second, CUSTOMER_WORDS, 409, "step_gone")


@pytest.mark.parametrize("given", [{}, {"given": "yes"}, {"given": 1}, {"declined": "yes"}])
async def test_consent_is_true_or_false_and_nothing_else(
    scene: Scene, given: dict[str, object]
) -> None:
    step = await scene.push("consent", topic="face")

    has_words(await scene.answer(step, **given), CUSTOMER_WORDS, 422, "invalid_input")


async def test_face_without_consent_is_refused(scene: Scene) -> None:
    step = await scene.push("consent", topic="face")
    assert (await scene.answer(step, given=False)).status_code == 204

    answer = await scene.agent.post(f"/visits/{scene.visit_id}/steps", json={"kind": "face"})

    has_words(answer, AGENT_WORDS, 409, "consent_missing")


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("confirm", {}),
        ("camera", {"facing": "sideways"}),
        ("message", {"text": ""}),
        ("message", {"text": "x" * 201}),
        ("number_pad", {"purpose": "new_password"}),
        ("consent", {"topic": "anything"}),
        ("show", {"title": "x"}),
        ("dance", {}),
    ],
)
async def test_a_step_that_may_not_be_pushed_by_hand(
    scene: Scene, kind: str, params: dict[str, str]
) -> None:
    answer = await scene.agent.post(
        f"/visits/{scene.visit_id}/steps", json={"kind": kind, "params": params}
    )

    has_words(answer, AGENT_WORDS, 422, "invalid_input")


async def test_nothing_can_be_typed_to_the_agent_while_a_secret_is_on_the_screen(
    scene: Scene,
) -> None:
    step = await scene.push("number_pad", purpose="service_password")

    answer = await scene.customer.post("/visit/messages", json={"text": "1234 5678"})

    has_words(answer, CUSTOMER_WORDS, 409, "wrong_state")
    assert (await scene.answer(step, declined=True)).status_code == 204


# --- pictures


def bomb() -> bytes:
    """A PNG of 25,000 x 25,000 pixels that is small on the wire."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 25_000, 25_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((25_000 // 8 + 1) * 25_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def jpeg(image: object) -> bytes:
    done, data = cv2.imencode(".jpg", np.asarray(image, np.uint8))
    assert done
    return bytes(data)


def photo(blur: int = 0) -> bytes:
    picture = phone_photo(draw_front(Caller(ELDER).card()), np.random.default_rng(1), (1600, 1200))
    return jpeg(cv2.GaussianBlur(picture, (0, 0), blur) if blur else picture)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"not a picture at all", "not_a_picture"),
        (b"GIF89a" + bytes(100), "not_a_picture"),
        (bomb(), "too_large"),
        (jpeg(np.full((1200, 1600, 3), 128)), "no_card"),
        (photo(blur=14), "blurred"),
    ],
    ids=["empty", "text", "gif", "bomb", "no card", "blurred"],
)
async def test_a_picture_that_cannot_be_used_says_what_to_change(
    scene: Scene, data: bytes, reason: str
) -> None:
    step = await scene.push("card_front")

    answer = await scene.upload(step, data)

    has_words(answer, CUSTOMER_WORDS, 422, "image_unusable")
    assert answer.json()["fields"]["reason"] in {reason, "no_card" if reason == "blurred" else ""}
    assert (await scene.customer.get("/visit")).json()["step"]["state"] == "pushed"


async def test_a_picture_of_another_media_type_or_size(scene: Scene) -> None:
    step = await scene.push("card_front")

    has_words(
        await scene.upload(step, b"<svg/>", "image/svg+xml"), CUSTOMER_WORDS, 422, "invalid_input"
    )
    has_words(
        await scene.upload(step, bytes(12 * 1024 * 1024 + 1)),
        CUSTOMER_WORDS,
        413,
        "payload_too_large",
    )


async def test_a_good_still_without_any_stream_is_never_sure(scene: Scene) -> None:
    """No media in this test: the still cannot be compared, and so only a referee may decide."""
    step = await scene.push("card_front")

    answer = await scene.upload(step, photo())

    assert answer.status_code == 200, answer.text
    identity = (await scene.agent.get(f"/visits/{scene.visit_id}")).json()["identity"]
    card = next(e for e in identity["evidence"] if e["kind"] == "card_front")
    assert card["outcome"] == "review"


# --- the keyed document, codes, facts


async def document(scene: Scene, **changes: object) -> httpx.Response:
    card = Caller(ELDER).card()
    body = {
        "number": card.number,
        "name": card.name,
        "valid_from": ELDER.card_from.isoformat(),
        "valid_until": ELDER.card_until.isoformat() if ELDER.card_until else "long_term",
        **changes,
    }
    return await scene.agent.post(f"/visits/{scene.visit_id}/document", json=body)


@pytest.mark.parametrize(
    "changes",
    [
        {"number": Caller(ELDER).card().number[:-1] + "0"},
        {"number": "430103195304129"},
        {"number": "not a number"},
        {"name": "张桂花"},
        {"valid_until": "2020-01-01"},
        {"valid_from": "2031-01-01"},
    ],
    ids=["check digit", "short", "letters", "name", "expired", "not yet valid"],
)
async def test_a_wrong_document_fails_and_says_why(
    scene: Scene, changes: dict[str, object]
) -> None:
    answer = await document(scene, **changes)

    assert answer.status_code == 200, answer.text
    last = [e for e in answer.json()["evidence"] if e["kind"] == "document"][-1]
    assert last["outcome"] == "failed"
    failing = last["detail"]["failing"].split(",")
    assert failing
    assert failing[0]
    for path in AGENT_WORDS:
        text = path.read_text("utf-8")
        assert all(code in text for code in failing), (path.name, failing)


async def test_full_width_digits_are_the_same_digits(scene: Scene) -> None:
    wide = Caller(ELDER).card().number.translate(str.maketrans("0123456789X", "0123456789X"))

    answer = await document(scene, number=wide)

    last = [e for e in answer.json()["evidence"] if e["kind"] == "document"][-1]
    assert last["outcome"] == "passed", last


async def test_wrong_codes_end_after_the_tries_and_a_used_code_is_used(scene: Scene) -> None:
    sent = await scene.agent.post(f"/visits/{scene.visit_id}/sms_code")
    assert sent.status_code == 201, sent.text
    tries = scene.rig.counter.deps.policy.code_tries
    step = sent.json()["id"]

    for left in range(tries - 1, 0, -1):
        wrong = await scene.answer(step, digits="000000")
        has_words(wrong, CUSTOMER_WORDS, 409, "code_wrong")
        assert wrong.json()["fields"]["tries_left"] == left
    assert (await scene.answer(step, digits="000000")).json()["fields"]["tries_left"] == 0
    has_words(await scene.answer(step, digits="000000"), CUSTOMER_WORDS, 409, "step_gone")

    again = await scene.agent.post(f"/visits/{scene.visit_id}/sms_code")
    inbox = await scene.rig.staff["agent1"].get(
        "/demo/inbox", params={"msisdn": ELDER.person.msisdn}
    )
    code = re.findall(r"\b\d{6}\b", inbox.json()[0]["text"])[0]
    assert (await scene.answer(again.json()["id"], digits=code)).status_code == 204
    level = (await scene.agent.get(f"/visits/{scene.visit_id}")).json()["identity"]["level"]
    assert level == "L1"
    assert code not in json.dumps((await scene.agent.get(f"/visits/{scene.visit_id}")).json())


async def test_told_facts_are_compared_together_and_guessing_ends(scene: Scene) -> None:
    body = {
        "name": ELDER.person.name,
        "document_number": "430103195304129928",
        "fact_code": "plan",
        "answer": "guess",
        "call_back": "13900006121",
    }
    for _ in range(scene.rig.counter.deps.policy.wrong_facts_per_day):
        answer = await scene.agent.post(f"/visits/{scene.visit_id}/facts", json=body)
        assert answer.status_code == 200
        facts = [e for e in answer.json()["evidence"] if e["kind"] == "protective_facts"]
        assert {e["outcome"] for e in facts} == {"failed"}

    answer = await scene.agent.post(f"/visits/{scene.visit_id}/facts", json=body)

    has_words(answer, AGENT_WORDS, 429, "too_many")


# --- orders and offers


async def test_an_order_below_its_level_says_what_is_missing(scene: Scene) -> None:
    answer = await scene.agent.post(
        f"/visits/{scene.visit_id}/orders",
        json={"action_id": "query_puk", "inputs": {}},
        headers={"Idempotency-Key": "low"},
    )

    has_words(answer, AGENT_WORDS, 409, "assurance_too_low")
    assert answer.json()["fields"]["needed"] == "L2"
    assert answer.json()["fields"]["missing"]


async def test_an_unknown_action(scene: Scene) -> None:
    answer = await scene.agent.post(
        f"/visits/{scene.visit_id}/orders",
        json={"action_id": "steal_everything", "inputs": {}},
        headers={"Idempotency-Key": "steal_everything"},
    )

    has_words(answer, AGENT_WORDS, 404, "not_found")


async def test_an_offer_is_gone_when_the_customer_left_or_the_ring_is_over(scene: Scene) -> None:
    customer = await scene.rig.customer(await scene.rig.link("13800006033"))
    visit_id = customer.headers["X-Visit"]
    desk = scene.rig.staff["agent2"]
    await desk.post("/staff/state", json={"state": "ready"})
    await customer.post("/visit/leave")

    answer = await desk.post(f"/offers/{visit_id}/accept")

    has_words(answer, AGENT_WORDS, 409, "offer_gone")
    await customer.aclose()


async def test_a_number_that_is_no_number(scene: Scene) -> None:
    answer = await scene.agent.post(
        f"/visits/{scene.visit_id}/number", json={"msisdn": "12345678901"}
    )

    has_words(answer, AGENT_WORDS, 422, "invalid_input")


async def test_unknown_paths_and_methods_are_problems(scene: Scene) -> None:
    async with scene.rig.client() as client:
        assert (await client.get("/nothing-here")).json()["code"] == "not_found"
        assert (await client.put("/visit")).json()["code"] in ("not_found", "method_not_allowed")
