"""Specimen cards as cameras see them, through inspection and reading."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from tests.integration.identity.scenes import keyframe, picture
from vcounter.adapters.identity import cards, models, ocr, tilt
from vcounter.adapters.identity.document import check_reading
from vcounter.adapters.identity.lab import ModelLab
from vcounter.adapters.identity.model_files import ModelChanged
from vcounter.adapters.identity.models import Image
from vcounter.adapters.identity.pictures import encode_jpeg
from vcounter.adapters.identity.reading import read_card
from vcounter.adapters.identity.reasons import Reason
from vcounter.cli import app
from vcounter.domain.documents import DocumentType
from vcounter.domain.errors import ImageUnusable
from vcounter.domain.identity import Outcome
from vcounter.domain.msisdn import parse_msisdn
from vcounter.evaluate.cards import card_seconds
from vcounter.evaluate.statistics import wilson
from vcounter.services.ports import CardReading, Subscriber
from vcounter.specimen.card import Person, draw_back, draw_front
from vcounter.specimen.conditions import CONDITIONS, clean, tilt_frames
from vcounter.specimen.invented import invent
from vcounter.specimen.people import portraits

TODAY = date(2026, 11, 21)
GOOD = sorted(set(CONDITIONS) - {"screen", "copy"})


@pytest.fixture(scope="module", autouse=True)
def loaded_models() -> None:
    models.load_all()
    ocr.load()


def holder(seed: int) -> Person:
    return invent(np.random.default_rng(seed))


def record_of(person: Person) -> Subscriber:
    return Subscriber(
        msisdn=parse_msisdn("13800006021"),
        name=person.name,
        document_number=person.number,
        sex=person.sex,
        birth=person.birth,
        address=person.address,
        state="ACTIVE",
        stop_reasons=(),
        version=1,
        stars=3,
        plan="",
        opened_on=date(2010, 1, 15),
        alternate_contact=None,
        has_enrolment=True,
        iccid_tail="0000",
        test=True,
    )


def read_front(card: Image, condition: str = "clean", seed: int = 3) -> CardReading:
    still = CONDITIONS[condition](card, np.random.default_rng(seed))
    return read_card(cards.inspect_card(encode_jpeg(still), "front", None).jpeg, "front")


@pytest.mark.parametrize("condition", GOOD)
def test_front_is_read_in_every_condition(condition: str):
    person = holder(100 + GOOD.index(condition))

    fields = read_front(draw_front(person), condition).fields

    wanted = {
        "number": person.number,
        "birth": person.birth.isoformat(),
        "sex": person.sex,
        "address": person.address,
    }
    assert {name: fields[name].text for name in wanted} == wanted


def test_clean_card_agrees_with_its_record_on_everything():
    drawn = holder(7)
    person = replace(
        drawn, name="阿依·样", valid_from=date(2020, 1, 1), valid_until=date(2040, 1, 1)
    )
    back = CONDITIONS["clean"](draw_back(person), np.random.default_rng(2))

    check = check_reading(
        read_front(draw_front(person)),
        read_card(encode_jpeg(back), "back"),
        record_of(person),
        TODAY,
    )

    assert set(check.agreement.values()) == {"agrees"}
    assert (check.faults, check.sure) == ((), True)


def test_lone_character_of_an_ethnicity_is_not_lost():
    person = replace(holder(8), ethnicity="土")

    assert read_front(draw_front(person)).fields["ethnicity"].text == "土"


def test_back_is_read_with_its_long_address_of_authority():
    person = replace(
        holder(9),
        authority="乌鲁木齐市公安局天山区分局",
        valid_from=date(2012, 9, 27),
        valid_until=None,
    )
    still = CONDITIONS["phone720"](draw_back(person), np.random.default_rng(5))

    reading = read_card(encode_jpeg(still), "back")

    read = {name: field.text for name, field in reading.fields.items()}
    assert read == {
        "authority": "乌鲁木齐市公安局天山区分局",
        "valid_from": "2012-09-27",
        "valid_until": "long_term",
    }


@pytest.mark.parametrize("place", [9, 17])
def test_edited_number_is_a_fault_and_never_sure(place: int):
    person = holder(20 + place)
    digit = "1" if person.number[place] != "1" else "2"
    edited = replace(person, number=person.number[:place] + digit + person.number[place + 1 :])

    reading = read_front(draw_front(edited))

    assert reading.fields["number"].text == edited.number
    assert "check_digit" in reading.faults
    assert not check_reading(reading, None, record_of(person), TODAY).sure


def test_covered_digit_is_not_guessed():
    person = holder(30)
    card = draw_front(person)
    card[525:600, 330 + 33 * 8 : 330 + 33 * 9] = card[600, 20]

    number = read_front(card).fields.get("number")

    assert number is None


@pytest.mark.parametrize("condition", ["screen", "copy"])
def test_screens_and_copies_are_warned_of_and_not_refused(condition: str):
    still = CONDITIONS[condition](draw_front(holder(1)), np.random.default_rng(1))

    report = cards.inspect_card(encode_jpeg(still), "front", None)

    assert report.warnings == (condition,)
    assert report.outcome is Outcome.PASSED


@pytest.mark.parametrize("condition", ["clean", "vga", "lowlight"])
def test_good_cards_are_not_warned_of(condition: str):
    for draw, side in ((draw_front, "front"), (draw_back, "back")):
        still = CONDITIONS[condition](draw(holder(4)), np.random.default_rng(4))

        assert cards.inspect_card(encode_jpeg(still), side, None).warnings == ()  # type: ignore[arg-type]


def test_light_moves_over_laminate_and_not_over_paper():
    card = draw_front(holder(5))

    reports = {
        glossy: tilt.inspect_tilt(
            [keyframe(f) for f in tilt_frames(card, np.random.default_rng(6), 6, glossy=glossy)]
        )
        for glossy in (True, False)
    }

    assert reports[True].moved is True
    assert reports[False].moved is False


def test_card_that_is_held_still_says_nothing_of_its_gloss():
    still = tilt_frames(draw_front(holder(5)), np.random.default_rng(6), 1)[0]

    assert tilt.inspect_tilt([keyframe(still)] * 5).moved is None
    assert tilt.inspect_tilt([keyframe(still)]).moved is None
    assert tilt.inspect_tilt([keyframe(np.full((480, 640, 3), 90, np.uint8))] * 4).moved is None


def passport(faces: int = 1) -> Image:
    """A photo page without any resident card's layout: the portrait stands on the left."""
    page = np.full((700, 1000, 3), (214, 228, 222), np.uint8)
    face = cv2.resize(picture(portraits()["collins"].card), (260, 330))
    for index in range(faces):
        page[150:480, 60 + 330 * index : 320 + 330 * index] = face
    for row in range(8):
        cv2.putText(page, "SPECIMEN PASSPORT", (680, 150 + 45 * row), 0, 0.8, (30, 30, 40), 2)
    return page


