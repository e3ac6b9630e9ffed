"""IdentityLab: the port's face and card measurements, each in a worker process with a time-out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import Literal

from vcounter.adapters.identity import cards, faces, models, ocr, reading, tilt
from vcounter.adapters.identity.pictures import check_upload
from vcounter.adapters.identity.pool import WorkerPool
from vcounter.domain.documents import DocumentType
from vcounter.domain.errors import MediaUnavailable
from vcounter.services.ports import (
    CardReading,
    CardReport,
    FaceMeasure,
    Keyframe,
    MatchReport,
    TiltReport,
)

MEASURE_TIMEOUT_S = 4.0
COMPARE_TIMEOUT_S = 15.0
CARD_TIMEOUT_S = 12.0


_HEAVY_NICE = 5  # comparisons and cards give way to live frames and to the web process


def _load_heavy() -> None:
    os.nice(_HEAVY_NICE)
    models.load_all()
    ocr.load()


class ModelLab:
    """Implements `ports.IdentityLab` with YuNet, SFace and dlib in worker processes.

    `workers` of them measure live frames and as many others compare faces and inspect cards: a
    frame of somebody's head-turn, which is void when it comes late, never waits behind seconds of
    comparison for another visit. A worker holds about 350 MB. Every method but `same_person`
    raises MediaUnavailable when the worker is late, dead, or the keyframe cannot be decoded.
    """

    def __init__(self, *, workers: int = 1, max_waiting: int = 16) -> None:
        self._live = WorkerPool(
            workers=workers, max_waiting=max_waiting, initialiser=models.load_all
        )
        self._heavy = WorkerPool(workers=workers, max_waiting=max_waiting, initialiser=_load_heavy)

    async def start(self) -> None:
        """Load the models; a few seconds. Raises MediaUnavailable if a model is not as measured."""
        try:
            await asyncio.gather(self._live.start(), self._heavy.start())
        except MediaUnavailable:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the workers. Safe to repeat."""
        await asyncio.gather(self._live.stop(), self._heavy.stop())

    def pids(self) -> list[int]:
        """Process ids of the workers, for metrics and kill tests."""
        return self._live.pids() + self._heavy.pids()

    async def measure(self, frame: Keyframe) -> FaceMeasure:
        return await self._live.run(faces.measure, frame, timeout_s=MEASURE_TIMEOUT_S)

    async def compare(self, live: Sequence[bytes], reference: bytes) -> MatchReport:
        for picture in (*live, reference):
            check_upload(picture)
        return await self._heavy.run(
            faces.compare, tuple(live), reference, timeout_s=COMPARE_TIMEOUT_S
        )

    async def same_person(self, first: bytes, second: bytes) -> bool:
        """One dot product: done here, without a worker."""
        return faces.same_person(first, second)

    async def inspect_card(
        self,
        still: bytes,
        side: Literal["front", "back"],
        stream: Keyframe | None,
        document: DocumentType = DocumentType.RESIDENT_ID,
    ) -> CardReport:
        check_upload(still)
        return await self._heavy.run(
            cards.inspect_card, still, side, stream, document, timeout_s=CARD_TIMEOUT_S
        )

    async def read_card(self, jpeg: bytes, side: Literal["front", "back"]) -> CardReading:
        check_upload(jpeg)
        return await self._heavy.run(reading.read_card, jpeg, side, timeout_s=CARD_TIMEOUT_S)

    async def inspect_tilt(self, frames: Sequence[Keyframe]) -> TiltReport:
        return await self._heavy.run(tilt.inspect_tilt, tuple(frames), timeout_s=CARD_TIMEOUT_S)
