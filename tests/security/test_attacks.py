"""Impostors and lying clients: none reaches what the actions deny them, whatever they send.

Real peers, real identity workers. The agent in these tests is careless and always presses "passed".
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.security.house import (
    Desk,
    House,
    Refused,
    Wire,
    eventually,
    faces,
    of_kind,
    refusal,
    running_house,
)
from tests.security.impostors import Impostor, Liar, PhotoHolder, SlowCamera
from vcounter.simulator.api import Api, ApiProblem, Json
from vcounter.simulator.customer import Customer
from vcounter.simulator.people import Caller, practice_caller

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

NEEDS_REFEREE = (409, "wrong_state")
# Numbers of their own; the rightful owner of each is the man whose portrait key is "obama".
VICTIM, PHOTOGRAPHED, FORGED, UNENROLLED, BORROWED, LIED_TO = (
    practice_caller(2 + 3 * n) for n in range(6)
)
OTHER_MAN = practice_caller(1)


@dataclass(frozen=True, slots=True)
class Attacked:
    """How far an impostor came: before and after the agent's decision, and after the referee's."""

    gathered: Json
    decision: Refused | None
    decided: Json
    puk: ApiProblem
    refereed: Json | None
    puk_after_referee: ApiProblem | None
    unchanged: bool


async def attack(house: House, login: str, customer: Customer, caller: Caller) -> Attacked:
    """One whole attempt on the PUK of the caller's number, with the document keyed right."""
    before = await house.record(caller)
    async with house.visit(login, customer, caller.msisdn) as desk:
        tries = 1 if isinstance(customer, PhotoHolder) else 3
        gathered = await desk.gather(caller.document(), face_tries=tries)
        decision = await desk.decide()
        decided = await desk.identity()
        puk = await desk.order_refused("query_puk")
        refereed = after = None
        if decision is not None:
            refereed = await desk.referee_passes(house)
            after = await desk.order_refused("query_puk")
    unchanged = await house.record(caller) == before
    return Attacked(gathered, decision, decided, puk, refereed, after, unchanged)


@dataclass(slots=True)
class Scene:
    house: House
    attempts: dict[str, asyncio.Task[Attacked]]

    async def of(self, name: str) -> Attacked:
        return await self.attempts[name]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """Two impostors at a time, each with an agent of their own: a challenge takes its time, and
    one that the machine is too busy to show in time would fail for that."""
    async with running_house(tmp_path_factory.mktemp("attacks"), agents=6) as house:
        for caller in (VICTIM, PHOTOGRAPHED, FORGED, BORROWED, LIED_TO):
            await house.open_number(caller, enrolled="obama")
        await house.open_number(UNENROLLED, enrolled=None)
        people: dict[str, tuple[type[Customer], Impostor]] = {
            "wrong person": (SlowCamera, Impostor(VICTIM.demo, face="biden")),
            "photo": (PhotoHolder, Impostor(PHOTOGRAPHED.demo)),
            "forged": (SlowCamera, Impostor(FORGED.demo, face="biden", printed="biden")),
            "unenrolled": (SlowCamera, Impostor(UNENROLLED.demo, face="biden", printed="biden")),
        }
        attempts, turns = {}, asyncio.Semaphore(2)
        for number, (name, (kind, caller)) in enumerate(people.items(), start=1):
            attempt = _attempt(turns, house, f"agent{number}", kind, caller)
            attempts[name] = asyncio.create_task(attempt, name=name)
        try:
            yield Scene(house, attempts)
        finally:
            for task in attempts.values():
                task.cancel()
            await asyncio.gather(*attempts.values(), return_exceptions=True)


async def _attempt(
    turns: asyncio.Semaphore, house: House, login: str, kind: type[Customer], caller: Caller
) -> Attacked:
    async with turns, Api(house.url) as api:
        return await attack(house, login, kind(api, caller), caller)


def refused_for_assurance(problem: ApiProblem) -> bool:
    return (problem.status, problem.code) == (409, "assurance_too_low")


async def test_wrong_person_with_the_victims_genuine_card(scene: Scene) -> None:
    done = await scene.of("wrong person")

    assert of_kind(done.gathered, "liveness")[-1]["outcome"] == "passed"
    assert faces(done.gathered) == {"enrolment": "mismatch", "card": "mismatch"}
    assert done.decision == NEEDS_REFEREE
    assert done.decided["level"] == "L0"
    assert refused_for_assurance(done.puk)
    assert done.unchanged


async def test_wrong_person_gets_no_disclosure_from_a_referee_either(scene: Scene) -> None:
    """A mismatch is no reference, whoever decides."""
    done = await scene.of("wrong person")

    assert done.refereed is not None
    assert (done.refereed["level"], done.refereed["reference"]) == ("L2", "none")
    assert done.puk_after_referee is not None
    assert refused_for_assurance(done.puk_after_referee)


