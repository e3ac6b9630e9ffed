"""Whether an uploaded still of an identity card can be used, and what to change if not.

Gates are measured on the card warped to 1012 x 638. A front must show one portrait where a front
has it; a back must show none, but a red emblem in its upper left corner and print. Nothing here
tells a genuine card from a printed one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from vcounter.adapters.identity import copies, documents, models, quads
from vcounter.adapters.identity.keyframes import KeyframeUnreadable, decode_keyframe
from vcounter.adapters.identity.models import Face, Image
from vcounter.adapters.identity.pictures import encode_jpeg, open_upload
from vcounter.adapters.identity.quads import Quad
from vcounter.adapters.identity.reasons import Reason
from vcounter.adapters.identity.still_stream import CARD_ZONES, Zones, agreement
from vcounter.domain.documents import DocumentType
from vcounter.domain.identity import Outcome
from vcounter.services.ports import CardReport, Keyframe

WANTED_WIDTH_PX, LEAST_WIDTH_PX = 560.0, 340.0
MIN_SHARPNESS = 60.0
MIN_BRIGHTNESS, MAX_BRIGHTNESS = 45.0, 235.0
MAX_GLARE = 0.03
MIN_EMBLEM, MIN_INK = 0.004, 0.008

_Side = Literal["front", "back"]


@dataclass(frozen=True, slots=True)
class Card:
    """A card found in a still: `flat` is upright as far as the layout tells."""

    quad: Quad
    flat: Image
    face: Face | None
    emblem: float


@dataclass(frozen=True, slots=True)
class _Look:
    """What was made of a still: `zones` are where it can be compared with the video."""

    quad: Quad
    flat: Image
    face: Face | None
    measures: dict[str, float]
    reason: Reason
    zones: Zones


def inspect_card(
    still: bytes,
    side: _Side,
    stream: Keyframe | None,
    document: DocumentType = DocumentType.RESIDENT_ID,
) -> CardReport:
    """Judge one still of a document's side, and compare it with the video of the same seconds.

    passed: usable. review: between the least and the wanted width, readable with an effort.
    failed: the reason says what to change, or that the video shows another card. An unreadable or
    absent keyframe leaves `agrees` None and the outcome as it is. Signs of a screen or a copy are
    warnings and change no outcome. Raises ImageUnusable.
    """
    image = open_upload(still)
    resident = document is DocumentType.RESIDENT_ID
    look = _look_at_card(image, side) if resident else _look_at_page(image, side)
    if look is None:
        return _report(image, Outcome.FAILED, _why_none(image), {})
    upright = _upright(image, look.quad)
    warnings, signs = copies.signs(look.flat)
    measures = look.measures | signs
    if look.reason is not Reason.OK:
        return _report(upright, Outcome.FAILED, look.reason, measures)
    portrait = _cut_portrait(look.flat, look.face) if side == "front" else b""
    agrees = _with_stream(look, stream, measures)
    if agrees is False:
        outcome, reason = Outcome.FAILED, Reason.STREAM_DIFFERS
    elif measures["width_px"] < WANTED_WIDTH_PX:
        outcome, reason = Outcome.REVIEW, Reason.TOO_SMALL
    else:
        outcome, reason = Outcome.PASSED, Reason.OK
    report = _report(upright, outcome, reason, measures)
    return replace(report, portrait=portrait, agrees=agrees, warnings=warnings)


def _look_at_card(image: Image, side: _Side) -> _Look | None:
    card = find_card(image)
    if card is None:
        return None
    measures = _measures(card.flat, card.quad) | {"emblem": card.emblem}
    reason = _gate(measures)
    if reason is Reason.OK:
        reason = _front_fault(card) if side == "front" else _back_fault(card, measures)
    return _Look(card.quad, card.flat, card.face, measures, reason, CARD_ZONES[side])


def _look_at_page(image: Image, side: _Side) -> _Look | None:
    page = documents.find_page(image, side)
    if page is None:
        return None
    measures = _measures(page.flat, page.quad)
    reason = _gate(measures)
    if reason is Reason.OK and side == "front":
        reason = documents.portrait_fault(page)
    face = page.faces[0] if page.faces else None
    zones = documents.page_zones(page)
    return _Look(page.quad, page.flat, face, measures, reason, zones)


def _report(
    image: Image, outcome: Outcome, reason: Reason, measures: Mapping[str, float]
) -> CardReport:
    height, width = image.shape[:2]
    rounded = {name: round(value, 4) for name, value in measures.items()}
    return CardReport(outcome, reason.value, encode_jpeg(image), width, height, measures=rounded)


def find_card(image: Image) -> Card | None:
    """The card in a picture, upright as far as portrait or emblem tell; None without an outline."""
    quad = quads.locate(image)
    if quad is None:
        return None
    options = [_look(image, q) for q in (quad, quads.turned(quad))]
    return max(
        options,
        key=lambda c: (c.face is not None and _placed(c.face), c.face is not None, c.emblem),
    )


def _look(image: Image, quad: Quad) -> Card:
    flat = quads.warp(image, quad)
    faces = models.detect(flat)
    return Card(quad, flat, faces[0] if faces else None, _emblem(flat))


def _emblem(flat: Image) -> float:
    """Share of strongly red pixels in the upper left corner, where a back carries its emblem.

    The rim is left out: a reddish table shows at the rounded corners.
    """
    top, bottom = int(0.07 * quads.CARD_HEIGHT), int(0.45 * quads.CARD_HEIGHT)
    left, right = int(0.05 * quads.CARD_WIDTH), int(0.32 * quads.CARD_WIDTH)
    corner = flat[top:bottom, left:right]
    b, g, r = (corner[:, :, i].astype(np.int16) for i in range(3))
    return float(((r - np.maximum(g, b) > 50) & (r > 80)).mean())


def _measures(flat: Image, quad: Quad) -> dict[str, float]:
    grey = cv2.cvtColor(flat, cv2.COLOR_BGR2GRAY)
    hsv = cv2.cvtColor(flat, cv2.COLOR_BGR2HSV)
    local = cv2.blur(grey, (61, 61)).astype(np.int16)
    return {
        "width_px": quads.card_width(quad),
        "sharpness": float(cv2.Laplacian(grey, cv2.CV_64F).var()),
        "brightness": float(grey.mean()),
        "glare": float(((hsv[:, :, 2] > 250) & (hsv[:, :, 1] < 40)).mean()),
        "ink": float((local - grey > 45).mean()),
    }


def _gate(measures: Mapping[str, float]) -> Reason:
    """The first thing that the customer should change."""
    if measures["width_px"] < LEAST_WIDTH_PX:
        return Reason.TOO_SMALL
    if measures["brightness"] < MIN_BRIGHTNESS:
        return Reason.TOO_DARK
    if measures["brightness"] > MAX_BRIGHTNESS:
        return Reason.TOO_BRIGHT
    if measures["sharpness"] < MIN_SHARPNESS:
        return Reason.BLURRED
    if measures["glare"] > MAX_GLARE:
        return Reason.GLARE
    return Reason.OK


def _front_fault(card: Card) -> Reason:
    if card.face is not None and _placed(card.face):
        return Reason.OK
    is_back = card.face is None and card.emblem >= MIN_EMBLEM
    return Reason.WRONG_SIDE if is_back else Reason.NO_PORTRAIT


def _placed(face: Face) -> bool:
    """Whether a face on a flat card stands upright where a front has its portrait."""
    x, y, w, h = face.box
    across, down = (x + w / 2) / quads.CARD_WIDTH, (y + h / 2) / quads.CARD_HEIGHT
    upright = face.left_eye[1] + face.right_eye[1] < face.left_mouth[1] + face.right_mouth[1]
    placed = 0.60 <= across <= 0.95 and 0.12 <= down <= 0.72
    return upright and placed and 0.07 <= w / quads.CARD_WIDTH <= 0.30


def _back_fault(card: Card, measures: Mapping[str, float]) -> Reason:
    if card.face is not None or card.emblem < MIN_EMBLEM:
        return Reason.WRONG_SIDE
    return Reason.OK if measures["ink"] >= MIN_INK else Reason.BLURRED


def _why_none(image: Image) -> Reason:
    """No outline was found: perhaps because nothing can be seen at all."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    if float(grey.mean()) < MIN_BRIGHTNESS:
        return Reason.TOO_DARK
    return Reason.TOO_BRIGHT if float(grey.mean()) > MAX_BRIGHTNESS else Reason.NO_CARD


def _upright(image: Image, quad: Quad) -> Image:
    """The whole picture, turned by quarters until the card's top edge points right."""
    top = quad[1] - quad[0]
    quarters = round(float(np.degrees(np.arctan2(top[1], top[0]))) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, quarters))


def _cut_portrait(flat: Image, face: Face | None) -> bytes:
    """Head and shoulders from the flat card."""
    if face is None:
        return b""
    x, y, w, h = face.box
    left, right = int(max(0, x - 0.5 * w)), int(min(quads.CARD_WIDTH, x + 1.5 * w))
    top, bottom = int(max(0, y - 0.4 * h)), int(min(quads.CARD_HEIGHT, y + 1.4 * h))
    return encode_jpeg(np.ascontiguousarray(flat[top:bottom, left:right]), 95)


def _with_stream(look: _Look, stream: Keyframe | None, measures: dict[str, float]) -> bool | None:
    if stream is None:
        return None
    try:
        frame = decode_keyframe(stream)
    except KeyframeUnreadable:
        return None
    agrees, scores = agreement(look.flat, frame, look.zones)
    measures.update(scores)
    return agrees
