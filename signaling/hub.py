"""The live plane of one node: connections, rooms, presence and media, joined to their owner."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from signaling.host import Grant, Host, HostRefused, Json
from signaling.host_calls import HostCalls
from signaling.lane import Tasks
from signaling.limits import VERSION, CloseCode, Limits
from signaling.media_flow import MediaClient, MediaFlow
from signaling.peer import Peer
from signaling.presence import Presence
from signaling.protocol import (
    Ack,
    Answer,
    Candidate,
    Direct,
    Hello,
    Join,
    Joined,
    Leave,
    Media,
    MediaFailed,
    MediaReady,
    Send,
    ServerMessage,
    Welcome,
    encode,
)
from signaling.room import Member, Room
from signaling.session import Handled

_SNAPSHOT_TRIES: Final = 3
_log = logging.getLogger(__name__)


class Hub:
    """Carries messages between connections, rooms, the host and the media bridge.

    Nothing a client sends and nothing the host or the bridge raises ends a connection other than by
    the documented close codes. Must be used from one event loop; `close` ends all its tasks.
    """

    def __init__(
        self,
        host: Host,
        media: MediaClient,
        *,
        ice_servers: Callable[[str], list[dict[str, object]]],
        clock: Callable[[], float] = time.monotonic,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.clock = clock
        self._host = host
        self._tasks = Tasks()
        self._calls = HostCalls(self._tasks, self.limits.host_timeout_s)
        self._ticking = False
        self._closed = False
        self._unauthenticated: set[Peer] = set()
        self._peers: dict[str, Peer] = {}  # by subject: one connection each
        self._rooms: dict[str, Room] = {}
        self._presence = Presence(self.limits.left_grace_s)
        self._counts = {"messages_in": 0, "messages_out": 0, "slow_consumers": 0, "denied": 0}
        self._flow = MediaFlow(
            media,
            ice_servers=ice_servers,
            clock=clock,
            limits=self.limits,
            tasks=self._tasks,
            send=self._send_to_subject,
            changed=self._media_changed,
        )

    # --- what the owner calls ---

    async def publish(self, room: str, kind: str, body: Json, audience: Sequence[str] = ()) -> None:
        """Append to the room's stream and fan out to these roles (none: to all).

        Dropped when the room does not exist here: whoever comes later takes a snapshot.
        """
        found = self._rooms.get(room)
        if found is not None:
            self._fan_out(found, found.append(kind, body, audience), audience)

    async def direct(self, room: str, kind: str, body: Json, audience: Sequence[str] = ()) -> None:
        """Fan out to those who are connected now; nothing is kept."""
        found = self._rooms.get(room)
        if found is not None:
            self._fan_out(found, Direct(room, kind, body), audience)

    async def start_media(self, room: str) -> None:
        """Let the room's peers negotiate from now on. Safe to repeat, such as at each `joined`."""
        self._flow.start(self._room(room))

    async def stop_media(self, room: str) -> None:
        """End the room's media and its call on the bridge."""
        found = self._rooms.get(room)
        if found is not None:
            await self._flow.stop(found)

    async def close_room(self, room: str, code: int = CloseCode.VISIT_OVER) -> None:
        """End the room and its media. Connections that have no other room are closed with `code`;
        the others are told by an `error` frame with code room_closed."""
        found = self._rooms.pop(room, None)
        if found is None:
            return
        self._presence.forget_room(room)
        for member in found.members():
            peer = self._peers.get(member.subject)
            if peer is None or peer.id != member.peer_id:
                continue
            peer.session.left(room)
            if peer.session.rooms:
                peer.refuse("room_closed", room=room)
            else:
                peer.close(code, "room_closed")
        await self._flow.stop(found)

    async def disconnect(self, subject: str, code: int) -> None:
        """Close the subject's connection, such as when its access was withdrawn."""
        peer = self._peers.get(subject)
        if peer is not None:
            peer.close(code, "disconnected")

    def online(self, subject: str) -> bool:
        """Whether the subject is connected, or was within `Limits.left_grace_s`."""
        return self._presence.online(subject, self.clock())

    def stats(self) -> dict[str, int]:
        """Numbers for metrics; nothing personal."""
        return {
            "connections": len(self._peers),
            "unauthenticated": len(self._unauthenticated),
            "rooms": len(self._rooms),
            "media_rooms": sum(room.media_started for room in self._rooms.values()),
            "tasks": len(self._tasks),
            "offers": self._flow.offers,
            **self._counts,
        }

    async def on_media_event(self, event: Mapping[str, object]) -> None:
        """What the media client reports: leg states, the loss and the return of its worker."""
        match event.get("event"):
            case "leg":
                room = self._rooms.get(str(event.get("call")))
                number = event.get("negotiation")
                if room is not None:
                    self._flow.leg_changed(
                        room,
                        str(event.get("leg")),
                        str(event.get("state")),
                        number if isinstance(number, int) else None,
                    )
            case "worker_lost":
                self._flow.bridge_lost(self._rooms.values())
            case "worker_ready":
                self._flow.bridge_ready(self._rooms.values())
            case _:
                _log.warning("media_event_unknown")

    async def close(self) -> None:
        """Close every connection with going_away and end all tasks."""
        self._closed = True
        for peer in [*self._unauthenticated, *self._peers.values()]:
            peer.close(CloseCode.GOING_AWAY, "going_away")
        await self._tasks.close(self.limits.close_timeout_s)

    # --- what the endpoint calls ---

    def open(self) -> Peer | None:
        """A connection without a welcome yet; None if there are too many of them, or at the end."""
        if self._closed or len(self._unauthenticated) >= self.limits.unauthenticated:
            self._counts["denied"] += 1
            return None
        if not self._ticking:
            self._ticking = True
            self._tasks.start(self._tick)
        peer = Peer("peer_" + secrets.token_hex(8), self.clock(), self.limits, self._tasks)
        self._unauthenticated.add(peer)
        return peer

    async def authorize(self, peer: Peer, hello: Hello) -> None:
        """Exchange the ticket for a welcome, replacing an older connection of the same subject."""
        try:
            async with asyncio.timeout(self.limits.host_timeout_s):
                grant = await self._host.authorize(hello.ticket)
        except HostRefused:
            grant = None
        except Exception:
            _log.exception("host_authorize_failed")
            peer.close(CloseCode.GOING_AWAY, "unavailable")
            return
        if grant is None:
            peer.close(CloseCode.TICKET_INVALID, "ticket_invalid")
            return
        if peer.closing is not None:
            return
        peer.grant, peer.tab = grant, hello.tab
        self._replace(grant, peer)
        self._unauthenticated.discard(peer)
        self._peers[grant.subject] = peer
        self._presence.connected(grant.subject)
        peer.session.welcomed()
        heartbeat_s = max(1, round(self.limits.heartbeat_s))
        peer.post(Welcome(VERSION, peer.id, grant.subject, heartbeat_s))

    def handle(self, peer: Peer, message: Handled) -> None:
        """Queue a message in its order: what asks the host, and what asks the bridge, apart."""
        self._counts["messages_in"] += 1
        match message:
            case Join():
                queued = peer.host_lane.put(lambda: self._join(peer, message))
            case Leave():
                queued = peer.host_lane.put(lambda: self._leave(peer, message))
            case Send():
                queued = peer.host_lane.put(lambda: self._message(peer, message))
            case _:
                queued = peer.media_lane.put(lambda: self._negotiate(peer, message))
        if not queued:
            peer.close(CloseCode.RATE_LIMITED, "inbox_full")

    def gone(self, peer: Peer) -> None:
        """The connection ended, for whatever reason. Its media go on for a while."""
        peer.close(CloseCode.GOING_AWAY, "gone")
        if peer.closing is not None and peer.closing[0] == CloseCode.SLOW_CONSUMER:
            self._counts["slow_consumers"] += 1
        self._unauthenticated.discard(peer)
        self._detach(peer)

    # --- connections ---

    def _replace(self, grant: Grant, newer: Peer) -> None:
        older = self._peers.get(grant.subject)
        if older is None or older.grant is None:
            return
        same_page = older.tab is None or newer.tab is None or older.tab == newer.tab
        self._detach(older)
        if older.grant.device == grant.device and same_page:
            older.close(CloseCode.REPLACED, "replaced")
        else:
            older.close(CloseCode.TAKEN_OVER, "taken_over")

    def _detach(self, peer: Peer) -> None:
        grant = peer.grant
        if grant is None or self._peers.get(grant.subject) is not peer:
            return
        now = self.clock()
        del self._peers[grant.subject]
        self._presence.disconnected(grant.subject, now)
        for room in self._rooms.values():
            if room.exit(peer.id, now) is not None:
                self._presence.dropped(grant, room.name, now)

    # --- rooms ---

    def _room(self, name: str) -> Room:
        room = self._rooms.get(name)
        if room is None:
            room = Room(name, secrets.token_hex(8), self.limits.ring, self.clock())
            self._rooms[name] = room
        return room

    async def _join(self, peer: Peer, join: Join) -> None:
        grant = _granted(peer)
        joined = await self._calls.ask(peer, lambda: self._enter(peer, grant, join), room=join.room)
        if joined is None:
            peer.session.left(join.room)
            return
        peer.session.joined(join.room)
        peer.post_frame(joined)
        room = self._rooms[join.room]
        self._calls.notify(room, lambda: self._host.joined(grant, room.name))
        self._flow.kick(room)

    async def _enter(self, peer: Peer, grant: Grant, join: Join) -> str | None:
        if join.room not in grant.rooms and not await self._host.may_join(grant, join.room):
            raise HostRefused("forbidden")
        room = self._room(join.room)
        snapshot: Json | None = None
        missed = room.resume(grant.role, join.epoch, join.offset)
        resumed = missed is not None
        for _ in range(_SNAPSHOT_TRIES):
            if missed is not None:
                break
            start = room.offset
            snapshot = await self._host.snapshot(grant, room.name)
            missed = room.since(grant.role, start)
        if missed is None:
            raise HostRefused("busy")
        if peer.closing is not None:
            return None
        if self._rooms.get(join.room) is not room:
            raise HostRefused("room_closed")
        joined = encode(Joined(room.name, room.epoch, room.offset, resumed, snapshot, missed))
        room.enter(Member(peer.id, grant.subject, grant.role))
        self._presence.entered(grant.subject, room.name)
        return joined

    async def _leave(self, peer: Peer, leave: Leave) -> None:
        grant = _granted(peer)
        peer.session.left(leave.room)
        room = self._rooms.get(leave.room)
        if room is not None and room.exit(peer.id, self.clock()) is not None:
            self._calls.notify(room, lambda: self._host.left(grant, room.name))

    async def _message(self, peer: Peer, message: Send) -> None:
        grant = _granted(peer)

        async def call() -> str:
            body = await self._host.message(grant, message.room, message.kind, message.body)
            return encode(Ack(message.id, body))

        ack = await self._calls.ask(peer, call, room=message.room, send_id=message.id)
        if ack is not None:
            peer.post_frame(ack)

    def _fan_out(self, room: Room, message: ServerMessage, audience: Sequence[str] = ()) -> None:
        frame = encode(message)
        for member in room.members(audience):
            peer = self._peers.get(member.subject)
            if peer is not None:
                peer.post_frame(frame)
                self._counts["messages_out"] += 1

    # --- media ---

    async def _negotiate(
        self, peer: Peer, message: MediaReady | Answer | Candidate | MediaFailed
    ) -> None:
        grant, room = _granted(peer), self._rooms.get(message.room)
        if room is None:
            return
        code = ""
        match message:
            case MediaReady():
                self._flow.ready(room, grant.role, grant.subject, message)
            case MediaFailed():
                self._flow.failed(room, grant.role, grant.subject, message)
            case Answer():
                code = await self._flow.answer(room, grant.role, grant.subject, message)
            case Candidate():
                code = await self._flow.candidate(room, grant.role, grant.subject, message)
        if code:
            peer.refuse(code, room=room.name)

    def _send_to_subject(self, room: Room, subject: str, message: ServerMessage) -> bool:
        peer = self._peers.get(subject)
        if peer is None or peer.closing is not None or room.member_of(subject) is None:
            return False
        peer.post(message)
        return True

    def _media_changed(self, room: Room, leg: str, state: str) -> None:
        self._fan_out(room, Media(room.name, leg, state))
        self._calls.notify(room, lambda: self._host.media_changed(room.name, leg, state))

    # --- time ---

    async def _tick(self) -> None:
        while not self._closed:
            await asyncio.sleep(self.limits.tick_s)
            self._look_at_deadlines()

    def _look_at_deadlines(self) -> None:
        now = self.clock()
        for grant, name in self._presence.departed(now):
            found = self._rooms.get(name)
            if found is not None:
                self._calls.notify(found, partial(self._host.left, grant, name))
        for room in list(self._rooms.values()):
            self._flow.tick(room)
            if room.empty_since is not None and now >= room.empty_since + self.limits.room_ttl_s:
                del self._rooms[room.name]
                self._tasks.start(partial(self._flow.stop, room))


def _granted(peer: Peer) -> Grant:
    """The session hands nothing to the hub before the welcome."""
    if peer.grant is None:
        raise RuntimeError("a message was handled before its welcome")
    return peer.grant
