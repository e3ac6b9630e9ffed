"""Stills of specimen cards through every gate, and against the stream of the same seconds."""

from __future__ import annotations

import io
import struct
import time
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from tests.integration.identity.scenes import keyframe, person, picture
from vcounter.adapters.identity import cards, faces, models
from vcounter.adapters.identity.models import Image
from vcounter.adapters.identity.pictures import MAX_BYTES, encode_jpeg
from vcounter.adapters.identity.reasons import Reason
from vcounter.domain.errors import ImageUnusable
from vcounter.domain.identity import Outcome, Zone
from vcounter.services.ports import Keyframe
from vcounter.specimen.card import draw_back, draw_front, phone_photo
from vcounter.specimen.people import portraits

STREAM_SIZE = (640, 480)


@pytest.fixture(scope="module", autouse=True)
def loaded_models() -> None:
    models.load_all()


def photo(seed: int = 1, *, key: str = "obama", share: float = 0.72) -> Image:
    return phone_photo(draw_front(person(key)), np.random.default_rng(seed), share=share)


def back_photo(seed: int = 1) -> Image:
    return phone_photo(draw_back(person()), np.random.default_rng(seed))


def stream_of(card: Image, seed: int = 9) -> Keyframe:
    return keyframe(phone_photo(card, np.random.default_rng(seed), STREAM_SIZE), bit_rate=1_500_000)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("key", sorted(portraits()))
def test_front_passes_and_its_portrait_matches_its_holder(key: str):
    report = cards.inspect_card(encode_jpeg(photo(key=key)), "front", None)

    assert (report.outcome, report.reason, report.agrees) == (Outcome.PASSED, "", None)
    assert faces.compare([portraits()[key].live] * 3, report.portrait).zone is Zone.MATCH


@pytest.mark.parametrize("seed", range(3))
def test_back_passes(seed: int):
    report = cards.inspect_card(encode_jpeg(back_photo(seed)), "back", None)

    assert (report.outcome, report.reason, report.portrait) == (Outcome.PASSED, "", b"")


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_turned_still_is_kept_upright(quarters: int):
    still = np.ascontiguousarray(np.rot90(photo(), quarters))

    report = cards.inspect_card(encode_jpeg(still), "front", None)

    assert report.outcome is Outcome.PASSED
    assert (report.width, report.height) == (1600, 1200)
    assert np.abs(picture(report.jpeg).astype(int) - photo()).mean() < 12


def test_exif_rotation_is_applied_and_all_metadata_dropped():
    exif = Pillow.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees
    exif[0x010E] = "secret place"
    sideways = Pillow.fromarray(np.rot90(photo())[:, :, ::-1])
    out = io.BytesIO()
    sideways.save(out, "JPEG", exif=exif, quality=92)

    report = cards.inspect_card(out.getvalue(), "front", None)

    assert (report.outcome, report.width, report.height) == (Outcome.PASSED, 1600, 1200)
    assert b"secret place" not in report.jpeg
    assert b"Exif" not in report.jpeg


def spoilt(image: Image, how: str) -> Image:
    match how:
        case "blurred":
            return np.asarray(cv2.GaussianBlur(image, (0, 0), 6), np.uint8)
        case "too_dark":
            return np.asarray(image // 6, np.uint8)
        case "glare":
            spot = np.zeros(image.shape[:2], np.float32)
            cv2.circle(spot, (700, 620), 230, 1.0, -1)
            spot = cv2.GaussianBlur(spot, (0, 0), 30)[:, :, None]
            return np.clip(image + 255 * spot, 0, 255).astype(np.uint8)
        case _:
            raise AssertionError(how)


@pytest.mark.parametrize("how", ["blurred", "too_dark", "glare"])
def test_bad_light_or_focus_says_what_to_change(how: str):
    report = cards.inspect_card(encode_jpeg(spoilt(photo(), how)), "front", None)

    assert (report.outcome, report.reason) == (Outcome.FAILED, how)


@pytest.mark.parametrize(
    ("share", "outcome"),
    [(0.19, Outcome.FAILED), (0.30, Outcome.REVIEW), (0.45, Outcome.PASSED)],
)
def test_card_width_has_a_least_and_a_wanted_size(share: float, outcome: Outcome):
    report = cards.inspect_card(encode_jpeg(photo(share=share), 95), "front", None)

    assert report.outcome is outcome
    assert report.reason in (("",) if outcome is Outcome.PASSED else ("too_small", "no_card"))


def test_sides_are_told_apart():
    front, back = encode_jpeg(photo()), encode_jpeg(back_photo())

    assert cards.inspect_card(back, "front", None).reason == Reason.WRONG_SIDE
    assert cards.inspect_card(front, "back", None).reason == Reason.WRONG_SIDE


def test_front_without_a_portrait_is_refused():
    card = draw_front(person())
    card[60:470, 620:960] = card[600, 20]
    still = phone_photo(card, np.random.default_rng(2))

    report = cards.inspect_card(encode_jpeg(still), "front", None)

    assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.NO_PORTRAIT)


