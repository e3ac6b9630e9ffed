"""Faces, cards and portraits: what is measured, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from vcounter.domain.documents import DocumentType
from vcounter.domain.identity import Outcome, Reference, Zone
from vcounter.domain.ids import (
    Msisdn,
)
from vcounter.services.ports.live import Keyframe
from vcounter.services.ports.operator import (
    Subscriber,
)


@dataclass(frozen=True, slots=True)
class FaceMeasure:
    """What one frame shows. `nose_offset` = (nose - eye midpoint) . eye axis / eye distance:
    positive when the nose moves towards the image's right. Features stay in memory only."""

    faces: int
    nose_offset: float
    eye_distance_px: float
    sharpness: float
    brightness: float
    box: tuple[float, float, float, float]  # x, y, w, h as shares of the frame, 0-1
    feature: bytes = field(default=b"", repr=False)
    jpeg: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class MatchReport:
    """A comparison of live frames with one reference; scores are text-safe, templates are gone."""

    zone: Zone
    fused: float | None
    sface: float | None
    dlib: float | None
    frames: int
    engine: str
    thresholds: Mapping[str, float]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CardReport:
    """Whether a still of a card side can be used, and if not, what the customer should change.

    `jpeg` is re-encoded upright without metadata; `portrait` is cut from a front (may be empty).
    `agrees` compares it with the stream of the same seconds: None means it could not be told.
    """

    outcome: Outcome
    reason: str
    jpeg: bytes = field(repr=False)
    width: int = 0
    height: int = 0
    portrait: bytes = field(default=b"", repr=False)
    agrees: bool | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadField:
    """One field as it was read, folded by NFKC; `confidence` 0-1 is the recogniser's own."""

    text: str = field(repr=False)
    confidence: float


@dataclass(frozen=True, slots=True)
class CardReading:
    """What was read off one side of an identity card. Personal: encrypted at rest, never logged.

    Front: name, sex (female | male), ethnicity, birth (ISO date), address, number.
    Back: authority, valid_from (ISO date), valid_until (ISO date or `long_term`).
    A field that could not be read is absent. `faults` are codes of what does not agree within the
    card itself (`check_digit`, `birth_differs`, ...).
    """

    side: Literal["front", "back"]
    fields: Mapping[str, ReadField] = field(repr=False)
    faults: tuple[str, ...]
    engine: str


class ReadingCheck(Protocol):
    """A card's reading beside the operator's record, by part: number, name, birth, sex, valid.

    `sure`: both sides were read, everything agrees and there is no fault.
    """

    @property
    def agreement(self) -> Mapping[str, Literal["agrees", "differs", "unknown"]]: ...
    @property
    def faults(self) -> tuple[str, ...]: ...
    @property
    def sure(self) -> bool: ...


CheckReading = Callable[[CardReading | None, CardReading | None, Subscriber, date], ReadingCheck]


@dataclass(frozen=True, slots=True)
class FaceStill:
    """A full-size still of the face beside the stream's frame of the same seconds.

    `agrees`: the same person, pose and scene as the frame; None when it could not be told.
    `measure` holds the face's feature, in memory only.
    """

    outcome: Outcome
    reason: str
    jpeg: bytes = field(repr=False)
    width: int = 0
    height: int = 0
    agrees: bool | None = None
    measure: FaceMeasure | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PassiveReport:
    """A passive detector's word on live frames: `score` 0 (attack) to 1 (live), the median."""

    outcome: Outcome  # never FAILED: alone it may only cause doubt
    score: float
    threshold: float
    engine: str


@dataclass(frozen=True, slots=True)
class TiltReport:
    """Whether light moved over the card while it was tilted, as on a laminated one (a warning)."""

    moved: bool | None  # None: too few frames, or no tilt was seen
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whose face it should be. Personal: never logged."""

    msisdn: Msisdn
    name: str = field(repr=False)
    document_number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReferenceReport:
    """What one authority says of a live face. `taken_on` is its picture's date, where known."""

    reference: Reference
    match: MatchReport
    taken_on: date | None = None


class PortraitAuthority(Protocol):
    """Somebody who holds a portrait that does not come from the card shown.

    The operator's enrolment photographs, or a national service over HTTP. One-to-one only.
    `asks_outside`: the question leaves the operator's house, which no simulated visit may cause.
    """

    @property
    def asks_outside(self) -> bool: ...

    async def compare(self, claimed: Claimed, live: Sequence[bytes]) -> ReferenceReport | None:
        """None when it holds no portrait of this person. Errors and silence come back as a report
        in `review` with `frames` 0 and a reason, never as a match."""
        ...


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture written anew: upright, pixels only."""

    jpeg: bytes = field(repr=False)
    width: int
    height: int


class IdentityLab(Protocol):
    """Faces and cards, in worker processes. A time-out or a crash raises MediaUnavailable, which
    the use cases turn into `review`, never into a pass."""

    async def measure(self, frame: Keyframe) -> FaceMeasure: ...
    async def measure_still(self, jpeg: bytes) -> FaceMeasure:
        """As `measure`, of a stored picture; finds a face's feature again after a restart."""
        ...

    async def inspect_face(self, still: bytes, frame: Keyframe | None) -> FaceStill:
        """Judge an uploaded still of the face. Raises ImageUnusable for what is no picture."""
        ...

    async def passive(self, frames: Sequence[bytes]) -> PassiveReport | None:
        """The optional passive detector's word on live frames (JPEGs); None if none is set."""
        ...

    async def compare(self, live: Sequence[bytes], reference: bytes) -> MatchReport:
        """`live` are >= 1 JPEGs of the live face (five or more wanted), `reference` one JPEG."""
        ...

    async def same_person(self, first: bytes, second: bytes) -> bool:
        """Whether two FaceMeasure features are one face (continuity within a challenge)."""
        ...

    async def inspect_card(
        self,
        still: bytes,
        side: Literal["front", "back"],
        stream: Keyframe | None,
        document: DocumentType = DocumentType.RESIDENT_ID,
    ) -> CardReport:
        """Raises ImageUnusable for what is not a picture or is larger than allowed."""
        ...

    async def read_card(self, jpeg: bytes, side: Literal["front", "back"]) -> CardReading:
        """Read a still that `inspect_card` accepted (its own `jpeg`)."""
        ...

    async def open_picture(self, still: bytes) -> Picture:
        """Open any upload and write it anew, without metadata. Raises ImageUnusable for what is not
        a picture or is larger than allowed."""
        ...

    async def inspect_tilt(self, frames: Sequence[Keyframe]) -> TiltReport:
        """Frames of one card being tilted slowly, in order of time."""
        ...
