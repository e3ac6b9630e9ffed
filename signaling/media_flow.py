"""When offers go out: the hub's side of the media, on top of each leg's Negotiation."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Final, Protocol

from signaling.lane import Tasks
from signaling.limits import Limits
from signaling.media.errors import MediaError, StaleNegotiation
from signaling.protocol import (
    Answer,
    Candidate,
    IceServer,
    MediaFailed,
    MediaReady,
    Offer,
    ServerMessage,
)
from signaling.room import Room

LEGS: Final = ("customer", "agent")
LEG_STATES: Final = frozenset({"new", "connecting", "connected", "failed", "closed"})
_log = logging.getLogger(__name__)


class BridgeOffer(Protocol):
    """What the bridge offers one leg; `negotiation` is the bridge's own number for it."""

    @property
    def sdp(self) -> str: ...
    @property
    def negotiation(self) -> int: ...


class MediaClient(Protocol):
    """The bridge as signaling needs it. Every method raises MediaError when it cannot."""

    async def offer(
        self, call: str, leg: str, *, ice_servers: list[dict[str, object]], relay_only: bool
    ) -> BridgeOffer:
        """A fresh peer connection for the leg; the older one of the leg is dropped."""
        ...

    async def answer(self, call: str, leg: str, negotiation: int, sdp: str) -> None: ...
    async def candidate(
        self, call: str, leg: str, negotiation: int, candidate: dict[str, object] | None
    ) -> None: ...
    async def close_call(self, call: str) -> None: ...


