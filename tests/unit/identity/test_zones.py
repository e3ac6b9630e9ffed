"""Scores to zones, at and around each threshold."""

from __future__ import annotations

import pytest

from vcounter.adapters.identity.reasons import Reason
from vcounter.adapters.identity.zones import Score, decide
from vcounter.domain.identity import Zone


@pytest.mark.parametrize(
    ("sface", "zone", "reason"),
    [
        (0.50, Zone.MATCH, Reason.OK),
        (0.4401, Zone.MATCH, Reason.OK),
        (0.43, Zone.REVIEW, Reason.SCORE_UNSURE),
        (0.3201, Zone.REVIEW, Reason.SCORE_UNSURE),
        (0.31, Zone.MISMATCH, Reason.SCORE_LOW),
    ],
)
def test_fused_score_falls_into_its_zone(sface: float, zone: Zone, reason: Reason):
    decision = decide([Score(sface, 0.4)] * 5)

    assert (decision.zone, decision.reason) == (zone, reason)
    assert decision.fused == pytest.approx(sface - 0.2)


def test_median_frame_decides_so_one_odd_frame_does_not():
    good, bad = Score(0.7, 0.3), Score(-0.2, 0.9)

    assert decide([good, good, good, bad, bad]).zone is Zone.MATCH
    assert decide([good, good, bad, bad, bad]).zone is Zone.MISMATCH


@pytest.mark.parametrize(("sface", "zone"), [(0.9, Zone.REVIEW), (0.37, Zone.REVIEW)])
def test_one_engine_alone_is_review_at_best(sface: float, zone: Zone):
    decision = decide([Score(sface, None)] * 5)

    assert (decision.zone, decision.reason) == (zone, Reason.SECOND_OPINION_MISSING)
    assert decision.fused is None


def test_one_engine_alone_can_still_tell_a_mismatch():
    assert decide([Score(0.2, None)] * 5).zone is Zone.MISMATCH


def test_second_opinion_on_few_of_the_frames_is_none():
    frames = [Score(0.8, 0.3), Score(0.8, 0.3), *[Score(0.8, None)] * 3]

    assert decide(frames).reason is Reason.SECOND_OPINION_MISSING


def test_fewer_than_three_frames_are_review_at_best():
    assert decide([Score(0.9, 0.2)] * 2).reason is Reason.FEW_FRAMES
    assert decide([Score(0.9, 0.2)] * 3).zone is Zone.MATCH
