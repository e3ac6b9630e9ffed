"""Videos and pictures of faces as measured frames, and generated ones to practise on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from vcounter.adapters.identity import faces
from vcounter.adapters.identity.models import Image
from vcounter.adapters.identity.pictures import open_upload
from vcounter.domain.errors import ImageUnusable
from vcounter.evaluate.labels import ListUnusable
from vcounter.services.ports import FaceMeasure
from vcounter.specimen.attacks import KINDS, SIZE
from vcounter.specimen.head import HeadModel
from vcounter.specimen.people import portraits
from vcounter.specimen.sitter import ADULT, Sitter

PICTURES = (".jpg", ".jpeg", ".png", ".webp")
EVERY_S = 0.25
LONGEST_S = 40.0
SIDE_PX = 1280
_FPS = 8


@dataclass(frozen=True, slots=True)
class Clip:
    """One presentation, of four frames a second; a picture is a clip of one frame."""

    measures: tuple[FaceMeasure, ...]


def measure_clip(path: Path) -> Clip:
    """Measure a video or a picture. Raises ListUnusable for what is neither."""
    if not path.is_file():
        raise ListUnusable(f"{path} does not exist; name the folder with --images")
    try:
        if path.suffix.lower() in PICTURES:
            return Clip((faces.measure_image(open_upload(path.read_bytes(), side_px=SIDE_PX)),))
        return Clip(tuple(faces.measure_image(frame) for frame in _frames(path)))
    except (ImageUnusable, av.FFmpegError, OSError) as error:
        raise ListUnusable(f"{path} is neither a video nor a picture: {error}") from error


def _frames(path: Path) -> Iterator[Image]:
    """Four frames a second, at most SIDE_PX wide or high."""
    with av.open(str(path)) as container:
        due = 0.0
        for number, frame in enumerate(container.decode(video=0)):
            at = float(frame.time) if frame.time is not None else number / 25
            if at > LONGEST_S:
                return
            if at < due:
                continue
            due = at + EVERY_S - 0.01
            yield _fitted(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8))


def _fitted(image: Image) -> Image:
    scale = SIDE_PX / max(image.shape[:2])
    if scale >= 1.0:
        return image
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale), np.uint8)


def make_set(folder: Path, count: int, seed: int) -> int:
    """Write `count` live clips and as many of each attack, as VP8, and labels.csv beside them.

    Live: a head that turns when a challenge asks. Attacks: the props of `specimen.attacks`, turned
    likewise, and a still picture. Returns how many clips were written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        keys = sorted(portraits())
        picture = _picture(portraits()[keys[number % len(keys)]].live)
        yaws = _walk(rng)
        head = HeadModel(picture)
        props = {kind: make(picture, seed * 10_000 + number) for kind, make in KINDS.items()}
        shown: dict[str, Iterable[Image]] = {"live": (head.render(yaw) for yaw in yaws)}
        shown |= {kind: [prop.frame(yaw) for yaw in yaws] for kind, prop in props.items()}
        shown["still"] = [head.render(0.0)] * len(yaws)
        for label, frames in shown.items():
            name = f"{label}_{number:03}.webm"
            _write(folder / name, frames)
            rows.append((name, label, "generated"))
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("file", "label", "set"), *rows])
    return len(rows)


def _walk(rng: np.random.Generator) -> list[float]:
    """Straight, to one side, straight, to the other: seven seconds."""
    sitter = Sitter(ADULT, rng)
    sides = ["turn_left", "turn_right"] if rng.random() < 0.5 else ["turn_right", "turn_left"]
    words = ["straight", sides[0], "straight", sides[1]]
    return [sitter.yaw(words[min(3, n // (7 * _FPS // 4))], n / _FPS) for n in range(7 * _FPS)]


def _write(path: Path, frames: Iterable[Image]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=_FPS)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 800_000
        stream.time_base = Fraction(1, _FPS)
        stream.options = {"deadline": "realtime", "cpu-used": "6"}
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="bgr24")
            container.mux(stream.encode(picture.reformat(format="yuv420p")))
        container.mux(stream.encode(None))


def _picture(jpeg: bytes) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def offset_range(measures: Sequence[FaceMeasure], hold: int) -> float:
    """How far the nose moved against the eyes from the clip's own middle, held `hold` frames.

    Frames without exactly one face do not count; a clip without enough of them moved by 0.
    """
    offsets = [m.nose_offset for m in measures if m.faces == 1]
    if len(offsets) < 2 * hold:
        return 0.0
    middle = float(np.median(offsets))
    sides = ([o - middle for o in offsets], [middle - o for o in offsets])
    return max(sorted(side, reverse=True)[hold - 1] for side in sides)
