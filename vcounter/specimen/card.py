"""Specimen identity cards: invented data on a card-like layout, always marked SPECIMEN 样证.

For demo, practice and tests. The drawing leaves out the security printing and the national emblem
of a real card on purpose. The mark stands between the fields and over the portrait's lower edge, so
that everything can still be read.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Literal

import cv2
import numpy as np
from noto_cjk_sans_otc import FONT_PATH
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from vcounter.adapters.identity.models import Image, detect

CARD_WIDTH, CARD_HEIGHT = 1012, 638
PORTRAIT_BOX = (640, 84, 940, 452)  # left, top, right, bottom on the card

_INK, _LABEL, _MARK, _SEAL = (24, 24, 28), (58, 110, 180), (200, 60, 70), (190, 30, 30)
_SIMPLIFIED = 2  # index of the SC face in the Noto CJK collection
_ADDRESS_CHARS = 12


@dataclass(frozen=True, slots=True)
class Person:
    """What stands on the card; all of it invented, except a public-domain portrait (JPEG)."""

    name: str
    sex: Literal["female", "male"]
    ethnicity: str
    birth: date
    address: str
    number: str
    portrait: bytes = field(repr=False)
    authority: str = "样市公安局样区分局"
    valid_from: date = date(2020, 1, 1)
    valid_until: date | None = date(2040, 1, 1)  # None is 长期


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font file with Chinese characters, and which face of a collection."""

    path: str
    index: int = 0


NOTO = Typeface(str(FONT_PATH), _SIMPLIFIED)


@cache
def _font(size: int, face: Typeface = NOTO) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face.path, size, index=face.index)


def draw_front(person: Person, face: Typeface = NOTO) -> Image:
    """The side with the portrait, 1012 x 638 BGR; `face` sets everything but the mark."""
    card, pen = _blank((226, 238, 226), (236, 228, 238))
    year, month, day = person.birth.year, person.birth.month, person.birth.day
    rows = (
        (72, (("姓名", 70, _LABEL), (person.name, 190, _INK))),
        (
            146,
            (
                ("性别", 70, _LABEL),
                ("男" if person.sex == "male" else "女", 190, _INK),
                ("民族", 300, _LABEL),
                (person.ethnicity, 400, _INK),
            ),
        ),
        (
            218,
            (
                ("出生", 70, _LABEL),
                (f"{year}", 190, _INK),
                ("年", 282, _LABEL),
                (f"{month}", 330, _INK),
                ("月", 376, _LABEL),
                (f"{day}", 424, _INK),
                ("日", 474, _LABEL),
            ),
        ),
        (292, (("住址", 70, _LABEL),)),
        (540, (("公民身份号码", 70, _LABEL),)),
    )
    for top, words in rows:
        for text, left, colour in words:
            size = 34 if colour is _INK else 30
            pen.text((left, top), text, font=_font(size, face), fill=colour)
    lines = [
        person.address[i : i + _ADDRESS_CHARS]
        for i in range(0, len(person.address), _ADDRESS_CHARS)
    ]
    for number, line in enumerate(lines):
        top = 292 + (46 if len(lines) <= 3 else 40) * number
        pen.text((190, top), line, font=_font(34, face), fill=_INK)
    for place, digit in enumerate(person.number):
        pen.text((330 + 33 * place, 530), digit, font=_font(44, face), fill=_INK)
    left, top, right, bottom = PORTRAIT_BOX
    card.paste(_portrait(person.portrait, (right - left, bottom - top)), (left, top))
    _mark(card, ((90, 458, 36), (PORTRAIT_BOX[0] + 10, 405, 30)))
    return _as_bgr(card)


def draw_back(person: Person, face: Typeface = NOTO) -> Image:
    """The side with authority and validity, 1012 x 638 BGR; `face` as for a front."""
    card, pen = _blank((222, 230, 242), (238, 236, 226))
    pen.ellipse((70, 60, 210, 200), outline=_SEAL, width=10)
    pen.text((104, 88), "样", font=_font(72), fill=_SEAL)
    pen.text((320, 64), "样 本 卡 片", font=_font(62), fill=_INK)
    pen.text((300, 158), "居民身份证样证", font=_font(70), fill=_INK)
    until = "长期" if person.valid_until is None else f"{person.valid_until:%Y.%m.%d}"
    validity = f"{person.valid_from:%Y.%m.%d}-{until}"
    for top, label, value in ((420, "签发机关", person.authority), (500, "有效期限", validity)):
        pen.text((230, top), label, font=_font(32, face), fill=_INK)
        pen.text((410, top), value, font=_font(36, face), fill=_INK)
    _mark(card, ((260, 310, 48),))
    return _as_bgr(card)


