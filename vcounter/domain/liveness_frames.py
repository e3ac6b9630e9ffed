"""What the head-turn judge reads of one frame: its faults, where the head is, whether it moves."""

from __future__ import annotations

from dataclasses import dataclass, field

from vcounter.domain.challenge import TURN_OFFSET, Hint, Measured, Place

STILL_OFFSET = 0.12
FROZEN_FRAMES = 12
FROZEN_BOX = 0.006  # shares of the picture: four pixels of 640, the detector's own unrest
FROZEN_NOSE = 0.03
MIN_EYE_DISTANCE_PX = 24.0
MIN_SHARPNESS = 8.0
MIN_BRIGHTNESS, MAX_BRIGHTNESS = 30.0, 190.0


@dataclass(slots=True)
class Straight:
    """A usable frame of a face that looks straight, and how good a picture it is."""

    index: int
    offset: float
    narrowness: float
    quality: float


@dataclass(slots=True)
class Motion:
    """How far the face has moved in the picture; no live head keeps within a pixel for seconds."""

    frames: int = 0
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, measure: Measured) -> None:
        values = [*measure.box, measure.nose_offset]
        self.low = [min(a, b) for a, b in zip(self.low or values, values, strict=True)]
        self.high = [max(a, b) for a, b in zip(self.high or values, values, strict=True)]
        self.frames += 1

    @property
    def is_frozen(self) -> bool:
        if self.frames < FROZEN_FRAMES:
            return False
        *box, nose = (b - a for a, b in zip(self.low, self.high, strict=True))
        return max(box) < FROZEN_BOX and nose < FROZEN_NOSE


def fault(measure: Measured, *, turned: bool) -> Hint:
    """What makes a frame unusable; a turned face has its eyes nearer together."""
    if measure.eye_distance_px < MIN_EYE_DISTANCE_PX * (0.6 if turned else 1.0):
        return Hint.CLOSER
    if measure.sharpness < MIN_SHARPNESS * (0.5 if turned else 1.0):
        return Hint.BLURRED
    if measure.brightness < MIN_BRIGHTNESS:
        return Hint.TOO_DARK
    return Hint.TOO_BRIGHT if measure.brightness > MAX_BRIGHTNESS else Hint.NONE


def place_of(moved: float) -> Place | None:
    """Where the head is; None between two places."""
    if abs(moved) < STILL_OFFSET:
        return "straight"
    if abs(moved) < TURN_OFFSET:
        return None
    return "left" if moved > 0 else "right"


def narrowness(measure: Measured) -> float:
    """Eye distance by the height of the face: falls as either a head or a photograph turns."""
    return measure.eye_distance_px / max(measure.box[3], 1e-6)


def straight_frame(measure: Measured, index: int) -> Straight:
    """One more frame of the straight face."""
    quality = min(measure.sharpness, 400.0) * (1.0 - min(abs(measure.nose_offset), 0.9))
    return Straight(index, measure.nose_offset, narrowness(measure), quality)
