"""Reading print: PP-OCRv6 (small), a text detector and a recogniser, by ONNX Runtime on the CPU.

The weights (PaddleOCR, Apache-2.0) are read from the files that the `rapidocr` wheel carries and
checked against their SHA-256; none of that package's code runs, and nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from vcounter.adapters.identity.model_files import checked_path
from vcounter.adapters.identity.models import Image

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

ENGINE = "ppocr-v6-small"
DETECTOR_FILE = "PP-OCRv6_det_small.onnx"
RECOGNISER_FILE = "PP-OCRv6_rec_small.onnx"
_SHA256 = {
    DETECTOR_FILE: "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    RECOGNISER_FILE: "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
}

_THREADS = 2
_GRID_PX = 32  # the detector's sides are multiples of it
_INK_SHARE, _BOX_SCORE = 0.3, 0.5
_GROWTH = 1.6  # the detector is trained to mark the core of a line
_MIN_LINE_PX = 5.0
_MAX_LINES = 60
_LINE_HEIGHT_PX, _MIN_LINE_WIDTH_PX, _MAX_LINE_WIDTH_PX = 48, 96, 1600
_BATCH, _MAX_STRETCH = 6, 1.15

Points = NDArray[np.float32]  # 4 x 2: top left, top right, bottom right, bottom left


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character, its probability, and where its middle lies along the line, 0-1."""

    text: str = field(repr=False)
    confidence: float
    along: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of print. `points` are its corners in the picture that was read."""

    glyphs: tuple[Glyph, ...] = field(repr=False)
    points: Points = field(repr=False)

    @property
    def text(self) -> str:
        return "".join(glyph.text for glyph in self.glyphs)

    @property
    def confidence(self) -> float:
        """The least certain character's probability: a line is as sure as its worst character."""
        return min((glyph.confidence for glyph in self.glyphs), default=0.0)

    @property
    def centre(self) -> tuple[float, float]:
        middle = self.points.mean(axis=0)
        return float(middle[0]), float(middle[1])

    @property
    def height(self) -> float:
        left, right = self.points[3] - self.points[0], self.points[2] - self.points[1]
        return float(np.hypot(*left) + np.hypot(*right)) / 2


def load() -> None:
    """Verify and load both models. Raises ModelChanged."""
    _detector()
    _recogniser()


def read_lines(image: Image, *, side_px: int) -> list[Line]:
    """All lines of print in a BGR picture, which is looked over at `side_px` on its longer side."""
    found = find_lines(image, side_px=side_px)
    read = recognise([_cut(image, points) for points in found])
    return [Line(glyphs, points) for glyphs, points in zip(read, found, strict=True) if glyphs]


