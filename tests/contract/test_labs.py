"""The fake laboratory of the unit tests and the real one keep the same promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache
from typing import Literal

import cv2
import numpy as np
import pytest
import pytest_asyncio

from tests.contract.lab_suite import LabSuite, Side, Studio
from tests.fakes.identity_lab import NOBODY, FakeLab
from tests.integration.identity.scenes import keyframe, person, picture
from vcounter.adapters.identity.lab import ModelLab
from vcounter.adapters.identity.models import Image
from vcounter.adapters.identity.pictures import encode_jpeg
from vcounter.services.ports import IdentityLab, Keyframe
from vcounter.simulator.pictures import card_shot
from vcounter.specimen.head import HeadModel
from vcounter.specimen.people import portraits

pytestmark = pytest.mark.asyncio(loop_scope="module")
PORTRAITS = {"anna": "collins", "ben": "biden"}
TURN_YAW_DEG = 25.0  # positive is the person's own left: the picture's right


class NamedStudio:
    """Pictures that are names, as the fake wants them."""

    def frame(self, who: str, turn: Literal[-1, 0, 1] = 0) -> Keyframe:
        return Keyframe("VP8", f"{who}@{turn * 0.5}".encode() if turn else who.encode(), 0.0)

    def still(self, who: str) -> bytes:
        return who.encode() or NOBODY

    def card(self, side: Side) -> bytes:
        return side.encode()

    def card_frame(self, side: Side) -> Keyframe:
        return Keyframe("VP8", side.encode(), 0.0)


class DrawnStudio:
    """Rendered heads and specimen cards."""

    def frame(self, who: str, turn: Literal[-1, 0, 1] = 0) -> Keyframe:
        return _frame(who, turn * TURN_YAW_DEG)

    def still(self, who: str) -> bytes:
        return encode_jpeg(_scene(who, 0.0, (1600, 1200)))

    def card(self, side: Side) -> bytes:
        return card_shot(person(), side, 1).still

    def card_frame(self, side: Side) -> Keyframe:
        return Keyframe("VP8", card_shot(person(), side, 1).frames[0], 0.0)


@cache
def _frame(who: str, yaw_deg: float) -> Keyframe:
    return keyframe(_scene(who, yaw_deg, (640, 480)))


@cache
def _scene(who: str, yaw_deg: float, size: tuple[int, int]) -> Image:
    names = [name for name in who.split("+") if name]
    if not names:
        return np.full((size[1], size[0], 3), 120, np.uint8)
    heads = [_head(name).render(yaw_deg, size) for name in names]
    together = heads[0] if len(heads) == 1 else np.hstack(heads)
    return np.asarray(cv2.resize(together, size), np.uint8)


@cache
def _head(name: str) -> HeadModel:
    return HeadModel(picture(portraits()[PORTRAITS[name]].live))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model_lab() -> AsyncIterator[ModelLab]:
    lab = ModelLab()
    await lab.start()
    yield lab
    await lab.stop()


class TestFake(LabSuite):
    @pytest.fixture
    def studio(self) -> Studio:
        return NamedStudio()

    @pytest.fixture
    def lab(self) -> IdentityLab:
        return FakeLab()

    @pytest.fixture
    def silent(self) -> IdentityLab:
        return FakeLab(down=True)


class TestReal(LabSuite):
    @pytest.fixture
    def studio(self) -> Studio:
        return DrawnStudio()

    @pytest.fixture
    def lab(self, model_lab: ModelLab) -> IdentityLab:
        return model_lab

    @pytest.fixture
    def silent(self) -> IdentityLab:
        return ModelLab()  # not started: there is no worker to answer
