"""Another tenant's ids, another visit's rooms, and tickets that are not good: nothing opens.

"Nothing" means that it looks exactly as if it did not exist, so that ids cannot be tried out.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio

from tests.counter_rig import OTHER, OTHER_PASSWORD
from tests.security.house import Desk, House, Wire, refusal, running_house
from vcounter.domain.ids import ImageId, VisitId
from vcounter.services.context import sha256_hex
from vcounter.services.ports import ImageRow, Ticket
from vcounter.services.visits import open_visit
from vcounter.simulator.api import Api, Json
from vcounter.simulator.people import practice_caller
from vcounter.storage import HOME

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

NOT_FOUND = (404, "not_found")
PICTURE = b"\xff\xd8picture"
OURS, SECOND = practice_caller(2), practice_caller(5)
TICKET_INVALID, TAKEN_OVER, FORBIDDEN = 4003, 4504, 4503
RING_S = 2.0


@dataclass(slots=True)
class Scene:
    """Two visits of ours in hand (agent1, agent2) with a step, an order and a picture, and a team
    lead of another tenant, who is allowed as much as anybody can be."""

    house: House
    desk: Desk
    customer: Api
    second: Desk
    second_customer: Api
    step_id: str
    order_id: str
    image_id: str
    stranger: Api
    stranger_id: str

    def fill(self, path: str) -> str:
        ids = {"visit": self.desk.visit_id, "step": self.step_id, "order": self.order_id}
        return path.format(**ids, image=self.image_id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("tenants")
    async with running_house(folder, agents=3, ring_time_s=RING_S) as house, AsyncExitStack() as on:
        for caller in (OURS, SECOND):
            await house.open_number(caller, enrolled=None)
        desk, customer = await on.enter_async_context(house.plain_visit("agent1", OURS.msisdn))
        second = await on.enter_async_context(house.plain_visit("agent2", SECOND.msisdn))
        stranger = await on.enter_async_context(
            house.staff("stranger", tenant=OTHER.tenant_id, password=OTHER_PASSWORD)
        )
        order_id, step_id = await _order(desk)
        image_id = await _picture(house, desk.visit_id)
        me = await stranger.get("/staff/me")
        yield Scene(house, desk, customer, *second, step_id, order_id, image_id, stranger, me["id"])


async def _order(desk: Desk) -> tuple[str, str]:
    """A loss reported by told facts, up on the customer's screen."""
    question = (await desk.api.get(f"/visits/{desk.visit_id}/questions"))[0]
    told = {
        "name": OURS.document()["name"],
        "document_number": OURS.document()["number"],
        "fact_code": question["code"],
        "answer": question["expected"],
        "call_back": "13900009001",
    }
    await desk.post("facts", told)
    order = await desk.order("report_loss", call_back="13900009001")
    await desk.api.post(f"/orders/{order['id']}/present")
    return order["id"], (await desk.view())["step"]["id"]


async def _picture(house: House, visit_id: str) -> str:
    deps, visit = house.counter.deps, VisitId(visit_id)
    now = deps.clock.now()
    row = ImageRow(
        id=ImageId(deps.ids.new("img")),
        tenant_id=HOME.tenant_id,
        region=HOME.region,
        visit_id=visit,
        kind="snapshot",
        blob_key=f"images/{visit_id}/planted",
        sha256=hashlib.sha256(PICTURE).hexdigest(),
        width=1,
        height=1,
        at=now,
        expires_at=now + timedelta(days=1),
    )
    _, key = await deps.keys.image_key(HOME, visit)
    await deps.blobs.put(row.blob_key, PICTURE, key)
    async with deps.db.write(HOME) as uow:
        await uow.images.add(row)
    return row.id


# --- HTTP

