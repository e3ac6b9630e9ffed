"""One encoded intra frame to pixels: the only place where a customer's video is decoded."""

from __future__ import annotations

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from vcounter.adapters.identity.models import Image
from vcounter.services.ports import Keyframe

MAX_FRAME_BYTES = 4 * 1024 * 1024
MAX_FRAME_PIXELS = 4096 * 2304
_DECODERS = {"VP8": "vp8", "H264": "h264"}


class KeyframeUnreadable(ValueError):
    """The bytes are no whole intra frame of the named codec, or a frame larger than allowed."""


def decode_keyframe(frame: Keyframe) -> Image:
    """Decode to BGR with a decoder of its own, thrown away at once. Raises KeyframeUnreadable.

    The size is refused before any plane is allocated (`max_pixels`).
    """
    if not frame.data or len(frame.data) > MAX_FRAME_BYTES:
        raise KeyframeUnreadable(f"{len(frame.data)} bytes")
    if frame.codec not in _DECODERS:
        raise KeyframeUnreadable(f"codec {frame.codec}")
    decoder = av.CodecContext.create(_DECODERS[frame.codec], "r")
    if not isinstance(decoder, VideoCodecContext):
        raise KeyframeUnreadable("not a video codec")
    decoder.options = {"max_pixels": str(MAX_FRAME_PIXELS), "threads": "1"}
    try:
        pictures = [*decoder.decode(av.Packet(frame.data)), *decoder.decode(None)]
    except av.FFmpegError as error:
        raise KeyframeUnreadable(str(error)) from error
    if not pictures:
        raise KeyframeUnreadable("no picture came out")
    return np.ascontiguousarray(pictures[0].to_ndarray(format="bgr24"))
