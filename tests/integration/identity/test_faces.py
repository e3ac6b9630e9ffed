"""The real models on public-domain portraits: heads pass, photographs do not, persons differ."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.integration.identity.scenes import keyframe, photo_of, picture, run_judge
from vcounter.adapters.identity import faces, models
from vcounter.adapters.identity.model_files import ModelChanged
from vcounter.adapters.identity.pictures import encode_jpeg
from vcounter.adapters.identity.reasons import Reason
from vcounter.domain.errors import ImageUnusable, MediaUnavailable
from vcounter.domain.identity import Outcome, Zone
from vcounter.domain.liveness import TURN_OFFSET, TurnJudge, new_challenge
from vcounter.services.ports import FaceMeasure, Keyframe
from vcounter.specimen.head import TURN_YAW_DEG, HeadModel
from vcounter.specimen.people import portrait_file, portraits

PEOPLE = sorted(portraits())
FLAT_ATTACKS = 60
FLAT_POSES = 16


@pytest.fixture(scope="module", autouse=True)
def loaded_models() -> None:
    models.load_all()


@cache
def flat_poses(key: str) -> tuple[FaceMeasure, list[FaceMeasure]]:
    """A portrait as it is, and its print held at random angles."""
    rng = np.random.default_rng(len(key))
    portrait = picture(portraits()[key].live)
    poses = [faces.measure_image(photo_of(portrait, rng)) for _ in range(FLAT_POSES)]
    return faces.measure_image(portrait), poses


def head(key: str) -> HeadModel:
    return HeadModel(picture(portraits()[key].live))


@pytest.mark.parametrize(("key", "bits"), [("biden", 0b01), ("collins", 0b10), ("obama", 0b01)])
def test_turning_head_passes_the_challenge_through_vp8(key: str, bits: int):
    model = head(key)
    yaw = {"turn_left": TURN_YAW_DEG, "turn_right": -TURN_YAW_DEG}
    judge = TurnJudge(new_challenge(bits), 0.0)

    run_judge(
        judge,
        lambda phase, n: keyframe(model.render(yaw.get(phase, 1.5 * np.sin(n)))),
        faces.measure,
        faces.same_person,
    )

    assert judge.verdict is not None
    assert (judge.verdict.outcome, judge.verdict.reason) == (Outcome.PASSED, "")


@pytest.mark.parametrize("key", PEOPLE)
def test_photograph_that_is_tilted_at_the_prompt_never_passes(key: str):
    still, poses = flat_poses(key)
    dice = np.random.default_rng(7)
    passed = 0

    for attack in range(FLAT_ATTACKS // len(PEOPLE)):
        judge = TurnJudge(new_challenge(attack), 0.0)
        run_judge(
            judge,
            lambda phase, n: dice.choice(poses) if phase.startswith("turn") else still,
            lambda measured: measured,
            faces.same_person,
        )
        assert judge.verdict is not None
        passed += judge.verdict.outcome is Outcome.PASSED

    assert passed == 0


def test_single_flat_poses_stay_below_the_turn_threshold():
    moved = [
        abs(pose.nose_offset - still.nose_offset)
        for still, poses in map(flat_poses, PEOPLE)
        for pose in poses
        if pose.faces
    ]

    assert len(moved) > FLAT_POSES
    assert max(moved) < TURN_OFFSET


@pytest.mark.parametrize("key", [k for k in PEOPLE if portraits()[k].independent])
def test_same_person_on_another_photograph_is_a_match(key: str):
    live = [encode_jpeg(head(key).render(yaw)) for yaw in (-4.0, -2.0, 0.0, 2.0, 4.0)]

    report = faces.compare(live, portraits()[key].enrolment)

    assert report.zone is Zone.MATCH
    assert (report.frames, report.reason) == (5, "")
    assert report.dlib is not None


@pytest.mark.parametrize(("who", "zone"), [("obama", Zone.MATCH), ("biden", Zone.MISMATCH)])
def test_measured_frames_are_compared_as_frames_that_nothing_is_known_of(who: str, zone: Zone):
    live = [encode_jpeg(head("obama").render(yaw)) for yaw in (-4.0, 0.0, 4.0)]
    measured = [faces.measure_still(picture) for picture in live]
    reference = portraits()[who].enrolment

    known = faces.compare(live, reference, measured=[*measured[:2], None])
    fresh = faces.compare(live, reference)

    assert known.zone is fresh.zone is zone
    assert known.frames == fresh.frames == 3
    assert known.fused == pytest.approx(fresh.fused, abs=0.02)


def test_measured_frame_with_two_faces_counts_no_more_than_a_fresh_one():
    live = [portraits()["obama"].live] * 3
    crowd = replace(faces.measure_still(live[0]), faces=2)

    report = faces.compare(live, live[0], measured=[crowd] * 3)

    assert (report.zone, report.frames, report.reason) == (Zone.REVIEW, 0, Reason.TWO_FACES)


@pytest.mark.parametrize(("one", "other"), [("obama", "biden"), ("biden", "collins")])
def test_another_person_is_a_mismatch(one: str, other: str):
    report = faces.compare([portraits()[one].live] * 3, portraits()[other].enrolment)

    assert report.zone is Zone.MISMATCH


def test_comparison_without_the_second_opinion_is_review(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(models, "second_feature", lambda image, face: None)

    report = faces.compare([portraits()["obama"].live] * 5, portraits()["obama"].enrolment)

    assert (report.zone, report.reason) == (Zone.REVIEW, Reason.SECOND_OPINION_MISSING)


def test_frames_or_references_without_a_face_are_review_without_a_score():
    empty = encode_jpeg(np.full((480, 640, 3), 120, np.uint8))
    live = portraits()["obama"].live

    nobody = faces.compare([empty] * 3, live)
    no_reference = faces.compare([live] * 3, empty)

    assert (nobody.zone, nobody.fused, nobody.reason) == (Zone.REVIEW, None, Reason.NO_FACE)
    assert no_reference.reason == Reason.NO_REFERENCE_FACE


def test_frame_with_two_people_is_not_compared():
    both = np.hstack([picture(portraits()[k].live)[:600, :600] for k in ("obama", "biden")])

    assert faces.measure_image(both).faces == 2
    report = faces.compare([encode_jpeg(both)] * 3, portraits()["obama"].live)
    assert report.reason == Reason.TWO_FACES


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda image: image // 8, Reason.TOO_DARK),
        (lambda image: 255 - (255 - image) // 6, Reason.TOO_BRIGHT),
        (lambda image: np.repeat(np.repeat(image[::16, ::16], 4, 0), 4, 1), None),
    ],
)
def test_bad_frames_are_left_out_with_a_reason(change: object, reason: Reason | None):
    frame = np.ascontiguousarray(change(head("obama").render(0.0)))  # type: ignore[operator]

    report = faces.compare([encode_jpeg(frame)] * 3, portraits()["obama"].live)

    assert report.zone is Zone.REVIEW
    assert reason is None or report.reason == reason


def test_turned_face_is_still_the_same_person_and_another_is_not():
    straight = faces.measure_image(head("collins").render(0.0))
    turned = faces.measure_image(head("collins").render(TURN_YAW_DEG))
    other = faces.measure_image(head("biden").render(0.0))

    assert faces.same_person(straight.feature, turned.feature)
    assert not faces.same_person(straight.feature, other.feature)
    assert not faces.same_person(straight.feature, b"")


def test_turn_to_the_customers_left_moves_the_nose_to_the_pictures_right():
    straight, left = (head("obama").render(yaw) for yaw in (0.0, TURN_YAW_DEG))

    assert faces.measure_image(left).nose_offset - faces.measure_image(straight).nose_offset > 0.3


def test_measure_of_an_empty_room_has_no_face():
    measure = faces.measure_image(np.full((480, 640, 3), 90, np.uint8))

    assert (measure.faces, measure.feature) == (0, b"")
    assert measure.jpeg[:2] == b"\xff\xd8"


@pytest.mark.parametrize("codec", ["libvpx", "libx264"])
def test_keyframe_of_either_codec_measures_like_its_picture(codec: str):
    image = head("obama").render(0.0)

    measure = faces.measure(keyframe(image, codec))

    assert measure.faces == 1
    assert measure.nose_offset == pytest.approx(faces.measure_image(image).nose_offset, abs=0.05)


@pytest.mark.parametrize(
    "frame",
    [
        Keyframe("VP8", b"", 0.0),
        Keyframe("VP8", b"\x00" * 2000, 0.0),
        Keyframe("H264", b"garbage" * 300, 0.0),
        Keyframe("VP8", b"\x10\x02\x00\x9d\x01\x2a\xff\x3f\xff\x3f" + b"\x00" * 500, 0.0),
        Keyframe("AV1", b"\x00" * 2000, 0.0),  # type: ignore[arg-type]
    ],
    ids=["empty", "zeros", "garbage", "16383 x 16383", "codec"],
)
def test_keyframe_that_is_none_asks_for_another(frame: Keyframe):
    with pytest.raises(MediaUnavailable) as error:
        faces.measure(frame)

    assert error.value.fields == {"reason": "keyframe"}


def test_reference_that_is_no_picture_is_refused():
    with pytest.raises(ImageUnusable):
        faces.compare([portrait_file("collins")], b"GIF89a....")


def test_model_that_was_exchanged_is_not_loaded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(models._SHA256, models.DETECTOR_FILE, "0" * 64)

    with pytest.raises(ModelChanged):
        models.model_path(models.DETECTOR_FILE)