def find_lines(image: Image, *, side_px: int) -> list[Points]:
    """Where print stands (PP-OCR's differentiable binarisation), at most 60 lines."""
    height, width = image.shape[:2]
    scale = side_px / max(height, width)
    size = (_on_grid(width * scale), _on_grid(height * scale))
    small = cv2.resize(image, size, interpolation=_interpolation(scale))
    heat = _run(_detector(), _as_input([np.asarray(small, np.uint8)]))[0, 0]
    mask = np.asarray(heat > _INK_SHARE, np.uint8)
    mask = np.asarray(cv2.dilate(mask, np.ones((2, 2), np.uint8)), np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    stretch = np.array([width / size[0], height / size[1]], np.float32)
    boxes = (_box(np.asarray(c, np.int32), heat) for c in contours[:1000])
    lines = [points for points in boxes if points is not None]
    lines.sort(key=lambda p: -float(cv2.contourArea(p)))
    return [np.asarray(points * stretch, np.float32) for points in lines[:_MAX_LINES]]


def recognise(crops: Sequence[Image]) -> list[tuple[Glyph, ...]]:
    """The characters of each upright line, left to right. Lines of like length share a run."""
    done: dict[int, tuple[Glyph, ...]] = {}
    for chosen in _alike([_line_width(crop) for crop in crops]):
        widths = [_line_width(crops[i]) for i in chosen]
        length = max(_MIN_LINE_WIDTH_PX, max(widths))
        batch = [_padded(crops[i], w, length) for i, w in zip(chosen, widths, strict=True)]
        rows = _run(_recogniser(), np.stack(batch))
        for index, row, width in zip(chosen, rows, widths, strict=True):
            done[index] = _decode(row, length / width)
    return [done[i] for i in range(len(crops))]


def _alike(widths: Sequence[int]) -> list[list[int]]:
    """Which lines to run together: of nearly one width, since the shorter ones pay for padding."""
    groups: list[list[int]] = []
    for index in sorted(range(len(widths)), key=lambda i: widths[i]):
        shortest = max(_MIN_LINE_WIDTH_PX, widths[groups[-1][0]]) if groups else 0
        if groups and len(groups[-1]) < _BATCH and widths[index] <= _MAX_STRETCH * shortest:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _box(contour: NDArray[np.int32], heat: NDArray[np.float32]) -> Points | None:
    """The turned rectangle round one blob, grown to the full height of its characters."""
    (x, y), (w, h), angle = cv2.minAreaRect(contour)
    if min(w, h) < 2 or _score(contour, heat) < _BOX_SCORE:
        return None
    grown = _GROWTH * w * h / (w + h)  # twice area over circumference: both sides
    if min(w, h) + grown < _MIN_LINE_PX:
        return None
    corners = cv2.boxPoints(((x, y), (w + grown, h + grown), angle))
    return _reading_order(np.asarray(corners, np.float32))


def _score(contour: NDArray[np.int32], heat: NDArray[np.float32]) -> float:
    x, y, w, h = cv2.boundingRect(contour)
    inside = np.zeros((h, w), np.uint8)
    cv2.fillPoly(inside, [contour - (x, y)], (1,))
    return float(cv2.mean(heat[y : y + h, x : x + w], inside)[0])


def _reading_order(corners: Points) -> Points:
    """Top left first, clockwise, for a line that runs more to the right than down."""
    ordered = corners[np.argsort(corners[:, 0])]
    left, right = ordered[:2], ordered[2:]
    left, right = left[np.argsort(left[:, 1])], right[np.argsort(right[:, 1])]
    return np.asarray([left[0], right[0], right[1], left[1]], np.float32)


def _cut(image: Image, points: Points) -> Image:
    """One line straight; one that stands much higher than wide is laid down."""
    width = max(np.hypot(*(points[1] - points[0])), np.hypot(*(points[2] - points[3])), 1.0)
    height = max(np.hypot(*(points[3] - points[0])), np.hypot(*(points[2] - points[1])), 1.0)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(points, target)
    crop = cv2.warpPerspective(
        image,
        matrix,
        (max(1, round(float(width))), max(1, round(float(height)))),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    upright = np.rot90(crop) if height >= 1.5 * width else crop
    return np.ascontiguousarray(upright, np.uint8)


def _line_width(crop: Image) -> int:
    height, width = crop.shape[:2]
    return int(np.clip(np.ceil(_LINE_HEIGHT_PX * width / height), 8, _MAX_LINE_WIDTH_PX))


def _padded(crop: Image, width: int, length: int) -> NDArray[np.float32]:
    scale = _LINE_HEIGHT_PX / crop.shape[0]
    small = cv2.resize(crop, (width, _LINE_HEIGHT_PX), interpolation=_interpolation(scale))
    row = np.zeros((3, _LINE_HEIGHT_PX, length), np.float32)
    row[:, :, :width] = _as_input([np.asarray(small, np.uint8)])[0]
    return row


def _decode(row: NDArray[np.float32], stretch: float) -> tuple[Glyph, ...]:
    """Greedy CTC: repeats within a run are one character, class 0 is none."""
    best, sure = row.argmax(axis=1), row.max(axis=1)
    alphabet = _alphabet()
    glyphs: list[Glyph] = []
    last = 0
    for step, (index, confidence) in enumerate(zip(best.tolist(), sure.tolist(), strict=True)):
        if index and index != last:
            along = min(1.0, (step + 0.5) / len(best) * stretch)
            glyphs.append(Glyph(alphabet[index], confidence, along))
        last = index
    return tuple(glyphs)


def _as_input(pictures: Sequence[Image]) -> NDArray[np.float32]:
    """Channels first, -1 to 1, in the BGR order that the models were trained with."""
    stacked = np.stack(pictures).astype(np.float32) / np.float32(127.5) - np.float32(1)
    return np.ascontiguousarray(stacked.transpose(0, 3, 1, 2), np.float32)


def _on_grid(length: float) -> int:
    return max(_GRID_PX, round(length / _GRID_PX) * _GRID_PX)


def _interpolation(scale: float) -> int:
    return cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC


def _run(session: InferenceSession, data: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(session.run(None, {session.get_inputs()[0].name: data})[0], np.float32)


def model_path(name: str) -> Path:
    """Where a model file lies. Raises ModelChanged unless its SHA-256 is the expected one."""
    return checked_path("rapidocr", name, _SHA256)


def _session(name: str) -> InferenceSession:
    import onnxruntime  # tens of megabytes, and only workers read

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        str(model_path(name)), options, providers=["CPUExecutionProvider"]
    )


@cache
def _detector() -> InferenceSession:
    return _session(DETECTOR_FILE)


@cache
def _recogniser() -> InferenceSession:
    return _session(RECOGNISER_FILE)


@cache
def _alphabet() -> tuple[str, ...]:
    """Class number -> character, as the recogniser's own metadata lists them; 0 is the blank."""
    listed = _recogniser().get_modelmeta().custom_metadata_map["character"].splitlines()
    return ("", *listed, " ")
