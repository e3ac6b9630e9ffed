"""One signaling connection that keeps itself up: hello, join, resume, ping, offers and events."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import websockets
from websockets.asyncio.client import ClientConnection, connect

from signaling.protocol import IceServer, Offer
from vcounter.observability.logs import get_logger
from vcounter.simulator.api import Api, ApiProblem, Json, trust

PING_S = 4.0
CONNECT_TIMEOUT_S = 10.0
MAX_PAUSE_S = 5.0
MAX_FRAME_BYTES = 1 << 20
_FINAL_FROM = 4500  # close codes from here on say: do not come back
log = get_logger(__name__)


class LineClosed(Exception):
    """The server said not to come back; `code` is the close code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Listener(Protocol):
    """What happens on the line. Calls are made one at a time, in the order of arrival."""

    async def joined(self, room: str, snapshot: Json) -> None:
        """A room was entered afresh; `snapshot` is its whole state."""
        ...

    async def event(self, room: str, kind: str, body: Json) -> None:
        """Something happened, kept or not kept in the stream."""
        ...

    async def offer(self, room: str, offer: Offer) -> str:
        """Answer an offer; returns the SDP."""
        ...


@dataclass(slots=True)
class _Place:
    """How far a room's stream was read."""

    epoch: str | None = None
    offset: int | None = None
    is_in: bool = False  # on the present connection


class Line:
    """Rooms may be joined before and while `run` goes on; they are joined again after a drop."""

    def __init__(self, api: Api, ticket: Callable[[], Awaitable[str]], listener: Listener) -> None:
        self._api, self._ticket, self._listener = api, ticket, listener
        self._socket: ClientConnection | None = None
        self._tab = secrets.token_hex(8)  # one page load: its reconnects replace each other
        self._places: dict[str, _Place] = {}
        self._media_rooms: dict[str, Callable[[], bool]] = {}
        self.drops = 0

    async def join(self, room: str) -> None:
        """Enter a room now, and again after each reconnect."""
        self._places.setdefault(room, _Place())
        await self._post({"t": "join", "room": room})

    async def leave(self, room: str) -> None:
        self._places.pop(room, None)
        self._media_rooms.pop(room, None)
        await self._post({"t": "leave", "room": room})

    async def media_ready(self, room: str, is_connected: Callable[[], bool]) -> None:
        """Devices are open; said again after a reconnect unless `is_connected`."""
        self._media_rooms[room] = is_connected
        await self._say_ready(room)

    async def media_failed(self, room: str, negotiation: int, reason: str) -> None:
        await self._post(
            {
                "t": "media_failed",
                "room": room,
                "negotiation": negotiation,
                "reason": reason,
                "relay_only": False,
            }
        )

    async def drop(self) -> None:
        """Cut the connection as a lost network would; `run` dials again."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def run(self) -> None:
        """Stay connected until cancelled. Raises LineClosed when the server wants no return."""
        pause_s = 0.1
        while True:
            begun = time.monotonic()
            try:
                await self._once()
            except (OSError, TimeoutError, httpx.HTTPError, websockets.WebSocketException) as error:
                log.debug("line dropped", error=type(error).__name__)
            except ApiProblem as problem:
                if problem.status < 500:
                    raise LineClosed(_FINAL_FROM + 3) from problem
            self.drops += 1
            if time.monotonic() - begun > MAX_PAUSE_S:
                pause_s = 0.1
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))
            pause_s = min(MAX_PAUSE_S, pause_s * 2)

    async def _once(self) -> None:
        ticket = await self._ticket()
        tls = trust(self._api.ca) if self._api.ca else self._api.is_https or None
        async with connect(
            self._api.socket_url,
            max_size=MAX_FRAME_BYTES,
            open_timeout=CONNECT_TIMEOUT_S,
            ping_interval=None,
            close_timeout=1,
            proxy=None,
            ssl=tls,
        ) as socket:
            self._socket = socket
            pinging = asyncio.create_task(self._ping())
            try:
                hello = {"t": "hello", "v": 1, "ticket": ticket, "tab": self._tab}
                await self._post(hello)
                async for frame in socket:
                    await self._receive(json.loads(frame))
            except websockets.ConnectionClosed:
                pass  # the code below tells whether to come back
            finally:
                self._socket = None
                pinging.cancel()
                for place in self._places.values():
                    place.is_in = False
        code = socket.close_code or 1006
        if code >= _FINAL_FROM and code < 5000:
            raise LineClosed(code)

    async def _ping(self) -> None:
        for number in itertools.count(1):
            await asyncio.sleep(PING_S)
            await self._post({"t": "ping", "n": number})

    async def _receive(self, message: dict[str, Any]) -> None:
        match message["t"]:
            case "welcome":
                for room, place in self._places.items():
                    await self._join_again(room, place)
            case "joined":
                await self._joined(message)
            case "event":
                await self._event(message)
            case "direct":
                await self._listener.event(message["room"], message["kind"], message["body"])
            case "offer":
                await self._offer(message)
            case "error":
                log.info("line refused", code=message["code"], room=message.get("room", ""))
            case _:
                pass  # pong, ack, media and bye need no answer

    async def _join_again(self, room: str, place: _Place) -> None:
        message: Json = {"t": "join", "room": room}
        if place.epoch is not None:
            message |= {"epoch": place.epoch, "offset": place.offset}
        await self._post(message)

    async def _joined(self, message: Json) -> None:
        room = message["room"]
        if room not in self._places:
            return
        place = self._places[room]
        if message["resumed"]:
            for event in message["missed"]:
                await self._event(event)
        elif message["snapshot"] is not None:
            await self._listener.joined(room, message["snapshot"])
        is_new = place.epoch is not None and place.epoch != message["epoch"]
        place.epoch, place.offset, place.is_in = message["epoch"], message["offset"], True
        await self._say_ready(room, again=is_new)

    async def _event(self, message: Json) -> None:
        place = self._places.get(message["room"])
        if place is None or _is_old(place, message):
            return
        place.epoch, place.offset = message["epoch"], message["offset"]
        await self._listener.event(message["room"], message["kind"], message["body"])

    async def _say_ready(self, room: str, *, again: bool = False) -> None:
        """`again`: the room is a new one, whose server knows of no media that may still run."""
        is_connected, place = self._media_rooms.get(room), self._places.get(room)
        if is_connected is None or place is None or not place.is_in:
            return  # said when the room is entered
        if again or not is_connected():
            await self._post(
                {
                    "t": "media_ready",
                    "room": room,
                    "relay_only": False,
                    "audio": True,
                    "video": True,
                }
            )

    async def _offer(self, message: Json) -> None:
        servers = tuple(
            IceServer(tuple(s["urls"]), s.get("username"), s.get("credential"))
            for s in message["ice_servers"]
        )
        room, number = message["room"], message["negotiation"]
        offer = Offer(room, number, message["sdp"], servers, message["relay_only"])
        sdp = await self._listener.offer(room, offer)
        await self._post({"t": "answer", "room": room, "negotiation": number, "sdp": sdp})

    async def _post(self, message: Json) -> None:
        """Without a connection nothing is sent: what matters is said again after the next one."""
        if self._socket is None:
            return
        try:
            await self._socket.send(json.dumps(message))
        except websockets.ConnectionClosed:
            return


def _is_old(place: _Place, message: Json) -> bool:
    return (
        place.epoch == message["epoch"]
        and place.offset is not None
        and message["offset"] <= place.offset
    )