LOOKS = (
    "/visits/{visit}",
    "/visits/{visit}/history",
    "/visits/{visit}/questions",
    "/visits/{visit}/images/{image}",
    "/orders/{order}",
    "/orders/{order}/receipt",
    "/recordings/{visit}",
    "/recordings/{visit}/customer",
)
ACTS: tuple[tuple[str, Json | None], ...] = (
    ("/offers/{visit}/accept", None),
    ("/offers/{visit}/decline", None),
    ("/visits/{visit}/number", {"msisdn": "13800006022"}),
    ("/visits/{visit}/steps", {"kind": "message", "params": {"text": "x"}}),
    ("/visits/{visit}/messages", {"text": "x"}),
    ("/visits/{visit}/snapshot", None),
    ("/visits/{visit}/decision", {"outcome": "passed", "reason": "x"}),
    ("/visits/{visit}/referral", {"reason": "x"}),
    ("/referrals/{visit}/decision", {"outcome": "passed", "reason": "x"}),
    ("/visits/{visit}/sms_code", None),
    (
        "/visits/{visit}/orders",
        {"action_id": "report_loss", "inputs": {"call_back": "13900009001"}},
    ),
    ("/visits/{visit}/questions", None),
    ("/visits/{visit}/questions/answers", {"answers": {"opened_year": True}}),
    ("/visits/{visit}/contact_code", None),
    ("/visits/{visit}/new_contact_code", {"msisdn": "13900009999"}),
    ("/visits/{visit}/read_back", None),
    ("/visits/{visit}/approval", {"reason": "x"}),
    ("/visits/{visit}/fraud", {"on": True, "reason": "x"}),
    ("/visits/{visit}/enrolment", None),
    ("/visits/{visit}/evidence_pack", {"reason": "x"}),
    ("/visits/{visit}/end", None),
    ("/visits/{visit}/wrap_up", {"disposition": "done"}),
    ("/orders/{order}/present", None),
    ("/orders/{order}/invite", None),
    ("/orders/{order}/present_second", None),
    ("/visits/{visit}/turn_to", None),
    ("/orders/{order}/cancel", None),
    ("/orders/{order}/reversal", None),
    ("/orders/{order}/retry", None),
    ("/orders/{order}/approval", {"decision": "approved", "reason": "x"}),
    ("/orders/{order}/show", None),
)


@pytest.mark.parametrize("path", LOOKS)
async def test_another_tenants_team_lead_sees_nothing(scene: Scene, path: str) -> None:
    assert await refusal(scene.stranger.get(scene.fill(path))) == NOT_FOUND


@pytest.mark.parametrize(("path", "body"), ACTS, ids=[path for path, _ in ACTS])
async def test_another_tenants_team_lead_does_nothing(
    scene: Scene, path: str, body: Json | None
) -> None:
    before = await scene.desk.view()

    assert await refusal(scene.stranger.post(scene.fill(path), body, key="k")) == NOT_FOUND

    after = await scene.desk.view()
    assert {k: after[k] for k in ("visit", "step", "orders", "messages")} == {
        k: before[k] for k in ("visit", "step", "orders", "messages")
    }


async def test_a_step_is_not_taken_off_by_others(scene: Scene) -> None:
    path = f"visits/{scene.desk.visit_id}/steps/{scene.step_id}"
    theirs = await scene.stranger._http.delete(path)
    through_own_visit = f"visits/{scene.second.visit_id}/steps/{scene.step_id}"
    own = await scene.second.api._http.delete(through_own_visit)

    assert theirs.status_code == 404
    assert (own.status_code, own.json()["code"]) == (409, "step_gone")
    assert (await scene.desk.view())["step"]["state"] == "pushed"


async def test_lists_hold_ones_own_tenants_visits_only(scene: Scene) -> None:
    await scene.desk.post("referral", {"reason": "please look"})

    assert await scene.stranger.get("/referrals") == []
    desk = await scene.stranger.get("/desk")
    assert (desk["offer"], desk["visit"], desk["queue"]["waiting"]) == (None, None, 0)
    async with scene.house.staff("lead") as lead:
        assert [r["visit_id"] for r in await lead.get("/referrals")] == [scene.desk.visit_id]


async def test_another_visits_picture_is_not_served_through_ones_own(scene: Scene) -> None:
    path = f"/visits/{scene.second.visit_id}/images/{scene.image_id}"

    assert await refusal(scene.second.api.get(path)) == NOT_FOUND
    mine = await scene.desk.api._http.get(scene.fill("visits/{visit}/images/{image}"))
    assert mine.content == PICTURE


async def test_another_agents_order_is_out_of_reach_and_their_call_undisturbed(
    scene: Scene,
) -> None:
    """Presenting may shut the bridge, so it is refused before that."""
    media = scene.house.counter.deps.media
    agent = scene.second.api
    for what in ("present", "cancel", "show"):
        status, code = await refusal(agent.post(f"/orders/{scene.order_id}/{what}")) or (0, "")
        assert (status, code) in ((409, "visit_gone"), (403, "forbidden")), what
        assert not (await media.recording(VisitId(scene.desk.visit_id))).sealed
    assert await refusal(agent.get(f"/orders/{scene.order_id}")) == (409, "visit_gone")


