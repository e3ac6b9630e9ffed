"""Whether light moved over a card while it was tilted, as it does on laminate and not on paper.

Highlights are sought in the card's own coordinates: a highlight that was photographed with the card
stays where it is. A phone's glass is as glossy as a card: this tells paper, not a screen.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vcounter.adapters.identity import quads
from vcounter.adapters.identity.keyframes import KeyframeUnreadable, decode_keyframe
from vcounter.adapters.identity.models import Image
from vcounter.adapters.identity.quads import Quad
from vcounter.services.ports import Keyframe, TiltReport

MIN_FRAMES = 3
MIN_TILT = 0.035  # change of the outline's shape, in natural logarithms of side ratios
MIN_MOVED = 0.006  # share of the card
MIN_RISE = 22.0  # grey levels over the paper, at a paper of 200
_PAPER = 200.0
_SIZE = (256, 160)
_RIM_PX = 8
_PAPER_PX = 61  # wider than half a portrait: its own dark is not the paper

Grey = NDArray[np.float32]


def inspect_tilt(frames: Sequence[Keyframe]) -> TiltReport:
    """Judge frames of one card in order of time. See the port; unreadable frames are left out."""
    seen = [found for frame in frames if (found := _look(frame)) is not None]
    measures = {"frames": float(len(seen))}
    if len(seen) < MIN_FRAMES:
        return TiltReport(None, measures)
    shapes = np.array([_shape(quad) for quad, _ in seen])
    measures["tilt"] = round(float(np.ptp(shapes, axis=0).max()), 4)
    if measures["tilt"] < MIN_TILT:
        return TiltReport(None, measures)
    measures["light"] = round(_moved_light([flat for _, flat in seen]), 4)
    return TiltReport(measures["light"] >= MIN_MOVED, measures)


def _look(frame: Keyframe) -> tuple[Quad, Grey] | None:
    try:
        image = decode_keyframe(frame)
    except KeyframeUnreadable:
        return None
    quad = quads.locate(image)
    return None if quad is None else (quad, _flat(image, quad))


def _flat(image: Image, quad: Quad) -> Grey:
    grey = cv2.cvtColor(quads.warp(image, quad), cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
    inner = small[_RIM_PX:-_RIM_PX, _RIM_PX:-_RIM_PX]
    return np.asarray(inner * (_PAPER / max(float(np.median(inner)), 1.0)), np.float32)


def _shape(quad: Quad) -> tuple[float, float, float]:
    """Logarithms of top over bottom, left over right, and width over height."""
    top, right, bottom, left = (
        max(float(np.hypot(*(quad[(i + 1) % 4] - quad[i]))), 1.0) for i in range(4)
    )
    return np.log(top / bottom), np.log(left / right), np.log((top + bottom) / (left + right))


def _moved_light(flats: list[Grey]) -> float:
    """The largest share of the card that one frame shows brighter than paper and than usual."""
    usual = np.median(np.stack(flats), axis=0).astype(np.float32)
    paper = cv2.dilate(cv2.GaussianBlur(usual, (0, 0), 2), np.ones((_PAPER_PX, _PAPER_PX)))
    paper = cv2.GaussianBlur(paper, (_PAPER_PX, _PAPER_PX), 0)
    shares = []
    for flat in flats:
        soft = cv2.GaussianBlur(flat, (0, 0), 2)
        shares.append(float((soft - paper > MIN_RISE).mean()))
    return max(shares)
