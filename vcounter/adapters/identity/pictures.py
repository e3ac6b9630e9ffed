"""Opening what a browser uploaded, without trusting it, and writing it again without metadata."""

from __future__ import annotations

import io
import warnings

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from vcounter.adapters.identity.models import Image
from vcounter.adapters.identity.reasons import Reason
from vcounter.domain.errors import ImageUnusable
from vcounter.services.ports import Picture

MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 64_000_000
WORK_SIDE_PX = 2400

_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_FORMATS = ("JPEG", "PNG", "WEBP")  # Pillow opens a phone's MPO as the JPEG that it is


def check_upload(data: bytes) -> None:
    """Refuse by length and first bytes alone; cheap enough for the event loop.

    Raises ImageUnusable with reason empty, too_large or not_a_picture.
    """
    if not data:
        raise ImageUnusable(reason=Reason.EMPTY.value)
    if len(data) > MAX_BYTES:
        raise ImageUnusable(reason=Reason.TOO_LARGE.value)
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    if not (webp or data.startswith(_MAGIC)):
        raise ImageUnusable(reason=Reason.NOT_A_PICTURE.value)


def open_upload(data: bytes, *, side_px: int = WORK_SIDE_PX) -> Image:
    """Decode a JPEG, PNG or WebP to upright BGR of at most `side_px`, first frame only.

    Its header is read and its pixel count refused before a single pixel is decoded, so a 25k x 25k
    PNG costs nothing. Raises ImageUnusable.
    """
    check_upload(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        try:
            with Pillow.open(io.BytesIO(data), formats=_FORMATS) as picture:
                return _decode(picture, side_px)
        except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
            raise ImageUnusable(reason=Reason.TOO_LARGE.value) from error
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
            raise ImageUnusable(reason=Reason.NOT_A_PICTURE.value) from error


def _decode(picture: Pillow.Image, side_px: int) -> Image:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise ImageUnusable(reason=Reason.TOO_LARGE.value)
    if min(width, height) < 16:
        raise ImageUnusable(reason=Reason.TOO_SMALL.value)
    if picture.format in ("JPEG", "MPO"):
        picture.draft("RGB", (side_px, side_px))  # decode at 1/2, 1/4 or 1/8 when that is enough
    upright = ImageOps.exif_transpose(picture)
    rgb = _flat(upright)
    rgb.thumbnail((side_px, side_px), Pillow.Resampling.LANCZOS)
    return np.ascontiguousarray(np.asarray(rgb, np.uint8)[:, :, ::-1])


def _flat(picture: Pillow.Image) -> Pillow.Image:
    """RGB on white; transparency must not hide what a person would see."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        ground = Pillow.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Pillow.alpha_composite(ground, rgba).convert("RGB")
    return picture.convert("RGB")


def encode_jpeg(image: Image, quality: int = 90) -> bytes:
    """A fresh baseline JPEG: pixels only, no metadata of any kind."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("the picture could not be encoded")
    return bytes(data.tobytes())


def rewrite_upload(data: bytes) -> Picture:
    """The picture alone: upright, of at most WORK_SIDE_PX, without place, time or device.

    Raises ImageUnusable.
    """
    image = open_upload(data)
    height, width = image.shape[:2]
    return Picture(encode_jpeg(image), width, height)