async def test_another_visits_steps_take_no_answer_of_mine(scene: Scene) -> None:
    other = scene.second_customer
    yes = {"answer": {"confirmed": True}}
    step = f"/visit/steps/{scene.step_id}"

    assert await refusal(other.post(f"{step}/answer", yes)) == (409, "step_gone")
    assert await refusal(other.post(f"{step}/reveal")) == (409, "step_gone")
    assert await refusal(other.post(f"{step}/page")) == (409, "step_gone")
    assert await refusal(other.upload(f"{step}/image", b"\xff\xd8")) == (409, "step_gone")
    assert (await scene.desk.api.get(f"/orders/{scene.order_id}"))["state"] == "awaiting_customer"


async def test_a_link_leads_to_its_own_tenant(scene: Scene) -> None:
    """A link made by another tenant opens a visit there, and none of our agents is rung."""
    deps = scene.house.counter.deps
    token = await open_visit.store_link(deps, OTHER, actor="test", msisdn=None, lang="en")
    async with Api(scene.house.url) as api, scene.house.staff("agent3") as ours:
        await ours.post("/staff/state", {"state": "ready"})
        opened = await api.post("/visits", {"link": token, "recording": "refused"})
        api.bear(opened["credential"])
        await asyncio.sleep(1.0)
        desk = await ours.get("/desk")
        await ours.post("/staff/state", {"state": "not_ready", "reason": "other"})

        assert (desk["offer"], desk["queue"]["waiting"]) == (None, 0)
        assert (await scene.stranger.get("/desk"))["queue"]["waiting"] == 1
        assert await refusal(ours.get(f"/visits/{opened['visit_id']}")) == NOT_FOUND
        await api.post("/visit/leave")


# --- rooms


async def _ticket(api: Api, path: str = "/staff/ticket") -> str:
    return str((await api.post(path))["ticket"])


def _is_shut(answer: Json) -> bool:
    return bool((answer["t"], answer["code"]) == ("error", "forbidden"))


async def test_another_tenants_rooms(scene: Scene) -> None:
    agent = (await scene.desk.api.get("/staff/me"))["id"]
    async with Wire.open(scene.stranger, await _ticket(scene.stranger)) as wire:
        for room in (scene.desk.visit_id, f"desk:{agent}", "vis_0", "desk:", "nonsense"):
            assert _is_shut(await wire.join(room)), room
        assert (await wire.join(f"desk:{scene.stranger_id}"))["t"] == "joined"
        await _media_are_not_ones_own(wire, scene.desk.visit_id)


async def _media_are_not_ones_own(wire: Wire, room: str) -> None:
    """Without the room, no offer: nobody sees or hears what is not theirs."""
    await wire.say(t="media_ready", room=room, relay_only=False, audio=True, video=True)
    answer = await wire.heard(t="error", code="not_joined", room=room)
    assert answer
    refused = await wire.send(room, "progress", {"phase": "x"})
    assert (refused["t"], refused["code"]) == ("error", "not_joined")


async def test_a_visit_that_is_another_agents(scene: Scene) -> None:
    agent = (await scene.desk.api.get("/staff/me"))["id"]
    async with Wire.open(scene.second.api, await _ticket(scene.second.api)) as wire:
        assert _is_shut(await wire.join(scene.desk.visit_id))
        assert _is_shut(await wire.join(f"desk:{agent}"))
        assert (await wire.join(scene.second.visit_id))["t"] == "joined"
        await _media_are_not_ones_own(wire, scene.desk.visit_id)


async def test_another_customers_room_and_the_agents_desk(scene: Scene) -> None:
    agent = (await scene.desk.api.get("/staff/me"))["id"]
    customer = scene.second_customer
    async with Wire.open(customer, await _ticket(customer, "/visit/ticket")) as wire:
        for room in (scene.desk.visit_id, f"desk:{agent}", "desk:"):
            assert _is_shut(await wire.join(room)), room
        joined = await wire.join(scene.second.visit_id)
        assert joined["t"] == "joined"
        assert "identity" not in joined["snapshot"]


