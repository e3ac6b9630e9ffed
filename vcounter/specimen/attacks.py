"""Attacks on the live face, drawn: prints flat and bent, pictures on a screen (ISO/IEC 30107-3).

Each is a prop that somebody holds into a camera and turns. Deterministic by seed: distance, tilt,
bend, moire and glare are the seed's, the turn is asked for frame by frame. For tests and the
operator's own practice sets only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vcounter.adapters.identity.models import Image
from vcounter.specimen.head import HeadModel

SIZE = (640, 480)
MAX_YAW_DEG = 50.0
_SURROUND = (96, 108, 100)
_GRID = 24  # cells of the mesh a bent sheet is cut into, each way

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prop:
    """What is held into the camera. `bend` is half the angle that the sheet wraps, in radians."""

    picture: Image
    pitch_deg: float
    roll_deg: float
    distance: float
    bend: float = 0.0
    bend_is_upright: bool = True

    def frame(self, yaw_deg: float, size: tuple[int, int] = SIZE) -> Image:
        """The sheet turned about its upright middle, as a pinhole camera sees it."""
        sheet = self._sheet() @ _rotation(yaw_deg, self.pitch_deg, self.roll_deg).T
        away = sheet[..., 2] + self.distance
        seen = sheet[..., :2] / away[..., None] * size[1] * 2.0 + (size[0] / 2, size[1] / 2)
        return _draw(self.picture, seen, away, size)

    def _sheet(self) -> Floats:
        """Points of the mesh in sheet heights, its middle in the origin."""
        height, width = self.picture.shape[:2]
        cells = 2 if self.bend == 0.0 else _GRID
        u, v = np.meshgrid(np.linspace(-0.5, 0.5, cells), np.linspace(-0.5, 0.5, cells))
        x, y = u * width / height, v
        if self.bend == 0.0:
            return np.stack([x, y, np.zeros_like(x)], axis=-1)
        along, side = (x, width / height) if self.bend_is_upright else (y, 1.0)
        radius = side / (2 * self.bend)
        bent, depth = radius * np.sin(along / radius), radius * (1 - np.cos(along / radius))
        return np.stack([bent, y, depth] if self.bend_is_upright else [x, bent, depth], axis=-1)


def flat_print(portrait: Image, seed: int) -> Prop:
    """A photograph printed on a stiff sheet."""
    return _prop(portrait, np.random.default_rng([1, seed]))


def bent_print(portrait: Image, seed: int) -> Prop:
    """The same, bent round an upright or a level axis by up to a third of a tube."""
    rng = np.random.default_rng([2, seed])
    bend = float(rng.uniform(0.25, 1.05))
    return _prop(portrait, rng, bend=bend, bend_is_upright=bool(rng.random() < 0.75))


def screen_photo(portrait: Image, seed: int) -> Prop:
    """The photograph on a display: its pixel grid beats with the camera's, and a lamp mirrors."""
    rng = np.random.default_rng([3, seed])
    return _prop(on_screen(portrait, rng), rng)


