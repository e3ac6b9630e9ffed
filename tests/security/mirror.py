"""The worst case of a disclosure: the camera sees the customer's screen, the microphone hears it.

While a secret is on the screen the customer's picture is the secret itself in large print on
green, and their sound a tone of TELLTALE_HZ. Whoever sees green or hears the tone saw the secret.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import av
import cv2
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from numpy.typing import NDArray

from vcounter.simulator.api import Api, Json
from vcounter.simulator.customer import Customer, Pose
from vcounter.simulator.line import Line
from vcounter.simulator.peer import Microphone, Peer
from vcounter.simulator.people import Caller
from vcounter.simulator.pictures import FACE_SIZE, encode_intra, head_reel
from vcounter.simulator.sounds import CUSTOMER_PITCH_HZ, voice

TELLTALE_HZ = 3000
_LOOK_S = 1.5  # how long the customer reads
_FADE_S = 0.3  # how long the page may take to clear the screen after it heard that the step is over


@dataclass(slots=True)
class Exposure:
    """When the secret was to be seen and heard at the customer's side, Unix seconds."""

    begun: float = 0.0
    ended: float = 0.0

    @property
    def is_on(self) -> bool:
        return self.begun > 0 and self.ended == 0


class _MirrorPose(Pose):
    exposure: Exposure
    telltale: bytes

    def picture(self) -> bytes:
        return self.telltale if self.exposure.is_on else super().picture()


class _MirrorMicrophone(Microphone):
    def __init__(self, exposure: Exposure) -> None:
        super().__init__(CUSTOMER_PITCH_HZ)
        self._exposure = exposure
        self._telltale = voice(TELLTALE_HZ)

    def _payload(self, index: int) -> bytes:
        if self._exposure.is_on:
            return self._telltale[index % len(self._telltale)]
        return super()._payload(index)


class MirrorCustomer(Customer):
    """Has the secret before the camera from the moment it is known until the step is over.

    `meanwhile` is awaited while it is up. For a disclosure the secret is what the server reveals,
    for a sealed pad what the customer keys.
    """

    fps = 5.0

    def __init__(
        self, api: Api, caller: Caller, secret: str, meanwhile: Callable[[str], Awaitable[None]]
    ) -> None:
        super().__init__(api, caller)
        self._secret, self._meanwhile = secret, meanwhile
        self.exposure = Exposure()

    async def _pose_for_camera(self) -> Pose:
        pose = _MirrorPose(await asyncio.to_thread(head_reel, self._caller.portrait_key))
        pose.exposure = self.exposure
        pose.telltale = await asyncio.to_thread(_telltale_picture, self._secret)
        return pose

    def _microphone(self) -> Microphone:
        return _MirrorMicrophone(self.exposure)

    async def _act(self, step: Json) -> None:
        if not step["sealed"]:
            await super()._act(step)
            return
        if step["kind"] == "show":
            found = await self._api.post(f"/visit/steps/{step['id']}/reveal")
            self.called.revealed.append(found["value"])
            answer: Json = {"seen": True}
        else:
            answer = {"digits": self._secret}
        self.exposure.begun = time.time()
        await self._tell_everybody(step["id"])
        await self._meanwhile(step["id"])
        await asyncio.sleep(_LOOK_S)
        await self._answer(step, answer)

    async def _tell_everybody(self, step_id: str) -> None:
        """What a careless page might send of its own screen."""
        assert self._line is not None
        for kind in ("screen", "progress"):
            body = {"step_id": step_id, "phase": "typing", "detail": self._secret, "hint": "6"}
            room = self.called.visit_id
            message = {"t": "send", "id": kind, "room": room, "kind": kind, "body": body}
            await self._line._post(message)

    async def _take_step(self, step: Json | None) -> None:
        is_over = step is None or step["state"] != "pushed"
        if is_over and self.exposure.is_on:
            await asyncio.sleep(_FADE_S)
            self.exposure.ended = time.time()
        await super()._take_step(step)


def _telltale_picture(secret: str) -> bytes:
    width, height = FACE_SIZE
    image = np.full((height, width, 3), (0, 220, 0), np.uint8)
    cv2.putText(image, secret, (20, height // 2), cv2.FONT_HERSHEY_SIMPLEX, 3.5, (0, 0, 0), 12)
    return encode_intra([image])[0]


def telltale_frames(secret: str) -> tuple[av.VideoFrame, list[av.AudioFrame]]:
    """What a receiver would decode of the customer's picture and sound."""
    video = av.CodecContext.create("libvpx", "r")
    audio = av.CodecContext.create("libopus", "r")
    picture = video.decode(av.Packet(_telltale_picture(secret)))[0]
    blocks = [b for data in voice(TELLTALE_HZ)[:50] for b in audio.decode(av.Packet(data))]
    return picture, blocks


def shows_secret(frame: av.VideoFrame) -> bool:
    """Whether a decoded picture is the telltale one."""
    small = frame.reformat(width=64, height=48, format="bgr24").to_ndarray()
    return is_green(np.asarray(small, np.uint8))


def is_green(image: NDArray[np.uint8]) -> bool:
    blue, green, red = (image[:, :, i].astype(np.int16) for i in range(3))
    return float(((green - np.maximum(blue, red)) > 90).mean()) > 0.3


def has_tone(frame: av.AudioFrame) -> bool:
    """Whether a decoded block of sound holds the telltale tone."""
    samples = frame.to_ndarray().reshape(-1).astype(np.float64)
    mono = samples[:: len(frame.layout.channels)] if frame.format.is_packed else samples
    mono = mono / (32768.0 if frame.format.name.startswith("s16") else 1.0)
    turns = np.exp(-2j * np.pi * TELLTALE_HZ * np.arange(len(mono)) / frame.sample_rate)
    return bool(abs((mono * turns).mean()) > 0.01)


@dataclass(frozen=True, slots=True)
class Moment:
    """One decoded picture or block of sound: when, and whether it gave the secret away."""

    at: float
    is_video: bool
    is_secret: bool


class WatchingPeer(Peer):
    """An agent's end that looks at every picture and listens to every block of sound."""

    moments: list[Moment]

    async def _listen(self, track: MediaStreamTrack) -> None:
        self.moments = getattr(self, "moments", [])
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            self.moments.append(_judged(frame, time.time()))


def recorded(file: bytes, started: float) -> list[Moment]:
    """Everything in a playable recording; `started` is the Unix time of its beginning."""
    with av.open(io.BytesIO(file), "r") as container:
        return [_judged(f, started + float(f.time or 0.0)) for f in container.decode()]


def _judged(frame: object, at: float) -> Moment:
    if isinstance(frame, av.VideoFrame):
        return Moment(at, True, shows_secret(frame))
    assert isinstance(frame, av.AudioFrame)
    return Moment(at, False, has_tone(frame))


class KeepingLine(Line):
    """A signaling connection that keeps what it was sent."""

    kept: list[Json]

    async def _receive(self, message: Json) -> None:
        self.kept = getattr(self, "kept", [])
        self.kept.append(message)
        await super()._receive(message)
