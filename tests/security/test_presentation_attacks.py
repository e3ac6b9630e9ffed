"""Presentation attacks on the live face, by kind, at least 150 tries each (ISO/IEC 30107-3).

Every frame is warped, encoded and decoded as VP8 and measured by the real detector. The full size
draws a new prop for every try; the short one shares a few among them.
"""

from __future__ import annotations

import os
from functools import cache

import cv2
import numpy as np
import pytest

from vcounter.adapters.identity import models
from vcounter.adapters.identity.models import Image
from vcounter.domain.challenge import Reason
from vcounter.domain.identity import Outcome
from vcounter.evaluate import presentations as p
from vcounter.evaluate.statistics import Rate, clopper_pearson
from vcounter.specimen.attacks import KINDS
from vcounter.specimen.head import HeadModel
from vcounter.specimen.people import portraits
from vcounter.specimen.sitter import ADULT, ELDER, Habit

PEOPLE = sorted(portraits())
TRIES = 150
LONG = bool(os.environ.get("VCOUNTER_TEST_LONG"))
PROPS = TRIES if LONG else 4
REPLAYS = 4000 if LONG else 800
SITTERS = 600 if LONG else 150
# Whoever plays a recording of the challenge guesses it now and then; docs/identity.md says why.
REPLAY_GOAL = 0.02


@pytest.fixture(scope="module", autouse=True)
def loaded_models() -> None:
    models.load_all()


def portrait(number: int) -> Image:
    data = np.frombuffer(portraits()[PEOPLE[number % len(PEOPLE)]].live, np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


@cache
def head_reel(number: int) -> p.Reel:
    return p.measured_head(HeadModel(portrait(number)))


@pytest.mark.timeout(3600 if LONG else 300)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_flat_attacks_of_each_kind_never_pass(kind: str):
    rng = np.random.default_rng(20)
    reels = [p.measured_prop(KINDS[kind](portrait(n), n)) for n in range(PROPS)]

    runs = [p.hold_prop(reels[n % PROPS], rng) for n in range(TRIES)]

    assert all(any(m.faces == 1 for m in reel.values()) for reel in reels)
    accepted = Rate(sum(run.passed for run in runs), TRIES)
    assert accepted.hits == 0
    assert accepted.interval[1] < 0.025


def test_still_image_as_camera_never_passes_and_is_called_frozen():
    rng = np.random.default_rng(21)
    runs = []
    for n in range(TRIES):
        still = head_reel(n % len(PEOPLE))[-2]
        runs.append(p.hold_prop({0.0: still}, rng).verdict)

    assert {run.outcome for run in runs} == {Outcome.FAILED}
    assert {run.reason for run in runs} == {Reason.FROZEN}


def test_still_image_with_a_sensors_noise_never_passes():
    """Whether it is still called frozen depends on how noisy it is; it is never let through."""
    image = HeadModel(portrait(0)).render(0.0)
    rng = np.random.default_rng(22)
    noisy = [np.clip(image + rng.normal(0, 2, image.shape), 0, 255) for _ in range(6)]
    seen = {float(n): p.measured(frame.astype(np.uint8)) for n, frame in enumerate(noisy)}

    runs = [p.replay(seen, sorted(seen), rng).verdict for _ in range(TRIES)]

    assert {run.outcome for run in runs} <= {Outcome.FAILED, Outcome.REVIEW}


def sat(habit: Habit, seed: int) -> list[p.Presented]:
    rng = np.random.default_rng(seed)
    return [p.sit(head_reel(n % len(PEOPLE)), habit, rng) for n in range(SITTERS)]


@pytest.mark.parametrize(("habit", "limit_s"), [(ADULT, 16.0), (ELDER, 21.0)])
def test_people_pass_in_time(habit: Habit, limit_s: float):
    runs = sat(habit, 23)

    refused = sum(not run.passed for run in runs)
    assert clopper_pearson(refused, SITTERS)[0] < 0.05
    assert np.median([run.verdict.seconds for run in runs if run.passed]) < limit_s


@pytest.mark.parametrize("habit", [ADULT, ELDER])
def test_replayed_video_of_an_earlier_challenge_seldom_fits_a_fresh_one(habit: Habit):
    recorded = [run.yaws for run in sat(habit, 24) if run.passed]
    rng = np.random.default_rng(25)

    runs = [
        p.replay(head_reel(n % len(PEOPLE)), recorded[n % len(recorded)], rng)
        for n in range(REPLAYS)
    ]

    accepted = Rate(sum(run.passed for run in runs), REPLAYS)
    assert accepted.interval[0] < REPLAY_GOAL
    assert accepted.interval[1] < 2 * REPLAY_GOAL
