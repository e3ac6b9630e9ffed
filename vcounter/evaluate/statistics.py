"""Rates with intervals, and what FMR, FNMR and EER are made of. Pure, no third-party package.

Intervals are Clopper-Pearson's (exact; they never promise more than the counts do). See
docs/identity-calibration.md for what each word means.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `total`, and the interval in which the true share lies with 95 % confidence."""

    hits: int
    total: int

    @property
    def share(self) -> float | None:
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        return clopper_pearson(self.hits, self.total)

    def as_json(self) -> dict[str, object]:
        low, high = self.interval
        return {"rate": self.share, "low": low, "high": high, "hits": self.hits, "of": self.total}

    def __str__(self) -> str:
        if not self.total:
            return "-"
        low, high = self.interval
        return f"{100 * self.hits / self.total:.2f} % [{100 * low:.2f}, {100 * high:.2f}]"


def clopper_pearson(hits: int, total: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact interval of a share; (0, 1) for no trial. Raises ValueError for hits > total."""
    if not 0 <= hits <= total:
        raise ValueError("hits must lie between 0 and total")
    if total == 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else _beta_quantile(tail, hits, total - hits + 1)
    high = 1.0 if hits == total else _beta_quantile(1 - tail, hits + 1, total - hits)
    return low, high


def wilson(hits: int, total: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's score interval: narrower, and right on average only."""
    if not 0 <= hits <= total:
        raise ValueError("hits must lie between 0 and total")
    if total == 0:
        return 0.0, 1.0
    z = _normal_quantile(1 - (1 - confidence) / 2)
    share = hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total)
    half *= math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def eer(genuine: Sequence[float], impostor: Sequence[float]) -> float | None:
    """The rate at the threshold where as many genuine are refused as impostors accepted.

    Larger scores mean more alike. Between two thresholds: the mean of both errors where they are
    nearest to each other. None without both kinds.
    """
    if not genuine or not impostor:
        return None
    mates, others = sorted(genuine), sorted(impostor)
    best = (2.0, 1.0)
    for threshold in sorted({*mates, *others}):
        refused = bisect_left(mates, threshold) / len(mates)
        accepted = 1 - bisect_left(others, threshold) / len(others)
        best = min(best, (abs(refused - accepted), (refused + accepted) / 2))
    return best[1]


def tar_at_far(genuine: Sequence[float], impostor: Sequence[float], far: float) -> float | None:
    """Share of genuine scores above the threshold that lets at most `far` of impostors pass.

    None without genuine pairs, and with fewer than 1 / far impostors: they cannot show such a rate.
    """
    if not genuine or len(impostor) * far < 1:
        return None
    allowed = int(len(impostor) * far + 1e-9)
    threshold = sorted(impostor, reverse=True)[allowed] if allowed < len(impostor) else -math.inf
    return sum(1 for score in genuine if score > threshold) / len(genuine)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile; None for no value."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _normal_quantile(probability: float) -> float:
    low, high = -9.0, 9.0
    for _ in range(80):
        middle = (low + high) / 2
        if (1 + math.erf(middle / math.sqrt(2))) / 2 < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_quantile(probability: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        if _beta_share(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (DLMF 8.17.22)."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _beta_share(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return front / a * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Evaluated by the modified Lentz method (DLMF 3.10(iii))."""
    tiny = 1e-300
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0) or tiny)
    value = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1.0 / (1.0 + term * d or tiny)
            c = 1.0 + term / c or tiny
            value *= c * d
        if abs(c * d - 1.0) < 1e-12:
            break
    return value
