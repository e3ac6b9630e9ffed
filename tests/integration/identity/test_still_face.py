"""The full-size still of a face: its gates, its metadata, and the stream of the same seconds."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from tests.integration.identity.scenes import keyframe, picture
from vcounter.adapters.identity import models
from vcounter.adapters.identity.models import Image
from vcounter.adapters.identity.pictures import encode_jpeg, open_upload
from vcounter.adapters.identity.still_face import Likeness, inspect_face, judge
from vcounter.domain.errors import ImageUnusable
from vcounter.domain.identity import Outcome
from vcounter.services.ports import Keyframe
from vcounter.specimen.head import HeadModel
from vcounter.specimen.people import portrait_file

STILL_SIZE = (1600, 1200)


@pytest.fixture(scope="module", autouse=True)
def loaded_models() -> None:
    models.load_all()


def head(name: str = "obama_2012") -> HeadModel:
    return HeadModel(picture(portrait_file(name)))


def still(name: str = "obama_2012", yaw: float = 2.0) -> bytes:
    return encode_jpeg(head(name).render(yaw, STILL_SIZE))


def stream(name: str = "obama_2012", yaw: float = 0.0, bit_rate: int = 600_000) -> Keyframe:
    return keyframe(head(name).render(yaw, (640, 480), shift_px=(6.0, -4.0)), bit_rate=bit_rate)


def test_still_of_the_same_seconds_agrees_and_carries_the_face():
    report = inspect_face(still(), stream())

    assert (report.outcome, report.reason, report.agrees) == (Outcome.PASSED, "", True)
    assert (report.width, report.height) == STILL_SIZE
    assert report.measure is not None
    assert len(report.measure.feature) == 512


def test_still_agrees_with_a_wide_stream_too():
    wide = cv2.resize(head().render(0.0, STILL_SIZE)[150:1050], (1280, 720))

    assert inspect_face(still(), keyframe(np.asarray(wide, np.uint8))).agrees is True


@pytest.mark.parametrize("other", ["biden_blue_room", "collins", "obama_2009", "obama_blue_room"])
def test_prepared_still_of_another_person_or_another_day_differs(other: str):
    assert inspect_face(still(other), stream()).agrees is False


def test_still_of_a_turned_head_is_asked_again_and_differs_from_a_straight_stream():
    report = inspect_face(still(yaw=38.0), stream())

    assert (report.outcome, report.reason) == (Outcome.FAILED, "look_straight")
    assert report.agrees is not True


@pytest.mark.parametrize(
    "frame",
    [None, Keyframe("VP8", b"torn", 0.0), keyframe(np.full((480, 640, 3), 90, np.uint8))],
    ids=["none", "torn", "empty room"],
)
def test_stream_that_shows_no_face_leaves_it_open(frame: Keyframe | None):
    report = inspect_face(still(), frame)

    assert (report.outcome, report.agrees) == (Outcome.PASSED, None)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Likeness(0.9, 0.05, 0.9), True),
        (Likeness(0.3, 0.05, 0.9), None),
        (Likeness(0.1, 0.05, 0.9), False),
        (Likeness(0.9, 0.05, 0.6), None),
        (Likeness(0.9, 0.05, 0.4), False),
        (Likeness(0.9, 0.4, 0.9), False),
    ],
)
def test_one_clear_sign_against_is_enough(found: Likeness, expected: bool | None):
    assert judge(found) is expected


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda image: image // 8, "too_dark"),
        (lambda image: np.full_like(image, 120), "no_face"),
        (lambda image: cv2.GaussianBlur(image, (0, 0), 40), None),
    ],
)
def test_bad_still_fails_with_its_reason(change: object, reason: str | None):
    image = np.asarray(change(head().render(0.0, STILL_SIZE)), np.uint8)  # type: ignore[operator]

    report = inspect_face(encode_jpeg(image), None)

    assert report.outcome is Outcome.FAILED
    assert reason is None or report.reason == reason


def test_what_is_no_picture_is_refused():
    with pytest.raises(ImageUnusable):
        inspect_face(b"\xff\xd8\xff garbage", None)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_picture_is_turned_upright_and_loses_its_metadata(orientation: int):
    upright = head().render(0.0, (800, 600))

    report = inspect_face(_photographed(upright, orientation), None)

    assert (report.outcome, report.width, report.height) == (Outcome.PASSED, 800, 600)
    kept = Pillow.open(io.BytesIO(report.jpeg))
    assert not kept.getexif()
    assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"Exif" not in report.jpeg
    assert b"SecretPhone" not in report.jpeg
    difference = cv2.absdiff(open_upload(report.jpeg), upright)
    assert float(difference.mean()) < 6.0


def _photographed(upright: Image, orientation: int) -> bytes:
    """As a phone writes it: pixels as the sensor lay, a tag that tells how to turn, a place."""
    backwards = {
        2: Pillow.Transpose.FLIP_LEFT_RIGHT,
        3: Pillow.Transpose.ROTATE_180,
        4: Pillow.Transpose.FLIP_TOP_BOTTOM,
        5: Pillow.Transpose.TRANSPOSE,
        6: Pillow.Transpose.ROTATE_90,
        7: Pillow.Transpose.TRANSVERSE,
        8: Pillow.Transpose.ROTATE_270,
    }
    lying = Pillow.fromarray(np.ascontiguousarray(upright[:, :, ::-1]))
    if orientation in backwards:
        lying = lying.transpose(backwards[orientation])
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretPhone"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    exif.get_ifd(0x8825)[2] = (39.0, 54.0, 20.0)
    out = io.BytesIO()
    lying.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()
