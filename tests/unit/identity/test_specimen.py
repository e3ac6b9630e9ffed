"""Specimens: sizes, marks, determinism and the fake camera's file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from vcounter.specimen.card import Person, draw_back, draw_front, phone_photo
from vcounter.specimen.head import HeadModel, NoHead
from vcounter.specimen.people import portraits
from vcounter.specimen.y4m import write_y4m

HOLDER = Person("样小明", "male", "汉", date(1961, 8, 4), "样街一号", "11010119610804991X", b"")


def holder() -> Person:
    return replace(HOLDER, portrait=portraits()["collins"].card)


@pytest.mark.parametrize("draw", [draw_front, draw_back])
def test_card_has_the_standard_size_and_a_red_specimen_mark(draw: object):
    card = draw(holder())  # type: ignore[operator]

    b, g, r = (card[440:500, 90:400, i].astype(int) for i in range(3))
    if draw is draw_back:
        b, g, r = (card[300:380, 260:600, i].astype(int) for i in range(3))
    assert card.shape == (638, 1012, 3)
    assert ((r - np.maximum(g, b)) > 60).mean() > 0.03


def test_long_term_card_says_so():
    limited, endless = draw_back(HOLDER), draw_back(replace(HOLDER, valid_until=None))

    assert not np.array_equal(limited, endless)


def test_same_seed_gives_the_same_photo():
    card = draw_back(HOLDER)
    first, second = (phone_photo(card, np.random.default_rng(3), (320, 240)) for _ in range(2))

    assert first.shape == (240, 320, 3)
    assert np.array_equal(first, second)


def test_head_needs_a_face():
    with pytest.raises(NoHead):
        HeadModel(np.zeros((240, 320, 3), np.uint8))


def test_portraits_are_small_enough_to_live_in_the_repository():
    assert sorted(portraits()) == ["biden", "collins", "obama"]
    for one in portraits().values():
        assert all(len(jpeg) <= 60_000 for jpeg in (one.live, one.enrolment, one.card))


def test_y4m_holds_every_frame(tmp_path: Path):
    path = tmp_path / "camera.y4m"

    count = write_y4m(path, (np.full((48, 64, 3), n, np.uint8) for n in range(3)), 10)

    data = path.read_bytes()
    assert count == 3
    assert data.startswith(b"YUV4MPEG2 W64 H48 F10:1 Ip A1:1 C420jpeg\n")
    assert len(data) == 41 + 3 * (6 + 64 * 48 * 3 // 2)


@pytest.mark.parametrize(
    "shapes", [[], [(47, 64)], [(48, 63)], [(48, 64), (48, 62)]], ids=["none", "h", "w", "change"]
)
def test_y4m_refuses_what_a_camera_cannot_send(tmp_path: Path, shapes: list[tuple[int, int]]):
    frames = [np.zeros((*shape, 3), np.uint8) for shape in shapes]

    with pytest.raises(ValueError, match=r"frame|even|size"):
        write_y4m(tmp_path / "camera.y4m", frames, 10)
