"""Specimen cards as cameras see them: turned, blurred, in bad light, through video, on a screen.

Each condition takes the flat card and a generator and gives a picture; the same generator state
gives the same picture. For tests and evaluation only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from vcounter.adapters.identity.models import Image
from vcounter.specimen.card import phone_photo

PHOTO, HD, VGA = (1600, 1200), (1280, 720), (640, 480)
_VIDEO_FRAMES = 5

Pixels = NDArray[np.float32]


def clean(card: Image, rng: np.random.Generator) -> Image:
    """A still by a steady hand on any ground."""
    return _still(card, rng)


def turned(card: Image, rng: np.random.Generator) -> Image:
    """Lying askew, up to 25 degrees."""
    return _still(card, rng, share=0.6, tilt=4.0)


def quarter(card: Image, rng: np.random.Generator) -> Image:
    """Held upright while the picture lies: a quarter to either side."""
    return np.ascontiguousarray(np.rot90(_still(card, rng), int(rng.choice([1, 3]))))


def half(card: Image, rng: np.random.Generator) -> Image:
    """Upside down."""
    return np.ascontiguousarray(np.rot90(_still(card, rng), 2))


def perspective(card: Image, rng: np.random.Generator) -> Image:
    """Seen from the side: one edge up to a fifth shorter than the other."""
    picture = _still(card, rng, share=0.66)
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    share = float(rng.uniform(0.06, 0.11))
    edge = int(rng.integers(4))
    moved = corners.copy()
    first, second = edge, (edge + 1) % 4
    along = corners[second] - corners[first]
    moved[first] += share * along
    moved[second] -= share * along
    return _warped(picture, corners, moved)


def blur(card: Image, rng: np.random.Generator) -> Image:
    """Out of focus by 1.2 to 2.2 pixels at 1600."""
    sigma = float(rng.uniform(1.2, 2.2))
    return np.asarray(cv2.GaussianBlur(_still(card, rng), (0, 0), sigma), np.uint8)


def motion(card: Image, rng: np.random.Generator) -> Image:
    """Moved by 4 to 8 pixels while the shutter was open."""
    length = int(rng.integers(4, 9))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1.0 / length
    turn = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), rng.uniform(0, 180), 1.0)
    kernel = cv2.warpAffine(kernel, turn, (length, length)).astype(np.float32)
    return np.asarray(cv2.filter2D(_still(card, rng), -1, kernel / kernel.sum()), np.uint8)


def glare(card: Image, rng: np.random.Generator) -> Image:
    """A lamp's reflection somewhere on the card, washing out without wiping out."""
    picture = _still(card, rng)
    height, width = picture.shape[:2]
    spot = np.zeros((height, width), np.float32)
    centre = (int(width * rng.uniform(0.25, 0.75)), int(height * rng.uniform(0.35, 0.65)))
    axes = (int(width * rng.uniform(0.05, 0.12)), int(width * rng.uniform(0.02, 0.05)))
    cv2.ellipse(spot, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    light = cv2.GaussianBlur(spot, (0, 0), width * 0.02) * float(rng.uniform(80, 150))
    return _bytes(picture + light[:, :, None])


def low_light(card: Image, rng: np.random.Generator) -> Image:
    """A dim warm room: a third of the light, and the sensor's noise."""
    picture = _still(card, rng).astype(np.float32) * float(rng.uniform(0.27, 0.42))
    picture *= np.array([0.82, 0.95, 1.05], np.float32)
    return _bytes(picture + rng.normal(0, rng.uniform(3.0, 7.0), picture.shape))


def video_hd(card: Image, rng: np.random.Generator) -> Image:
    """A frame of 1280 x 720 video."""
    return _through_video(card, rng, HD, 1_800_000, 0.72)


def video_vga(card: Image, rng: np.random.Generator) -> Image:
    """A frame of 640 x 480 video with the card as large as it goes."""
    return _through_video(card, rng, VGA, 1_000_000, 0.88)


def video_vga_low(card: Image, rng: np.random.Generator) -> Image:
    """The same on a thin line."""
    return _through_video(card, rng, VGA, 350_000, 0.88)


def screen(card: Image, rng: np.random.Generator) -> Image:
    """Shown on a display and photographed: coloured bars under the camera's own grid."""
    shown = cv2.resize(card, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA)
    bars = np.repeat(np.repeat(shown, 3, axis=0), 3, axis=1).astype(np.float32)
    mask = np.full((3, 3, 3), 0.2, np.float32)
    for channel in range(3):
        mask[:2, 2 - channel, channel] = 3.2
    bars *= np.tile(mask, (shown.shape[0], shown.shape[1], 1))
    page = np.full((bars.shape[0] + 600, bars.shape[1] + 600, 3), 12.0, np.float32)
    page[300:-300, 300:-300] = bars
    return _photographed(page, rng)


def copy(card: Image, rng: np.random.Generator) -> Image:
    """A copy in black and white on a cut-out sheet, under a warm or a cold lamp."""
    grey = cv2.cvtColor(card, cv2.COLOR_BGR2GRAY).astype(np.float32)
    toner = np.clip((grey - 128) * 1.25 + 140 + rng.normal(0, 5, grey.shape), 15, 245)
    tint = np.array([rng.uniform(0.85, 1.0), 0.97, rng.uniform(0.9, 1.0)], np.float32)
    return _still(_bytes(toner[:, :, None] * tint), rng)


CONDITIONS: Mapping[str, Callable[[Image, np.random.Generator], Image]] = {
    "clean": clean,
    "phone720": video_hd,
    "vga": video_vga,
    "vga_low": video_vga_low,
    "rot": turned,
    "rot90": quarter,
    "rot180": half,
    "persp": perspective,
    "blur": blur,
    "motion": motion,
    "glare": glare,
    "lowlight": low_light,
    "screen": screen,
    "copy": copy,
}


def tilt_frames(
    card: Image, rng: np.random.Generator, count: int = 8, *, glossy: bool = True
) -> list[Image]:
    """VGA frames of a card tilted back and forth under a lamp; only laminate shows the lamp."""
    height, width = card.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    ground = _ground(rng, VGA)
    frames = []
    for step in range(count):
        angle = 0.11 * np.sin(2 * np.pi * step / count)
        lit = card.astype(np.float32) * float(0.92 + 0.4 * angle)
        if glossy:
            lit = lit + _lamp(width, height, 0.5 + 4.0 * angle)
        share = 0.72 + float(rng.normal(0, 0.004))
        half_w, half_h = VGA[0] * share / 2, VGA[0] * share / 2 * height / width
        near, far = 1 + angle, 1 - angle
        seen = np.array(
            [
                [-half_w * far, -half_h],
                [half_w * far, -half_h],
                [half_w * near, half_h],
                [-half_w * near, half_h],
            ],
            np.float32,
        ) + np.array([VGA[0] / 2 + rng.normal(0, 2), VGA[1] / 2 + rng.normal(0, 2)], np.float32)
        matrix = cv2.getPerspectiveTransform(corners, seen)
        laid = cv2.warpPerspective(lit, matrix, VGA, flags=cv2.INTER_AREA)
        shape = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, VGA)[:, :, None]
        frames.append(_bytes(ground * (1 - shape) + laid * shape + rng.normal(0, 2, laid.shape)))
    return frames