def phone_photo(
    card: Image,
    rng: np.random.Generator,
    size: tuple[int, int] = (1600, 1200),
    *,
    share: float = 0.72,
    tilt: float = 1.0,
    ground: NDArray[np.float32] | None = None,
) -> Image:
    """The card lying on a table as a phone sees it: `size` = (width, height), BGR.

    `share` is the card's width over the picture's; `tilt` scales the random rotation (up to 6
    degrees) and perspective. `ground` is what it lies on, a dark table if not given. The same `rng`
    state gives the same picture.
    """
    width, height = size
    ground = _table(rng, size) if ground is None else ground
    half_w = width * share / 2
    half_h = half_w * CARD_HEIGHT / CARD_WIDTH
    corners = np.array(
        [[-half_w, -half_h], [half_w, -half_h], [half_w, half_h], [-half_w, half_h]], np.float32
    )
    angle = np.radians(rng.uniform(-6.0, 6.0) * tilt)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    bent = rng.uniform(-0.03, 0.03, (4, 2)) * tilt * half_w
    corners = np.asarray(corners @ turn.T + bent, np.float32)
    corners += np.array([width * (0.5 + rng.uniform(-0.02, 0.02)), height / 2], np.float32)
    source = np.array(
        [[0, 0], [CARD_WIDTH, 0], [CARD_WIDTH, CARD_HEIGHT], [0, CARD_HEIGHT]], np.float32
    )
    matrix = cv2.getPerspectiveTransform(source, corners)
    mode = cv2.INTER_AREA if 2 * half_w < CARD_WIDTH else cv2.INTER_LINEAR
    laid = cv2.warpPerspective(card, matrix, size, flags=mode)
    shape = cv2.warpPerspective(_rounded(), matrix, size).astype(np.float32)[:, :, None] / 255
    shadow = cv2.GaussianBlur(np.roll(shape[:, :, 0], (9, 7), (0, 1)), (0, 0), 9)[:, :, None]
    scene = ground * (1 - 0.45 * shadow * (1 - shape)) * (1 - shape) + laid * shape
    scene += rng.normal(0.0, 2.0, scene.shape)
    return np.clip(scene, 0, 255).astype(np.uint8)


def _table(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float32]:
    colour = rng.uniform((30, 50, 70), (80, 100, 130))
    grain = cv2.resize(
        rng.normal(0.0, 9.0, (max(2, size[1] // 4), 12)).astype(np.float32),
        size,
        interpolation=cv2.INTER_CUBIC,
    )
    return np.asarray(colour + grain[:, :, None], np.float32)


def _rounded() -> Image:
    shape = Pillow.new("L", (CARD_WIDTH, CARD_HEIGHT), 0)
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, CARD_WIDTH - 1, CARD_HEIGHT - 1), 36, fill=255)
    return np.asarray(shape, np.uint8)


def _blank(
    start: tuple[int, int, int], end: tuple[int, int, int]
) -> tuple[Pillow.Image, ImageDraw.ImageDraw]:
    across = np.linspace(0, 1, CARD_WIDTH)[None, :, None]
    ground = np.array(start) * (1 - across) + np.array(end) * across
    waves = 3 * np.sin(np.add.outer(np.arange(CARD_HEIGHT) / 7, np.arange(CARD_WIDTH) / 23))
    pixels = np.clip(ground + waves[:, :, None], 0, 255).astype(np.uint8)
    card = Pillow.fromarray(pixels)
    return card, ImageDraw.Draw(card)


def _mark(card: Pillow.Image, places: tuple[tuple[int, int, int], ...]) -> None:
    """Write SPECIMEN 样证 half through, so that what lies below can still be read."""
    layer = Pillow.new("RGBA", card.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    for left, top, size in places:
        pen.text((left, top), "SPECIMEN 样证", font=_font(size), fill=(*_MARK, 150))
    card.paste(layer, (0, 0), layer)


def _portrait(jpeg: bytes, size: tuple[int, int]) -> Pillow.Image:
    """Head and shoulders, cropped round the face so that it is half of the box's width."""
    picture = Pillow.open(io.BytesIO(jpeg)).convert("RGB")
    bgr = np.ascontiguousarray(np.asarray(picture, np.uint8)[:, :, ::-1])
    faces = detect(bgr)
    if not faces:
        return picture.resize(size)
    x, y, w, h = faces[0].box
    width = min(2.0 * w, picture.width, picture.height * size[0] / size[1])
    height = width * size[1] / size[0]
    left = min(max(x + w / 2 - width / 2, 0), picture.width - width)
    top = min(max(y + h * 0.45 - height * 0.45, 0), picture.height - height)
    return picture.resize(size, Pillow.Resampling.LANCZOS, (left, top, left + width, top + height))


def _as_bgr(card: Pillow.Image) -> Image:
    return np.ascontiguousarray(np.asarray(card, np.uint8)[:, :, ::-1])
