"""What one connection may do, over a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from signaling.limits import CloseCode
from tests.fakes.signaling import agent, customer
from tests.integration.signaling.conftest import QUICK, Serve


async def test_welcome_names_the_subject_and_ping_is_answered(serve: Serve) -> None:
    server = await serve()

    async with server.dial() as client:
        await client.send(t="hello", v=1, ticket=server.ticket(customer()))
        welcome = await client.next("welcome")
        await client.send(t="ping", n=7)
        pong = await client.next("pong")

    assert (welcome["v"], welcome["subject"], welcome["heartbeat_s"]) == (1, "pty_1", 4)
    assert pong["n"] == 7


async def test_a_ticket_serves_once(serve: Serve) -> None:
    server = await serve()
    ticket = server.ticket(customer())

    codes = []
    for _ in range(2):
        async with server.dial() as client:
            await client.send(t="hello", v=1, ticket=ticket)
            message = json.loads(await client.ws.recv())
            codes.append(message.get("code") or message["t"])

    assert codes == ["welcome", CloseCode.TICKET_INVALID]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (["nonsense"], CloseCode.PROTOCOL_ERROR),
        ([b"\x00\x01"], CloseCode.PROTOCOL_ERROR),
        (["[" * 30_000], CloseCode.PROTOCOL_ERROR),
        (['{"t":"ping","n":NaN}'], CloseCode.PROTOCOL_ERROR),
        (['{"t":"dance"}'], CloseCode.PROTOCOL_ERROR),
        (['{"t":"ping","n":1}'], CloseCode.PROTOCOL_ERROR),
        (['{"t":"hello","v":99,"ticket":"x"}'], CloseCode.VERSION),
        (['{"t":"hello","v":1,"ticket":"x","extra":1}'], CloseCode.PROTOCOL_ERROR),
        (['{"t":"ping","n":"' + "x" * 66_000 + '"}'], CloseCode.TOO_LARGE),
    ],
)
async def test_what_breaks_the_protocol_is_closed_with_its_code(
    serve: Serve, frames: list[str | bytes], code: CloseCode
) -> None:
    server = await serve()

    async with server.dial() as client:
        for frame in frames:
            await client.ws.send(frame)
        closed = await client.close_code()

    assert closed == code
    assert client.seen[-1]["t"] == "bye"
    assert client.seen[-1]["code"] == code


async def test_a_second_hello_is_out_of_order(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as client:
        await client.send(t="hello", v=1, ticket="again")

        assert await client.close_code() == CloseCode.PROTOCOL_ERROR


async def test_an_oversized_send_is_closed(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as client:
        await client.join("vis_1")
        await client.send(t="send", id="1", room="vis_1", kind="screen", body={"x": "y" * 17_000})

        assert await client.close_code() == CloseCode.TOO_LARGE


async def test_a_frame_beyond_the_servers_own_limit_never_reaches_the_host(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as client:
        await client.ws.send("x" * 200_000)

        assert await client.close_code() == 1009


async def test_a_flood_is_rate_limited(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as client:
        for n in range(150):
            await client.ws.send(json.dumps({"t": "ping", "n": n + 1}))

        assert await client.close_code() == CloseCode.RATE_LIMITED


async def test_no_hello_in_time_closes_the_connection(serve: Serve) -> None:
    server = await serve()

    async with server.dial() as client:
        assert await client.close_code() == CloseCode.HEARTBEAT_LOST


async def test_a_slow_host_does_not_stretch_the_hello_time_out(serve: Serve) -> None:
    server = await serve(replace(QUICK, host_timeout_s=30))

    async def never(ticket: str) -> None:
        await asyncio.Event().wait()

    server.host.authorize = never  # type: ignore[method-assign, assignment]
    async with server.dial() as client:
        await client.send(t="hello", v=1, ticket="t")

        assert await client.close_code() == CloseCode.HEARTBEAT_LOST


async def test_a_broken_host_asks_the_client_to_come_back(serve: Serve) -> None:
    server = await serve()
    server.host.authorize_error = ZeroDivisionError()

    async with server.dial() as client:
        await client.send(t="hello", v=1, ticket="t")

        assert await client.close_code() == CloseCode.GOING_AWAY


async def test_a_silent_client_is_nudged_then_given_up(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as client:
        assert await client.close_code() == CloseCode.HEARTBEAT_LOST

    assert [m["t"] for m in client.seen[1:]] == ["pong", "bye"]
    assert client.seen[1]["n"] == 0


async def test_a_client_that_answers_the_nudge_stays(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as client:
        for _ in range(3):
            assert (await client.next("pong"))["n"] == 0
            await client.send(t="ping", n=1)
            assert (await client.next("pong"))["n"] == 1

        assert server.hub.online("pty_1")


async def test_a_page_of_another_origin_is_denied(serve: Serve) -> None:
    server = await serve()

    with pytest.raises(InvalidStatus) as denied:
        async with server.dial(origin="https://evil.example"):
            pass
    async with server.dial(origin=server.url.replace("ws://", "http://")[: -len("/ws")]):
        pass

    assert denied.value.response.status_code == 403


async def test_connections_without_a_welcome_are_few(serve: Serve) -> None:
    server = await serve(replace(QUICK, unauthenticated=2, hello_timeout_s=5))

    async with server.dial(), server.dial():
        with pytest.raises(InvalidStatus) as denied:
            async with server.dial():
                pass
    await server.until(lambda: server.hub.stats()["unauthenticated"] == 0)
    async with server.welcomed(customer()):
        pass

    assert denied.value.response.status_code == 503


async def test_a_client_that_does_not_read_is_dropped_and_others_are_served(serve: Serve) -> None:
    server = await serve(replace(QUICK, silence_s=60))
    body: dict[str, Any] = {"x": "y" * 16_000}

    async with server.welcomed(agent()) as quick, server.dial(max_queue=1) as slow:
        slow.ws.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, 4096
        )
        await slow.send(t="hello", v=1, ticket=server.ticket(customer()))
        await slow.next("welcome")
        await slow.join("vis_1")
        await quick.join("desk:stf_1")
        slow.ws.transport.pause_reading()
        for n in range(3_000):
            await server.hub.publish("vis_1", "step", body)
            if n % 50 == 0:
                await asyncio.sleep(0)
        await server.hub.publish("desk:stf_1", "me", {"state": "ready"})

        assert (await quick.next("event"))["kind"] == "me"
        await server.until(lambda: server.hub.stats()["slow_consumers"] == 1)
        slow.ws.transport.abort()


async def test_closing_the_hub_tells_everyone_to_come_back(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(customer()) as client:
        await server.hub.close()

        assert await client.close_code() == CloseCode.GOING_AWAY


async def test_withdrawn_access_closes_the_connection(serve: Serve) -> None:
    server = await serve()

    async with server.welcomed(agent()) as client:
        await server.hub.disconnect("stf_1", CloseCode.FORBIDDEN)

        assert await client.close_code() == CloseCode.FORBIDDEN


async def test_a_newer_connection_of_the_same_page_replaces_the_older(serve: Serve) -> None:
    server = await serve()

    async with (
        server.welcomed(customer(), tab="a") as older,
        server.welcomed(customer(), tab="a") as newer,
    ):
        assert await older.close_code() == CloseCode.REPLACED
        await newer.send(t="ping", n=1)
        assert await newer.next("pong")


@pytest.mark.parametrize(("device", "tab"), [("phone", "b"), ("tablet", "a"), ("tablet", None)])
async def test_another_page_or_device_takes_over(
    serve: Serve, device: str, tab: str | None
) -> None:
    server = await serve()

    async with (
        server.welcomed(customer(), tab="a") as older,
        server.welcomed(customer(device=device), tab=tab),
    ):
        assert await older.close_code() == CloseCode.TAKEN_OVER
