"""The head-turn challenge: a pure state machine fed with measured frames (ISO/IEC 30107-3).

A real nose stands out from the face: in a turn it moves against the eyes by 0.30 eye distances or
more. On a flat photograph, however it is bent or tilted, it moves by 0.01-0.17. So the customer
looks straight and then follows a random walk: at each random moment the head is to go to one of the
two places where it is not (left, right, straight), and to stay there until the next word, which
comes at once or, one time in four, 2.25 s later. Who plays a recording must fit every place and
every moment: a recorded head leaves before a word that is late, or too soon after it.

Left and right are the customer's own: in the unmirrored stream a turn to the customer's left moves
the nose to the picture's right, which is positive. Doubt, silence or the time limit give `review`,
never `passed`.
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
    Place,
    Reason,
    Side,
    Verdict,
    new_challenge,
)
from vcounter.domain.identity import Outcome
from vcounter.domain.liveness_frames import (
    STILL_OFFSET,
    Motion,
    Straight,
    fault,
    narrowness,
    place_of,
    straight_frame,
)

__all__ = ["Advice", "Challenge", "Hint", "Reason", "TurnJudge", "Verdict", "new_challenge"]

STRAIGHT_FRAMES = 4
HOLD_FRAMES = 2
MOVES = 5
SETTLED_S = 1.2  # so long in a place that was not asked for is an answer, and a wrong one
STRAIGHT_OFFSET = 0.25
STEADY_OFFSET = 0.10
LEFT_OFFSET = 0.18  # less than this and a turned head has left its side
REACTION_S = 0.6  # to hear a word and to move by half a turn takes anybody longer
PROMPT_S = 5.0
TIME_LIMIT_S = 45.0
WAIT_LIMIT_S = 60.0
GAP_S = 2.5
MAX_STRIKES = 3
MAX_MISTAKES = 2
MAX_CROWDED = 8
MAX_STRANGE = 3
FLAT_FRAMES = 3
NARROW = 0.85


_SIGN = {"left": 1, "right": -1}
_PHASES: dict[Place, Phase] = {
    "left": "turn_left",
    "right": "turn_right",
    "straight": "straight",
}
_MISTAKES = (Reason.WRONG_WAY, Reason.TOO_EARLY)


class _State(StrEnum):
    STRAIGHT = "straight"  # gathering the baseline
    RETURN = "return"  # after a mistake, on the way back to the baseline
    DWELL = "dwell"  # in place, waiting for the random moment
    MOVE = "move"  # prompted


@dataclass(slots=True)
class _Progress:
    """Everything seen so far."""

    straight: list[Straight] = field(default_factory=list)
    kept: list[Straight] = field(default_factory=list)
    turns: list[Side] = field(default_factory=list)
    offsets: list[float] = field(default_factory=list)
    moves: int = 0
    strikes: int = 0
    mistakes: int = 0
    crowded: int = 0
    strange: int = 0
    flat: int = 0
    motion: Motion = field(default_factory=Motion)


class TurnJudge:
    """Judges one challenge. Feed every frame in order; stop when `verdict` is set.

    Times are monotonic seconds of one clock. The limit of 45 s runs from the first usable face;
    with no face at all the challenge ends after 60 s.
    """

    def __init__(self, challenge: Challenge, now: float) -> None:
        self.verdict: Verdict | None = None
        self._challenge = challenge
        self._opened = now
        self._began: float | None = None
        self._state = _State.STRAIGHT
        self._place: Place = "straight"
        self._draw = 0
        self._since = now
        self._last_good = now
        self._held: list[float] = []
        self._astray: list[float] = []
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
        spoiled = fault(measure, turned=self._may_be_turned())
        if spoiled is not Hint.NONE:
            return self._advice(spoiled)
        if self._began is None:
            self._began = at
        if self._gap(at):
            return self._strike(Reason.LEFT_VIEW, Hint.LOOK_STRAIGHT, at)
        self._last_good = at
        self._seen.motion.add(measure)
        if not same_person:
            return self._stranger(measure, at)
        match self._state:
            case _State.STRAIGHT:
                return self._gather(measure, index, at)
            case _State.RETURN:
                return self._return(measure, at)
            case _State.DWELL:
                return self._dwell(measure, index, at)
            case _:
                return self._move(measure, at)

    def _gather(self, measure: Measured, index: int, at: float) -> Advice:
        if abs(measure.nose_offset) > STRAIGHT_OFFSET:
            return self._advice(Hint.LOOK_STRAIGHT)
        frames = self._seen.straight
        frames.append(straight_frame(measure, index))
        frames[:] = frames[-STRAIGHT_FRAMES:]
        middle = self.baseline
        if len(frames) < STRAIGHT_FRAMES:
            return self._advice()
        if any(abs(f.offset - middle) > STEADY_OFFSET for f in frames):
            return self._advice(Hint.LOOK_STRAIGHT)
        self._seen.kept.extend(frames)
        self._go(_State.DWELL, at)
        return self._advice()

    def _return(self, measure: Measured, at: float) -> Advice:
        if abs(measure.nose_offset - self.baseline) > STILL_OFFSET:
            self._held.clear()
            return self._advice(Hint.LOOK_STRAIGHT)
        self._held.append(0.0)
        if len(self._held) >= HOLD_FRAMES:
            self._go(_State.DWELL, at)
        return self._advice()

    def _dwell(self, measure: Measured, index: int, at: float) -> Advice:
        moved = measure.nose_offset - self.baseline
        if self._has_left(moved):
            return self._strike(Reason.TOO_EARLY, Hint.TOO_EARLY, at)
        if self._place == "straight":
            if abs(moved) > STILL_OFFSET:
                self._since = at  # the moment is counted from standing still
                return self._advice(Hint.LOOK_STRAIGHT)
            self._seen.kept.append(straight_frame(measure, index))
        if at - self._since >= self._delay_s():
            self._go(_State.MOVE, at)
        return self._advice()

    def _has_left(self, moved: float) -> bool:
        """Whether the head is clearly out of the place where it is to stay."""
        if self._place == "straight":
            return abs(moved) >= TURN_OFFSET
        return moved * _SIGN[self._place] < LEFT_OFFSET

    def _move(self, measure: Measured, at: float) -> Advice:
        moved, goal = measure.nose_offset - self.baseline, self._goal()
        waited = at - self._since
        if waited < REACTION_S and self._moves_already(moved):
            return self._strike(Reason.TOO_EARLY, Hint.TOO_EARLY, at)
        if abs(moved) < STILL_OFFSET and self._place == "straight" and self._is_narrow(measure):
            self._seen.flat += 1
        place = place_of(moved)
        if place == goal:
            self._held.append(abs(moved))
        elif place not in (self._place, None):
            self._astray.append(at)
        if self._went_astray(place, at):
            return self._strike(Reason.WRONG_WAY, Hint.WRONG_WAY, at)
        if len(self._held) >= HOLD_FRAMES:
            return self._arrive(goal, at)
        if waited > PROMPT_S:
            return self._strike(Reason.TURN_MISSING, Hint.FURTHER, at)
        return self._advice(Hint.FURTHER if waited > PROMPT_S / 2 else Hint.NONE)

    def _moves_already(self, moved: float) -> bool:
        if self._place == "straight":
            return abs(moved) > TURN_OFFSET / 2
        return moved * _SIGN[self._place] < LEFT_OFFSET

    def _went_astray(self, place: Place | None, at: float) -> bool:
        """Two frames on the wrong side, or a rest in the middle of the way from side to side."""
        if place == "straight":
            return bool(self._astray) and at - self._astray[0] > SETTLED_S
        return place not in (self._goal(), self._place, None) and len(self._astray) >= HOLD_FRAMES

    def _arrive(self, goal: Place, at: float) -> Advice:
        if goal != "straight":
            self._seen.turns.append(goal)
            self._seen.offsets.append(max(self._held))
        self._seen.moves += 1
        self._draw += 1
        self._place = goal
        if self._seen.moves >= MOVES:
            return self._end(Outcome.PASSED, Reason.NONE, at)
        self._go(_State.DWELL, at)
        return self._advice()

    def _crowd(self, at: float) -> Advice:
        self._seen.crowded += 1
        if self._seen.crowded >= MAX_CROWDED:
            return self._end(Outcome.FAILED, Reason.TWO_FACES, at)
        if self._state is not _State.STRAIGHT:
            self._restart(_State.STRAIGHT, at)
        return Advice("retry", Hint.TWO_FACES.value)

    def _absent(self, at: float) -> Advice:
        if self._gap(at):
            return self._strike(Reason.LEFT_VIEW, Hint.NO_FACE, at)
        return self._advice(Hint.NO_FACE)

    def _stranger(self, measure: Measured, at: float) -> Advice:
        """A turned face is hard to recognise and just does not count; a straight one is a swap."""
        if abs(measure.nose_offset - self.baseline) > STRAIGHT_OFFSET:
            if self._is_asked_to_turn():
                return self._advice(Hint.FURTHER)
            return self._advice(Hint.LOOK_STRAIGHT if self._place == "straight" else Hint.NONE)
        self._seen.strange += 1
        if self._seen.strange >= MAX_STRANGE:
            return self._end(Outcome.FAILED, Reason.PERSON_CHANGED, at)
        return self._advice(Hint.SAME_PERSON)

    def _strike(self, reason: Reason, hint: Hint, at: float) -> Advice:
        """Begin again with fresh places and moments; too many strikes end the challenge.

        A turn at the wrong time or to the wrong side is what a recording does: fewer are allowed.
        """
        self._seen.strikes += 1
        self._seen.mistakes += reason in _MISTAKES
        if self._seen.strikes >= MAX_STRIKES or self._seen.mistakes >= MAX_MISTAKES:
            return self._end(Outcome.REVIEW, reason, at)
        self._restart(_State.STRAIGHT if reason is Reason.LEFT_VIEW else _State.RETURN, at)
        return Advice("retry", hint.value)

    def _restart(self, state: _State, at: float) -> None:
        """Moves made so far do not count any more; whoever was out of sight is measured anew."""
        self._draw += 1
        self._place = "straight"
        self._seen.moves = 0
        if state is _State.STRAIGHT:
            self._seen.straight.clear()
        self._seen.turns.clear()
        self._seen.offsets.clear()
        self._last_good = at
        self._go(state, at)

    def _go(self, state: _State, at: float) -> None:
        self._state, self._since = state, at
        self._held, self._astray = [], []

    def _goal(self) -> Place:
        """The next place: the drawn side, or straight where the head is on that side already."""
        side = self._challenge.sides[self._draw % len(self._challenge.sides)]
        return "straight" if side == self._place else side

    def _delay_s(self) -> float:
        delays = self._challenge.delays_ms
        return delays[self._draw % len(delays)] / 1000

    def _may_be_turned(self) -> bool:
        return self._state in (_State.MOVE, _State.RETURN) or self._place != "straight"

    def _is_asked_to_turn(self) -> bool:
        return self._state is _State.MOVE and self._goal() != "straight"

    def _advice(self, hint: Hint = Hint.NONE) -> Advice:
        """What is asked now. Who has turned sees the same word until the next one comes."""
        if self._state is _State.MOVE:
            goal = self._goal()
            if goal == "straight" and hint is Hint.NONE:
                hint = Hint.BACK
            return Advice(_PHASES[goal], hint.value)
        if self._state is _State.DWELL:
            held: Phase = "hold" if self._place == "straight" else _PHASES[self._place]
            return Advice(held, hint.value)
        return Advice("straight", hint.value)

    def _is_late(self, at: float) -> bool:
        if self._began is None:
            return at - self._opened > WAIT_LIMIT_S
        return at - self._began > TIME_LIMIT_S

    def _late_reason(self) -> Reason:
        if self._began is None:
            return Reason.NO_FACE
        return Reason.TURN_MISSING if self._state is _State.MOVE else Reason.TIME_LIMIT

    def _gap(self, at: float) -> bool:
        """Nobody was watched for so long that somebody else may have sat down."""
        return self._began is not None and at - self._last_good > GAP_S

    def _is_narrow(self, measure: Measured) -> bool:
        frames = self._seen.straight
        usual = median(f.narrowness for f in frames) if frames else 0.0
        return narrowness(measure) < NARROW * usual

    def _looks_flat(self) -> bool:
        return self._seen.flat >= FLAT_FRAMES and not self._seen.offsets

    def _end(self, outcome: Outcome, reason: Reason, at: float) -> Advice:
        if outcome is Outcome.REVIEW and self._looks_flat():
            outcome, reason = Outcome.FAILED, Reason.FLAT
        elif outcome is Outcome.REVIEW and self._seen.motion.is_frozen:
            outcome, reason = Outcome.FAILED, Reason.FROZEN
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
