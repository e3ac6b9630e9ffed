"""IdentityLab: the port's face and card measurements, each in a worker process with a time-out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from vcounter.adapters.identity import cards, faces, models
from vcounter.adapters.identity.pictures import check_upload
from vcounter.adapters.identity.pool import WorkerPool
from vcounter.services.ports import CardReport, FaceMeasure, Keyframe, MatchReport

MEASURE_TIMEOUT_S = 4.0
COMPARE_TIMEOUT_S = 15.0
CARD_TIMEOUT_S = 12.0


class ModelLab:
    """Implements `ports.IdentityLab` with YuNet, SFace and dlib in `workers` processes.

    A worker holds about 350 MB. Every method but `same_person` raises MediaUnavailable when the
    worker is late, dead, or the keyframe cannot be decoded.
    """

    def __init__(self, *, workers: int = 1, max_waiting: int = 16) -> None:
        self._pool = WorkerPool(
            workers=workers, max_waiting=max_waiting, initialiser=models.load_all
        )

    async def start(self) -> None:
        """Load the models; a few seconds. Raises MediaUnavailable if a model is not as measured."""
        await self._pool.start()

    async def stop(self) -> None:
        """End the workers. Safe to repeat."""
        await self._pool.stop()

    def pids(self) -> list[int]:
        """Process ids of the workers, for metrics and kill tests."""
        return self._pool.pids()

    async def measure(self, frame: Keyframe) -> FaceMeasure:
        return await self._pool.run(faces.measure, frame, timeout_s=MEASURE_TIMEOUT_S)

    async def compare(self, live: Sequence[bytes], reference: bytes) -> MatchReport:
        for picture in (*live, reference):
            check_upload(picture)
        return await self._pool.run(
            faces.compare, tuple(live), reference, timeout_s=COMPARE_TIMEOUT_S
        )

    async def same_person(self, first: bytes, second: bytes) -> bool:
        """One dot product: done here, without a worker."""
        return faces.same_person(first, second)

    async def inspect_card(
        self, still: bytes, side: Literal["front", "back"], stream: Keyframe | None
    ) -> CardReport:
        check_upload(still)
        return await self._pool.run(
            cards.inspect_card, still, side, stream, timeout_s=CARD_TIMEOUT_S
        )
