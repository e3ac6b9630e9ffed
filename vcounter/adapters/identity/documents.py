"""Stills of other identity documents: usable for a person's eyes, whatever their layout.

Permits and residence cards have the card's outline; a passport's page may fill the picture. The
gates are the card's own, without its layout: a photo page must show one upright portrait. None of
these is read by machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vcounter.adapters.identity import models, quads
from vcounter.adapters.identity.models import Face, Image
from vcounter.adapters.identity.quads import Quad
from vcounter.adapters.identity.reasons import Reason
from vcounter.adapters.identity.still_stream import Zones

_MIN_FACE, _MAX_FACE = 0.05, 0.36  # of the page's width; a selfie's is wider
_SECOND_FACE = 0.6  # a document's ghost picture is smaller than its portrait
_PAGE = ((0.05, 0.06, 0.95, 0.94), (6, 5))


@dataclass(frozen=True, slots=True)
class Page:
    """A document's page in a picture. `quad` is the whole picture where no outline was found."""

    quad: Quad
    flat: Image
    faces: tuple[Face, ...]
    outlined: bool


def find_page(image: Image, side: Literal["front", "back"]) -> Page | None:
    """The page, turned until its portrait stands; None where neither outline nor portrait is."""
    quad = quads.locate(image)
    if quad is not None:
        pages = [_look(image, q, True) for q in (quad, quads.turned(quad))]
        return max(pages, key=_stands)
    if side == "back":
        return None
    height, width = image.shape[:2]
    whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    pages = [_look(image, np.roll(whole, turn, axis=0), False) for turn in range(4)]
    best = max(pages, key=_stands)
    return best if _stands(best) > 0 else None


def _look(image: Image, quad: Quad, outlined: bool) -> Page:
    flat = quads.warp(image, quad)
    return Page(quad, flat, tuple(f for f in models.detect(flat) if _upright(f)), outlined)


def _stands(page: Page) -> float:
    return page.faces[0].box[2] / quads.CARD_WIDTH if page.faces else 0.0


def _upright(face: Face) -> bool:
    return face.left_eye[1] + face.right_eye[1] < face.left_mouth[1] + face.right_mouth[1]


def portrait_fault(page: Page) -> Reason:
    """What is wrong with the portrait of a photo page."""
    if not page.faces or not _MIN_FACE <= _stands(page) <= _MAX_FACE:
        return Reason.NO_PORTRAIT if page.outlined else Reason.NO_CARD
    if len(page.faces) > 1 and page.faces[1].box[2] > _SECOND_FACE * page.faces[0].box[2]:
        return Reason.TWO_FACES
    return Reason.OK


def page_zones(page: Page) -> Zones:
    """Where two pictures of this page are compared: all over it, and at its portrait."""
    zones = {"page": _PAGE}
    if page.faces:
        x, y, w, h = page.faces[0].box
        across, down = quads.CARD_WIDTH, quads.CARD_HEIGHT
        box = (
            max(0.0, (x - 0.2 * w) / across),
            max(0.0, (y - 0.2 * h) / down),
            min(1.0, (x + 1.2 * w) / across),
            min(1.0, (y + 1.2 * h) / down),
        )
        zones["portrait"] = (box, (3, 3))
    return zones