def page_photo(page: Image, *, turned: int = 0) -> bytes:
    scene = np.full((1200, 1600, 3), (60, 70, 90), np.uint8)
    scene[200:1004, 220:1369] = cv2.resize(page, (1149, 804))
    scene = cv2.GaussianBlur(scene, (0, 0), 0.8)
    return encode_jpeg(np.ascontiguousarray(np.rot90(scene, turned)))


@pytest.mark.parametrize("turned", [0, 1, 2])
def test_passport_page_is_taken_without_a_cards_layout(turned: int):
    report = cards.inspect_card(
        page_photo(passport(), turned=turned), "front", None, DocumentType.PASSPORT
    )

    assert (report.outcome, report.reason) == (Outcome.PASSED, "")
    assert report.portrait
    assert report.width > report.height


@pytest.mark.parametrize(
    ("faces", "reason"), [(0, Reason.NO_PORTRAIT), (2, Reason.TWO_FACES)], ids=["none", "two"]
)
def test_photo_page_must_show_one_portrait(faces: int, reason: Reason):
    still = page_photo(passport(faces))

    report = cards.inspect_card(still, "front", None, DocumentType.PASSPORT)

    assert (report.outcome, report.reason) == (Outcome.FAILED, reason)


def test_other_documents_are_compared_with_the_stream_too():
    still = page_photo(passport())
    frame = cv2.resize(picture(still), (640, 480), interpolation=cv2.INTER_AREA)
    other = cv2.resize(clean(draw_front(holder(2)), np.random.default_rng(1)), (640, 480))

    kind = DocumentType.PASSPORT
    same = cards.inspect_card(still, "front", keyframe(np.asarray(frame, np.uint8)), kind)
    differs = cards.inspect_card(still, "front", keyframe(np.asarray(other, np.uint8)), kind)

    assert same.agrees is True
    assert differs.agrees is not True


