"""What the camera sees in these tests: heads, photographs of heads, cards."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import av
import cv2
import numpy as np

from vcounter.adapters.identity.models import Image
from vcounter.domain.liveness import TurnJudge
from vcounter.services.ports import FaceMeasure, Keyframe
from vcounter.specimen.card import Person
from vcounter.specimen.people import portraits


def picture(jpeg: bytes) -> Image:
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(decoded, np.uint8)


def keyframe(image: Image, codec: str = "libvpx", bit_rate: int = 2_000_000) -> Keyframe:
    encoder = av.CodecContext.create(codec, "w")
    encoder.height, encoder.width = image.shape[:2]
    encoder.pix_fmt = "yuv420p"
    encoder.bit_rate = bit_rate
    encoder.framerate = Fraction(10)
    encoder.time_base = Fraction(1, 10)
    encoder.options = {"deadline": "realtime"} if codec == "libvpx" else {"tune": "zerolatency"}
    frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    return Keyframe("VP8" if codec == "libvpx" else "H264", bytes(packets[0]), 0.0)


def person(key: str = "obama", number: str = "11010119610804991X", name: str = "样小明") -> Person:
    return Person(
        name,
        "male",
        "汉",
        date(1961, 8, 4),
        "北京市东城区样板街一号院",
        number,
        portraits()[key].card,
    )


def photo_of(image: Image, rng: np.random.Generator, size: tuple[int, int] = (640, 480)) -> Image:
    """A flat print of a portrait, held at a random angle: yaw up to 50, pitch and roll up to 20."""
    yaw, pitch, roll = np.radians(rng.uniform((-50, -20, -20), (50, 20, 20)))
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    turn = (
        np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    )
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    print_3d = np.c_[(corners - (width / 2, height / 2)) / width, np.zeros(4)] @ turn.T
    away = print_3d[:, 2] + rng.uniform(1.6, 2.6)
    seen = print_3d[:, :2] / away[:, None] * size[1] * 2.0 + (size[0] / 2, size[1] / 2)
    matrix = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    return np.asarray(
        cv2.warpPerspective(image, matrix, size, borderValue=(90, 110, 100)), np.uint8
    )


def run_judge(judge: TurnJudge, camera: object, measure: object, same: object) -> int:
    """Feed frames, 300 ms apart, until there is a verdict; returns how many were fed.

    The camera shows what was asked for three frames ago: nobody answers at once.
    """
    at, first = 0.0, b""
    phases = ["straight"] * 3
    for count in range(1, 200):
        at += 0.3
        seen: FaceMeasure = measure(camera(phases[-3], count))  # type: ignore[operator]
        first = first or seen.feature
        known = not seen.feature or same(first, seen.feature)  # type: ignore[operator]
        phases.append(judge.feed(seen, at, same_person=known).phase)
        if judge.verdict is not None:
            return count
    raise AssertionError("the judge never ended")