async def test_forged_card_with_the_forgers_own_portrait(scene: Scene) -> None:
    done = await scene.of("forged")

    assert faces(done.gathered) == {"enrolment": "mismatch", "card": "match"}
    assert of_kind(done.gathered, "document")[-1]["outcome"] == "passed"
    assert done.decision == NEEDS_REFEREE
    assert done.decided["level"] == "L0"
    assert refused_for_assurance(done.puk)
    assert done.refereed is not None
    assert done.refereed["reference"] == "card"
    assert done.puk_after_referee is not None
    assert refused_for_assurance(done.puk_after_referee)
    assert done.unchanged


async def test_forged_card_for_a_number_without_enrolment_rests_on_the_card_alone(
    scene: Scene,
) -> None:
    """The known limit: nothing but the card to compare with. It discloses and resets nothing."""
    done = await scene.of("unenrolled")

    assert done.decision is None
    assert (done.decided["level"], done.decided["reference"]) == ("L2", "card")
    assert refused_for_assurance(done.puk)
    assert done.puk.fields["independent"] is True
    assert done.unchanged


async def test_somebody_elses_genuine_card_for_the_victims_number(scene: Scene) -> None:
    house, thief = scene.house, Impostor(BORROWED.demo, face="biden", shows=OTHER_MAN)
    before = await house.record(BORROWED)
    async with (
        Api(house.url) as api,
        house.visit("agent5", SlowCamera(api, thief), BORROWED.msisdn) as desk,
    ):
        as_shown = await desk.gather(OTHER_MAN.document())
        honest = await desk.decide(), (await desk.identity())["missing"]
        puk = await desk.order_refused("query_puk")
        await desk.key_document(BORROWED.document())  # the agent keys what was told instead
        told = await desk.decide()
        level = (await desk.identity())["level"]
        refereed = await desk.referee_passes(house)
        puk_after_referee = await desk.order_refused("query_puk")
        reset = await desk.order_refused("reset_service_password")

    document = of_kind(as_shown, "document")[-1]
    assert document["outcome"] == "failed"
    assert {"number_differs", "name_differs"} <= set(document["detail"]["failing"].split(","))
    assert honest == (NEEDS_REFEREE, ["document"])
    assert refused_for_assurance(puk)
    assert told == NEEDS_REFEREE
    assert level == "L0"
    assert refereed["reference"] == "card"
    assert refused_for_assurance(puk_after_referee)
    assert refused_for_assurance(reset)
    assert await house.record(BORROWED) == before


async def test_photo_of_the_victim_fails_the_challenge(scene: Scene) -> None:
    done = await scene.of("photo")

    liveness = of_kind(done.gathered, "liveness")
    assert liveness
    assert {e["outcome"] for e in liveness} <= {"failed", "review"}
    assert done.decision == NEEDS_REFEREE
    assert done.decided["level"] == "L0"
    assert refused_for_assurance(done.puk)
    assert done.unchanged


async def test_only_a_referee_could_pass_a_failed_challenge(scene: Scene) -> None:
    """The photograph is the victim's, so it matches: a person must answer for passing it."""
    done = await scene.of("photo")

    assert done.refereed is not None
    assert done.refereed["level"] == "L2"
    by = [e for e in done.refereed["evidence"] if e["kind"] == "referee_decision"]
    assert by[-1]["outcome"] == "passed"
    assert by[-1]["by"] != of_kind(done.refereed, "document")[-1]["by"]
    assert done.puk_after_referee is not None
    assert done.puk_after_referee.code == "not_recording"  # nobody sent the agent's picture here


# --- a client that lies


async def test_prepared_still_and_doubled_uploads(scene: Scene) -> None:
    house = scene.house
    async with Api(house.url) as api:
        liar = Liar(api, Impostor(LIED_TO.demo, shows=OTHER_MAN))
        liar.prepared = LIED_TO.card()
        async with house.visit("agent6", liar, LIED_TO.msisdn) as desk:
            await desk.step("consent", topic="face")
            await _prepared_still(desk, liar)
            await _doubled_upload(desk, liar)
            await _answers_for_the_server(desk, api)


async def _prepared_still(desk: Desk, liar: Liar) -> None:
    """A genuine-looking still of the victim's card, while the camera shows another one."""
    await desk.push("card_front")
    await eventually(lambda: bool(liar.answers))

    cards = of_kind(await desk.identity(), "card_front")
    assert all(e["outcome"] != "passed" for e in cards)
    if liar.answers == ["accepted"]:  # not sure enough to refuse: then a referee decides
        assert [e["outcome"] for e in cards] == ["review"]
    else:
        assert liar.answers == ["image_unusable"]
        assert cards == []
    liar.answers.clear()


async def _doubled_upload(desk: Desk, liar: Liar) -> None:
    """Two stills for one step: one is taken, and the other leaves no trace."""
    liar.prepared, liar.at_once = None, 3
    before = len(of_kind(await desk.identity(), "card_back"))
    assert (await desk.step("card_back"))["state"] == "done"

    await eventually(lambda: len(liar.answers) == 3)
    assert sorted(liar.answers) == ["accepted", "step_gone", "step_gone"]
    assert len(of_kind(await desk.identity(), "card_back")) == before + 1


