"""The face engines behind one small port: a template of a face, and how far two are alike.

One-to-one only: no engine keeps a template, and there is no search in a gallery. `fused` in `zones`
joins the two; `faces.compare` never lets one of them decide a match alone.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

import cv2
import numpy as np

from vcounter.adapters.identity import models
from vcounter.adapters.identity.models import Boxed, Face, Image, Vector


class FaceEngine(Protocol):
    """One way to compare two faces. Not thread-safe; one instance in each worker."""

    @property
    def name(self) -> str:
        """Model and version, and the library's version: for the evidence."""
        ...

    def template(self, image: Image, face: Face) -> Vector | None:
        """Numbers that describe the face; None when this engine does not see or fails at it."""
        ...

    def score(self, first: Vector, second: Vector) -> float:
        """The engine's own measure, as its calibration uses it."""
        ...


class SFace:
    """YuNet's landmarks, SFace's 128 numbers over the face and its mirror image; score = cosine."""

    @property
    def name(self) -> str:
        return f"{models.ENGINE}/opencv-{cv2.__version__}"

    def template(self, image: Image, face: Face) -> Vector | None:
        try:
            return models.sface_feature(image, face)
        except cv2.error:  # a face at the very edge cannot be aligned
            return None

    def score(self, first: Vector, second: Vector) -> float:
        return float(first @ second)


class Dlib:
    """face_recognition's encoder on dlib's own 5 landmarks; score = Euclidean distance."""

    @property
    def name(self) -> str:
        return f"{models.SECOND_ENGINE}/dlib-{_installed('dlib-bin')}"

    def template(self, image: Image, face: Boxed) -> Vector | None:
        try:
            return models.second_feature(image, face)
        except (RuntimeError, ValueError, MemoryError):  # the second opinion may fall silent
            return None

    def score(self, first: Vector, second: Vector) -> float:
        return float(np.linalg.norm(first - second))


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


FIRST: FaceEngine = SFace()
SECOND = Dlib()