async def test_laboratory_reads_and_judges_tilt_in_its_worker():
    lab = ModelLab()
    await lab.start()
    try:
        person = holder(40)
        still = clean(draw_front(person), np.random.default_rng(1))
        report = await lab.inspect_card(encode_jpeg(still), "front", None, DocumentType.RESIDENT_ID)
        reading = await lab.read_card(report.jpeg, "front")
        held = await lab.inspect_tilt([])
        with pytest.raises(ImageUnusable):
            await lab.read_card(b"%PDF-1.7", "front")
    finally:
        await lab.stop()

    assert reading.fields["number"].text == person.number
    assert (reading.faults, held.moved) == ((), None)


def test_picture_without_a_card_reads_as_nothing():
    reading = read_card(encode_jpeg(np.full((600, 800, 3), 120, np.uint8)), "front")

    assert (dict(reading.fields), reading.faults) == ({}, ())
    with pytest.raises(ImageUnusable):
        read_card(b"%PDF-1.7", "front")


def test_changed_model_file_is_not_used(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(ocr._SHA256, ocr.RECOGNISER_FILE, "0" * 64)

    with pytest.raises(ModelChanged):
        ocr.model_path(ocr.RECOGNISER_FILE)


def test_evaluation_prints_what_is_promised(tmp_path: Path):
    run = CliRunner()
    made = run.invoke(app, ["evaluate", "make-cards", str(tmp_path), "-n", "1", "--seed", "5"])
    done = run.invoke(app, ["evaluate", "cards", str(tmp_path), "--json"])

    assert (made.exit_code, done.exit_code) == (0, 0)
    report = json.loads(done.stdout.strip().splitlines()[-1])
    clean_row = report["conditions"]["clean"]
    assert {"images", "number", "name", "ethnicity", "address", "birth", "sex"} <= set(clean_row)
    assert (clean_row["images"], clean_row["number"]) == (1, 1.0)
    assert report["wrong_numbers_accepted"] == 0
    assert report["backs"]["clean"]["validity"] == 1.0
    assert 0 < report["p50_ms"] <= report["p95_ms"]


def test_evaluation_of_a_folder_without_labels_says_so(tmp_path: Path):
    done = CliRunner().invoke(app, ["evaluate", "cards", str(tmp_path)])

    assert done.exit_code == 2
    assert "truth.json" in done.output


def test_same_seed_makes_the_same_set(tmp_path: Path):
    run = CliRunner()
    for name in ("a", "b"):
        run.invoke(app, ["evaluate", "make-cards", str(tmp_path / name), "-n", "1", "--seed", "9"])

    for file in ("truth.json", "00000.jpg"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_wilson_interval_is_the_published_one():
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(10, 10)[1] == 1.0


def test_bench_times_each_card():
    assert len(card_seconds(1)) == 1


@pytest.mark.long
def test_card_goals_hold_on_a_large_unseen_set(tmp_path: Path):
    run = CliRunner()
    run.invoke(app, ["evaluate", "make-cards", str(tmp_path), "-n", "280", "--seed", "77"])
    done = run.invoke(app, ["evaluate", "cards", str(tmp_path), "--json"])

    report = json.loads(done.stdout.strip().splitlines()[-1])
    assert report["wrong_numbers_accepted"] == 0
    for condition in ("clean", "phone720", "vga"):
        assert report["conditions"][condition]["number"] >= 0.995