async def _answers_for_the_server(desk: Desk, api: Api) -> None:
    """Steps that the server judges take no answer, and a step that is over takes none at all."""
    over = await desk.push("card_front")
    face = await desk.push("face")
    said = {"answer": {"result": "passed", "ok": True, "given": True, "confirmed": True}}

    assert await refusal(api.post(f"/visit/steps/{face}/answer", said)) == (422, "invalid_input")
    assert await refusal(api.post(f"/visit/steps/{over}/answer", said)) == (409, "step_gone")
    assert await refusal(api.upload(f"/visit/steps/{over}/image", b"\xff\xd8")) == (
        409,
        "step_gone",
    )
    assert await refusal(api.upload(f"/visit/steps/{face}/image", b"\xff\xd8")) == (
        422,
        "image_unusable",
    )
    assert await refusal(api.post(f"/visit/steps/{face}/reveal")) == (409, "step_gone")
    assert of_kind(await desk.identity(), "liveness") == []


async def test_messages_that_look_like_the_servers_own_reach_nobody(scene: Scene) -> None:
    async with (
        scene.house.plain_visit("agent6", LIED_TO.msisdn) as (desk, customer),
        Wire.open(desk.api, (await desk.api.post("/staff/ticket"))["ticket"]) as agent,
        Wire.open(customer, (await customer.post("/visit/ticket"))["ticket"]) as liar,
    ):
        assert (await agent.join(desk.visit_id))["t"] == "joined"
        assert (await liar.join(desk.visit_id))["t"] == "joined"
        level = {"level": "L2", "reference": "enrolment", "missing": []}
        for kind in ("identity", "challenge", "step", "order", "visit", "receipt", "recording"):
            answer = await liar.send(desk.visit_id, kind, level)
            assert (answer["t"], answer["code"]) == ("error", "forbidden"), kind
        told = {"step_id": "stp_x", "phase": "done", "result": {"level": "L2"}, "x": "y" * 900}
        assert (await liar.send(desk.visit_id, "progress", told))["t"] == "ack"
        progress = await agent.heard(t="direct", kind="progress")

        assert progress["body"] == {"step_id": "stp_x", "phase": "done", "x": "y" * 200}
        kinds = {f.get("kind") for f in agent.frames if f["t"] in ("event", "direct")}
        assert not kinds & {"identity", "challenge", "order", "receipt"}
        assert (await desk.identity())["level"] == "L0"


async def test_customers_credential_opens_no_route_of_the_staff(scene: Scene) -> None:
    passed = {"outcome": "passed", "reason": "it is me"}
    async with scene.house.plain_visit("agent6", LIED_TO.msisdn) as (desk, customer):
        visit = f"/visits/{desk.visit_id}"
        assert await refusal(customer.post(f"{visit}/decision", passed)) == (401, "not_signed_in")
        referral = f"/referrals/{desk.visit_id}/decision"
        assert await refusal(customer.post(referral, passed)) == (401, "not_signed_in")
        assert await refusal(customer.get(visit)) == (401, "not_signed_in")
        assert await refusal(customer.post("/staff/ticket")) == (401, "not_signed_in")
        assert of_kind(await desk.identity(), "agent_decision") == []


async def test_yes_to_another_visits_order_and_a_yes_said_twice(scene: Scene) -> None:
    house = scene.house
    async with (
        house.plain_visit("agent5", VICTIM.msisdn) as (desk, owner),
        house.plain_visit("agent6", LIED_TO.msisdn) as (_, stranger),
    ):
        order_id = await _presented_loss(desk)
        step = (await desk.view())["step"]["id"]
        yes = {"answer": {"confirmed": True}}
        path = f"/visit/steps/{step}/answer"

        assert await refusal(stranger.post(path, yes)) == (409, "step_gone")
        assert await _state(desk, order_id) == "awaiting_customer"
        said = await asyncio.gather(*(refusal(owner.post(path, yes)) for _ in range(4)))
        view = await desk.until(lambda v: v["orders"][0]["state"] == "succeeded")

        assert sorted(said, key=str) == sorted([None, *[(409, "step_gone")] * 3], key=str)
        assert await refusal(owner.post(path, {"answer": {"confirmed": False}})) == (
            409,
            "step_gone",
        )
        assert len(view["orders"]) == 1
        changes = [t for t in view["timeline"] if t["code"] == "order"]
        assert len(changes) == 1


async def _presented_loss(desk: Desk) -> str:
    """A loss reported by told facts, which wants neither media nor a card, up for the yes."""
    question = (await desk.api.get(f"/visits/{desk.visit_id}/questions"))[0]
    document = VICTIM.document()
    told = {
        "name": document["name"],
        "document_number": document["number"],
        "fact_code": question["code"],
        "answer": question["expected"],
        "call_back": "13900009001",
    }
    assert (await desk.post("facts", told))["level"] == "L1a"
    assert refused_for_assurance(await desk.order_refused("query_puk"))
    order = await desk.order("report_loss", call_back="13900009001")
    await desk.api.post(f"/orders/{order['id']}/present")
    return str(order["id"])


async def _state(desk: Desk, order_id: str) -> str:
    return str((await desk.api.get(f"/orders/{order_id}"))["state"])
