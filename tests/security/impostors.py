"""People who are not who they say: other faces, flat photographs, forged cards, lying clients."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np

from vcounter.adapters.identity.models import Image
from vcounter.simulator.api import Api, ApiProblem, Json
from vcounter.simulator.customer import SETTLE_S, Customer, Pose
from vcounter.simulator.people import Caller
from vcounter.simulator.pictures import (
    FACE_SIZE,
    YAW_LIMIT_DEG,
    YAW_STEP_DEG,
    CardShot,
    Reel,
    card_shot,
    encode_intra,
)
from vcounter.specimen.card import Person
from vcounter.specimen.people import portraits


@dataclass(frozen=True)
class Impostor(Caller):
    """Calls for the victim's number (`demo`) with a face and a card of their own choice."""

    face: str = ""
    shows: Caller | None = None
    printed: str = ""

    @property
    def portrait_key(self) -> str:
        return self.face or self.demo.portrait_key

    def card(self) -> Person:
        genuine = Caller.card(self.shows or Caller(self.demo))
        if not self.printed:
            return genuine
        return replace(genuine, portrait=portraits()[self.printed].card)


class SlowCamera(Customer):
    """An impostor like any other; half the frames save the machine's time."""

    fps = 5.0


class PhotoHolder(SlowCamera):
    """Holds a print of the victim into the camera and turns it when asked to turn the head."""

    async def _pose_for_camera(self) -> Pose:
        return Pose(await asyncio.to_thread(_photo_reel, self._caller.portrait_key))


@cache
def _photo_reel(key: str) -> Reel:
    data = np.frombuffer(portraits()[key].live, np.uint8)
    photo = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    yaws = range(-YAW_LIMIT_DEG, YAW_LIMIT_DEG + 1, YAW_STEP_DEG)
    frames = encode_intra(_turned_print(photo, float(yaw)) for yaw in yaws)
    return Reel(dict(zip(yaws, frames, strict=True)))


def _turned_print(photo: Image, yaw_deg: float) -> Image:
    """A flat sheet turned about its middle, as a pinhole camera sees it."""
    width, height = FACE_SIZE
    rows, columns = photo.shape[:2]
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    flat = (corners - (columns / 2, rows / 2)) / rows
    yaw = np.radians(yaw_deg)
    away = 2.0 + flat[:, 0] * np.sin(yaw)
    seen_x = flat[:, 0] * np.cos(yaw) / away * 2 * height + width / 2
    seen_y = flat[:, 1] / away * 2 * height + height / 2
    matrix = cv2.getPerspectiveTransform(corners, np.c_[seen_x, seen_y].astype(np.float32))
    return np.asarray(
        cv2.warpPerspective(photo, matrix, FACE_SIZE, borderValue=(90, 110, 100)), np.uint8
    )


class Liar(SlowCamera):
    """Uploads `prepared` while the camera shows the caller's own card; twice at once if told so.

    Answers nothing by itself but consent; what the server said to each upload is in `answers`.
    """

    def __init__(self, api: Api, caller: Caller) -> None:
        super().__init__(api, caller)
        self.api = api
        self.prepared: Person | None = None
        self.at_once = 1
        self.answers: list[str] = []

    async def _show_card(self, step: Json, side: str) -> None:
        assert self._pose is not None
        shown = await asyncio.to_thread(card_shot, self._caller.card(), side, 1)
        sent = shown if self.prepared is None else await self._prepared_shot(side)
        self._pose.show(shown)
        await asyncio.sleep(SETTLE_S)
        path = f"/visit/steps/{step['id']}/image"
        uploads = (self._upload(path, sent.still) for _ in range(self.at_once))
        self.answers += await asyncio.gather(*uploads)

    async def _prepared_shot(self, side: str) -> CardShot:
        assert self.prepared is not None
        return await asyncio.to_thread(card_shot, self.prepared, side, 1)

    async def _upload(self, path: str, still: bytes) -> str:
        try:
            await self.api.upload(path, still)
        except ApiProblem as problem:
            return problem.code
        return "accepted"
