"""Whether a full-size still of the face can be used, and whether the stream showed it just then.

Agreement is asked of three things: the same person (SFace), a like pose (the nose between the
eyes), and the same scene: the still is laid over the frame by the eyes and the mouth, and head,
hair, collar and what is right behind them are correlated at low resolution. It finds a still that
was prepared in advance; it does not find a photograph held before the camera, which the challenge
is for.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vcounter.adapters.identity import faces, models, zones
from vcounter.adapters.identity.keyframes import KeyframeUnreadable, decode_keyframe
from vcounter.adapters.identity.models import Face, Image
from vcounter.adapters.identity.pictures import encode_jpeg, open_upload
from vcounter.adapters.identity.reasons import Reason
from vcounter.domain.identity import Outcome
from vcounter.domain.liveness import STRAIGHT_OFFSET
from vcounter.services.ports import FaceStill, Keyframe

# Measured on generated pairs through VP8 (docs/identity.md, "The still beside the stream").
SAME_SCENE = 0.72
OTHER_SCENE = 0.55
OTHER_POSE = 0.35  # nose offsets, in eye distances: a second of turning lies between
OTHER_PERSON_SFACE = 0.20  # below: another face; up to SAME_PERSON_SFACE it cannot be told

_CROP_PX = 96
_EYES_APART_PX = 22.0  # of the crop: it holds a head and the collar
_EYES_DOWN = 0.42
_FINE_PX, _COARSE_PX = 1.2, 12.0
_LIGHT_PX = 6  # half the side of the window whose contrast is evened out


@dataclass(frozen=True, slots=True)
class Likeness:
    """A still against a frame: SFace's cosine, the poses' difference, the scenes' correlation."""

    cosine: float
    pose: float
    scene: float


def inspect_face(still: bytes, frame: Keyframe | None) -> FaceStill:
    """Judge a still; a fault of the picture is `failed` with a reason that tells what to change.

    Doubt about the stream never fails the picture: it is in `agrees`. Raises ImageUnusable for what
    is no picture.
    """
    image = open_upload(still)
    found = models.detect(image)
    reason = faces.fault(image, found)
    if reason is Reason.OK and abs(found[0].nose_offset) > STRAIGHT_OFFSET:
        reason = Reason.LOOK_STRAIGHT
    height, width = image.shape[:2]
    return FaceStill(
        outcome=Outcome.PASSED if reason is Reason.OK else Outcome.FAILED,
        reason=reason.value,
        jpeg=encode_jpeg(image),
        width=width,
        height=height,
        agrees=agreement(image, found[0], frame) if found else None,
        measure=faces.measure_image(image) if found else None,
    )


def agreement(image: Image, face: Face, frame: Keyframe | None) -> bool | None:
    """True, False, or None where the frame is missing, unreadable or shows no single face."""
    if frame is None:
        return None
    try:
        stream = decode_keyframe(frame)
    except KeyframeUnreadable:
        return None
    others = models.detect(stream)
    if not others or faces.people(others) > 1:
        return None
    return judge(likeness(image, face, stream, others[0]))


def judge(found: Likeness) -> bool | None:
    """Every sign must speak for it; one clear sign against it is enough."""
    if found.cosine < OTHER_PERSON_SFACE or found.scene <= OTHER_SCENE or found.pose > OTHER_POSE:
        return False
    if found.cosine >= zones.SAME_PERSON_SFACE and found.scene >= SAME_SCENE:
        return True
    return None


def likeness(image: Image, face: Face, stream: Image, other: Face) -> Likeness:
    """Measure one face of each picture against the other."""
    cosine = float(models.sface_feature(image, face) @ models.sface_feature(stream, other))
    return Likeness(
        cosine=cosine,
        pose=abs(face.nose_offset - other.nose_offset),
        scene=_scene(_crop(image, face), _crop(stream, other)),
    )


def _crop(image: Image, face: Face) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Head and collar in one grid by eyes and mouth; and which of its pixels the picture has."""
    eyes = np.add(face.left_eye, face.right_eye) / 2
    scale = _EYES_APART_PX / max(face.eye_distance, 1.0)
    axis = np.subtract(face.right_eye, face.left_eye)
    angle = float(np.degrees(np.arctan2(axis[1], axis[0])))
    matrix = cv2.getRotationMatrix2D((float(eyes[0]), float(eyes[1])), angle, scale)
    matrix[:, 2] += (_CROP_PX / 2 - eyes[0], _CROP_PX * _EYES_DOWN - eyes[1])
    if scale < 0.5:  # as much detail as the other has, and no aliasing
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.4 / scale), np.uint8)
    size = (_CROP_PX, _CROP_PX)
    grey = cv2.cvtColor(
        np.asarray(cv2.warpAffine(image, matrix, size), np.uint8), cv2.COLOR_BGR2GRAY
    )
    seen = cv2.warpAffine(np.full(image.shape[:2], 255, np.uint8), matrix, size) > 250
    fine = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _FINE_PX)
    return np.asarray(fine - cv2.GaussianBlur(fine, (0, 0), _COARSE_PX), np.float32), seen


def _scene(
    one: tuple[NDArray[np.float32], NDArray[np.bool_]],
    other: tuple[NDArray[np.float32], NDArray[np.bool_]],
) -> float:
    """Correlation over what both pictures show, at the best small shift."""
    best = -1.0
    for dx in (-2, -1, 0, 1, 2):
        for dy in (-2, -1, 0, 1, 2):
            moved = np.roll(other[0], (dy, dx), (0, 1))
            both = one[1] & np.roll(other[1], (dy, dx), (0, 1))
            a, b = one[0][both], moved[both]
            if a.size < _CROP_PX * _CROP_PX // 4 or a.std() < 1.0 or b.std() < 1.0:
                continue
            best = max(best, float(np.corrcoef(a, b)[0, 1]))
    return best
