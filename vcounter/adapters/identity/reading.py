"""Read the print of a card in up to three looks, and merge them field by field.

First the warped card; where a field is missing, unsure or contradicts another, its row alone, which
finds the lone character that a line detector overlooks; then, still in doubt, the card in the
picture's own pixels. Two looks that differ on the number leave it in doubt, whatever either says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vcounter.adapters.identity import cards, ocr, quads
from vcounter.adapters.identity.card_fields import (
    back_faults,
    front_faults,
    parse_back,
    parse_front,
)
from vcounter.adapters.identity.card_layout import (
    FRONT_LABELS,
    FRONT_ROWS,
    Strip,
    folded,
    row_anchors,
)
from vcounter.adapters.identity.models import Image
from vcounter.adapters.identity.pictures import open_upload
from vcounter.adapters.identity.quads import Quad
from vcounter.services.ports import CardReading, ReadField

_Side = Literal["front", "back"]
_Fields = Mapping[str, ReadField]

LOOK_SIDE_PX = 640
SECOND_SIDE_PX = 960
UNSURE = 0.80
_WANTED: Mapping[_Side, tuple[str, ...]] = {
    "front": ("name", "sex", "ethnicity", "birth", "address", "number"),
    "back": ("authority", "valid_from", "valid_until"),
}
# Row: the fields it holds, its left and right edge, and how far it reaches up and down.
_ROW_ZONES: Mapping[str, tuple[tuple[str, ...], float, float, float]] = {
    "name": (("name",), 0.06, 0.62, 0.05),
    "sex": (("sex", "ethnicity"), 0.06, 0.60, 0.045),
    "birth": (("birth",), 0.06, 0.62, 0.045),
    "number": (("number",), 0.30, 0.96, 0.06),
}
_IN_DISPUTE = 0.5  # what is left of a confidence when two looks differ
_RIM = 0.03


def read_card(jpeg: bytes, side: _Side) -> CardReading:
    """What stands on one side of a resident identity card; see the port. Raises ImageUnusable."""
    image = open_upload(jpeg)
    card = cards.find_card(image)
    if card is None:
        return CardReading(side, {}, (), ocr.ENGINE)
    flat, quad = card.flat, card.quad
    strips = _strips(flat, LOOK_SIDE_PX)
    fields = _parse(strips, side)
    if not fields:  # neither portrait nor emblem told which way is up
        quad = quads.turned(quad)
        flat = quads.warp(image, quad)
        strips = _strips(flat, LOOK_SIDE_PX)
        fields = _parse(strips, side)
    if side == "front" and _doubtful(fields, side):
        fields = merge(fields, _parse(_rows(flat, strips, fields), side))
    if _doubtful(fields, side):
        fields = merge(fields, _parse(_strips(*_own_pixels(image, quad)), side))
    return CardReading(side, fields, _faults(fields, side), ocr.ENGINE)


def merge(first: _Fields, second: _Fields) -> dict[str, ReadField]:
    """Field by field the surer look; a number that the two read differently is in dispute."""
    merged = dict(first)
    for name, other in second.items():
        mine = merged.get(name)
        if mine is None or other.confidence > mine.confidence:
            merged[name] = other
        if name == "number" and mine is not None and mine.text != other.text:
            kept = merged[name]
            merged[name] = ReadField(kept.text, round(kept.confidence * _IN_DISPUTE, 4))
    return merged


def _doubtful(fields: _Fields, side: _Side) -> bool:
    if any(name not in fields or fields[name].confidence < UNSURE for name in _WANTED[side]):
        return True
    return bool(_faults(fields, side))


def _rows(flat: Image, strips: list[Strip], fields: _Fields) -> list[Strip]:
    """The rows in doubt of a flat front, each read as one line without looking for lines."""
    anchors = row_anchors(strips, FRONT_LABELS, FRONT_ROWS)
    doubted = [
        (row, left, right, reach)
        for row, (names, left, right, reach) in _ROW_ZONES.items()
        if any(n not in fields or fields[n].confidence < UNSURE for n in names)
    ]
    boxes = [_box(left, right, anchors[row], reach) for row, left, right, reach in doubted]
    crops = [np.ascontiguousarray(flat[y0:y1, x0:x1]) for x0, y0, x1, y1 in boxes]
    to_card = np.diag([1 / flat.shape[1], 1 / flat.shape[0], 1.0])
    lines = zip(ocr.recognise(crops), boxes, strict=True)
    found = [_strip(ocr.Line(glyphs, _corners(*box)), to_card) for glyphs, box in lines if glyphs]
    return [strip for strip in found if strip is not None]


def _box(left: float, right: float, middle: float, reach: float) -> tuple[int, int, int, int]:
    top, bottom = max(0.0, middle - reach), min(1.0, middle + reach)
    xs = int(left * quads.CARD_WIDTH), int(right * quads.CARD_WIDTH)
    return xs[0], int(top * quads.CARD_HEIGHT), xs[1], int(bottom * quads.CARD_HEIGHT)


def _corners(x0: int, y0: int, x1: int, y1: int) -> ocr.Points:
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)


def _parse(strips: list[Strip], side: _Side) -> dict[str, ReadField]:
    return parse_front(strips) if side == "front" else parse_back(strips)


def _faults(fields: _Fields, side: _Side) -> tuple[str, ...]:
    return front_faults(fields) if side == "front" else back_faults(fields)


def _own_pixels(image: Image, quad: Quad) -> tuple[Image, int, NDArray[np.float64]]:
    """The card's surroundings turned upright, not resampled otherwise; and the way to the card."""
    width = quads.card_width(quad)
    top = quad[1] - quad[0]
    angle = float(np.degrees(np.arctan2(top[1], top[0])))
    centre = quad.mean(axis=0)
    turn = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), angle, 1.0)
    corners = np.c_[quad, np.ones(4)] @ turn.T
    low = corners.min(axis=0) - _RIM * width
    size = corners.max(axis=0) + _RIM * width - low
    turn[:, 2] -= low
    crop = cv2.warpAffine(
        image,
        turn,
        (int(size[0]), int(size[1])),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    card = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    to_card = cv2.getPerspectiveTransform((corners - low).astype(np.float32), card)
    return np.asarray(crop, np.uint8), SECOND_SIDE_PX, np.asarray(to_card, np.float64)


def _strips(image: Image, side_px: int, to_card: NDArray[np.float64] | None = None) -> list[Strip]:
    """The lines of a picture as strips in the card's coordinates."""
    if to_card is None:
        to_card = np.diag([1 / image.shape[1], 1 / image.shape[0], 1.0])
    strips = [_strip(line, to_card) for line in ocr.read_lines(image, side_px=side_px)]
    return [strip for strip in strips if strip is not None]


def _strip(line: ocr.Line, to_card: NDArray[np.float64]) -> Strip | None:
    corners = cv2.perspectiveTransform(line.points[None].astype(np.float64), to_card)[0]
    start, end = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    height = float(np.abs(corners[3] - corners[0])[1] + np.abs(corners[2] - corners[1])[1]) / 2
    places = [start + glyph.along * (end - start) for glyph in line.glyphs]
    glyphs = zip(line.glyphs, places, strict=True)
    return folded(((g.text, g.confidence, float(p[0]), float(p[1])) for g, p in glyphs), height)
