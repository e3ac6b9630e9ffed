"""Sockets that dawdle are closed; honest ones are not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from vcounter.http.middleware import BodyLimit
from vcounter.http.problems import exception_handlers
from vcounter.observability.metrics import Metrics
from vcounter.serving import MAX_HEADER_BYTES, Server, listen, uvicorn_config
from vcounter.settings import Settings

TIMEOUT_S = 1.0


async def _echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@asynccontextmanager
async def _server(closed: list[None]) -> AsyncIterator[int]:
    app = Starlette(
        routes=[Route("/", _echo, methods=["GET", "POST"])],
        middleware=[
            Middleware(BodyLimit, max_bytes=4096, pause_timeout_s=TIMEOUT_S, metrics=Metrics())
        ],
        exception_handlers=exception_handlers(),
    )
    settings = Settings(header_timeout_s=TIMEOUT_S)
    config = uvicorn_config(app, settings, on_slow=lambda: closed.append(None), lifespan="off")
    sock = listen("127.0.0.1", 0)
    server = Server(config)
    task = asyncio.create_task(server._serve(sockets=[sock]))
    await server.ready.wait()
    try:
        yield sock.getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def _drip(port: int, first: bytes, drop: bytes) -> float:
    """Send slowly until the server closes; return how long that took."""
    begun = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(first)
        while time.monotonic() - begun < 15:
            try:
                writer.write(drop)
                await writer.drain()
                await asyncio.wait_for(reader.read(1), 0.2)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if reader.at_eof():
                break
        return time.monotonic() - begun
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(
    ("first", "drop"),
    [(b"", b""), (b"GET / HTTP/1.1\r\nHost: a\r\n", b"X-A: b\r\n"), (b"", b"\r\n"), (b"GE", b"")],
)
async def test_fifty_slow_sockets_are_closed(first: bytes, drop: bytes) -> None:
    closed: list[None] = []
    async with _server(closed) as port:
        took = await asyncio.gather(*(_drip(port, first, drop) for _ in range(50)))

    assert max(took) < TIMEOUT_S + 2
    assert len(closed) == 50


async def test_endless_headers_are_cut_off_by_size() -> None:
    closed: list[None] = []
    async with _server(closed) as port:
        took = await _drip(port, b"GET / HTTP/1.1\r\nX-A: ", b"a" * MAX_HEADER_BYTES)

    assert took < TIMEOUT_S


async def test_a_body_that_stops_coming_is_answered_and_closed() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"
    async with _server([]) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        answer = await asyncio.wait_for(reader.read(), TIMEOUT_S + 2)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"request_timeout"' in answer


async def test_a_kept_connection_serves_request_after_request() -> None:
    closed: list[None] = []
    async with _server(closed) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(4):
            writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
            await asyncio.sleep(TIMEOUT_S / 2)  # the body may come later than the headers
            writer.write(b"abc")
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n3"), 2)
            assert answer.startswith(b"HTTP/1.1 200")
        writer.close()

    assert closed == []
