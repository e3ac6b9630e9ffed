"""Calls to the owner: timed, in order, and never able to end a connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

from signaling.host import HostRefused
from signaling.lane import Lane, Tasks
from signaling.peer import Peer
from signaling.protocol import Error
from signaling.room import Room

_WAITING_NOTICES: Final = 256  # of one room
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class HostCalls:
    """`ask` for an answer to a client's message; `notify` of what happened in a room."""

    def __init__(self, tasks: Tasks, timeout_s: float) -> None:
        self._tasks = tasks
        self._timeout_s = timeout_s
        self._lanes: WeakKeyDictionary[Room, Lane] = WeakKeyDictionary()

    async def ask(
        self,
        peer: Peer,
        call: Callable[[], Awaitable[_T]],
        *,
        room: str,
        send_id: str | None = None,
    ) -> _T | None:
        """What the host answered; None after whatever it raised became an error frame."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await call()
        except HostRefused as refused:
            peer.post(Error(refused.code, id=send_id, room=room, fields=refused.fields or None))
        except TimeoutError:
            peer.post(Error("timeout", id=send_id, room=room))
        except Exception:
            # The outermost frame of the owner's code: a fault in one message must not end the call.
            _log.exception("host_call_failed")
            peer.post(Error("internal", id=send_id, room=room))
        return None

    def notify(self, room: Room, call: Callable[[], Awaitable[None]]) -> None:
        """Call later, after what was notified before for the same room; failures are logged."""

        async def timed() -> None:
            async with asyncio.timeout(self._timeout_s):
                await call()

        lane = self._lanes.setdefault(room, Lane(self._tasks, _WAITING_NOTICES))
        if not lane.put(timed):
            _log.error("host_notice_dropped")
