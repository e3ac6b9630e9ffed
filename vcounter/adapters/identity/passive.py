"""The optional passive detector: an operator's own ONNX file, asked beside the challenge.

Convention (that of MiniFASNet): one NCHW input of `side_px` x `side_px`, a BGR crop `scale` times
as large as the face, float 0-255; one output of class logits or probabilities, `live_index` the
class of a live face. No weights are shipped. Its word only causes doubt: nothing is passed by it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from vcounter.adapters.identity import models
from vcounter.adapters.identity.models import Face, Image
from vcounter.adapters.identity.pictures import open_upload
from vcounter.domain.errors import ImageUnusable
from vcounter.domain.identity import Outcome
from vcounter.services.ports import PassiveReport

_FRAME_SIDE_PX = 1280
_MAX_FRAMES = 9


class PassiveModelUnusable(RuntimeError):
    """The file is no ONNX model of the documented convention."""


@dataclass(frozen=True, slots=True)
class PassiveModel:
    """Which file to ask, and how."""

    path: str
    threshold: float = 0.5
    scale: float = 2.7
    side_px: int = 80
    live_index: int = 1


def judge(frames: Sequence[bytes], model: PassiveModel) -> PassiveReport:
    """The median score over the frames (JPEGs) that show a face; none, or an error, is review."""
    name = engine_name(model)
    try:
        scores = [
            score for data in frames[:_MAX_FRAMES] if (score := _score(data, model)) is not None
        ]
    except (cv2.error, PassiveModelUnusable, OSError):
        scores = []
    value = median(scores) if scores else 0.0
    return PassiveReport(
        Outcome.PASSED if value >= model.threshold else Outcome.REVIEW, value, model.threshold, name
    )


def silent(model: PassiveModel) -> PassiveReport:
    """What counts when the detector did not answer at all."""
    return PassiveReport(Outcome.REVIEW, 0.0, model.threshold, f"{Path(model.path).name} (silent)")


def engine_name(model: PassiveModel) -> str:
    """The file's name and the first 12 digits of its SHA-256, for the evidence."""
    return f"{Path(model.path).name} {_digest(model.path)}"


def check(model: PassiveModel) -> None:
    """Raise PassiveModelUnusable unless the model answers a grey picture with enough classes."""
    grey = np.full((model.side_px, model.side_px, 3), 128, np.uint8)
    try:
        _live_share(grey, model)
    except (cv2.error, OSError) as error:
        raise PassiveModelUnusable(f"{model.path} cannot be run: {error}") from error


@cache
def _digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
    except OSError:
        return "missing"


@cache
def _net(path: str) -> cv2.dnn.Net:
    if not Path(path).is_file():
        raise PassiveModelUnusable(f"{path} is missing")
    return cv2.dnn.readNetFromONNX(path)


def _score(data: bytes, model: PassiveModel) -> float | None:
    try:
        image = open_upload(data, side_px=_FRAME_SIDE_PX)
    except ImageUnusable:
        return None
    faces = models.detect(image)
    return _live_share(_crop(image, faces[0], model), model) if faces else None


def _crop(image: Image, face: Face, model: PassiveModel) -> Image:
    """A crop of the face's own proportions, no larger than the picture, moved inside its edges."""
    height, width = image.shape[:2]
    x, y, w, h = face.box
    scale = min(model.scale, (width - 1) / w, (height - 1) / h)
    half_w, half_h = w * scale / 2, h * scale / 2
    middle_x = min(max(x + w / 2, half_w), width - half_w)
    middle_y = min(max(y + h / 2, half_h), height - half_h)
    rows = slice(int(middle_y - half_h), max(int(middle_y + half_h), int(middle_y - half_h) + 1))
    columns = slice(int(middle_x - half_w), max(int(middle_x + half_w), int(middle_x - half_w) + 1))
    return np.asarray(cv2.resize(image[rows, columns], (model.side_px, model.side_px)), np.uint8)


def _live_share(crop: Image, model: PassiveModel) -> float:
    net = _net(model.path)
    net.setInput(cv2.dnn.blobFromImage(crop))  # BGR, 0-255
    out = np.asarray(net.forward(), np.float64).reshape(-1)
    if not 0 <= model.live_index < out.size or not np.all(np.isfinite(out)):
        raise PassiveModelUnusable(f"{model.path} gives {out.size} classes")
    if out.min() < 0 or not math.isclose(float(out.sum()), 1.0, abs_tol=1e-3):
        out = np.exp(out - out.max())
        out /= out.sum()
    return float(out[model.live_index])
