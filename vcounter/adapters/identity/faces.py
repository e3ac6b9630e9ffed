"""What one frame shows of a face, and whether several frames show the person of a reference."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vcounter.adapters.identity import models, zones
from vcounter.adapters.identity.keyframes import KeyframeUnreadable, decode_keyframe
from vcounter.adapters.identity.models import Face, Image, Vector
from vcounter.adapters.identity.pictures import encode_jpeg, open_upload
from vcounter.adapters.identity.reasons import Reason
from vcounter.domain.errors import MediaUnavailable
from vcounter.domain.identity import Zone
from vcounter.services.ports import FaceMeasure, Keyframe, MatchReport

MIN_EYE_DISTANCE_PX = 24.0
MIN_SHARPNESS = 8.0
MIN_BRIGHTNESS, MAX_BRIGHTNESS = 30.0, 190.0

# A face narrower than this share of the main one is a picture on the wall, not a second person.
_SECOND_PERSON = 0.4
_GATE_SIDE_PX = 160
_LIVE_SIDE_PX = 1280
_MAX_LIVE = 9


def people(faces: Sequence[Face]) -> int:
    """How many of these faces, largest first, are large enough to be persons at the camera."""
    return sum(1 for f in faces if f.box[2] >= _SECOND_PERSON * faces[0].box[2])


def measure(frame: Keyframe) -> FaceMeasure:
    """Decode one keyframe and measure its main face. No face gives `faces=0` and zeros.

    Raises MediaUnavailable (reason keyframe) if the frame is not a whole picture: ask for another.
    """
    try:
        image = decode_keyframe(frame)
    except KeyframeUnreadable as error:
        raise MediaUnavailable(str(error), reason="keyframe") from error
    return measure_image(image)


def measure_image(image: Image) -> FaceMeasure:
    """As `measure`, of a BGR picture. The feature is SFace's, as 128 little-endian float32."""
    faces = models.detect(image)
    jpeg = encode_jpeg(image)
    if not faces:
        return FaceMeasure(0, 0.0, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0, 0.0), jpeg=jpeg)
    face = faces[0]
    height, width = image.shape[:2]
    x, y, w, h = face.box
    sharpness, brightness = gates(image, face)
    return FaceMeasure(
        faces=people(faces),
        nose_offset=face.nose_offset,
        eye_distance_px=face.eye_distance,
        sharpness=sharpness,
        brightness=brightness,
        box=(x / width, y / height, w / width, h / height),
        feature=models.sface_feature(image, face).astype("<f4").tobytes(),
        jpeg=jpeg,
    )


def gates(image: Image, face: Face) -> tuple[float, float]:
    """Laplacian variance and mean grey of the face on a 160 x 160 crop."""
    x, y, w, h = (round(v) for v in face.box)
    crop = image[max(0, y) : y + h, max(0, x) : x + w]
    if crop.size == 0:
        return 0.0, 0.0
    grey = cv2.cvtColor(cv2.resize(crop, (_GATE_SIDE_PX, _GATE_SIDE_PX)), cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var()), float(grey.mean())


def fault(image: Image, faces: Sequence[Face]) -> Reason:
    """Why a live frame cannot be compared; Reason.OK when it can."""
    if not faces:
        return Reason.NO_FACE
    if people(faces) > 1:
        return Reason.TWO_FACES
    if faces[0].eye_distance < MIN_EYE_DISTANCE_PX:
        return Reason.FACE_TOO_SMALL
    sharpness, brightness = gates(image, faces[0])
    if sharpness < MIN_SHARPNESS:
        return Reason.BLURRED
    if brightness < MIN_BRIGHTNESS:
        return Reason.TOO_DARK
    return Reason.TOO_BRIGHT if brightness > MAX_BRIGHTNESS else Reason.OK


def compare(live: Sequence[bytes], reference: bytes) -> MatchReport:
    """Compare JPEGs of the live face with one reference portrait; the median frame decides.

    Frames that fail a gate are left out; when none is left, or the reference shows no face, the
    zone is review with a reason and no score. Raises ImageUnusable for what is not a picture.
    """
    portrait = open_upload(reference, side_px=_LIVE_SIDE_PX)
    found = models.detect(portrait)
    if not found:
        return _unsure(Reason.NO_REFERENCE_FACE, 0)
    wanted = models.sface_feature(portrait, found[0])
    wanted_second = models.second_feature(portrait, found[0])

    scores: list[zones.Score] = []
    last_fault = Reason.NO_FACE
    for data in live[:_MAX_LIVE]:
        image = open_upload(data, side_px=_LIVE_SIDE_PX)
        faces = models.detect(image)
        reason = fault(image, faces)
        if reason is not Reason.OK:
            last_fault = reason
            continue
        scores.append(_score(image, faces[0], wanted, wanted_second))
    if not scores:
        return _unsure(last_fault, 0)
    decision = zones.decide(scores)
    engine = models.ENGINE
    if decision.dlib is not None:
        engine = f"{engine}+{models.SECOND_ENGINE}"
    return MatchReport(
        zone=decision.zone,
        fused=decision.fused,
        sface=decision.sface,
        dlib=decision.dlib,
        frames=len(scores),
        engine=engine,
        thresholds=dict(zones.THRESHOLDS),
        reason=decision.reason.value,
    )


def _score(image: Image, face: Face, wanted: Vector, second: Vector | None) -> zones.Score:
    cosine = float(models.sface_feature(image, face) @ wanted)
    if second is None:
        return zones.Score(cosine, None)
    mine = models.second_feature(image, face)
    return zones.Score(cosine, None if mine is None else float(np.linalg.norm(mine - second)))


def _unsure(reason: Reason, frames: int) -> MatchReport:
    return MatchReport(
        Zone.REVIEW, None, None, None, frames, models.ENGINE, dict(zones.THRESHOLDS), reason.value
    )


def same_person(first: bytes, second: bytes) -> bool:
    """Whether two features of `measure` are one face; False for empty or malformed ones."""
    if len(first) != 512 or len(second) != 512:
        return False
    cosine = float(np.frombuffer(first, "<f4") @ np.frombuffer(second, "<f4"))
    return cosine >= zones.SAME_PERSON_SFACE
