"""What every laboratory must do, the fake of the unit tests as well as the real one.

Subclasses give `lab` (an IdentityLab), `silent` (one whose workers do not answer) and `studio`,
which takes pictures of `anna`, `ben`, both (`anna+ben`) or nobody (an empty name).
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

import pytest
from PIL import Image

from vcounter.domain.errors import ImageUnusable, MediaUnavailable
from vcounter.domain.identity import Outcome, Zone
from vcounter.services.ports import IdentityLab, Keyframe

Side = Literal["front", "back"]


class Studio(Protocol):
    """Who stands before the camera, and what lies under it."""

    def frame(self, who: str, turn: Literal[-1, 0, 1] = 0) -> Keyframe:
        """`turn`: the nose to the picture's left, straight on, or to its right."""
        ...

    def still(self, who: str) -> bytes: ...
    def card(self, side: Side) -> bytes: ...
    def card_frame(self, side: Side) -> Keyframe: ...


NOTED = "112.9388 E"


def photo() -> bytes:
    """A wide picture that a phone held upright took, with a note of where."""
    noted = Image.Exif()
    noted[0x010E], noted[0x0112] = NOTED, 6
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(file, "JPEG", exif=noted)
    return file.getvalue()


ASKED: dict[str, Callable[[IdentityLab, Studio], Awaitable[object]]] = {
    "measure": lambda lab, studio: lab.measure(studio.frame("anna")),
    "measure_still": lambda lab, studio: lab.measure_still(studio.still("anna")),
    "inspect_face": lambda lab, studio: lab.inspect_face(studio.still("anna"), None),
    "compare": lambda lab, studio: lab.compare([studio.still("anna")], studio.still("anna")),
    "inspect_card": lambda lab, studio: lab.inspect_card(studio.card("front"), "front", None),
    "read_card": lambda lab, studio: lab.read_card(studio.card("front"), "front"),
    "open_picture": lambda lab, studio: lab.open_picture(photo()),
    "inspect_tilt": lambda lab, studio: lab.inspect_tilt([studio.card_frame("front")]),
}


