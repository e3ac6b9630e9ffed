"""Where a card lies in a picture: its four corners, by colour and by edges."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from vcounter.adapters.identity.models import Image

CARD_WIDTH, CARD_HEIGHT = 1012, 638  # ISO/IEC 7810 ID-1 at 300 dpi

Quad = NDArray[np.float32]  # 4 x 2: top left, top right, bottom right, bottom left, landscape

_SIDE_PX = 640
_MIN_SHARE = 0.06
_MAX_SHARE = 0.97
_MIN_FILL = 0.90
_RATIO = CARD_WIDTH / CARD_HEIGHT
_MAX_RATIO_ERROR = 0.28


def locate(image: Image) -> Quad | None:
    """The corners of the largest card-shaped thing in full-picture pixels, or None.

    The quad is landscape (its long sides on top and bottom) but may be upside down.
    """
    height, width = image.shape[:2]
    scale = min(1.0, _SIDE_PX / max(height, width))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small_image = np.asarray(small, np.uint8)
    best: tuple[float, Quad] | None = None
    for mask in _masks(small_image):
        for quad, score in _quads(mask):
            if best is None or score > best[0]:
                best = (score, quad)
    return None if best is None else _landscape(best[1] / scale)


def card_width(quad: Quad) -> float:
    """Mean length of the two long sides, in pixels."""
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    return float((np.hypot(*top) + np.hypot(*bottom)) / 2)


def warp(image: Image, quad: Quad) -> Image:
    """The card alone, seen from straight above, 1012 x 638."""
    target = np.array(
        [[0, 0], [CARD_WIDTH, 0], [CARD_WIDTH, CARD_HEIGHT], [0, CARD_HEIGHT]], np.float32
    )
    matrix = cv2.getPerspectiveTransform(quad, target)
    mode = cv2.INTER_AREA if card_width(quad) > CARD_WIDTH else cv2.INTER_LINEAR
    return np.asarray(
        cv2.warpPerspective(image, matrix, (CARD_WIDTH, CARD_HEIGHT), flags=mode), np.uint8
    )


def turned(quad: Quad) -> Quad:
    """The same card, read upside down."""
    return np.roll(quad, 2, axis=0)


def _masks(small: Image) -> Iterator[Image]:
    """Pictures in which the card should be one white blob: pale against coloured, then edges."""
    soft = cv2.GaussianBlur(small, (5, 5), 0)
    kernel = np.ones((9, 9), np.uint8)
    lab = cv2.cvtColor(soft, cv2.COLOR_BGR2LAB)
    for channel in (soft.min(axis=2), lab[:, :, 0], soft.max(axis=2)):
        _, mask = cv2.threshold(channel, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        yield np.asarray(
            cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.uint8
        )
    saturation = cv2.cvtColor(soft, cv2.COLOR_BGR2HSV)[:, :, 1]
    _, mask = cv2.threshold(saturation, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    yield np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel), np.uint8)
    for low, high in ((20, 60), (50, 150)):
        edges = cv2.Canny(soft, low, high)
        yield np.asarray(cv2.dilate(edges, np.ones((3, 3), np.uint8)), np.uint8)


def _quads(mask: Image) -> Iterator[tuple[Quad, float]]:
    height, width = mask.shape[:2]
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        hull = np.asarray(cv2.convexHull(contour), np.int32)
        share = cv2.contourArea(hull) / (height * width)
        if not _MIN_SHARE <= share <= _MAX_SHARE:
            continue
        quad = _fit(hull)
        if quad is None or not _inside(quad, width, height):
            continue
        fill = cv2.contourArea(hull) / max(cv2.contourArea(quad), 1.0)
        wrong = abs(np.log(_ratio(quad) / _RATIO))
        if fill < _MIN_FILL or fill > 1.08 or wrong > _MAX_RATIO_ERROR:
            continue
        solid = cv2.contourArea(contour) / max(cv2.contourArea(hull), 1.0)
        yield quad, float(share**0.5 * fill - 0.6 * wrong + 0.1 * solid)


def _fit(hull: NDArray[np.int32]) -> Quad | None:
    """Four lines through the straight parts of the hull; the card's corners are rounded."""
    length = cv2.arcLength(hull, True)
    corners: NDArray[np.float32] | None = None
    for epsilon in (0.02, 0.03, 0.05, 0.08):
        rough = cv2.approxPolyDP(hull, epsilon * length, True)
        if len(rough) == 4:
            corners = rough.reshape(4, 2).astype(np.float32)
            break
    if corners is None:
        return None
    points = _dense(hull)
    lines = []
    for index in range(4):
        line = _side(points, corners[index], corners[(index + 1) % 4])
        if line is None:
            return corners
        lines.append(line)
    crossings = [_cross(lines[i - 1], lines[i]) for i in range(4)]
    if any(c is None for c in crossings):
        return corners
    fitted = np.array(crossings, np.float32)
    return fitted if float(np.abs(fitted - corners).max()) < 0.06 * length else corners


