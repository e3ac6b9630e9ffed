"""A portrait on a curved head that turns: the simulated customer's live face.

The head is half an ellipsoid with a nose on it, placed by the portrait's five landmarks; a turn
moves each pixel by its depth. So the nose moves against the eyes as a real one does, which a flat
photograph cannot do: the head passes the liveness challenge and a warped photograph fails it. It
is therefore an injection attack by design, and used for demo, practice and tests only.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vcounter.adapters.identity.models import Face, Image, detect

MAX_YAW_DEG = 60.0
TURN_YAW_DEG = 41.0  # a turn that the liveness judge takes for one, for every committed portrait

# In eye distances (an adult: 63 mm). Somewhat deeper than a real head: YuNet follows the shading of
# the nose as much as its outline, and the shading of a photograph does not turn with it.
_HALF_WIDTH, _HALF_HEIGHT, _HALF_DEPTH = 1.0, 1.95, 1.7
_CENTRE_BELOW_EYES = 0.45
_NOSE_HEIGHT, _NOSE_SPREAD, _NOSE_FALL = 0.20, 0.35, 0.35
_FADE = 1.7  # where the shoulders and the wall stand still again, in head radii

Field = NDArray[np.float32]


class NoHead(ValueError):
    """The portrait shows no upright face."""


class HeadModel:
    """One portrait (BGR, upright, frontal) that can be seen from any yaw up to 60 degrees.

    Deterministic. A frame of 640 x 480 costs about 20 ms.
    """

    def __init__(self, image: Image) -> None:
        """Raises NoHead if no face is found."""
        faces = detect(image)
        if not faces:
            raise NoHead("no face in the portrait")
        self._image = image
        self._face = faces[0]

    def render(
        self,
        yaw_deg: float,
        size: tuple[int, int] = (640, 480),
        *,
        shift_px: tuple[float, float] = (0.0, 0.0),
        scale: float = 1.0,
    ) -> Image:
        """The head turned by `yaw_deg`, unmirrored as a camera sees it; `size` = (width, height).

        Positive turns the nose to the image's right, which is the customer's own left. `shift_px`
        and `scale` move the whole picture, as a hand-held phone does.
        """
        yaw = float(np.clip(yaw_deg, -MAX_YAW_DEG, MAX_YAW_DEG))
        placement, face = self._place(size, shift_px, scale)
        frame = np.asarray(
            cv2.warpAffine(
                self._image,
                placement,
                size,
                flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.uint8,
        )
        if abs(yaw) < 0.05:
            return frame
        columns = _turned_columns(face, size, yaw)
        rows = np.repeat(np.arange(size[1], dtype=np.float32)[:, None], size[0], axis=1)
        turned = cv2.remap(frame, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(turned, np.uint8)

    def _place(
        self, size: tuple[int, int], shift_px: tuple[float, float], scale: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Fill the frame, the head near its middle; returns the matrix and the landmarks."""
        height, width = self._image.shape[:2]
        zoom = max(size[0] / width, size[1] / height) * scale
        x, y, w, h = self._face.box
        left = _clamp(size[0] / 2 - zoom * (x + w / 2), size[0] - zoom * width, 0.0)
        top = _clamp(size[1] * 0.47 - zoom * (y + h / 2), size[1] - zoom * height, 0.0)
        matrix = np.array(
            [[zoom, 0.0, left + shift_px[0]], [0.0, zoom, top + shift_px[1]]], np.float64
        )
        return matrix, _landmarks(self._face) @ matrix[:, :2].T + matrix[:, 2]


def _clamp(value: float, low: float, high: float) -> float:
    return (low + high) / 2 if low > high else min(max(value, low), high)


def _landmarks(face: Face) -> NDArray[np.float64]:
    points = (face.left_eye, face.right_eye, face.nose, face.left_mouth, face.right_mouth)
    return np.array(points, np.float64)


def _depth(u: Field, v: Field, nose_v: float) -> tuple[Field, Field]:
    """Height above the plane through the ears, and head radii, both from eye distances."""
    radius2 = (u / _HALF_WIDTH) ** 2 + ((v - _CENTRE_BELOW_EYES) / _HALF_HEIGHT) ** 2
    head = _HALF_DEPTH * np.sqrt(np.clip(1.0 - radius2, 0.0, 1.0))
    along = np.clip(v / max(nose_v, 0.2), 0.0, 1.0)  # from the bridge down to the tip
    below = np.exp(-((np.clip(v - nose_v, 0.0, None) / _NOSE_FALL) ** 2))
    nose = _NOSE_HEIGHT * along * below * np.exp(-((u / _NOSE_SPREAD) ** 2))
    return np.asarray(head + nose, np.float32), np.asarray(np.sqrt(radius2), np.float32)


def _turned_columns(points: NDArray[np.float64], size: tuple[int, int], yaw_deg: float) -> Field:
    """For each pixel of the turned picture, the column of the frontal one that is seen there."""
    eyes = (points[0] + points[1]) / 2
    unit = float(np.hypot(*(points[1] - points[0])))
    middle_x = float((eyes[0] * 2 + points[3][0] + points[4][0]) / 4)
    xs = np.arange(size[0], dtype=np.float32)
    u, v = np.meshgrid((xs - middle_x) / unit, (np.arange(size[1]) - eyes[1]) / unit)
    depth, radius = _depth(
        np.asarray(u, np.float32), np.asarray(v, np.float32), float(points[2][1] - eyes[1]) / unit
    )
    yaw = np.radians(yaw_deg)
    still = np.clip((_FADE - radius) / (_FADE - 1.0), 0.0, 1.0)
    weight = still * still * (3 - 2 * still)
    moved = xs + unit * weight * (u * (np.cos(yaw) - 1.0) + depth * np.sin(yaw))
    columns = np.empty((size[1], size[0]), np.float32)
    for row in range(size[1]):
        columns[row] = _seen(moved[row], xs, rightwards=yaw_deg > 0)
    return columns


def _seen(moved: Field, xs: Field, *, rightwards: bool) -> Field:
    """Invert one row; where surfaces overlap, the one nearer to the camera hides the other."""
    front = np.maximum.accumulate(moved) if rightwards else _from_the_right(moved)
    return np.asarray(np.interp(xs, front, xs), np.float32)


def _from_the_right(moved: Field) -> Field:
    return np.asarray(np.minimum.accumulate(moved[::-1])[::-1], np.float32)
