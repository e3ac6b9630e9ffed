"""The bridge behind the counter's MediaPlane port: names and errors translated, nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from signaling.media.client import MediaClient, mux
from signaling.media.errors import MediaError
from vcounter.domain.errors import MediaUnavailable
from vcounter.domain.ids import VisitId
from vcounter.services.ports import Keyframe, Leg, Muxed, RecordingStatus


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except (MediaError, TimeoutError) as error:
        raise MediaUnavailable(type(error).__name__) from error


class BridgeMedia:
    """MediaPlane on the media worker."""

    def __init__(self, client: MediaClient) -> None:
        self._client = client

    async def start_recording(self, visit_id: VisitId, raw_path: str, data_key: bytes) -> None:
        async with _translated():
            await self._client.start_recording(visit_id, raw_path, data_key)

    async def recording(self, visit_id: VisitId) -> RecordingStatus:
        async with _translated():
            status = await self._client.recording(visit_id)
        return RecordingStatus(
            growing=status.growing,
            sealed=status.sealed,
            bytes_written=status.bytes_written,
            customer_bytes=status.customer_bytes,
            agent_bytes=status.agent_bytes,
        )

    async def set_sealed(self, visit_id: VisitId, sealed: bool) -> None:
        async with _translated():
            await self._client.set_sealed(visit_id, sealed)

    async def keyframe(self, visit_id: VisitId, leg: Leg, timeout_s: float = 2.0) -> Keyframe:
        async with _translated():
            frame = await self._client.keyframe(visit_id, leg, timeout_s)
        return Keyframe(codec=frame.codec, data=frame.data, at=frame.at)

    async def close(self, visit_id: VisitId) -> None:
        async with _translated():
            await self._client.close_call(visit_id)

    async def mux(self, raw_path: str, data_key: bytes) -> Muxed:
        async with _translated():
            done = await mux(raw_path, data_key)
        return Muxed(done.files, done.duration_ms)