def _dense(hull: NDArray[np.int32]) -> NDArray[np.float32]:
    """Points along the hull, about one a pixel."""
    corners = hull.reshape(-1, 2).astype(np.float32)
    parts = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        steps = max(2, int(np.hypot(*(end - start))))
        parts.append(np.linspace(start, end, steps, endpoint=False))
    return np.concatenate(parts).astype(np.float32)


def _side(points: Quad, start: Quad, end: Quad) -> tuple[Quad, Quad] | None:
    """A point and a direction for the side from `start` to `end`, by its middle 70 %."""
    along = end - start
    length = float(np.hypot(*along))
    if length < 8:
        return None
    along = along / length
    across = np.array([-along[1], along[0]], np.float32)
    offset = points - start
    place, away = offset @ along / length, np.abs(offset @ across)
    near = points[(place > 0.15) & (place < 0.85) & (away < 0.04 * length + 3)]
    if len(near) < 8:
        return None
    vx, vy, x, y = (float(v) for v in cv2.fitLine(near, cv2.DIST_HUBER, 0, 0.01, 0.01).reshape(4))
    return np.array([x, y], np.float32), np.array([vx, vy], np.float32)


def _cross(first: tuple[Quad, Quad], second: tuple[Quad, Quad]) -> Quad | None:
    matrix = np.array([first[1], -second[1]], np.float64).T
    if abs(float(np.linalg.det(matrix))) < 1e-3:
        return None
    step = np.linalg.solve(matrix, (second[0] - first[0]).astype(np.float64))
    return np.asarray(first[0] + step[0] * first[1], np.float32)


def _ratio(quad: Quad) -> float:
    sides = [float(np.hypot(*(quad[(i + 1) % 4] - quad[i]))) for i in range(4)]
    first, second = sides[0] + sides[2], sides[1] + sides[3]
    return max(first, second) / max(min(first, second), 1e-6)


def _inside(quad: Quad, width: int, height: int) -> bool:
    """At most one corner outside the picture, and not by much: a cut card cannot be read."""
    margin = 0.02 * max(width, height)
    x, y = quad[:, 0], quad[:, 1]
    if (x < -margin).any() or (y < -margin).any():
        return False
    if (x > width + margin).any() or (y > height + margin).any():
        return False
    outside = (x < 1) | (y < 1) | (x > width - 2) | (y > height - 2)
    return int(outside.sum()) <= 1


def _landscape(quad: Quad) -> Quad:
    """Clockwise from the corner that puts a long side on top, the one nearest to upright."""
    centre = quad.mean(axis=0)
    angles = np.arctan2(quad[:, 1] - centre[1], quad[:, 0] - centre[0])
    ordered = quad[np.argsort(angles)]  # clockwise in image coordinates
    options = [np.roll(ordered, -shift, axis=0) for shift in range(4)]
    long_on_top = [
        o
        for o in options
        if np.hypot(*(o[1] - o[0])) + np.hypot(*(o[2] - o[3]))
        >= np.hypot(*(o[2] - o[1])) + np.hypot(*(o[3] - o[0]))
    ]
    chosen = max(long_on_top, key=lambda o: float((o[1] - o[0])[0] + 0.01 * (o[1] - o[0])[1]))
    return np.asarray(chosen, np.float32)
