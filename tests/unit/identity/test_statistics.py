"""Intervals and error rates, against values of published tables and by hand."""

from __future__ import annotations

import pytest

from vcounter.evaluate.statistics import (
    Rate,
    clopper_pearson,
    eer,
    percentile,
    tar_at_far,
    wilson,
)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (0, 150, 0.0, 0.0243),
        (3, 3000, 0.000206, 0.002919),
    ],
)
def test_exact_interval(hits: int, total: int, low: float, high: float):
    assert clopper_pearson(hits, total) == pytest.approx((low, high), abs=1e-4)


def test_rule_of_three_holds_for_large_sets():
    assert clopper_pearson(0, 164_000)[1] == pytest.approx(3.69 / 164_000, rel=0.01)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"), [(5, 10, 0.2366, 0.7634), (0, 10, 0, 0.2775)]
)
def test_wilson_interval(hits: int, total: int, low: float, high: float):
    assert wilson(hits, total) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize("interval", [clopper_pearson, wilson])
def test_no_trial_tells_nothing_and_too_many_hits_are_refused(interval: object):
    assert interval(0, 0) == (0.0, 1.0)  # type: ignore[operator]
    with pytest.raises(ValueError, match="between"):
        interval(3, 2)  # type: ignore[operator]


def test_equal_error_rate_of_separated_and_of_mixed_scores():
    assert eer([0.6, 0.7, 0.8], [0.1, 0.2]) == 0.0
    assert eer([0.2, 0.6, 0.7, 0.8], [0.1, 0.15, 0.3, 0.05]) == pytest.approx(0.25)
    assert eer([0.5], [0.5]) == pytest.approx(0.5)
    assert eer([], [0.5]) is None


def test_tar_counts_what_lies_above_the_threshold_of_the_allowed_impostors():
    impostor = [i / 1000 for i in range(1000)]

    assert tar_at_far([0.995, 0.5, 0.9995], impostor, 1e-2) == pytest.approx(2 / 3)
    assert tar_at_far([0.995, 0.5, 0.9995], impostor, 1e-3) == pytest.approx(1 / 3)


def test_too_few_impostors_show_no_small_rate():
    assert tar_at_far([0.9], [0.1] * 99, 1e-2) is None
    assert tar_at_far([0.9], [0.1] * 100, 1e-2) == 1.0
    assert tar_at_far([], [0.1] * 100, 1e-2) is None


def test_percentile_is_a_value_that_was_measured():
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0, 2.0], 0.95) == 2.0
    assert percentile([], 0.5) is None


def test_rate_says_its_counts_and_its_interval():
    rate = Rate(1, 10)

    assert str(rate) == "10.00 % [0.25, 44.50]"
    assert rate.as_json()["of"] == 10
    assert Rate(0, 0).share is None
    assert str(Rate(0, 0)) == "-"