def on_screen(picture: Image, rng: np.random.Generator) -> Image:
    """A picture as a display shows it: moire, glare, a bluish cast, lifted blacks, a dark rim."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    shown = picture.astype(np.float32) * 0.86 + 18.0
    for channel in range(3):
        angle, period = rng.uniform(0, np.pi), rng.uniform(3.0, 14.0)
        wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
        shown[..., channel] += rng.uniform(4.0, 12.0) * wave
    cx, cy = rng.uniform(0, width), rng.uniform(0, height)
    spread = rng.uniform(0.05, 0.2) * width
    glare = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * spread**2))
    shown += (rng.uniform(40, 130) * glare)[..., None]
    shown *= np.array([1.06, 1.0, 0.95], np.float32)
    done = np.asarray(np.clip(shown, 0, 255), np.uint8)
    rim = max(2, width // 40)
    framed = cv2.copyMakeBorder(done, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=(12, 12, 12))
    return np.asarray(framed, np.uint8)


KINDS: dict[str, Callable[[Image, int], Prop]] = {
    "print_flat": flat_print,
    "print_bent": bent_print,
    "screen_photo": screen_photo,
}


def replayed(head: HeadModel, yaws: list[float], seed: int) -> list[Image]:
    """A recorded head on a display before the camera, held still and straight, frame by frame."""
    rng = np.random.default_rng([4, seed])
    frames = [head.render(yaw, SIZE) for yaw in yaws]
    prop = _prop(on_screen(frames[0], rng), rng, tilt_deg=4.0)
    return [
        Prop(
            on_screen(f, np.random.default_rng([5, seed])), prop.pitch_deg, prop.roll_deg, 2.0
        ).frame(0.0)
        for f in frames
    ]


def _prop(
    picture: Image,
    rng: np.random.Generator,
    *,
    tilt_deg: float = 12.0,
    bend: float = 0.0,
    bend_is_upright: bool = True,
) -> Prop:
    pitch, roll = rng.uniform(-tilt_deg, tilt_deg, 2)
    distance = float(rng.uniform(1.6, 2.3))
    return Prop(picture, float(pitch), float(roll), distance, bend, bend_is_upright)


def _rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Floats:
    yaw, pitch, roll = np.radians([-yaw_deg, pitch_deg, roll_deg])
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    return np.asarray(
        np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    )


def _draw(picture: Image, seen: Floats, away: Floats, size: tuple[int, int]) -> Image:
    """Cell by cell, the farthest first, so that what is nearer hides it."""
    height, width = picture.shape[:2]
    rows, columns = seen.shape[0] - 1, seen.shape[1] - 1
    if rows == columns == 1:
        return _paste(picture, _corners(0, 0, height, width), _quad(seen, 0, 0), size)
    at = np.full((size[1], size[0], 2), -1.0, np.float32)
    mean = (away[:-1, :-1] + away[1:, 1:]) / 2
    for cell in np.argsort(mean, axis=None)[::-1]:
        row, column = divmod(int(cell), columns)
        _fill(at, _quad(seen, row, column), (row, column), (rows, columns), (height, width))
    drawn = cv2.remap(picture, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderValue=_SURROUND)
    return np.asarray(drawn, np.uint8)


def _fill(
    at: NDArray[np.float32],
    quad: NDArray[np.float32],
    cell: tuple[int, int],
    grid: tuple[int, int],
    picture: tuple[int, int],
) -> None:
    """Write, for each pixel of one cell, which point of the picture is seen there."""
    x0, y0 = np.maximum(np.floor(quad.min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(quad.max(axis=0)).astype(int) + 1, (at.shape[1], at.shape[0]))
    if x0 >= x1 or y0 >= y1:
        return
    step_y, step_x = picture[0] / grid[0], picture[1] / grid[1]
    source = _corners(cell[0] * step_y, cell[1] * step_x, step_y, step_x)
    matrix = cv2.getPerspectiveTransform(quad, source)
    xs, ys = np.meshgrid(np.arange(x0, x1), np.arange(y0, y1))
    points = np.stack([xs, ys, np.ones_like(xs)], axis=-1) @ matrix.T
    mapped = points[..., :2] / points[..., 2:]
    low, high = source.min(axis=0) - 0.51 * step_x, source.max(axis=0) + 0.51 * step_x
    inside = np.all(
        (mapped >= np.minimum(low, source.min(axis=0) - 0.6)) & (mapped <= high), axis=-1
    )
    mask = np.zeros(xs.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(quad - (x0, y0)).astype(np.int32), 1)
    chosen = inside & (mask > 0)
    at[y0:y1, x0:x1][chosen] = mapped[chosen]


def _paste(
    picture: Image, source: NDArray[np.float32], quad: NDArray[np.float32], size: tuple[int, int]
) -> Image:
    matrix = cv2.getPerspectiveTransform(source, quad)
    drawn = cv2.warpPerspective(
        picture, matrix, size, flags=cv2.INTER_LINEAR, borderValue=_SURROUND
    )
    return np.asarray(drawn, np.uint8)


def _quad(seen: Floats, row: int, column: int) -> NDArray[np.float32]:
    corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
    return np.array([seen[r, c] for r, c in corners], np.float32)


def _corners(top: float, left: float, height: float, width: float) -> NDArray[np.float32]:
    right, bottom = left + width, top + height
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
