"""Whole challenges against people and against props, judged as the product judges them.

Frames go through a real VP8 encoder and decoder and the real detector once for each pose; the
challenges then run on those measures. Who attacks is strong: he knows for his own prop which pose
moves the nose best to each side, and shows it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vcounter.adapters.identity import faces
from vcounter.adapters.identity.models import Image
from vcounter.domain.challenge import CHALLENGE_BITS
from vcounter.domain.identity import Outcome
from vcounter.domain.liveness import Challenge, TurnJudge, Verdict, new_challenge
from vcounter.services.ports import FaceMeasure, Keyframe
from vcounter.simulator.pictures import encode_intra
from vcounter.specimen.attacks import MAX_YAW_DEG, Prop
from vcounter.specimen.head import HeadModel
from vcounter.specimen.sitter import Habit, Sitter

FRAME_S = 0.25  # what one customer's keyframes and their measurement take
PROP_YAWS = tuple(np.linspace(-MAX_YAW_DEG, MAX_YAW_DEG, 7))
HEAD_YAWS = tuple(range(-46, 47, 4))
_LONGEST = 400

Reel = Mapping[float, FaceMeasure]


@dataclass(frozen=True, slots=True)
class Presented:
    """One run: how it ended, and where the head was in each frame (for a replay)."""

    verdict: Verdict
    yaws: tuple[float, ...] = ()

    @property
    def passed(self) -> bool:
        return self.verdict.outcome is Outcome.PASSED


def measured_head(head: HeadModel, yaws: Iterable[float] = HEAD_YAWS) -> Reel:
    """A turning head through VP8, measured at each yaw."""
    return {yaw: measured(head.render(yaw)) for yaw in yaws}


def measured_prop(prop: Prop, yaws: Iterable[float] = PROP_YAWS) -> Reel:
    """A prop through VP8, measured at each yaw that shows a face."""
    return {yaw: measured(prop.frame(yaw)) for yaw in yaws}


def measured(image: Image) -> FaceMeasure:
    """One picture through VP8 and the detector."""
    return faces.measure(Keyframe("VP8", encode_intra([image])[0], 0.0))


def random_challenge(rng: np.random.Generator) -> Challenge:
    """As the product draws one."""
    return new_challenge(int(rng.integers(2**CHALLENGE_BITS)))


def sit(reel: Reel, habit: Habit, rng: np.random.Generator) -> Presented:
    """A person who follows the prompts, with the mistakes of his habit."""
    sitter = Sitter(habit, rng)
    yaws: list[float] = []

    def camera(phase: str, at: float) -> FaceMeasure:
        yaws.append(sitter.yaw(phase, at))
        return _nearest(reel, yaws[-1])

    verdict = _run(random_challenge(rng), camera)
    return Presented(verdict, tuple(yaws))


def hold_prop(reel: Reel, rng: np.random.Generator) -> Presented:
    """A prop that is turned at each prompt to the pose that serves it best."""
    seen = [m for m in reel.values() if m.faces == 1]
    if not seen:
        return Presented(_run(random_challenge(rng), lambda _, __: next(iter(reel.values()))))
    rest = min(seen, key=lambda m: abs(m.nose_offset))
    best = {
        "turn_left": max(seen, key=lambda m: m.nose_offset),
        "turn_right": min(seen, key=lambda m: m.nose_offset),
    }
    return Presented(_run(random_challenge(rng), lambda phase, _: best.get(phase, rest)))


def replay(reel: Reel, yaws: Sequence[float], rng: np.random.Generator) -> Presented:
    """The video of an earlier challenge, played from its start, again and again."""

    def camera(_: str, at: float) -> FaceMeasure:
        return _nearest(reel, yaws[round(at / FRAME_S) % len(yaws)])

    return Presented(_run(random_challenge(rng), camera))


def _nearest(reel: Reel, yaw: float) -> FaceMeasure:
    return reel[min(reel, key=lambda known: abs(known - yaw))]


def _run(challenge: Challenge, camera: Callable[[str, float], FaceMeasure]) -> Verdict:
    judge = TurnJudge(challenge, 0.0)
    phase, first = "straight", b""
    for count in range(_LONGEST):
        at = count * FRAME_S
        seen = camera(phase, at)
        first = first or seen.feature
        known = not seen.feature or faces.same_person(first, seen.feature)
        phase = judge.feed(seen, at, same_person=known).phase
        if judge.verdict is not None:
            return judge.verdict
    raise AssertionError("a challenge ends within its time limit")
