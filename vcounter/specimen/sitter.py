"""How a person follows the head-turn challenge: reaction, speed, mistakes. A model, not a measure.

Reaction times are those of a simple choice with a spoken prompt, log-normal; `ELDER` is somewhat
over 75 and needs 1.7 times as long for everything (Deary & Der 2005 find about 1.5 between 30 and
70 for choice reactions) and errs twice as often. Nobody was measured with this product.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Habit:
    """`pace` stretches all times; the rest are chances for each prompt."""

    pace: float
    wrong_way: float
    too_early: float


ADULT = Habit(pace=1.0, wrong_way=0.02, too_early=0.01)
ELDER = Habit(pace=1.7, wrong_way=0.04, too_early=0.02)
TURN_DEG = (36.0, 44.0)
_DEG_PER_S = 62.0
_TURN_REACTION_S, _BACK_REACTION_S, _SPREAD = 0.9, 0.7, 0.3
_SWAY_DEG = 1.5


class Sitter:
    """One person before the camera; ask `yaw` once for each frame, in order of time."""

    def __init__(self, habit: Habit, rng: np.random.Generator) -> None:
        self._habit, self._rng = habit, rng
        self._turn = float(rng.uniform(*TURN_DEG))
        self._yaw = self._goal = 0.0
        self._word = "straight"
        self._plans: list[tuple[float, float]] = []
        self._at = 0.0

    def yaw(self, phase: str, at: float) -> float:
        """Where the head is at `at` seconds, with the prompt that is up since the last frame."""
        word = phase if phase.startswith("turn") else "straight"
        if word != self._word or phase == "retry":  # which is spoken, too
            self._word = word
            self._hear(word, at)
        for due, goal in [plan for plan in self._plans if plan[0] <= at]:
            self._goal = goal
            self._plans.remove((due, goal))
        step = _DEG_PER_S / self._habit.pace * max(0.0, at - self._at)
        gap = self._goal - self._yaw
        self._yaw += math.copysign(min(abs(gap), step), gap)
        self._at = at
        return self._yaw + float(self._rng.normal(0, _SWAY_DEG))

    def _hear(self, word: str, at: float) -> None:
        sign = {"turn_left": 1, "turn_right": -1}.get(word, 0)
        if sign and self._rng.random() < self._habit.wrong_way:
            sign = -sign
        first = _TURN_REACTION_S if sign else _BACK_REACTION_S
        self._plans = [(at + self._reaction(first), sign * self._turn)]
        if self._rng.random() < self._habit.too_early:  # does not wait for the next word
            later = at + self._reaction(_TURN_REACTION_S) + 1.2
            self._plans.append((later, 0.0 if sign else self._turn))

    def _reaction(self, usual_s: float) -> float:
        return usual_s * self._habit.pace * float(np.exp(self._rng.normal(0, _SPREAD)))
