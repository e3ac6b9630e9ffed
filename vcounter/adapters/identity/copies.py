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
MIN_PERIODIC = 2.2  # nepers above the surrounding spectrum
MIN_COLOUR = 4.5  # CIE Lab units

_BLOCK_PX = 160
_LOW, _HIGH = 0.05, 0.48  # cycles a pixel
_AXIS = 0.02  # rows of print and JPEG's blocks lie on the axes
_NEIGHBOURS = 11
_RIM = 0.06
_SPREAD_PERCENTILE = 97.0

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
    """How far the card's colours spread round their median, in Lab: the 97th percentile."""
    height, width = flat.shape[:2]
    rim_x, rim_y = int(width * _RIM), int(height * _RIM)
    soft = cv2.GaussianBlur(flat[rim_y:-rim_y, rim_x:-rim_x], (0, 0), 3)
    lab = cv2.cvtColor(soft, cv2.COLOR_BGR2LAB)[::4, ::4, 1:].astype(np.float32).reshape(-1, 2)
    away = np.linalg.norm(lab - np.median(lab, axis=0), axis=1)
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
    total = np.zeros((_BLOCK_PX, _BLOCK_PX), np.float64)
    count = 0
    for top in range(0, height - _BLOCK_PX + 1, _BLOCK_PX // 2):
        for left in range(0, width - _BLOCK_PX + 1, _BLOCK_PX // 2):
            block = channel[top : top + _BLOCK_PX, left : left + _BLOCK_PX]
            wave = np.fft.fft2((block - block.mean()) * fade)
            total += np.log(np.abs(wave) + 1.0)
            count += 1
    return np.asarray(np.fft.fftshift(total / max(count, 1)), np.float32)


def _band() -> NDArray[np.bool_]:
    line = np.fft.fftshift(np.fft.fftfreq(_BLOCK_PX))
    x, y = np.meshgrid(line, line)
    radius = np.hypot(x, y)
    off_axes = (np.abs(x) > _AXIS) & (np.abs(y) > _AXIS)
    return np.asarray((radius > _LOW) & (radius < _HIGH) & off_axes, np.bool_)
