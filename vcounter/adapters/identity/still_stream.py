"""Whether an uploaded still and the video of the same seconds show the same card.

Both cards are warped to one outline and compared where cards differ: portrait, text and number. The
printed labels, equal on every card, are not asked. This finds a still that was prepared in advance
while the camera shows something else; it does not find a forged card held into the camera.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vcounter.adapters.identity import quads
from vcounter.adapters.identity.models import Image

Grey = NDArray[np.float32]
Zone = tuple[float, float, float, float]  # left, top, right, bottom as shares of the card

# Zone and the grid of blocks that it is cut into; each block finds its own small shift.
Zones = Mapping[str, tuple[Zone, tuple[int, int]]]
CARD_ZONES: Mapping[Literal["front", "back"], Zones] = {
    "front": {
        "portrait": ((0.64, 0.12, 0.94, 0.66), (3, 3)),
        "text": ((0.17, 0.08, 0.60, 0.62), (4, 5)),
        "number": ((0.32, 0.80, 0.92, 0.94), (6, 1)),
    },
    "back": {
        "authority": ((0.38, 0.62, 0.86, 0.75), (5, 1)),
        "validity": ((0.38, 0.76, 0.86, 0.88), (5, 1)),
    },
}
_SAME_MEAN, _SAME_LEAST = 0.86, 0.75
_OTHER_LEAST = 0.65
_MIN_INLIERS = 24
_MAX_MOVE_PX = 70.0
_MIN_STREAM_CARD_PX = 240.0
_SLACK_PX = 16
_BLANK = 2.0
_FINE_PX, _COARSE_PX = 1.8, 6.0


def agreement(card: Image, stream: Image, zones: Zones) -> tuple[bool | None, dict[str, float]]:
    """True, False, or None when the video shows no card large enough to tell; and the scores.

    `card` is upright, warped to 1012 x 638; `stream` is the decoded keyframe; `zones` say where to
    compare (`CARD_ZONES` for a resident identity card).
    """
    quad = quads.locate(stream)
    if quad is None or quads.card_width(quad) < _MIN_STREAM_CARD_PX:
        return None, {}
    first = _prepare(card)
    best: dict[str, float] = {}
    aligned = 0
    for option in (quad, quads.turned(quad)):
        flat, inliers = _align(card, quads.warp(stream, option))
        found = _compare(first, _prepare(flat), zones)
        if not best or _mean(found) > _mean(best):
            best, aligned = found, inliers
    scores = {f"stream_{name}": value for name, value in best.items()}
    scores["stream_inliers"] = float(aligned)
    if not best:
        return None, scores
    if _mean(best) >= _SAME_MEAN and min(best.values()) >= _SAME_LEAST:
        return True, scores
    sure = aligned >= _MIN_INLIERS and min(best.values()) <= _OTHER_LEAST
    return (False if sure else None), scores


def _mean(scores: Mapping[str, float]) -> float:
    return sum(scores.values()) / max(len(scores), 1)


def _align(card: Image, other: Image) -> tuple[Image, int]:
    """Lay the other card exactly over the first by what both have in print, at least the labels.

    Returns it as it was, with the number of points found, when too few agree.
    """
    orb = cv2.ORB.create(nfeatures=1500, fastThreshold=12)
    points, codes = orb.detectAndCompute(card, np.empty(0, np.uint8))
    others, other_codes = orb.detectAndCompute(other, np.empty(0, np.uint8))
    if codes is None or other_codes is None:
        return other, 0
    pairs = [
        (others[m.trainIdx].pt, points[m.queryIdx].pt)
        for m in cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(codes, other_codes)
    ]
    near = [(a, b) for a, b in pairs if np.hypot(a[0] - b[0], a[1] - b[1]) < _MAX_MOVE_PX]
    if len(near) < _MIN_INLIERS:
        return other, len(near)
    source, target = (np.array([pair[i] for pair in near], np.float32) for i in (0, 1))
    matrix, mask = cv2.findHomography(source, target, cv2.RANSAC, 4.0)
    inliers = 0 if mask is None else int(mask.sum())
    if matrix is None or inliers < _MIN_INLIERS:
        return other, inliers
    size = (quads.CARD_WIDTH, quads.CARD_HEIGHT)
    return np.asarray(cv2.warpPerspective(other, matrix, size), np.uint8), inliers


def _compare(first: Grey, second: Grey, zones: Zones) -> dict[str, float]:
    """For each zone the median likeness of its blocks; zones without print are left out."""
    found = {}
    for name, (zone, (columns, rows)) in zones.items():
        xs = np.linspace(zone[0] * quads.CARD_WIDTH, zone[2] * quads.CARD_WIDTH, columns + 1)
        ys = np.linspace(zone[1] * quads.CARD_HEIGHT, zone[3] * quads.CARD_HEIGHT, rows + 1)
        boxes = [
            (int(xs[i]), int(ys[j]), int(xs[i + 1]), int(ys[j + 1]))
            for i in range(columns)
            for j in range(rows)
        ]
        scores = [s for box in boxes if (s := _likeness(first, second, box)) is not None]
        if scores:
            found[name] = float(median(scores))
    return found


def _likeness(first: Grey, second: Grey, box: tuple[int, int, int, int]) -> float | None:
    """Normalised correlation of one block at its best small shift; None where nothing is drawn."""
    x0, y0, x1, y1 = box
    template = first[y0:y1, x0:x1]
    if float(template.std()) < _BLANK:
        return None
    field = second[max(0, y0 - _SLACK_PX) : y1 + _SLACK_PX, max(0, x0 - _SLACK_PX) : x1 + _SLACK_PX]
    return float(cv2.matchTemplate(field, template, cv2.TM_CCOEFF_NORMED).max())


def _prepare(card: Image) -> Grey:
    """Grey, strokes only: neither noise nor slow changes of light."""
    grey = cv2.cvtColor(card, cv2.COLOR_BGR2GRAY)
    soft = cv2.GaussianBlur(grey, (0, 0), _FINE_PX).astype(np.float32)
    return np.asarray(soft - cv2.GaussianBlur(soft, (0, 0), _COARSE_PX), np.float32)
