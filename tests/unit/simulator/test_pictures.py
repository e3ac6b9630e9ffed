"""What simulated cameras and microphones send can be decoded, from any frame on."""

from __future__ import annotations

import av
import numpy as np
import pytest

from vcounter.adapters.identity.pictures import rewrite_upload
from vcounter.adapters.identity.tilt import inspect_tilt
from vcounter.services.ports import Keyframe
from vcounter.simulator.customer import Pose
from vcounter.simulator.people import practice_caller
from vcounter.simulator.pictures import (
    STILL_SIZE,
    TILT_ROUND_S,
    YAW_LIMIT_DEG,
    Reel,
    encode_intra,
    router,
    tilted_card,
)
from vcounter.simulator.sounds import voice


def test_every_frame_is_a_key_frame_of_its_own() -> None:
    images = [np.full((48, 64, 3), shade, np.uint8) for shade in (20, 120, 220)]

    packets = encode_intra(images)

    assert len(packets) == 3
    for packet, image in zip(packets, images, strict=True):
        assert packet[0] & 1 == 0  # RFC 6386 §9.1: the frame type bit is clear
        frames = av.CodecContext.create("vp8", "r").decode(av.Packet(packet))
        shade = frames[0].to_ndarray(format="bgr24").mean()
        assert abs(shade - image.mean()) < 4


def _reel() -> Reel:
    yaws = range(-YAW_LIMIT_DEG, YAW_LIMIT_DEG + 1, 2)
    return Reel({yaw: str(yaw).encode() for yaw in yaws})


@pytest.mark.parametrize(("yaw", "frame"), [(0.4, b"0"), (-7.2, b"-8"), (300.0, b"44")])
def test_the_nearest_yaw_is_shown(yaw: float, frame: bytes) -> None:
    assert _reel().at(yaw) == frame


def test_a_head_turns_by_and_by_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("vcounter.simulator.customer.time.monotonic", lambda: now)
    pose = Pose(_reel())
    pose.turn(43.0)
    seen = []
    for _ in range(20):
        now += 0.1
        seen.append(int(pose.picture()))
    pose.turn(0.0)
    for _ in range(20):
        now += 0.1
        last = int(pose.picture())

    assert seen == sorted(seen)
    assert 0 < seen[0] < 20
    assert seen[-1] >= 42
    assert abs(last) <= 2


def test_a_voice_is_two_seconds_of_sound() -> None:
    packets = voice(220)
    decoder = av.CodecContext.create("libopus", "r")

    energy = 0.0
    for packet in packets:
        for frame in decoder.decode(av.Packet(packet)):
            samples = np.asarray(frame.to_ndarray(), np.float64)
            energy = max(energy, float(np.abs(samples).max()))

    assert len(packets) == 100
    assert energy > 1000


def test_a_tilted_card_takes_its_time_and_shines() -> None:
    shot = tilted_card(practice_caller(0).card(), 5.0)

    assert len(shot.frames) == round(TILT_ROUND_S * 5.0 / 12) * 12
    assert len(set(shot.frames)) == 12
    keyframes = [Keyframe("VP8", frame, float(i)) for i, frame in enumerate(shot.frames[::2])]
    assert inspect_tilt(keyframes[:12]).moved is True


def test_the_router_is_a_picture_that_the_counter_opens() -> None:
    shot = router()

    picture = rewrite_upload(shot.still)

    assert (picture.width, picture.height) == STILL_SIZE
    assert len(shot.frames) > 1
