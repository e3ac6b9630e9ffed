"""What a head-turn challenge asks, says and finds: the values of `liveness.TurnJudge`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from vcounter.domain.identity import Outcome

Side = Literal["left", "right"]
Place = Literal["left", "right", "straight"]
Phase = Literal["straight", "turn_left", "turn_right", "hold", "done", "retry"]

TURN_OFFSET = 0.30
CHALLENGE_BITS = 48

_DRAWS = 16
_LATER_MS = 2250


class Hint(StrEnum):
    """What the customer should do next; i18n suffixes."""

    NONE = ""
    NO_FACE = "no_face"
    TWO_FACES = "two_faces"
    CLOSER = "face_too_small"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    LOOK_STRAIGHT = "look_straight"
    FURTHER = "further"
    BACK = "back"
    TOO_EARLY = "too_early"
    WRONG_WAY = "wrong_way"
    SAME_PERSON = "same_person"


class Reason(StrEnum):
    """Why a challenge did not pass; stable, i18n suffixes."""

    NONE = ""
    NO_FACE = "no_face"
    TWO_FACES = "two_faces"
    TURN_MISSING = "turn_missing"
    FLAT = "flat"
    FROZEN = "frozen"
    TOO_EARLY = "too_early"
    WRONG_WAY = "wrong_way"
    LEFT_VIEW = "left_view"
    PERSON_CHANGED = "person_changed"
    TIME_LIMIT = "time_limit"


class Measured(Protocol):
    """What the judge reads of one frame; `ports.FaceMeasure` has it."""

    @property
    def faces(self) -> int: ...
    @property
    def nose_offset(self) -> float: ...
    @property
    def eye_distance_px(self) -> float: ...
    @property
    def sharpness(self) -> float: ...
    @property
    def brightness(self) -> float: ...
    @property
    def box(self) -> tuple[float, float, float, float]: ...


@dataclass(frozen=True, slots=True)
class Challenge:
    """The random part: a side and a delay for each move, in turn; a restart takes up fresh ones.

    A side where the head is already means: look straight again.
    """

    sides: tuple[Side, ...]
    delays_ms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    phase: Phase
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it ended. `best_frames` are indexes of fed frames, the best straight ones first."""

    outcome: Outcome
    reason: str
    turns: tuple[Side, ...]
    offsets: tuple[float, ...]
    baseline: float
    best_frames: tuple[int, ...]
    strikes: int
    seconds: float

    def detail(self) -> dict[str, str]:
        """Text values for the evidence row: measurements and the threshold in force."""
        return {
            "turns": ",".join(self.turns),
            "offsets": ",".join(f"{o:.2f}" for o in self.offsets),
            "baseline": f"{self.baseline:.2f}",
            "threshold_turn": f"{TURN_OFFSET:.2f}",
            "strikes": str(self.strikes),
            "seconds": f"{self.seconds:.1f}",
            "reason": self.reason,
        }


def new_challenge(rng_bits: int) -> Challenge:
    """Sides and delays from 48 unguessable bits: one word in four comes 2.25 s later.

    A recording fails where it was made without the wait that is asked for now: two waits far apart
    tell more of these than many near each other do, in the same time.
    """
    if rng_bits < 0:
        raise ValueError("rng_bits must not be negative")
    draws = [rng_bits >> 3 * draw & 7 for draw in range(_DRAWS)]
    return Challenge(
        sides=tuple("left" if bits & 1 else "right" for bits in draws),
        delays_ms=tuple(_LATER_MS if bits >> 1 == 3 else 0 for bits in draws),
    )
