"""When offers go out, over a real socket and with a scripted bridge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from signaling.limits import CloseCode
from signaling.media.errors import BadDescription, MediaUnavailable, StaleNegotiation
from tests.fakes.signaling import customer
from tests.integration.signaling.conftest import QUICK, Client, Serve


async def _ready(client: Client, relay_only: bool = False) -> None:
    await client.send(t="media_ready", room="vis_1", relay_only=relay_only, audio=True, video=True)


async def _failed(client: Client, negotiation: int, relay_only: bool = False) -> None:
    await client.send(
        t="media_failed",
        room="vis_1",
        negotiation=negotiation,
        reason="ice_failed",
        relay_only=relay_only,
    )


async def _answer(client: Client, negotiation: int, sdp: str = "v=0") -> None:
    await client.send(t="answer", room="vis_1", negotiation=negotiation, sdp=sdp)


def _leg(state: str, **more: Any) -> dict[str, Any]:
    return {"event": "leg", "call": "vis_1", "leg": "customer", "state": state, **more}


async def test_an_offer_comes_when_devices_are_ready_and_media_started(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await _ready(phone)
        await phone.send(t="ping", n=1)
        await phone.next("pong")
        assert server.media.offers == []
        await server.hub.start_media("vis_1")
        await server.hub.start_media("vis_1")
        offer = await phone.next("offer")

    assert offer["negotiation"] == 1
    assert offer["ice_servers"] == [
        {"urls": ["turn:turn.example"], "username": "pty_1", "credential": "c"}
    ]
    assert server.media.offers == [("vis_1", "customer", False)]


async def test_answers_and_candidates_of_the_current_offer_only_reach_the_bridge(
    serve: Serve,
) -> None:
    server = await serve()

    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await server.hub.start_media("vis_1")
        await _ready(phone)
        await phone.next("offer")
        await _failed(phone, 1)
        second = await phone.next("offer")
        await _answer(phone, 1, "stale")
        await _answer(phone, 2, "good")
        candidate = {"candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0}
        for number in (1, 2):
            await phone.send(t="candidate", room="vis_1", negotiation=number, candidate=candidate)
        await phone.send(t="candidate", room="vis_1", negotiation=2, candidate=None)
        await server.until(lambda: len(server.media.candidates) == 2)

    assert second["negotiation"] == 2
    assert server.media.answers == [("vis_1", "customer", 2, "good")]
    assert server.media.candidates == [
        ("vis_1", "customer", 2, candidate),
        ("vis_1", "customer", 2, None),
    ]


async def test_a_failure_of_an_older_offer_is_ignored(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await server.hub.start_media("vis_1")
        await _ready(phone)
        await phone.next("offer")
        await _failed(phone, 1)
        await phone.next("offer")
        await _failed(phone, 1)
        await phone.send(t="ping", n=1)
        await phone.next("pong")

    assert len(server.media.offers) == 2


@pytest.mark.parametrize(
    ("relay", "expected"), [(True, [False, False, True]), (False, [False] * 3)]
)
async def test_the_second_failure_in_a_row_asks_for_relayed_media_where_there_is_a_relay(
    serve: Serve, relay: bool, expected: list[bool]
) -> None:
    server = await serve(relay=relay)

    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await server.hub.start_media("vis_1")
        await _ready(phone)
        for number in (1, 2):
            await phone.next("offer")
            await _failed(phone, number)
        last = await phone.next("offer")

    assert [offer[2] for offer in server.media.offers] == expected
    assert last["relay_only"] is relay


async def test_a_reconnected_peer_that_is_ready_again_gets_a_fresh_offer(serve: Serve) -> None:
    server = await serve()
    async with server.welcomed(customer(), tab="a") as phone:
        await phone.join("vis_1")
        await server.hub.start_media("vis_1")
        await _ready(phone)
        await phone.next("offer")

    async with server.welcomed(customer(), tab="b") as phone:
        await phone.join("vis_1")
        await _ready(phone)
        offer = await phone.next("offer")

    assert offer["negotiation"] == 2


async def test_media_outlive_a_dropped_connection_and_its_return(serve: Serve) -> None:
    server = await serve(replace(QUICK, media_grace_s=60))
    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await server.hub.start_media("vis_1")
        await _ready(phone)
        await phone.next("offer")
    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await _answer(phone, 1)
        await server.until(lambda: len(server.media.answers) == 1)

    assert len(server.media.offers) == 1
    assert server.media.closed == []


async def test_an_offer_that_nobody_took_is_made_again_at_the_return(serve: Serve) -> None:
    server = await serve(replace(QUICK, media_grace_s=60))
    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await server.hub.start_media("vis_1")
        await _ready(phone)
        await phone.next("offer")
    await server.until(lambda: server.hub.stats()["connections"] == 0)
    await server.hub.on_media_event(_leg("failed"))

    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        offer = await phone.next("offer")

    assert offer["negotiation"] == 2


async def test_a_peer_that_stays_away_is_forgotten_and_its_call_closed(serve: Serve) -> None:
    server = await serve()
    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await server.hub.start_media("vis_1")
        await _ready(phone)
        await phone.next("offer")

    await server.until(lambda: server.media.closed == ["vis_1"])

    assert server.hub.stats()["rooms"] == 0


async def test_leg_states_reach_the_room_and_the_host_in_order(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await server.hub.start_media("vis_1")
        await _ready(phone)
        await phone.next("offer")
        await server.hub.on_media_event(_leg("connecting"))
        await server.hub.on_media_event(_leg("connected", negotiation=1))
        await server.hub.on_media_event(_leg("failed", negotiation=7))
        await server.hub.on_media_event({"event": "leg", "call": "vis_9", "leg": "agent"})
        await server.hub.on_media_event({"event": "leg", "call": "vis_1", "leg": "dog"})
        await server.hub.on_media_event({"event": "nonsense"})
        states = [(await phone.next("media"))["state"] for _ in range(2)]
        await server.until(lambda: len(server.host.calls) == 3)

    assert states == ["connecting", "connected"]
    assert [call[-1] for call in server.host.calls] == ["vis_1", "connecting", "connected"]
    assert len(server.media.offers) == 1


async def test_a_lost_worker_means_fresh_offers_when_it_is_back(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await server.hub.start_media("vis_1")
        await _ready(phone)
        await phone.next("offer")
        server.media.down = True
        await server.hub.on_media_event({"event": "worker_lost"})
        failed = await phone.next("media")
        await _failed(phone, 1)
        server.media.restart()
        await server.hub.on_media_event({"event": "worker_ready"})
        offer = await phone.next("offer")
        await _answer(phone, 1, "stale")
        await _answer(phone, 2, "good")
        await server.until(lambda: bool(server.media.answers))

    assert failed["state"] == "failed"
    assert offer["negotiation"] == 2
    assert server.media.answers == [("vis_1", "customer", 1, "good")]


async def test_an_offer_that_the_bridge_refused_is_tried_again(serve: Serve) -> None:
    server = await serve(replace(QUICK, offer_gap_s=0.02))
    server.media.down = True

    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await server.hub.start_media("vis_1")
        await _ready(phone)
        await phone.send(t="ping", n=1)
        await phone.next("pong")
        server.media.down = False

        assert (await phone.next("offer"))["negotiation"] == 1


@pytest.mark.parametrize(
    ("error", "codes"),
    [
        (BadDescription(), ["bad_description"] * 2),
        (MediaUnavailable(), ["media_unavailable"] * 2),
        (StaleNegotiation(), []),
    ],
)
async def test_what_the_bridge_refuses_of_an_answer_is_told_to_its_sender(
    serve: Serve, error: Any, codes: list[str]
) -> None:
    server = await serve()

    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await server.hub.start_media("vis_1")
        await _ready(phone)
        await phone.next("offer")
        server.media.error = error
        await _answer(phone, 1)
        await phone.send(t="candidate", room="vis_1", negotiation=1, candidate=None)
        found = [(await phone.next("error"))["code"] for _ in codes]
        await phone.send(t="ping", n=1)
        await phone.next("pong")

    assert found == codes


async def test_stopped_media_close_the_call_and_need_a_new_ready(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await server.hub.start_media("vis_1")
        await _ready(phone)
        await phone.next("offer")
        server.media.down = True  # a bridge that cannot close the call any more is no obstacle
        await server.hub.stop_media("vis_1")
        closed = await phone.next("media")
        server.media.down = False
        await server.hub.start_media("vis_1")
        await phone.send(t="ping", n=1)
        await phone.next("pong")
        assert len(server.media.offers) == 1
        await _ready(phone)
        offer = await phone.next("offer")
        await server.hub.close_room("vis_1", CloseCode.VISIT_OVER)
        code = await phone.close_code()

    assert closed["state"] == "closed"
    assert offer["negotiation"] == 2
    assert server.media.closed == ["vis_1", "vis_1"]
    assert code == CloseCode.VISIT_OVER