class MediaFlow:
    """Offers to every ready leg of every started room, and again whenever media are lost.

    Calls to the bridge are timed and their failures end here: a leg whose offer failed is tried
    again, later each time, and at once when the bridge reports to be back.
    """

    def __init__(
        self,
        media: MediaClient,
        *,
        ice_servers: Callable[[str], list[dict[str, object]]],
        clock: Callable[[], float],
        limits: Limits,
        tasks: Tasks,
        send: Callable[[Room, str, ServerMessage], bool],
        changed: Callable[[Room, str, str], None],
    ) -> None:
        """`send` delivers to a subject in a room; `changed` tells of a leg's new state."""
        self._media = media
        self._ice_servers = ice_servers
        self._clock = clock
        self._limits = limits
        self._tasks = tasks
        self._send = send
        self._changed = changed
        self._bridge_up = True
        self.offers = 0

    def start(self, room: Room) -> None:
        """Let the room's peers negotiate from now on. Safe to repeat."""
        room.media_started = True
        self.kick(room)

    async def stop(self, room: Room) -> None:
        """End the room's media; its peers must say media_ready again after another start."""
        was_started, room.media_started = room.media_started, False
        for role, leg in room.legs.items():
            if leg.subject:
                self._changed(room, role, "closed")
            leg.reset()
        if was_started:
            await self._close_call(room.name)

    def ready(self, room: Room, role: str, subject: str, message: MediaReady) -> None:
        if role in LEGS:
            room.leg(role).ready(subject, message.relay_only)
            self.kick(room)

    def failed(self, room: Room, role: str, subject: str, message: MediaFailed) -> None:
        if role in LEGS:
            room.leg(role).failed(subject, message.negotiation, message.relay_only)
            self.kick(room)

    async def answer(self, room: Room, role: str, subject: str, message: Answer) -> str:
        """Pass an answer on. Returns "" or the code of an error that the peer should hear of."""
        number = room.leg(role).bridge_number(message.negotiation, subject)
        if number is None:
            return ""
        return await self._pass_on(
            room, role, self._media.answer(room.name, role, number, message.sdp)
        )

    async def candidate(self, room: Room, role: str, subject: str, message: Candidate) -> str:
        """Pass a candidate on, as `answer` does."""
        number = room.leg(role).bridge_number(message.negotiation, subject)
        if number is None:
            return ""
        found = message.candidate
        init: dict[str, object] | None = None
        if found is not None:
            init = {
                "candidate": found.candidate,
                "sdpMid": found.sdpMid,
                "sdpMLineIndex": found.sdpMLineIndex,
            }
        return await self._pass_on(room, role, self._media.candidate(room.name, role, number, init))

    async def _pass_on(self, room: Room, role: str, call: Awaitable[None]) -> str:
        try:
            async with asyncio.timeout(self._limits.media_timeout_s):
                await call
        except StaleNegotiation:
            return ""
        except TimeoutError:
            room.leg(role).lost()
            self.kick(room)
        except MediaError as error:
            return error.code
        return ""

    def kick(self, room: Room) -> None:
        """Make the offers that are due."""
        if not self._bridge_up:
            return
        now = self._clock()
        for role in room.legs_to_offer(now):
            room.leg(role).begin(now, self._limits.offer_gap_s)
            self._tasks.start(partial(self._offer, room, role))

    def tick(self, room: Room) -> None:
        """Forget subjects that stayed away, and make the offers whose time has come."""
        now = self._clock()
        for leg in room.legs.values():
            leg.expire(now, self._limits.media_grace_s)
        self.kick(room)

    def leg_changed(self, room: Room, role: str, state: str, number: int | None) -> None:
        """The bridge reports a leg's state; a failed leg gets a fresh offer.

        `number` is the bridge's own: what it says of a connection that was replaced is no news.
        """
        if role not in LEGS or state not in LEG_STATES:
            _log.warning("media_event_unknown")
            return
        leg = room.leg(role)
        if not leg.is_current(number):
            return
        self._changed(room, role, state)
        if state == "connected":
            leg.connected()
        elif state == "failed":
            leg.lost()
            self.kick(room)

    def bridge_lost(self, rooms: Iterable[Room]) -> None:
        """All offers and connections are void; new ones follow when the bridge is back."""
        self._bridge_up = False
        for room in rooms:
            for role, leg in room.legs.items():
                if room.media_started and leg.subject:
                    self._changed(room, role, "failed")
                leg.lost()

    def bridge_ready(self, rooms: Iterable[Room]) -> None:
        self._bridge_up = True
        for room in rooms:
            self.kick(room)

    async def _offer(self, room: Room, role: str) -> None:
        leg = room.leg(role)
        servers = self._ice_servers(leg.subject)
        relay_only = leg.relay_only and has_relay(servers)
        made: BridgeOffer | None = None
        try:
            async with asyncio.timeout(self._limits.media_timeout_s):
                made = await self._media.offer(
                    room.name, role, ice_servers=servers, relay_only=relay_only
                )
        except (MediaError, TimeoutError) as error:
            _log.warning("media_offer_failed", extra={"error": type(error).__name__})
        finally:
            # Whatever happened, the leg must not be left waiting for an offer for ever.
            if made is None:
                leg.refused(self._clock(), self._limits.offer_gap_s)
        if made is None:
            return
        number = leg.offered(made.negotiation)
        self.offers += 1
        if not room.media_started:
            await self._close_call(room.name)
            return
        offer = Offer(room.name, number, made.sdp, _wire_servers(servers), relay_only)
        if not leg.subject or not self._send(room, leg.subject, offer):
            leg.undelivered()

    async def _close_call(self, call: str) -> None:
        try:
            async with asyncio.timeout(self._limits.media_timeout_s):
                await self._media.close_call(call)
        except (MediaError, TimeoutError) as error:
            # A bridge that died forgot its calls: there is nothing left to close.
            _log.warning("media_close_failed", extra={"error": type(error).__name__})


def has_relay(servers: list[dict[str, object]]) -> bool:
    """Whether one of the servers is a TURN server; without one, relay only would mean no path."""
    return any(url.startswith("turn") for server in servers for url in _urls(server))


def _urls(server: Mapping[str, object]) -> tuple[str, ...]:
    urls = server["urls"]
    return (urls,) if isinstance(urls, str) else tuple(urls)  # type: ignore[arg-type]  # W3C: list


def _wire_servers(servers: list[dict[str, object]]) -> tuple[IceServer, ...]:
    return tuple(
        IceServer(
            urls=_urls(server),
            username=_text(server.get("username")),
            credential=_text(server.get("credential")),
        )
        for server in servers
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