async def test_whoever_missed_the_ring_hears_nothing_of_the_visit(scene: Scene) -> None:
    """A ringing agent is not let in yet, so that nobody stays behind when another takes it."""
    token = await scene.house.simulated_link(SECOND.msisdn)
    async with Api(scene.house.url) as customer, scene.house.staff("agent3") as slow:
        await slow.post("/staff/state", {"state": "ready"})
        opened = await customer.post("/visits", {"link": token, "recording": "refused"})
        customer.bear(opened["credential"])
        async with Wire.open(slow, await _ticket(slow)) as wire:
            me = (await slow.get("/staff/me"))["id"]
            await wire.join(f"desk:{me}")
            for _ in range(100):
                if (await slow.get("/desk"))["offer"]:
                    break
                await asyncio.sleep(0.1)
            assert _is_shut(await wire.join(opened["visit_id"]))
            await wire.heard(kind="offer_gone")
            assert _is_shut(await wire.join(opened["visit_id"]))
        await customer.post("/visit/leave")


# --- tickets


async def _closed_with(scene: Scene, ticket: str) -> int:
    async with Wire.open(scene.stranger, ticket) as wire:
        return await wire.closed()


@pytest.mark.parametrize("ticket", ["forged", "A" * 43, "vis_01", "' or 1=1 --"])
async def test_forged_ticket(scene: Scene, ticket: str) -> None:
    assert await _closed_with(scene, ticket) == TICKET_INVALID


async def test_ticket_works_once(scene: Scene) -> None:
    ticket = await _ticket(scene.stranger)
    async with Wire.open(scene.stranger, ticket) as wire:
        await wire.heard(t="welcome")
        assert await _closed_with(scene, ticket) == TICKET_INVALID
        assert wire.close_code is None


async def test_one_ticket_raced_by_two_lets_one_in(scene: Scene) -> None:
    ticket = await _ticket(scene.stranger)

    async def enter() -> str:
        async with Wire.open(scene.stranger, ticket) as wire:
            for _ in range(100):
                if wire.frames or wire.close_code:
                    break
                await asyncio.sleep(0.05)
            return str(wire.frames[0]["t"]) if wire.frames else ""

    assert sorted(await asyncio.gather(*(enter() for _ in range(4)))).count("welcome") == 1


async def test_expired_ticket(scene: Scene) -> None:
    deps = scene.house.counter.deps
    late = deps.clock.now() - timedelta(seconds=1)
    ticket = Ticket(
        sha256_hex("late"), OTHER.tenant_id, OTHER.region, "agent", scene.stranger_id, None, late
    )
    async with deps.db.write(OTHER) as uow:
        await uow.tickets.add(ticket)

    assert await _closed_with(scene, "late") == TICKET_INVALID


async def test_credentials_are_no_tickets(scene: Scene) -> None:
    bearer = str(scene.customer._http.headers["Authorization"]).split(" ")[1]
    cookie = str(scene.stranger._http.cookies["vc_staff"])
    ticket = await _ticket(scene.stranger)

    for secret in (bearer, cookie):
        assert await _closed_with(scene, secret) == TICKET_INVALID
    async with Api(scene.house.url) as api:
        api.bear(ticket)
        assert await refusal(api.get("/visit")) == (401, "not_signed_in")
        api._http.cookies.set("vc_staff", ticket)
        assert await refusal(api.get("/staff/me")) == (401, "not_signed_in")


async def test_ticket_of_a_login_that_ended(scene: Scene) -> None:
    async with Api(scene.house.url) as api:
        body = {"tenant": OTHER.tenant_id, "login": "stranger", "password": OTHER_PASSWORD}
        await api.post("/staff/login", body)
        ticket = await _ticket(api)
        await api.post("/staff/logout")

    assert await _closed_with(scene, ticket) == TICKET_INVALID


async def test_ticket_of_a_device_that_was_taken_over(scene: Scene) -> None:
    """The old device drew one before: it must not push the new one out again."""
    link = await scene.house.simulated_link(SECOND.msisdn)
    body = {"link": link, "recording": "refused"}
    async with Api(scene.house.url) as old, Api(scene.house.url) as new:
        old.bear((await old.post("/visits", body))["credential"])
        kept, used = [await _ticket(old, "/visit/ticket") for _ in range(2)]
        async with Wire.open(old, used) as wire:
            await wire.heard(t="welcome")
            new.bear((await new.post("/visits", {**body, "takeover": True}))["credential"])
            assert await wire.closed() == TAKEN_OVER

        assert await _closed_with(scene, kept) == TICKET_INVALID
        assert await refusal(old.post("/visit/ticket")) == (401, "not_signed_in")
        await new.post("/visit/leave")
