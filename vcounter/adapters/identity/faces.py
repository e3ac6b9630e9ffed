"""What one frame shows of a face, and whether several frames show the person of a reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import cv2
import numpy as np

from vcounter.adapters.identity import engines, models, zones
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


def measure_still(jpeg: bytes) -> FaceMeasure:
    """As `measure`, of a stored picture. Raises ImageUnusable for what is no picture."""
    return measure_image(open_upload(jpeg, side_px=_LIVE_SIDE_PX))


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
    return _gate(people(faces), faces[0].eye_distance, *gates(image, faces[0]))


def _gate(count: int, eye_distance: float, sharpness: float, brightness: float) -> Reason:
    if count == 0:
        return Reason.NO_FACE
    if count > 1:
        return Reason.TWO_FACES
    if eye_distance < MIN_EYE_DISTANCE_PX:
        return Reason.FACE_TOO_SMALL
    if sharpness < MIN_SHARPNESS:
        return Reason.BLURRED
    if brightness < MIN_BRIGHTNESS:
        return Reason.TOO_DARK
    return Reason.TOO_BRIGHT if brightness > MAX_BRIGHTNESS else Reason.OK


def compare(
    live: Sequence[bytes],
    reference: bytes,
    limits: zones.Thresholds = zones.SHIPPED,
    measured: Sequence[FaceMeasure | None] = (),
) -> MatchReport:
    """Compare JPEGs of the live face with one reference portrait; the median frame decides.

    `measured` says of each frame what `measure` found in it, where that is still known: such a
    frame is not searched and described once more. Frames that fail a gate are left out; when none
    is left, or the reference shows no face, the zone is review with a reason and no score. A silent
    engine leaves review at best. Raises ImageUnusable for what is not a picture.
    """
    portrait = open_upload(reference, side_px=_LIVE_SIDE_PX)
    found = models.detect(portrait)
    wanted = templates(portrait, found[0]) if found else None
    if wanted is None:
        return _unsure(Reason.NO_REFERENCE_FACE, limits)
    scores: list[zones.Score] = []
    last_fault = Reason.NO_FACE
    for data, known in zip_longest(live[:_MAX_LIVE], measured[: len(live[:_MAX_LIVE])]):
        image = open_upload(data, side_px=_LIVE_SIDE_PX)
        mine = _seen_now(image) if known is None else _seen_before(image, known)
        if isinstance(mine, Reason):
            last_fault = mine
        else:
            scores.append(score(mine, wanted))
    if not scores:
        return _unsure(last_fault, limits)
    return _report(zones.decide(scores, limits), len(scores), limits)


def _seen_now(image: Image) -> Templates | Reason:
    faces = models.detect(image)
    reason = fault(image, faces)
    if reason is not Reason.OK:
        return reason
    return templates(image, faces[0]) or Reason.NO_FACE


@dataclass(frozen=True, slots=True)
class _Place:
    box: tuple[float, float, float, float]


def _seen_before(image: Image, known: FaceMeasure) -> Templates | Reason:
    """The first engine's template is the measured feature; the second one looks at its place."""
    reason = _gate(known.faces, known.eye_distance_px, known.sharpness, known.brightness)
    if reason is not Reason.OK:
        return reason
    height, width = image.shape[:2]
    x, y, w, h = known.box
    place = _Place((x * width, y * height, w * width, h * height))
    feature = np.frombuffer(known.feature, "<f4")
    return feature, engines.SECOND.template(image, place)


Templates = tuple[Vector, Vector | None]  # SFace's, and the second opinion's where it has one


def templates(image: Image, face: Face) -> Templates | None:
    """What both engines make of one face; None without the first."""
    first = engines.FIRST.template(image, face)
    return None if first is None else (first, engines.SECOND.template(image, face))


def score(one: Templates, other: Templates) -> zones.Score:
    """Two faces by both engines, or by the first alone where the second is silent on one."""
    sface = engines.FIRST.score(one[0], other[0])
    if one[1] is None or other[1] is None:
        return zones.Score(sface, None)
    return zones.Score(sface, engines.SECOND.score(one[1], other[1]))


def _report(decision: zones.Decision, frames: int, limits: zones.Thresholds) -> MatchReport:
    engine = engines.FIRST.name
    if decision.dlib is not None:
        engine = f"{engine}+{engines.SECOND.name}"
    return MatchReport(
        zone=decision.zone,
        fused=decision.fused,
        sface=decision.sface,
        dlib=decision.dlib,
        frames=frames,
        engine=engine,
        thresholds=limits.detail(),
        reason=decision.reason.value,
    )


def _unsure(reason: Reason, limits: zones.Thresholds) -> MatchReport:
    engine = engines.FIRST.name
    return MatchReport(
        Zone.REVIEW, None, None, None, 0, engine, limits.detail(), reason=reason.value
    )


def same_person(first: bytes, second: bytes) -> bool:
    """Whether two features of `measure` are one face; False for empty or malformed ones."""
    if len(first) != 512 or len(second) != 512:
        return False
    cosine = float(np.frombuffer(first, "<f4") @ np.frombuffer(second, "<f4"))
    return cosine >= zones.SAME_PERSON_SFACE
