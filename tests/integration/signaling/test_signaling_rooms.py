"""Rooms over a real socket: joining, resuming, audiences, messages, closing."""

from __future__ import annotations

from dataclasses import replace

from signaling.limits import CloseCode
from tests.fakes.signaling import agent, customer
from tests.integration.signaling.conftest import QUICK, Client, Serve


async def _events(client: Client, count: int) -> list[tuple[int, str]]:
    found = []
    for _ in range(count):
        event = await client.next("event")
        found.append((event["offset"], event["kind"]))
    return found


async def test_a_first_join_gets_a_snapshot_and_the_host_is_told(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as client:
        joined = await client.join("vis_1")
        await server.until(lambda: bool(server.host.calls))

    assert (joined["resumed"], joined["missed"]) == (False, [])
    assert joined["snapshot"] == {"for": "customer", "room": "vis_1"}
    assert server.host.calls[0] == ("joined", "pty_1", "vis_1")


async def test_a_room_that_the_host_denies_is_forbidden(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as client:
        await client.send(t="join", room="vis_2")
        error = await client.next("error")
        await client.send(t="send", id="1", room="vis_2", kind="progress", body={})
        after = await client.next("error")

    assert (error["code"], error["room"]) == ("forbidden", "vis_2")
    assert (after["code"], after["id"]) == ("not_joined", "1")
    assert server.host.messages == []


async def test_events_reach_their_audience_only_and_offsets_stay(serve: Serve) -> None:
    server = await serve()
    server.host.allowed.add(("stf_1", "vis_1"))

    async with server.welcomed(customer()) as phone, server.welcomed(agent()) as desk:
        await phone.join("vis_1")
        await desk.join("vis_1")
        await server.hub.publish("vis_1", "step", {"step": None})
        await server.hub.publish("vis_1", "identity", {"level": "L1"}, audience=["agent"])
        await server.hub.publish("vis_1", "receipt", {}, audience=["customer"])

        assert await _events(phone, 2) == [(1, "step"), (3, "receipt")]
        assert await _events(desk, 2) == [(1, "step"), (2, "identity")]


async def test_a_reconnect_resumes_with_what_it_missed_and_nothing_of_others(serve: Serve) -> None:
    server = await serve()
    async with server.welcomed(customer()) as phone:
        joined = await phone.join("vis_1")
        await server.hub.publish("vis_1", "step", {"n": 1})
        seen = await phone.next("event")
    await server.hub.publish("vis_1", "identity", {"secret": True}, audience=["agent"])
    await server.hub.publish("vis_1", "step", {"n": 2})

    async with server.welcomed(customer()) as phone:
        again = await phone.join("vis_1", epoch=joined["epoch"], offset=seen["offset"])

    assert again["resumed"]
    assert again["snapshot"] is None
    assert [(e["offset"], e["body"]) for e in again["missed"]] == [(3, {"n": 2})]
    assert again["offset"] == 3


async def test_a_reconnect_too_late_or_of_another_epoch_takes_a_snapshot(serve: Serve) -> None:
    server = await serve(replace(QUICK, ring=4))

    async with server.welcomed(customer()) as phone:
        joined = await phone.join("vis_1")
        for n in range(6):
            await server.hub.publish("vis_1", "step", {"n": n})
        late = await phone.join("vis_1", epoch=joined["epoch"], offset=1)
        other = await phone.join("vis_1", epoch="another", offset=6)

    assert not late["resumed"]
    assert late["snapshot"]
    assert not other["resumed"]


async def test_what_happens_during_a_snapshot_is_not_lost(serve: Serve) -> None:
    server = await serve()

    async def publish(room: str) -> None:
        await server.hub.publish(room, "step", {"while": "reading"})

    server.host.before_snapshot = publish
    async with server.welcomed(customer()) as phone:
        joined = await phone.join("vis_1")
        await server.hub.publish("vis_1", "step", {"n": 2})
        event = await phone.next("event")

    assert [e["body"] for e in joined["missed"]] == [{"while": "reading"}]
    assert (joined["offset"], event["offset"]) == (1, 2)


async def test_a_room_busier_than_its_ring_refuses_the_join(serve: Serve) -> None:
    server = await serve(replace(QUICK, ring=1))

    async def publish(room: str) -> None:
        for _ in range(3):
            await server.hub.publish(room, "step", {})

    server.host.before_snapshot = publish
    async with server.welcomed(customer()) as phone:
        await phone.send(t="join", room="vis_1")

        assert (await phone.next("error"))["code"] == "busy"


async def test_direct_messages_reach_those_present_and_are_not_kept(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as phone:
        joined = await phone.join("vis_1")
        await server.hub.direct("vis_1", "recording", {}, audience=["agent"])
        await server.hub.direct("vis_1", "place", {"ahead": 2}, audience=["customer"])
        direct = await phone.next("direct")
        again = await phone.join("vis_1", epoch=joined["epoch"], offset=joined["offset"])

    assert (direct["kind"], direct["body"]) == ("place", {"ahead": 2})
    assert again["missed"] == []


async def test_a_send_is_acknowledged_refused_or_fails_alone(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        for n, kind in enumerate(("progress", "refuse", "break", "hang")):
            await phone.send(t="send", id=str(n), room="vis_1", kind=kind, body={"n": n})
        ack = await phone.next("ack")
        errors = [await phone.next("error") for _ in range(3)]
        await phone.send(t="send", id="9", room="vis_1", kind="progress", body={})
        last = await phone.next("ack")

    assert (ack["id"], ack["body"]) == ("0", {"echo": {"n": 0}})
    assert [(e["id"], e["code"]) for e in errors] == [
        ("1", "not_now"),
        ("2", "internal"),
        ("3", "timeout"),
    ]
    assert errors[0]["fields"] == {"reason": "closed"}
    assert last["id"] == "9"


async def test_an_answer_that_json_cannot_carry_is_logged_and_the_next_goes_on(
    serve: Serve,
) -> None:
    server = await serve()

    async def answer(kind: str, body: object) -> dict[str, object]:
        return {"value": float("nan") if kind == "bad" else 1}

    server.host.answer = answer
    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await phone.send(t="send", id="1", room="vis_1", kind="bad", body={})
        await phone.send(t="send", id="2", room="vis_1", kind="good", body={})

        assert (await phone.next("error"))["code"] == "internal"
        assert (await phone.next("ack"))["id"] == "2"


async def test_a_hanging_host_does_not_stop_the_heartbeat_but_its_inbox_is_bounded(
    serve: Serve,
) -> None:
    server = await serve(replace(QUICK, host_timeout_s=30, inbox=4))

    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await phone.send(t="send", id="0", room="vis_1", kind="hang", body={})
        await phone.send(t="ping", n=1)
        await phone.next("pong")
        for n in range(5):
            await phone.send(t="send", id=str(n), room="vis_1", kind="progress", body={})

        assert await phone.close_code() == CloseCode.RATE_LIMITED


async def test_a_short_absence_is_not_reported_a_long_one_is(serve: Serve) -> None:
    server = await serve()
    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        await server.until(lambda: len(server.host.calls) == 2)
        assert server.hub.online("pty_1")

    await server.until(lambda: len(server.host.calls) == 3)

    assert [call[0] for call in server.host.calls] == ["joined", "joined", "left"]
    assert not server.hub.online("pty_1")


async def test_leaving_is_reported_at_once_and_ends_the_events(serve: Serve) -> None:
    server = await serve(replace(QUICK, left_grace_s=60))

    async with server.welcomed(agent()) as desk:
        await desk.join("desk:stf_1")
        await desk.send(t="leave", room="desk:stf_1")
        await server.until(lambda: ("left", "stf_1", "desk:stf_1") in server.host.calls)
        await server.hub.publish("desk:stf_1", "me", {})
        await desk.send(t="ping", n=1)
        await desk.next("pong")

    assert "event" not in [m["t"] for m in desk.seen]


async def test_closing_a_room_ends_the_customer_and_spares_the_agents_desk(serve: Serve) -> None:
    server = await serve()
    server.host.allowed.add(("stf_1", "vis_1"))

    async with server.welcomed(customer()) as phone, server.welcomed(agent()) as desk:
        await phone.join("vis_1")
        await desk.join("desk:stf_1")
        await desk.join("vis_1")
        await server.hub.close_room("vis_1")
        code = await phone.close_code()
        error = await desk.next("error")
        await desk.send(t="ping", n=1)
        await desk.next("pong")

    assert code == CloseCode.VISIT_OVER
    assert (error["code"], error["room"]) == ("room_closed", "vis_1")
    assert server.hub.stats()["rooms"] == 1


async def test_a_room_closed_during_a_join_refuses_it(serve: Serve) -> None:
    server = await serve()
    server.host.before_snapshot = server.hub.close_room

    async with server.welcomed(customer()) as phone:
        await phone.send(t="join", room="vis_1")

        assert (await phone.next("error"))["code"] == "room_closed"


async def test_an_empty_room_is_forgotten_after_a_while(serve: Serve) -> None:
    server = await serve()
    async with server.welcomed(customer()) as phone:
        await phone.join("vis_1")
        assert server.hub.stats()["rooms"] == 1

    await server.until(lambda: server.hub.stats()["rooms"] == 0)

    await server.hub.publish("vis_1", "step", {})
    await server.hub.direct("vis_1", "place", {})
    await server.hub.stop_media("vis_1")
    await server.hub.close_room("vis_1")