def _lamp(width: int, height: int, place: float) -> Pixels:
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    spot = np.exp(-(((x - place) / 0.09) ** 2) - ((y - 0.45) / 0.22) ** 2)
    return np.asarray(150 * spot[:, :, None], np.float32)


def _still(
    card: Image, rng: np.random.Generator, *, share: float = 0.72, tilt: float = 1.0
) -> Image:
    return phone_photo(card, rng, PHOTO, share=share, tilt=tilt, ground=_ground(rng, PHOTO))


def _ground(rng: np.random.Generator, size: tuple[int, int]) -> Pixels:
    """A dark or middling table, cloth or checks, in any colour."""
    width, height = size
    colour = rng.uniform(25, 165, 3).astype(np.float32)
    field = np.full((height, width), 0.0, np.float32)
    kind = int(rng.integers(4))
    if kind == 1:
        step = int(width * rng.uniform(0.02, 0.06))
        checks = np.add.outer(np.arange(height) // step, np.arange(width) // step) % 2
        field = checks.astype(np.float32) * 18
    elif kind == 2:
        grain = rng.normal(0, 10, (max(2, height // 6), 16)).astype(np.float32)
        field = cv2.resize(grain, size, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    elif kind == 3:
        field = rng.normal(0, 7, (height, width)).astype(np.float32)
    fall = np.linspace(0.88, 1.08, width, dtype=np.float32)[None, :, None]
    return np.asarray((colour + field[:, :, None]) * fall, np.float32)


def _through_video(
    card: Image, rng: np.random.Generator, size: tuple[int, int], bit_rate: int, share: float
) -> Image:
    """The last of some frames of VP8, encoded and decoded as a call does."""
    reach = min(share, 0.9 * size[1] / size[0] * card.shape[1] / card.shape[0])
    ground = _ground(rng, size)
    seed = int(rng.integers(2**31))
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.bit_rate = bit_rate
    encoder.framerate = Fraction(15)
    encoder.time_base = Fraction(1, 15)
    encoder.thread_count = 1
    encoder.options = {"deadline": "realtime", "cpu-used": "4", "lag-in-frames": "0"}
    packets = []
    for step in range(_VIDEO_FRAMES):
        still = phone_photo(card, np.random.default_rng(seed), size, share=reach, ground=ground)
        frame = _bytes(still + rng.normal(0, 2, still.shape))
        picture = av.VideoFrame.from_ndarray(frame, format="bgr24").reformat(format="yuv420p")
        picture.pts = step
        packets.extend(encoder.encode(picture))
    packets.extend(encoder.encode(None))
    decoder = av.CodecContext.create("vp8", "r")
    pictures = [p for packet in [*packets, None] for p in decoder.decode(packet)]
    return np.ascontiguousarray(pictures[-1].to_ndarray(format="bgr24"))


def _photographed(page: Pixels, rng: np.random.Generator) -> Image:
    """A camera's view of a fine page: each pixel gathers light from its own square only."""
    fine = 2
    size = (PHOTO[0] * fine, PHOTO[1] * fine)
    height, width = page.shape[:2]
    half = 0.5 * size[0] * 0.9
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    upper = np.array([[-half, -half * height / width], [half, -half * height / width]])
    seen = np.concatenate([upper, -upper]) * (1 + rng.uniform(-0.03, 0.03, (4, 1)))
    angle = np.radians(rng.uniform(-6, 6))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    seen = seen @ turn.T + np.array(size) / 2
    matrix = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    laid = cv2.warpPerspective(page, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(9, 9, 9))
    soft = cv2.GaussianBlur(laid, (0, 0), float(rng.uniform(0.7, 1.3)))
    small = cv2.resize(soft, PHOTO, interpolation=cv2.INTER_AREA)
    return _bytes(small + rng.normal(0, 2, small.shape))


def _warped(picture: Image, corners: Pixels, moved: Pixels) -> Image:
    matrix = cv2.getPerspectiveTransform(corners, moved)
    return np.asarray(
        cv2.warpPerspective(
            picture,
            matrix,
            (picture.shape[1], picture.shape[0]),
            flags=cv2.INTER_AREA,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )


def _bytes(picture: NDArray[np.floating] | NDArray[np.integer]) -> Image:
    return np.asarray(np.clip(picture, 0, 255), np.uint8)
