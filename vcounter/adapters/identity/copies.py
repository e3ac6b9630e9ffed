"""Signs that a card before the camera is a screen or a copy: warnings for a person, no refusals.

A screen's pixel grid, beaten against the camera's, leaves a few sharp lines in the spectrum that
lie at the same place all over the card; print and noise differ from place to place. A copy in black
and white has one tint, whatever the lamp's colour; a card has several.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vcounter.adapters.identity.models import Image

SCREEN, COPY = "screen", "copy"
MIN_PERIODIC = 1.45  # nepers above the surrounding spectrum
MIN_COLOUR = 1.2  # per cent of chromaticity

_BLOCK_PX, _STEP_PX = 160, 120
_LOW, _HIGH = 0.05, 0.48  # cycles a pixel
_AXIS = 0.02  # rows of print and JPEG's blocks lie on the axes
_NEIGHBOURS = 11
_RIM = 0.06
_SPREAD_PERCENTILE = 97.0
_DARK, _FEWEST = 60.0, 500  # blue, green and red together; pixels

Grey = NDArray[np.float32]


def signs(flat: Image) -> tuple[tuple[str, ...], dict[str, float]]:
    """Codes of what looks wrong on a flat card, `screen` and `copy`, and the measures behind."""
    measures = {"periodic": periodic(flat), "colour": colour(flat)}
    found = []
    if measures["periodic"] >= MIN_PERIODIC:
        found.append(SCREEN)
    if measures["colour"] < MIN_COLOUR:
        found.append(COPY)
    return tuple(found), measures


def colour(flat: Image) -> float:
    """How far colours spread round their median, in per cent of chromaticity, 97th percentile.

    Chromaticity (a channel's share of the light) does not change with the lamp's tint or a shadow.
    """
    height, width = flat.shape[:2]
    rim_x, rim_y = int(width * _RIM), int(height * _RIM)
    soft = cv2.GaussianBlur(flat[rim_y:-rim_y, rim_x:-rim_x], (0, 0), 3)
    pixels = soft[::4, ::4].astype(np.float32).reshape(-1, 3)
    light = pixels.sum(axis=1)
    seen = light >= max(_DARK, 0.25 * float(np.median(light)))
    if seen.sum() < _FEWEST:
        return 0.0
    shares = 100 * pixels[seen] / light[seen, None]
    away = np.linalg.norm(shares - np.median(shares, axis=0), axis=1)
    return float(np.percentile(away, _SPREAD_PERCENTILE))


def periodic(flat: Image) -> float:
    """The sharpest line of the card's mean spectrum over what surrounds it, in nepers."""
    ycc = cv2.cvtColor(flat, cv2.COLOR_BGR2YCrCb).astype(np.float32)
    return max(_sharpest(np.asarray(ycc[:, :, i], np.float32)) for i in range(3))


def _sharpest(channel: Grey) -> float:
    spectrum = _mean_spectrum(channel)
    low, high = float(spectrum.min()), float(spectrum.max())
    scale = 255.0 / max(high - low, 1e-6)
    eight_bit = np.asarray((spectrum - low) * scale, np.uint8)
    ground = cv2.medianBlur(eight_bit, _NEIGHBOURS).astype(np.float32) / scale + low
    return float((spectrum - ground)[_band()].max())


def _mean_spectrum(channel: Grey) -> Grey:
    """Log magnitudes, averaged over blocks: what is not everywhere drowns."""
    fade = np.outer(np.hanning(_BLOCK_PX), np.hanning(_BLOCK_PX)).astype(np.float32)
    height, width = channel.shape
    total = np.zeros((_BLOCK_PX, _BLOCK_PX), np.float32)
    count = 0
    for top in range(0, height - _BLOCK_PX + 1, _STEP_PX):
        for left in range(0, width - _BLOCK_PX + 1, _STEP_PX):
            block = channel[top : top + _BLOCK_PX, left : left + _BLOCK_PX]
            wave = cv2.dft((block - block.mean()) * fade, flags=cv2.DFT_COMPLEX_OUTPUT)
            total += cv2.log(cv2.magnitude(wave[:, :, 0], wave[:, :, 1]) + 1.0)
            count += 1
    return np.asarray(np.fft.fftshift(total / max(count, 1)), np.float32)


def _band() -> NDArray[np.bool_]:
    line = np.fft.fftshift(np.fft.fftfreq(_BLOCK_PX))
    x, y = np.meshgrid(line, line)
    radius = np.hypot(x, y)
    off_axes = (np.abs(x) > _AXIS) & (np.abs(y) > _AXIS)
    return np.asarray((radius > _LOW) & (radius < _HIGH) & off_axes, np.bool_)
