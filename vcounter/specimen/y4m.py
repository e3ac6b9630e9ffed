"""YUV4MPEG2 files, which Chromium takes as a fake camera (`--use-file-for-fake-video-capture`)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from vcounter.adapters.identity.models import Image


def write_y4m(path: str | Path, frames: Iterable[Image], fps: int) -> int:
    """Write BGR frames of one even size as 4:2:0; returns how many were written.

    Frames are taken one by one, so the iterable may be a generator. Raises ValueError for an odd or
    changing size, and for no frame at all.
    """
    count = 0
    size: tuple[int, int] | None = None
    with Path(path).open("wb") as out:
        for frame in frames:
            height, width = frame.shape[:2]
            if size is None:
                if height % 2 or width % 2:
                    raise ValueError("width and height must be even")
                size = (height, width)
                out.write(f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg\n".encode())
            if size != (height, width):
                raise ValueError("all frames must have one size")
            out.write(b"FRAME\n")
            out.write(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420)).tobytes())
            count += 1
    if not count:
        raise ValueError("no frame")
    return count
