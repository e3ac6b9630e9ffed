"""A laboratory for which a picture is the name of whoever it shows: `anna`, `anna+ben`, or ``.

`anna@0.5` is anna with her nose that far to the picture's right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from vcounter.adapters.identity.pictures import rewrite_upload
from vcounter.domain.documents import DocumentType
from vcounter.domain.errors import MediaUnavailable
from vcounter.domain.identity import Outcome, Zone
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

NOBODY = b""
CLEAR = {"nose_offset": 0.0, "eye_distance_px": 80.0, "sharpness": 90.0, "brightness": 120.0}


@dataclass
class FakeLab:
    """Implements IdentityLab by names, as tests/contract/test_labs.py holds it to.

    `down` makes it silent, `hanging` makes it never answer. Any bytes are a picture to
    it, but to `open_picture`, which needs no model and is the true one.
    """

    down: bool = False
    hanging: bool = False
    doubtful: bool = False  # every comparison ends in the review zone
    clear: dict[str, float] = field(default_factory=lambda: dict(CLEAR))
    readings: dict[bytes, CardReading] = field(default_factory=dict)
    card: CardReport | None = None
    passive_word: PassiveReport | None = None
    passive_down: bool = False
    tilt: TiltReport = field(default_factory=lambda: TiltReport(moved=None))
    compared: list[tuple[list[bytes], bytes]] = field(default_factory=list)
    documents: list[DocumentType] = field(default_factory=list)

    async def _works(self) -> None:
        if self.hanging:
            await asyncio.get_running_loop().create_future()
        if self.down:
            raise MediaUnavailable("killed", reason="crashed")

    async def measure(self, frame: Keyframe) -> FaceMeasure:
        return await self.measure_still(frame.data)

    async def measure_still(self, jpeg: bytes) -> FaceMeasure:
        await self._works()
        name, _, offset = jpeg.partition(b"@")
        faces = name.count(b"+") + 1 if name else 0
        clear = self.clear
        return FaceMeasure(
            faces=faces,
            nose_offset=float(offset or clear["nose_offset"]),
            eye_distance_px=clear["eye_distance_px"],
            sharpness=clear["sharpness"],
            brightness=clear["brightness"],
            box=(0.3, 0.2, 0.4, 0.5),
            feature=name if faces == 1 else b"",
            jpeg=name,
        )

    async def inspect_face(self, still: bytes, frame: Keyframe | None) -> FaceStill:
        await self._works()
        if not still:
            return FaceStill(Outcome.FAILED, "no_face", still, 1200, 1600)
        agrees = frame.data == still if frame is not None and frame.data else None
        measure = await self.measure_still(still)
        return FaceStill(Outcome.PASSED, "", still, 1200, 1600, agrees, measure)

    async def passive(self, frames: Sequence[bytes]) -> PassiveReport | None:
        await self._works()
        if self.passive_down:
            raise MediaUnavailable("killed", reason="crashed")
        return self.passive_word

    async def compare(self, live: Sequence[bytes], reference: bytes) -> MatchReport:
        await self._works()
        self.compared.append((list(live), reference))
        same = sum(frame == reference for frame in live) * 2 > len(live)
        zone = Zone.MATCH if same else Zone.MISMATCH
        if self.doubtful:
            zone = Zone.REVIEW
        score = {Zone.MATCH: 0.6, Zone.REVIEW: 0.2, Zone.MISMATCH: -0.1}[zone]
        return MatchReport(zone, score, score, 0.1, len(live), "fake 1", {"match": 0.24})

    async def same_person(self, first: bytes, second: bytes) -> bool:
        return bool(first) and first == second

    async def inspect_card(
        self,
        still: bytes,
        side: Literal["front", "back"],
        stream: Keyframe | None,
        document: DocumentType = DocumentType.RESIDENT_ID,
    ) -> CardReport:
        await self._works()
        self.documents.append(document)
        if self.card is not None:
            return self.card
        portrait = b"anna" if side == "front" else b""
        agrees = None if stream is None else True
        return CardReport(Outcome.PASSED, "", still, 1600, 1200, portrait, agrees)

    async def read_card(self, jpeg: bytes, side: Literal["front", "back"]) -> CardReading:
        await self._works()
        return self.readings.get(jpeg) or CardReading(side, {}, (), "fake 1")

    async def open_picture(self, still: bytes) -> Picture:
        await self._works()
        return rewrite_upload(still)

    async def inspect_tilt(self, frames: Sequence[Keyframe]) -> TiltReport:
        await self._works()
        return self.tilt
