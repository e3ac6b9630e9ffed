"""A real uvicorn with `/ws`, and a real WebSocket client."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from signaling.endpoint import websocket_endpoint
from signaling.host import Grant
from signaling.hub import Hub
from signaling.limits import Limits
from signaling.media_flow import MediaClient
from tests.fakes.signaling import FakeHost, FakeMedia

QUICK = Limits(
    hello_timeout_s=0.4,
    silence_s=0.8,
    left_grace_s=0.3,
    media_grace_s=0.6,
    room_ttl_s=1.0,
    offer_gap_s=0.1,
    host_timeout_s=0.5,
    media_timeout_s=0.5,
    close_timeout_s=0.5,
    tick_s=0.02,
)


@dataclass
class Client:
    """One connection; frames are read in order and kept."""

    ws: ClientConnection
    seen: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, **message: object) -> None:
        await self.ws.send(json.dumps(message))

    async def next(self, kind: str, timeout_s: float = 5) -> dict[str, Any]:
        """The next message of this kind; others are skipped."""
        async with asyncio.timeout(timeout_s):
            while True:
                message: dict[str, Any] = json.loads(await self.ws.recv())
                self.seen.append(message)
                if message["t"] == kind:
                    return message

    async def close_code(self) -> int:
        """Read to the end; the code that the server closed with."""
        async with asyncio.timeout(5):
            try:
                while True:
                    self.seen.append(json.loads(await self.ws.recv()))
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 1006

    async def join(self, room: str, **at: object) -> dict[str, Any]:
        await self.send(t="join", room=room, **at)
        return await self.next("joined")


@dataclass
class Server:
    hub: Hub
    host: FakeHost
    media: FakeMedia
    url: str
    _tickets: int = 0

    def ticket(self, grant: Grant) -> str:
        self._tickets += 1
        name = f"ticket-{self._tickets}"
        self.host.tickets[name] = grant
        return name

    @contextlib.asynccontextmanager
    async def dial(self, **options: Any) -> AsyncIterator[Client]:
        async with connect(self.url, compression=None, **options) as ws:
            yield Client(ws)

    @contextlib.asynccontextmanager
    async def welcomed(self, grant: Grant, tab: str | None = None) -> AsyncIterator[Client]:
        async with self.dial() as client:
            hello = {"t": "hello", "v": 1, "ticket": self.ticket(grant)}
            await client.send(**hello, **({"tab": tab} if tab else {}))
            await client.next("welcome")
            yield client

    async def until(self, claim: Callable[[], bool], timeout_s: float = 5) -> None:
        """Wait until something that another task does has happened."""
        async with asyncio.timeout(timeout_s):
            while not claim():  # noqa: ASYNC110  # what is waited for sets no event
                await asyncio.sleep(0.005)


Serve = Callable[..., Awaitable[Server]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    stacks = contextlib.AsyncExitStack()

    async def start(
        limits: Limits = QUICK, relay: bool = True, bridge: MediaClient | None = None
    ) -> Server:
        host, media = FakeHost(), FakeMedia()
        urls = ["turn:turn.example"] if relay else ["stun:stun.example"]
        hub = Hub(
            host,
            bridge or media,
            ice_servers=lambda subject: [{"urls": urls, "username": subject, "credential": "c"}],
            limits=limits,
        )
        app = Starlette(routes=[WebSocketRoute("/ws", websocket_endpoint(hub))])
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="error", lifespan="off", ws_max_size=128 * 1024)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))

        async def stop() -> None:
            await hub.close()
            server.should_exit = True
            await task
            listener.close()
            assert hub.stats()["tasks"] == 0
            assert hub.stats()["unauthenticated"] == 0

        stacks.push_async_callback(stop)
        while not server.started:  # noqa: ASYNC110  # uvicorn sets no event
            await asyncio.sleep(0.01)
        port = listener.getsockname()[1]
        return Server(hub, host, media, f"ws://127.0.0.1:{port}/ws")

    async with stacks:
        yield start
