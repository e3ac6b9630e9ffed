"""The whole laboratory behind its port, in a real worker process."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import numpy as np
import pytest

from tests.integration.identity.scenes import keyframe, person, picture
from vcounter.adapters.identity.lab import ModelLab
from vcounter.adapters.identity.pictures import encode_jpeg
from vcounter.domain.errors import ImageUnusable, MediaUnavailable
from vcounter.domain.identity import Outcome, Zone
from vcounter.services.ports import IdentityLab, Keyframe
from vcounter.specimen.card import draw_front, phone_photo
from vcounter.specimen.head import HeadModel
from vcounter.specimen.people import portraits


@pytest.fixture
async def lab() -> AsyncIterator[ModelLab]:
    lab = ModelLab()
    await lab.start()
    yield lab
    await lab.stop()


async def test_laboratory_measures_compares_and_inspects_across_a_killed_worker(lab: ModelLab):
    port: IdentityLab = lab
    head = HeadModel(picture(portraits()["obama"].live))

    measures = [await port.measure(keyframe(head.render(yaw))) for yaw in (-3.0, 0.0, 3.0)]
    assert await port.same_person(measures[0].feature, measures[2].feature)
    os.kill(lab.pids()[0], signal.SIGKILL)
    with pytest.raises(MediaUnavailable):
        await port.measure(Keyframe("VP8", b"torn", 0.0))
    await lab.start()  # back when the new worker is there

    report = await port.compare([m.jpeg for m in measures], portraits()["obama"].enrolment)
    still = encode_jpeg(phone_photo(draw_front(person()), np.random.default_rng(1)))
    card = await port.inspect_card(still, "front", None)
    assert report.zone is Zone.MATCH
    assert card.outcome is Outcome.PASSED


async def test_a_live_frame_does_not_wait_behind_a_comparison(lab: ModelLab):
    head = HeadModel(picture(portraits()["obama"].live))
    frame = keyframe(head.render(0.0))
    jpeg = (await lab.measure(frame)).jpeg
    ended: list[str] = []

    async def compare() -> None:
        await lab.compare([jpeg] * 9, portraits()["obama"].enrolment)
        ended.append("compare")

    async def measure() -> None:
        await lab.measure(frame)
        ended.append("measure")

    await asyncio.gather(compare(), measure())

    assert ended == ["measure", "compare"]


async def test_what_is_no_picture_never_reaches_a_worker():
    lab = ModelLab()  # not started: a worker would be unavailable

    with pytest.raises(ImageUnusable):
        await lab.inspect_card(b"", "front", None)
    with pytest.raises(ImageUnusable):
        await lab.compare([b"GIF89a"], portraits()["obama"].live)
    with pytest.raises(MediaUnavailable):
        await lab.measure(Keyframe("VP8", b"", 0.0))
