"""What was measured of the newest frames, so that a comparison need not measure them again."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

from vcounter.services.ports import FaceMeasure

KEPT_S = 90.0  # a challenge lasts 45 s at most, and its comparison follows at once


class Remembered:
    """Measures by the SHA-256 of their picture: in memory only, and for KEPT_S seconds.

    The picture itself is not kept. Used within one event loop.
    """

    def __init__(self, kept_s: float = KEPT_S) -> None:
        self._kept_s = kept_s
        self._measures: dict[bytes, FaceMeasure] = {}

    def keep(self, measure: FaceMeasure) -> None:
        """Remember what was found in `measure.jpeg`."""
        key = _key(measure.jpeg)
        self._measures[key] = replace(measure, jpeg=b"")
        asyncio.get_running_loop().call_later(self._kept_s, self._measures.pop, key, None)

    def of(self, jpeg: bytes) -> FaceMeasure | None:
        """What was found in this picture, byte for byte; None if that is not known any more."""
        return self._measures.get(_key(jpeg))


def _key(jpeg: bytes) -> bytes:
    return hashlib.sha256(jpeg).digest()
