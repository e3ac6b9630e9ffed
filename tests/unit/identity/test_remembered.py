"""Measures of the newest frames are found again by their picture, for a while."""

from __future__ import annotations

import asyncio

from vcounter.adapters.identity.remembered import Remembered
from vcounter.services.ports import FaceMeasure


def found(jpeg: bytes) -> FaceMeasure:
    return FaceMeasure(1, 0.0, 60.0, 90.0, 120.0, (0.3, 0.3, 0.4, 0.4), b"feature", jpeg)


async def test_measure_belongs_to_its_picture_byte_for_byte() -> None:
    remembered = Remembered()
    remembered.keep(found(b"picture"))

    known = remembered.of(b"picture")

    assert known is not None
    assert (known.feature, known.jpeg) == (b"feature", b"")
    assert remembered.of(b"picturf") is None


async def test_measure_is_forgotten_after_its_time() -> None:
    remembered = Remembered(kept_s=0.02)
    remembered.keep(found(b"picture"))

    await asyncio.sleep(0.1)

    assert remembered.of(b"picture") is None
