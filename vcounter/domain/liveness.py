"""The head-turn challenge: a pure state machine fed with measured frames (ISO/IEC 30107-3).

A real nose stands out from the face: in a turn it moves against the eyes by 0.30 eye distances or
more. On a flat photograph, however it is bent or tilted, it moves by 0.01-0.09. So the customer
looks straight, and after a random delay is asked to turn to a random side, twice; each turn must
follow its prompt. Left and right are the customer's own: in the unmirrored stream a turn to
the customer's left moves the nose to the picture's right, which is positive. Doubt, silence or
the time limit give `review`, never `passed`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median

from vcounter.domain.challenge import (
    TURN_OFFSET,
    Advice,
    Challenge,
    Hint,
    Measured,
    Phase,
    Reason,
    Side,
    Verdict,
    new_challenge,
)
from vcounter.domain.identity import Outcome

__all__ = ["Advice", "Challenge", "Hint", "Reason", "TurnJudge", "Verdict", "new_challenge"]

STRAIGHT_FRAMES = 5
HOLD_FRAMES = 2
TURNS = 2
STILL_OFFSET = 0.12
STRAIGHT_OFFSET = 0.25
STEADY_OFFSET = 0.10
REACTION_S = 0.15
PROMPT_S = 8.0
TIME_LIMIT_S = 30.0
WAIT_LIMIT_S = 60.0
GAP_S = 2.5
MAX_STRIKES = 3
MAX_CROWDED = 8
MAX_STRANGE = 3
FLAT_FRAMES = 3
NARROW = 0.85
MIN_EYE_DISTANCE_PX = 24.0
MIN_SHARPNESS = 8.0
MIN_BRIGHTNESS, MAX_BRIGHTNESS = 30.0, 190.0


class _State(StrEnum):
    STRAIGHT = "straight"  # gathering the baseline, at the start and after each mistake
    DELAY = "delay"  # straight, waiting for the random moment
    TURN = "turn"  # prompted
    BACK = "back"  # turned, to look straight again


@dataclass(slots=True)
class _Straight:
    index: int
    offset: float
    narrowness: float
    quality: float


@dataclass(slots=True)
class _Progress:
    """Everything seen so far."""

    straight: list[_Straight] = field(default_factory=list)
    kept: list[_Straight] = field(default_factory=list)
    turns: list[Side] = field(default_factory=list)
    offsets: list[float] = field(default_factory=list)
    strikes: int = 0
    crowded: int = 0
    strange: int = 0
    flat: int = 0


class TurnJudge:
    """Judges one challenge. Feed every frame in order; stop when `verdict` is set.

    Times are monotonic seconds of one clock. The limit of 30 s runs from the first usable face;
    with no face at all the challenge ends after 60 s.
    """

    def __init__(self, challenge: Challenge, now: float) -> None:
        self.verdict: Verdict | None = None
        self._challenge = challenge
        self._opened = now
        self._began: float | None = None
        self._state = _State.STRAIGHT
        self._attempt = 0
        self._since = now
        self._last_good = now
        self._held: list[float] = []
        self._wrong = 0
        self._fed = 0
        self._seen = _Progress()

    @property
    def has_baseline(self) -> bool:
        """Whether the straight frames stand: from then on the face must stay the same."""
        return bool(self._seen.kept)

    @property
    def baseline(self) -> float:
        """The person's own offset when looking straight; 0 before it is known."""
        straight = self._seen.straight or self._seen.kept
        return median(s.offset for s in straight) if straight else 0.0

    def feed(self, measure: Measured, at: float, *, same_person: bool = True) -> Advice:
        """Take one frame. `same_person`: its face is the one that the challenge began with."""
        index, self._fed = self._fed, self._fed + 1
        if self.verdict is not None:
            return Advice("done")
        if self._is_late(at):
            return self._end(Outcome.REVIEW, self._late_reason(), at)
        if measure.faces > 1:
            return self._crowd(at)
        if measure.faces == 0:
            return self._absent(at)
        fault = _fault(measure, turned=self._state in (_State.TURN, _State.BACK))
        if fault is not Hint.NONE:
            return self._advice(fault)
        if self._began is None:
            self._began = at
        if self._gap(at):
            return self._strike(Reason.LEFT_VIEW, Hint.LOOK_STRAIGHT, at)
        self._last_good = at
        if not same_person:
            return self._stranger(measure, at)
        match self._state:
            case _State.STRAIGHT:
                return self._gather(measure, index, at)
            case _State.DELAY:
                return self._delay(measure, index, at)
            case _State.TURN:
                return self._turn(measure, at)
            case _:
                return self._back(measure, index, at)

    def _gather(self, measure: Measured, index: int, at: float) -> Advice:
        if abs(measure.nose_offset) > STRAIGHT_OFFSET:
            return self._advice(Hint.LOOK_STRAIGHT)
        frames = self._seen.straight
        frames.append(_straight(measure, index))
        frames[:] = frames[-STRAIGHT_FRAMES:]
        middle = self.baseline
        if len(frames) < STRAIGHT_FRAMES:
            return self._advice()
        if any(abs(f.offset - middle) > STEADY_OFFSET for f in frames):
            return self._advice(Hint.LOOK_STRAIGHT)
        self._seen.kept.extend(frames)
        return self._wait_for_moment(at)

    def _delay(self, measure: Measured, index: int, at: float) -> Advice:
        moved = abs(measure.nose_offset - self.baseline)
        if moved >= TURN_OFFSET:
            return self._strike(Reason.TOO_EARLY, Hint.TOO_EARLY, at)
        if moved > STILL_OFFSET:
            self._since = at  # the moment is counted from standing still
            return self._advice(Hint.LOOK_STRAIGHT)
        self._seen.kept.append(_straight(measure, index))
        if at - self._since >= self._delay_s():
            self._go(_State.TURN, at)
        return self._advice()

    def _turn(self, measure: Measured, at: float) -> Advice:
        moved = (measure.nose_offset - self.baseline) * (1 if self._side() == "left" else -1)
        if moved > TURN_OFFSET / 2 and at - self._since < REACTION_S:
            return self._strike(Reason.TOO_EARLY, Hint.TOO_EARLY, at)
        if abs(moved) < STILL_OFFSET and self._is_narrow(measure):
            self._seen.flat += 1
        if moved >= TURN_OFFSET:
            self._held.append(moved)
        elif moved <= -TURN_OFFSET:
            self._wrong += 1
        if self._wrong >= HOLD_FRAMES:
            return self._strike(Reason.WRONG_WAY, Hint.WRONG_WAY, at)
        if len(self._held) >= HOLD_FRAMES:
            self._seen.turns.append(self._side())
            self._seen.offsets.append(max(self._held))
            self._go(_State.BACK, at)
            return self._advice(Hint.BACK)
        if at - self._since > PROMPT_S:
            return self._strike(Reason.TURN_MISSING, Hint.FURTHER, at)
        return self._advice(Hint.FURTHER if at - self._since > PROMPT_S / 3 else Hint.NONE)

    def _back(self, measure: Measured, index: int, at: float) -> Advice:
        if abs(measure.nose_offset - self.baseline) > STILL_OFFSET:
            return self._advice(Hint.BACK)
        self._seen.kept.append(_straight(measure, index))
        if len(self._seen.turns) >= TURNS:
            return self._end(Outcome.PASSED, Reason.NONE, at)
        self._attempt += 1
        return self._wait_for_moment(at)

    def _crowd(self, at: float) -> Advice:
        self._seen.crowded += 1
        if self._seen.crowded >= MAX_CROWDED:
            return self._end(Outcome.FAILED, Reason.TWO_FACES, at)
        if self._state is not _State.STRAIGHT:
            self._restart(at)
        return Advice("retry", Hint.TWO_FACES.value)

    def _absent(self, at: float) -> Advice:
        if self._gap(at):
            return self._strike(Reason.LEFT_VIEW, Hint.NO_FACE, at)
        return self._advice(Hint.NO_FACE)

    def _stranger(self, measure: Measured, at: float) -> Advice:
        """A turned face is hard to recognise and just does not count; a straight one is a swap."""
        if abs(measure.nose_offset - self.baseline) > STRAIGHT_OFFSET:
            return self._advice(Hint.FURTHER if self._state is _State.TURN else Hint.LOOK_STRAIGHT)
        self._seen.strange += 1
        if self._seen.strange >= MAX_STRANGE:
            return self._end(Outcome.FAILED, Reason.PERSON_CHANGED, at)
        return self._advice(Hint.SAME_PERSON)

    def _strike(self, reason: Reason, hint: Hint, at: float) -> Advice:
        """One mistake: begin again with a fresh side and moment; too many end the challenge."""
        self._seen.strikes += 1
        if self._seen.strikes >= MAX_STRIKES:
            return self._end(Outcome.REVIEW, reason, at)
        self._restart(at)
        return Advice("retry", hint.value)

    def _restart(self, at: float) -> None:
        """From the baseline on; turns made so far do not count any more."""
        self._attempt += 1
        self._seen.straight.clear()
        self._seen.turns.clear()
        self._seen.offsets.clear()
        self._last_good = at
        self._go(_State.STRAIGHT, at)

    def _wait_for_moment(self, at: float) -> Advice:
        self._go(_State.DELAY, at)
        return self._advice()

    def _go(self, state: _State, at: float) -> None:
        self._state, self._since = state, at
        self._held, self._wrong = [], 0

    def _side(self) -> Side:
        return self._challenge.sides[self._attempt % len(self._challenge.sides)]

    def _delay_s(self) -> float:
        delays = self._challenge.delays_ms
        return delays[self._attempt % len(delays)] / 1000

    def _advice(self, hint: Hint = Hint.NONE) -> Advice:
        match self._state:
            case _State.TURN:
                phase: Phase = "turn_left" if self._side() == "left" else "turn_right"
            case _State.DELAY:
                phase = "hold"
            case _:
                phase = "straight"
        return Advice(phase, hint.value)

    def _is_late(self, at: float) -> bool:
        if self._began is None:
            return at - self._opened > WAIT_LIMIT_S
        return at - self._began > TIME_LIMIT_S

    def _late_reason(self) -> Reason:
        if self._began is None:
            return Reason.NO_FACE
        return Reason.TURN_MISSING if self._state is _State.TURN else Reason.TIME_LIMIT

    def _gap(self, at: float) -> bool:
        """Nobody was watched for so long that somebody else may have sat down."""
        return self._began is not None and at - self._last_good > GAP_S

    def _is_narrow(self, measure: Measured) -> bool:
        frames = self._seen.straight
        usual = median(f.narrowness for f in frames) if frames else 0.0
        return _narrowness(measure) < NARROW * usual

    def _looks_flat(self) -> bool:
        return self._seen.flat >= FLAT_FRAMES and not self._seen.offsets

    def _end(self, outcome: Outcome, reason: Reason, at: float) -> Advice:
        if outcome is Outcome.REVIEW and self._looks_flat():
            outcome, reason = Outcome.FAILED, Reason.FLAT
        best = sorted(self._seen.kept, key=lambda s: s.quality, reverse=True)
        self.verdict = Verdict(
            outcome=outcome,
            reason=reason.value,
            turns=tuple(self._seen.turns),
            offsets=tuple(self._seen.offsets),
            baseline=self.baseline,
            best_frames=tuple(dict.fromkeys(s.index for s in best)),
            strikes=self._seen.strikes,
            seconds=at - (self._opened if self._began is None else self._began),
        )
        return Advice("done", reason.value)


def _fault(measure: Measured, *, turned: bool) -> Hint:
    """What makes a frame unusable; a turned face has its eyes nearer together."""
    if measure.eye_distance_px < MIN_EYE_DISTANCE_PX * (0.6 if turned else 1.0):
        return Hint.CLOSER
    if measure.sharpness < MIN_SHARPNESS * (0.5 if turned else 1.0):
        return Hint.BLURRED
    if measure.brightness < MIN_BRIGHTNESS:
        return Hint.TOO_DARK
    return Hint.TOO_BRIGHT if measure.brightness > MAX_BRIGHTNESS else Hint.NONE


def _narrowness(measure: Measured) -> float:
    return measure.eye_distance_px / max(measure.box[3], 1e-6)


def _straight(measure: Measured, index: int) -> _Straight:
    quality = min(measure.sharpness, 400.0) * (1.0 - min(abs(measure.nose_offset), 0.9))
    return _Straight(index, measure.nose_offset, _narrowness(measure), quality)
