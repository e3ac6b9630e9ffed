"""One live connection as the hub sees it: its session, its grant and its bounded outgoing queue."""

from __future__ import annotations

import asyncio
from collections import deque

from signaling.host import Grant
from signaling.lane import Lane, Tasks
from signaling.limits import CloseCode, Limits
from signaling.protocol import Bye, Error, ServerMessage, encode
from signaling.session import PeerSession


class Peer:
    """Frames go in by `post` and come out of `outgoing` in order.

    A client that lets more than `Limits.send_queue` frames wait is closed as a slow consumer: what
    it missed it gets by resuming.
    """

    def __init__(self, peer_id: str, now: float, limits: Limits, tasks: Tasks) -> None:
        self.id = peer_id
        self.session = PeerSession(now, limits)
        self.grant: Grant | None = None
        self.tab: str | None = None
        self.closing: tuple[int, str] | None = None
        self.closed = asyncio.Event()  # set with `closing`
        self.host_lane = Lane(tasks, limits.inbox)
        self.media_lane = Lane(tasks, limits.inbox)
        self._bound = limits.send_queue
        self._frames: deque[str] = deque()
        self._filled = asyncio.Event()

    def post(self, message: ServerMessage) -> None:
        """Queue one message; without effect when the connection is closing."""
        self.post_frame(encode(message))

    def post_frame(self, frame: str) -> None:
        """Queue a frame that was encoded once for many."""
        if self.closing is not None:
            return
        if len(self._frames) >= self._bound:
            self._frames.clear()
            self.close(CloseCode.SLOW_CONSUMER, "slow_consumer")
            return
        self._frames.append(frame)
        self._filled.set()

    def refuse(self, code: str, *, send_id: str | None = None, room: str | None = None) -> None:
        self.post(Error(code, id=send_id, room=room))

    def close(self, code: int, reason: str) -> None:
        """Start closing: frames that wait still go out, then `bye`. The first reason counts."""
        if self.closing is not None:
            return
        self.session.closed()
        self.host_lane.clear()
        self.media_lane.clear()
        if code != CloseCode.SLOW_CONSUMER:
            self._frames.append(encode(Bye(code, reason[:64])))
        self.closing = (code, reason)
        self._filled.set()
        self.closed.set()

    async def outgoing(self) -> str | None:
        """The next frame; None when the connection is closing and everything was taken."""
        while not self._frames:
            if self.closing is not None:
                return None
            self._filled.clear()
            await self._filled.wait()
        return self._frames.popleft()
