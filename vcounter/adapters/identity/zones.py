"""Scores to zones: the shipped thresholds of face comparison, and the rule that doubt is no pass.

fused = SFace cosine - 0.5 x dlib distance. Measured at fused >= 0.24: no impostor of 17,433 East
Asian pairs, 0.07 % of 16,896 webcam pairs, 0.0006 % of 163,992 Western pairs (docs/identity.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from vcounter.adapters.identity.reasons import Reason
from vcounter.domain.identity import Zone

FUSED_MATCH = 0.24
FUSED_REVIEW = 0.12
SFACE_MATCH = 0.45
SFACE_REVIEW = 0.36
DLIB_WEIGHT = 0.5
MIN_FRAMES = 3

# Two frames of one challenge, seconds apart and up to 45 degrees turned: one face or a swap.
SAME_PERSON_SFACE = 0.36

THRESHOLDS = {
    "fused_match": FUSED_MATCH,
    "fused_review": FUSED_REVIEW,
    "sface_match": SFACE_MATCH,
    "sface_review": SFACE_REVIEW,
    "min_frames": float(MIN_FRAMES),
}


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


def decide(scores: Sequence[Score]) -> Decision:
    """The zone of the medians over all frames (one or more).

    Match needs both engines on at least half of the frames, and MIN_FRAMES frames: one engine
    alone, or fewer frames, is review at best. A low score is a mismatch whoever measured it.
    """
    sface = median(s.sface for s in scores)
    both = [(s.dlib, s.fused) for s in scores if s.dlib is not None and s.fused is not None]
    if 2 * len(both) < len(scores) or not both:
        low = sface < SFACE_REVIEW
        reason = Reason.SCORE_LOW if low else Reason.SECOND_OPINION_MISSING
        return Decision(Zone.MISMATCH if low else Zone.REVIEW, reason, sface, None, None)
    dlib = median(d for d, _ in both)
    fused = median(f for _, f in both)
    zone, reason = _fused_zone(fused)
    if zone is Zone.MATCH and len(both) < MIN_FRAMES:
        zone, reason = Zone.REVIEW, Reason.FEW_FRAMES
    return Decision(zone, reason, sface, dlib, fused)


def _fused_zone(fused: float) -> tuple[Zone, Reason]:
    if fused >= FUSED_MATCH:
        return Zone.MATCH, Reason.OK
    if fused >= FUSED_REVIEW:
        return Zone.REVIEW, Reason.SCORE_UNSURE
    return Zone.MISMATCH, Reason.SCORE_LOW
