"""Scores to zones: the shipped thresholds of face comparison, and the rule that doubt is no pass.

fused = SFace cosine - 0.5 x dlib distance. Measured at fused >= 0.24: no impostor of 17,433 East
Asian pairs, 0.07 % of 16,896 webcam pairs, 0.0006 % of 163,992 Western pairs (docs/identity.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

from vcounter.adapters.identity.reasons import Reason
from vcounter.domain.identity import Zone

DLIB_WEIGHT = 0.5

# Two frames of one challenge, seconds apart and up to 45 degrees turned: one face or a swap.
SAME_PERSON_SFACE = 0.36


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the zones begin. The defaults ship; docs/identity-calibration.md says how to set them.

    A fused score is a match from `fused_match` and review from `fused_review` on. With SFace alone
    it is review from `sface_review` on and never a match. A match wants `min_frames` frames.
    """

    fused_match: float = 0.24
    fused_review: float = 0.12
    sface_review: float = 0.36
    min_frames: int = 3

    def __post_init__(self) -> None:
        if not self.fused_review < self.fused_match:
            raise ValueError("fused_review must be below fused_match")

    def detail(self) -> dict[str, float]:
        """As numbers by name: for the evidence."""
        return {name: float(value) for name, value in asdict(self).items()}


SHIPPED = Thresholds()


@dataclass(frozen=True, slots=True)
class Score:
    """One live frame against the reference; `dlib` is None when the second opinion is missing."""

    sface: float
    dlib: float | None

    @property
    def fused(self) -> float | None:
        return None if self.dlib is None else self.sface - DLIB_WEIGHT * self.dlib


@dataclass(frozen=True, slots=True)
class Decision:
    zone: Zone
    reason: Reason
    sface: float
    dlib: float | None
    fused: float | None


def decide(scores: Sequence[Score], limits: Thresholds = SHIPPED) -> Decision:
    """The zone of the medians over all frames (one or more).

    Match needs both engines on at least half of the frames, and `min_frames` frames: one engine
    alone, or fewer frames, is review at best. A low score is a mismatch whoever measured it.
    """
    sface = median(s.sface for s in scores)
    both = [(s.dlib, s.fused) for s in scores if s.dlib is not None and s.fused is not None]
    if 2 * len(both) < len(scores) or not both:
        low = sface < limits.sface_review
        reason = Reason.SCORE_LOW if low else Reason.SECOND_OPINION_MISSING
        return Decision(Zone.MISMATCH if low else Zone.REVIEW, reason, sface, None, None)
    dlib = median(d for d, _ in both)
    fused = median(f for _, f in both)
    zone, reason = fused_zone(fused, limits)
    if zone is Zone.MATCH and len(both) < limits.min_frames:
        zone, reason = Zone.REVIEW, Reason.FEW_FRAMES
    return Decision(zone, reason, sface, dlib, fused)


def fused_zone(fused: float, limits: Thresholds = SHIPPED) -> tuple[Zone, Reason]:
    """The zone of one fused score, and why it is no match."""
    if fused >= limits.fused_match:
        return Zone.MATCH, Reason.OK
    if fused >= limits.fused_review:
        return Zone.REVIEW, Reason.SCORE_UNSURE
    return Zone.MISMATCH, Reason.SCORE_LOW