class LabSuite:
    async def test_any_picture_is_written_anew_without_what_the_phone_noted(
        self, lab: IdentityLab
    ) -> None:
        picture = await lab.open_picture(photo())

        assert (picture.width, picture.height) == (48, 64)
        with Image.open(io.BytesIO(picture.jpeg)) as opened:
            assert (opened.format, opened.size) == ("JPEG", (48, 64))
            assert not opened.getexif()
        assert NOTED.encode() not in picture.jpeg

    async def test_what_is_no_picture_is_refused(self, lab: IdentityLab) -> None:
        with pytest.raises(ImageUnusable):
            await lab.open_picture(b"%PDF-1.7")

    async def test_nobody_is_no_face_and_has_no_feature(
        self, lab: IdentityLab, studio: Studio
    ) -> None:
        measured = await lab.measure(studio.frame(""))

        assert (measured.faces, measured.feature) == (0, b"")

    async def test_face_is_measured_with_its_picture(
        self, lab: IdentityLab, studio: Studio
    ) -> None:
        measured = await lab.measure(studio.frame("anna"))

        assert measured.faces == 1
        assert measured.eye_distance_px > 0
        assert measured.jpeg
        x, y, width, height = measured.box
        assert 0 <= x < x + width <= 1
        assert 0 <= y < y + height <= 1

    async def test_two_people_are_counted(self, lab: IdentityLab, studio: Studio) -> None:
        assert (await lab.measure(studio.frame("anna+ben"))).faces == 2

    async def test_nose_goes_where_the_head_turns(self, lab: IdentityLab, studio: Studio) -> None:
        left, middle, right = [
            (await lab.measure(studio.frame("anna", turn))).nose_offset for turn in (-1, 0, 1)
        ]

        assert left < middle < right
        assert left < 0 < right

    async def test_stored_picture_gives_the_face_again(
        self, lab: IdentityLab, studio: Studio
    ) -> None:
        seen = await lab.measure(studio.frame("anna"))

        again = await lab.measure_still(seen.jpeg)

        assert again.faces == 1
        assert await lab.same_person(seen.feature, again.feature)

    async def test_features_of_two_people_or_of_nobody_are_not_one_face(
        self, lab: IdentityLab, studio: Studio
    ) -> None:
        anna, ben, nobody = [
            (await lab.measure(studio.frame(who))).feature for who in ("anna", "ben", "")
        ]

        assert not await lab.same_person(anna, ben)
        assert not await lab.same_person(anna, nobody)
        assert not await lab.same_person(nobody, nobody)

    @pytest.mark.parametrize(("who", "zone"), [("anna", Zone.MATCH), ("ben", Zone.MISMATCH)])
    async def test_live_frames_are_compared_with_a_reference(
        self, lab: IdentityLab, studio: Studio, who: str, zone: Zone
    ) -> None:
        live = [(await lab.measure(studio.frame(who))).jpeg for _ in range(5)]

        report = await lab.compare(live, studio.still("anna"))

        assert (report.zone, report.frames) == (zone, 5)
        assert report.engine
        assert report.thresholds
        assert report.fused is not None

    async def test_still_of_a_face_is_judged_beside_the_stream(
        self, lab: IdentityLab, studio: Studio
    ) -> None:
        still = studio.still("anna")

        alone = await lab.inspect_face(still, None)
        same = await lab.inspect_face(still, studio.frame("anna"))
        other = await lab.inspect_face(still, studio.frame("ben"))
        empty_chair = await lab.inspect_face(still, studio.frame(""))

        assert [alone.agrees, same.agrees, other.agrees] == [None, True, False]
        assert empty_chair.agrees is None, "it could not be told"
        assert same.outcome is Outcome.PASSED
        assert min(same.width, same.height) >= 480
        assert same.jpeg
        assert same.measure is not None
        seen = await lab.measure(studio.frame("anna"))
        assert await lab.same_person(same.measure.feature, seen.feature)

    async def test_still_of_nobody_fails_with_a_reason(
        self, lab: IdentityLab, studio: Studio
    ) -> None:
        report = await lab.inspect_face(studio.still(""), studio.frame("anna"))

        assert report.outcome is Outcome.FAILED
        assert report.reason == "no_face"
        assert (report.agrees, report.measure) == (None, None)

    @pytest.mark.parametrize("side", ["front", "back"])
    async def test_card_is_taken_with_its_portrait_beside_the_stream(
        self, lab: IdentityLab, studio: Studio, side: Side
    ) -> None:
        alone = await lab.inspect_card(studio.card(side), side, None)
        beside = await lab.inspect_card(studio.card(side), side, studio.card_frame(side))

        assert (alone.outcome, alone.reason, alone.agrees) == (Outcome.PASSED, "", None)
        assert (beside.outcome, beside.agrees) == (Outcome.PASSED, True)
        assert bool(alone.portrait) is (side == "front")
        assert alone.jpeg
        assert alone.width > alone.height > 0

    async def test_reading_is_of_the_side_that_was_asked(
        self, lab: IdentityLab, studio: Studio
    ) -> None:
        taken = await lab.inspect_card(studio.card("back"), "back", None)

        reading = await lab.read_card(taken.jpeg, "back")

        assert reading.side == "back"
        assert reading.engine

    async def test_one_frame_tells_nothing_of_a_tilt(
        self, lab: IdentityLab, studio: Studio
    ) -> None:
        assert (await lab.inspect_tilt([studio.card_frame("front")])).moved is None

    async def test_without_a_passive_detector_there_is_no_word(
        self, lab: IdentityLab, studio: Studio
    ) -> None:
        assert await lab.passive([studio.still("anna")]) is None

    @pytest.mark.parametrize("method", sorted(ASKED))
    async def test_silence_is_an_error_and_never_an_answer(
        self, silent: IdentityLab, studio: Studio, method: str
    ) -> None:
        with pytest.raises(MediaUnavailable):
            await ASKED[method](silent, studio)
