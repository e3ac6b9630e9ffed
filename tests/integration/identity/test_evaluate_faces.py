"""The evaluation commands as an operator runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vcounter.cli import app
from vcounter.evaluate import clips
from vcounter.evaluate import liveness as liveness_command
from vcounter.evaluate.clips import offset_range
from vcounter.evaluate.liveness import report
from vcounter.services.ports import FaceMeasure
from vcounter.specimen.people import portrait_file

NAMES = ("obama_2012", "obama_blue_room", "obama_2009", "biden_blue_room", "collins")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / f"{name}.jpg").write_bytes(portrait_file(name))
    (tmp_path / "blank.png").write_bytes(_blank())
    rows = [
        "set,a,b,same",
        "office,obama_2012.jpg,obama_blue_room.jpg,1",
        "office,obama_2012.jpg,obama_2009.jpg,1",
        "office,obama_2012.jpg,biden_blue_room.jpg,0",
        "office,obama_2012.jpg,blank.png,1",
        "hall,collins.jpg,biden_blue_room.jpg,0",
    ]
    (tmp_path / "pairs.csv").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path


def _blank() -> bytes:
    import io

    from PIL import Image as Pillow

    out = io.BytesIO()
    Pillow.new("RGB", (320, 320), (120, 120, 120)).save(out, "PNG")
    return out.getvalue()


def test_faces_are_evaluated_by_set_at_the_thresholds_in_force(folder: Path):
    done = CliRunner().invoke(app, ["evaluate", "faces", str(folder / "pairs.csv"), "--json"])

    assert done.exit_code == 0, done.output
    sets = json.loads(done.stdout.strip().splitlines()[-1])["sets"]
    office, hall = sets["office"], sets["hall"]
    assert (office["genuine"], office["impostor"], office["failed_to_detect"]) == (3, 1, 1)
    assert office["shipped"]["match"]["tar"] == pytest.approx(2 / 3)
    assert office["shipped"]["match"]["fmr"] == 0.0
    assert office["shipped"]["match"]["fmr_95"] == [0.0, pytest.approx(0.975)]
    assert office["tar_at_far"] == {"1e-2": None, "1e-3": None}
    assert office["verdict"] == "reported, not passed"
    assert office["p95_ms"] >= office["p50_ms"] > 0
    assert (hall["genuine"], hall["eer"]) == (0, None)


def test_set_for_people_says_what_it_cannot_show(folder: Path):
    done = CliRunner().invoke(app, ["evaluate", "faces", str(folder / "pairs.csv")])

    assert "office: 3 genuine and 1 impostor pairs" in done.stdout
    assert "reported, not passed: fewer than 3000 impostor pairs" in done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "does not exist"),
        ("", "no column 'set'"),
        ("set,a,b\nx,1.jpg,2.jpg", "no column 'same'"),
        ("set,a,b,same", "no row"),
        ("set,a,b,same\nx,1.jpg,2.jpg,maybe", "line 2: same is 'maybe'"),
        ("set,a,b,same\nx,,2.jpg,1", "line 2: a is empty"),
        ("set,a,b,same\nx,1.jpg,2.jpg,1", "name the folder with --images"),
    ],
)
def test_bad_list_says_what_to_do(tmp_path: Path, text: str | None, said: str):
    path = tmp_path / "pairs.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")

    done = CliRunner().invoke(app, ["evaluate", "faces", str(path)])

    assert done.exit_code == 2
    assert said in done.stderr


def test_picture_that_is_none_is_named(tmp_path: Path):
    (tmp_path / "pairs.csv").write_text("set,a,b,same\nx,1.jpg,1.jpg,1", encoding="utf-8")
    (tmp_path / "1.jpg").write_bytes(b"GIF89a")

    done = CliRunner().invoke(app, ["evaluate", "faces", str(tmp_path / "pairs.csv")])

    assert done.exit_code == 2
    assert "1.jpg is no JPEG, PNG or WebP" in done.stderr


@pytest.mark.timeout(400)
def test_generated_clips_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Every second frame of the shipped rate: enough to see each turn, in half the time."""
    monkeypatch.setattr(clips, "EVERY_S", 0.5)
    run = CliRunner().invoke

    made = run(app, ["evaluate", "make-liveness", str(tmp_path), "-n", "1", "--json"])
    done = run(app, ["evaluate", "liveness", str(tmp_path / "labels.csv"), "--json"])

    assert json.loads(made.stdout.strip().splitlines()[-1]) == {"clips": 5}
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert set(said["apcer"]) == {"print_flat", "print_bent", "screen_photo", "still"}
    assert set(said["apcer"].values()) == {0.0}
    assert said["bpcer"] == 0.0
    assert said["sets"]["generated"]["intervals"]["bpcer"]["of"] == 1


def test_liveness_list_names_what_is_no_clip(tmp_path: Path):
    (tmp_path / "labels.csv").write_text("file,label,set\nx.mp4,live,a", encoding="utf-8")
    (tmp_path / "x.mp4").write_bytes(b"no video")

    done = CliRunner().invoke(app, ["evaluate", "liveness", str(tmp_path / "labels.csv")])

    assert done.exit_code == 2
    assert "x.mp4 is neither a video nor a picture" in done.stderr


def test_one_odd_frame_is_no_turn_and_a_held_one_is():
    def clip(*offsets: float) -> list[FaceMeasure]:
        return [FaceMeasure(1, o, 80, 90, 120, (0.3, 0.3, 0.2, 0.3)) for o in offsets]

    straight = [0.02] * 8

    assert offset_range(clip(*straight, 0.5), 2) < 0.3
    assert offset_range(clip(*straight, 0.5, 0.45), 2) > 0.3
    assert offset_range(clip(*straight, -0.5, -0.45), 2) > 0.3
    assert offset_range(clip(0.5), 2) == 0.0


def test_rates_are_by_kind_at_the_shipped_threshold():
    said = report({"live": [0.4, 0.5, 0.2], "print": [0.1, 0.1], "mask": [0.4, 0.1]})

    assert said["apcer"] == {"mask": 0.5, "print": 0.0}
    assert said["bpcer"] == pytest.approx(1 / 3)
    assert said["threshold"] == liveness_command.TURN_OFFSET