def test_selfie_or_empty_table_is_no_card():
    table = phone_photo(draw_front(person()), np.random.default_rng(3), share=0.05)[:400]

    for image in (table, picture(portraits()["biden"].live)):
        report = cards.inspect_card(encode_jpeg(np.ascontiguousarray(image)), "front", None)
        assert report.outcome is Outcome.FAILED
        assert report.reason in (Reason.NO_CARD, Reason.NO_PORTRAIT, Reason.TOO_SMALL)


@pytest.mark.parametrize("side", ["front", "back"])
def test_still_agrees_with_the_stream_of_the_same_card(side: str):
    draw = draw_front if side == "front" else draw_back
    still = phone_photo(draw(person()), np.random.default_rng(4))

    report = cards.inspect_card(encode_jpeg(still), side, stream_of(draw(person())))  # type: ignore[arg-type]

    assert (report.outcome, report.agrees) == (Outcome.PASSED, True)
    assert report.measures["stream_inliers"] > 24


def test_still_of_another_card_than_the_one_in_the_stream_is_refused():
    other = person("biden", "320102195611199960", "另样人")

    report = cards.inspect_card(encode_jpeg(photo()), "front", stream_of(draw_front(other)))

    assert (report.outcome, report.reason) == (Outcome.FAILED, Reason.STREAM_DIFFERS)
    assert report.agrees is False


def test_forged_portrait_on_the_victims_card_differs_from_the_true_card_in_the_stream():
    forged = person("biden")

    still = phone_photo(draw_front(forged), np.random.default_rng(4))
    report = cards.inspect_card(encode_jpeg(still), "front", stream_of(draw_front(person())))

    assert report.agrees is False


@pytest.mark.parametrize(
    "stream",
    [
        keyframe(np.full((480, 640, 3), 90, np.uint8)),
        keyframe(picture(portraits()["obama"].live)),
        Keyframe("VP8", b"torn", 0.0),
    ],
    ids=["wall", "face", "torn"],
)
def test_stream_that_shows_no_card_leaves_it_open(stream: Keyframe):
    report = cards.inspect_card(encode_jpeg(photo()), "front", stream)

    assert (report.outcome, report.agrees) == (Outcome.PASSED, None)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"GIF89a" + b"\0" * 100, Reason.NOT_A_PICTURE),
        (b"%PDF-1.7", Reason.NOT_A_PICTURE),
        (b"\xff\xd8\xff" + b"\0" * 100, Reason.NOT_A_PICTURE),
        (encode_jpeg(np.full((900, 900, 3), 99, np.uint8))[:900], Reason.NOT_A_PICTURE),
        (b"\x89PNG\r\n\x1a\n", Reason.NOT_A_PICTURE),
        (b"\xff\xd8\xff" + b"\0" * MAX_BYTES, Reason.TOO_LARGE),
        (png_header(25_000, 25_000), Reason.TOO_LARGE),
        (png_header(12_000, 12_000), Reason.TOO_LARGE),
        (png_header(8_100, 8_100), Reason.TOO_LARGE),
        (png_header(0, 10), Reason.NOT_A_PICTURE),
        (png_header(4, 4), Reason.TOO_SMALL),
    ],
)
def test_what_is_not_a_usable_picture_is_refused_with_its_reason(data: bytes, reason: Reason):
    with pytest.raises(ImageUnusable) as error:
        cards.inspect_card(data, "front", None)

    assert error.value.fields == {"reason": reason.value}


def test_pixel_bomb_is_refused_before_it_is_decoded():
    bomb = io.BytesIO()
    Pillow.new("1", (25_000, 25_000)).save(bomb, "PNG")
    start = time.perf_counter()

    with pytest.raises(ImageUnusable):
        cards.inspect_card(bomb.getvalue(), "front", None)

    assert time.perf_counter() - start < 0.2


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_allowed_formats_are_read_transparency_on_white(kind: str):
    pixels = np.dstack([photo()[:, :, ::-1], np.full((1200, 1600), 255, np.uint8)])
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, kind, quality=90)

    assert cards.inspect_card(out.getvalue(), "front", None).outcome is Outcome.PASSED
