"""What simulated cameras show: heads that turn, cards on a table; encoded once, sent many times.

Every frame is a VP8 intra frame of its own, so any frame may follow any other and the sender needs
no encoder: six visits at once run on two cores.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import av
import cv2
import numpy as np

from vcounter.adapters.identity.models import Image
from vcounter.specimen.card import Person, draw_back, draw_front, phone_photo
from vcounter.specimen.conditions import tilt_frames
from vcounter.specimen.head import TURN_YAW_DEG, HeadModel
from vcounter.specimen.people import portraits

FACE_SIZE = (640, 480)
AGENT_SIZE = (320, 240)
STILL_SIZE = (1600, 1200)
YAW_STEP_DEG = 2
YAW_LIMIT_DEG = 2 * round((TURN_YAW_DEG + 2) / 2)
TILT_ROUND_S = 6.0
_TILT_FRAMES = 12
_CARD_FRAMES = 4
_JPEG_QUALITY = 92
_drawing = threading.Lock()  # OpenCV's face detector is shared by the process and not thread-safe


def encode_intra(images: Iterable[Image]) -> list[bytes]:
    """Encode BGR pictures of one size, each as a VP8 key frame (RFC 6386)."""
    encoder: av.VideoCodecContext | None = None
    found: list[bytes] = []
    for index, image in enumerate(images):
        if encoder is None:
            encoder = av.CodecContext.create("libvpx", "w")
            encoder.height, encoder.width = image.shape[:2]
            encoder.pix_fmt = "yuv420p"
            encoder.bit_rate = 3_000_000
            encoder.gop_size = 1
            encoder.options = {
                "deadline": "realtime",
                "cpu-used": "-6",
                "lag-in-frames": "0",
                "qmin": "8",
                "qmax": "30",
            }
        frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
        frame.pts = index
        frame.pict_type = av.video.frame.PictureType.I
        found.extend(bytes(packet) for packet in encoder.encode(frame))
    return found


@dataclass(frozen=True, slots=True)
class Reel:
    """One head seen from every yaw: encoded frames by degrees, in steps of YAW_STEP_DEG."""

    frames: dict[int, bytes] = field(repr=False)

    def at(self, yaw_deg: float) -> bytes:
        """The frame nearest to a yaw; positive is the person's own left."""
        nearest = YAW_STEP_DEG * round(yaw_deg / YAW_STEP_DEG)
        return self.frames[max(-YAW_LIMIT_DEG, min(YAW_LIMIT_DEG, nearest))]


def head_reel(portrait_key: str, size: tuple[int, int] = FACE_SIZE) -> Reel:
    """Render and encode a person once per process (a second or two; call it in a thread)."""
    with _drawing:
        return _drawn_reel(portrait_key, size)


@lru_cache(maxsize=8)
def _drawn_reel(portrait_key: str, size: tuple[int, int]) -> Reel:
    jpeg = np.frombuffer(portraits()[portrait_key].live, np.uint8)
    head = HeadModel(np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8))
    yaws = range(-YAW_LIMIT_DEG, YAW_LIMIT_DEG + 1, YAW_STEP_DEG)
    frames = encode_intra(head.render(float(yaw), size) for yaw in yaws)
    return Reel(dict(zip(yaws, frames, strict=True)))


@dataclass(frozen=True, slots=True)
class CardShot:
    """A specimen card, or another thing, before the camera: the still to upload, if any, and the
    stream beside it."""

    still: bytes = field(repr=False)
    frames: tuple[bytes, ...] = field(repr=False)


def card_shot(person: Person, side: str, seed: int) -> CardShot:
    """The same seed lays the card in the same way; still and stream show one and the same scene.

    About 200 ms of CPU; call it in a thread.
    """
    with _drawing:
        card = draw_front(person) if side == "front" else draw_back(person)
    photo = phone_photo(card, np.random.default_rng(seed), STILL_SIZE)
    done, jpeg = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise ValueError("the still could not be encoded")
    small = cv2.resize(photo, FACE_SIZE, interpolation=cv2.INTER_AREA)
    frames = encode_intra(np.roll(small, shift, axis=1) for shift in range(_CARD_FRAMES))
    return CardShot(jpeg.tobytes(), tuple(frames))


def tilted_card(person: Person, frames_a_second: float) -> CardShot:
    """The front tilted slowly back and forth under a lamp, for a camera of that many frames.

    One round takes about TILT_ROUND_S. About a second of CPU; call it in a thread.
    """
    with _drawing:
        card = draw_front(person)
    seen = encode_intra(tilt_frames(card, np.random.default_rng(1), _TILT_FRAMES))
    each = max(1, round(TILT_ROUND_S * frames_a_second / len(seen)))
    return CardShot(b"", tuple(frame for frame in seen for _ in range(each)))


def router() -> CardShot:
    """A router on a shelf: four lights green, the one for the line red."""
    scene = np.full((*STILL_SIZE[::-1], 3), (196, 208, 214), dtype=np.uint8)
    width, height = STILL_SIZE
    cv2.rectangle(scene, (0, height * 3 // 4), STILL_SIZE, (90, 120, 150), -1)
    cv2.rectangle(
        scene, (width // 8, height // 3), (width * 7 // 8, height * 3 // 4), (40,) * 3, -1
    )
    for at, name in enumerate(("POWER", "PON", "LOS", "LAN", "WIFI")):
        x, y = width // 4 + at * width // 8, height // 2
        colour = (40, 40, 230) if name == "LOS" else (90, 220, 60)
        cv2.circle(scene, (x, y), 22, colour, -1)
        place = (x - 12 * len(name), y + 90)
        cv2.putText(scene, name, place, cv2.FONT_HERSHEY_SIMPLEX, 1.2, (235,) * 3, 2)
    done, jpeg = cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    assert done
    small = cv2.resize(scene, FACE_SIZE, interpolation=cv2.INTER_AREA)
    frames = encode_intra(np.roll(small, shift, axis=1) for shift in range(_CARD_FRAMES))
    return CardShot(jpeg.tobytes(), tuple(frames))


def signature() -> bytes:
    """A name drawn with a finger, as JPEG."""
    paper = np.full((240, 640, 3), 255, dtype=np.uint8)
    points = np.array([(40 + 28 * i, 120 + (60 if i % 2 else -60)) for i in range(20)], np.int32)
    cv2.polylines(paper, [points], isClosed=False, color=(20, 20, 20), thickness=6)
    done, jpeg = cv2.imencode(".jpg", paper)
    assert done
    return bytes(jpeg.tobytes())
