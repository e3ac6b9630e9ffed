"""The live plane: the bridge and the rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from vcounter.domain.ids import (
    VisitId,
)
from vcounter.services.ports.clock import Json

Leg = Literal["customer", "agent"]


@dataclass(frozen=True, slots=True)
class Keyframe:
    """One encoded intra frame as it came from the browser; nothing was decoded to get it."""

    codec: Literal["VP8", "H264"]
    data: bytes
    at: float  # monotonic seconds on this host


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """`growing`: bytes of both parties arrived in the last seconds, or a seal is up."""

    growing: bool
    sealed: bool
    bytes_written: int
    customer_bytes: int
    agent_bytes: int


@dataclass(frozen=True, slots=True)
class Muxed:
    """A playable file per party, and how long they are; both begin and end together."""

    files: Mapping[str, bytes] = field(repr=False)
    duration_ms: int


class MediaPlane(Protocol):
    """The bridge as the counter sees it. Every call has a time-out and raises MediaUnavailable."""

    async def start_recording(self, visit_id: VisitId, raw_path: str, data_key: bytes) -> None: ...
    async def recording(self, visit_id: VisitId) -> RecordingStatus: ...
    async def set_sealed(self, visit_id: VisitId, sealed: bool) -> None:
        """Returns only when the bridge has shut (or opened) the customer's sound and picture."""
        ...

    async def keyframe(self, visit_id: VisitId, leg: Leg, timeout_s: float = 2.0) -> Keyframe:
        """Ask the browser for an intra frame and return the next whole one."""
        ...

    async def close(self, visit_id: VisitId) -> None: ...
    async def mux(self, raw_path: str, data_key: bytes) -> Muxed:
        """Turn a raw recording, torn or whole, into a playable file per party."""
        ...


class Live(Protocol):
    """Rooms as the counter sees them."""

    async def publish(self, room: str, kind: str, body: Json, audience: Sequence[str] = ()) -> None:
        """Append to the room's stream and fan out."""
        ...

    async def direct(self, room: str, kind: str, body: Json, audience: Sequence[str] = ()) -> None:
        """Fan out without keeping: hints, places, meters."""
        ...

    async def start_media(self, visit_id: VisitId) -> None:
        """Let the peers of the room negotiate with the bridge from now on."""
        ...

    async def stop_media(self, visit_id: VisitId) -> None: ...
    async def close_room(self, visit_id: VisitId) -> None: ...
    def online(self, subject: str) -> bool: ...
