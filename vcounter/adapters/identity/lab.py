"""IdentityLab: the port's face and card measurements, each in a worker process with a time-out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Hashable, Sequence
from typing import Literal, TypeVar

from vcounter.adapters.identity import (
    cards,
    faces,
    models,
    ocr,
    passive,
    pictures,
    reading,
    still_face,
    tilt,
    zones,
)
from vcounter.adapters.identity.passive import PassiveModel
from vcounter.adapters.identity.pictures import check_upload
from vcounter.adapters.identity.pool import WorkerPool
from vcounter.adapters.identity.remembered import Remembered
from vcounter.domain.documents import DocumentType
from vcounter.domain.errors import MediaUnavailable
from vcounter.services.ports import (
    CardReading,
    CardReport,
    FaceMeasure,
    FaceStill,
    Keyframe,
    MatchReport,
    PassiveReport,
    Picture,
    TiltReport,
)
from vcounter.services.visits.on_behalf import current_owner

T = TypeVar("T")

MEASURE_TIMEOUT_S = 4.0
COMPARE_TIMEOUT_S = 15.0
CARD_TIMEOUT_S = 12.0
WAIT_S = 120.0  # twenty comparisons by one worker on a busy machine, and some more
START_TIMEOUT_S = 180.0  # models load in seconds; a machine under full load takes its time
MAX_WAITING = 256
MAX_OF_VISIT = 8

_HEAVY_NICE = 5  # comparisons and cards give way to live frames and to the web process


def _load_heavy() -> None:
    os.nice(_HEAVY_NICE)
    models.load_all()
    ocr.load()


class ModelLab:
    """Implements `ports.IdentityLab` with YuNet, SFace and dlib in worker processes.

    `workers` of them measure live frames and as many others compare faces and inspect cards: a
    frame of somebody's head-turn, which is void when it comes late, never waits behind seconds of
    comparison for another visit. Both serve visits in turn (`on_behalf_of`). Heavy work waits up to
    WAIT_S for its turn and then has its own time; a live frame's time includes the wait. A worker
    holds about 350 MB, one that has read cards 530. Every method but `same_person` and `passive`
    raises MediaUnavailable when the worker is late, dead, or the keyframe cannot be decoded.
    """

    def __init__(
        self,
        *,
        workers: int = 1,
        max_waiting: int = MAX_WAITING,
        limits: zones.Thresholds = zones.SHIPPED,
        passive_model: PassiveModel | None = None,
    ) -> None:
        self._limits, self._passive = limits, passive_model
        self._remembered = Remembered()
        self._live = WorkerPool(
            workers=workers,
            max_waiting=max_waiting,
            initialiser=models.load_all,
            start_timeout_s=START_TIMEOUT_S,
        )
        self._heavy = WorkerPool(
            workers=workers,
            max_waiting=max_waiting,
            max_of_owner=MAX_OF_VISIT,
            initialiser=_load_heavy,
            start_timeout_s=START_TIMEOUT_S,
        )

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
        measure = await self._look(faces.measure, frame)
        self._remembered.keep(measure)
        return measure

    async def measure_still(self, jpeg: bytes) -> FaceMeasure:
        check_upload(jpeg)
        return await self._look(faces.measure_still, jpeg)

    async def inspect_face(self, still: bytes, frame: Keyframe | None) -> FaceStill:
        check_upload(still)
        return await self._work(still_face.inspect_face, still, frame, timeout_s=COMPARE_TIMEOUT_S)

    async def passive(self, frames: Sequence[bytes]) -> PassiveReport | None:
        """A time-out, a crash or an error of the detector is review, as doubt is."""
        if self._passive is None:
            return None
        try:
            return await self._look(passive.judge, tuple(frames), self._passive)
        except MediaUnavailable:
            return passive.silent(self._passive)

    async def compare(self, live: Sequence[bytes], reference: bytes) -> MatchReport:
        for picture in (*live, reference):
            check_upload(picture)
        return await self._work(
            faces.compare,
            tuple(live),
            reference,
            self._limits,
            tuple(self._remembered.of(picture) for picture in live),
            timeout_s=COMPARE_TIMEOUT_S,
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
        return await self._work(
            cards.inspect_card, still, side, stream, document, timeout_s=CARD_TIMEOUT_S
        )

    async def read_card(self, jpeg: bytes, side: Literal["front", "back"]) -> CardReading:
        check_upload(jpeg)
        return await self._work(reading.read_card, jpeg, side, timeout_s=CARD_TIMEOUT_S)

    async def open_picture(self, still: bytes) -> Picture:
        check_upload(still)
        return await self._work(pictures.rewrite_upload, still, timeout_s=CARD_TIMEOUT_S)

    async def inspect_tilt(self, frames: Sequence[Keyframe]) -> TiltReport:
        return await self._work(tilt.inspect_tilt, tuple(frames), timeout_s=CARD_TIMEOUT_S)

    async def _look(self, function: Callable[..., T], *args: object) -> T:
        return await self._live.run(function, *args, timeout_s=MEASURE_TIMEOUT_S, owner=_owner())

    async def _work(self, function: Callable[..., T], *args: object, timeout_s: float) -> T:
        return await self._heavy.run(
            function, *args, timeout_s=timeout_s, wait_s=WAIT_S, owner=_owner()
        )


def _owner() -> Hashable:
    """The visit it is for; a caller that names none has a turn of his own for each task."""
    return current_owner() or object()
