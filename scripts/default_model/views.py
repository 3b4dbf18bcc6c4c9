"""Random views of a photo: where the network looks, as an affine map, and the pixels that it sees there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

FAR = 1.2  # side of a view, in shorter sides of the photo, from which it is one from afar


@dataclass(frozen=True)
class ViewRanges:
    """How far views stray from the centre square of the photo.

    side: least and largest side of the view as a share of the photo's shorter side (uniform in the logarithm).
    afar: probability of a view larger than that, up to afar_side: the photo then lies small on its own border colours.
    aspect, rotation: standard deviation of log(width / height), and of the angle in degrees. flip: probability.
    """

    side: tuple[float, float] = (0.5, 1.2)
    afar: float = 0.12
    afar_side: float = 2.2
    aspect: float = 0.1
    rotation: float = 7.0
    flip: float = 0.5


def random_view(height: int, width: int, ranges: ViewRanges, rng: np.random.Generator) -> np.ndarray:
    """A view of a photo of height x width as (2, 3) float64.

    It maps (x, y, 1) of the view to (x, y) of the photo; both run from -1 at the left (upper) edge to 1 at the
    right (lower) one. A negative determinant means that the view is mirrored.
    """
    sides = (ranges.side[1], ranges.afar_side) if rng.random() < ranges.afar else ranges.side
    side = min(height, width) * np.exp(rng.uniform(*np.log(sides)))
    stretch = np.exp(rng.normal(0, ranges.aspect) / 2)
    half_x, half_y = side * stretch / 2, side / stretch / 2
    angle = np.deg2rad(rng.normal(0, ranges.rotation))
    mirror = -1.0 if rng.random() < ranges.flip else 1.0
    centre_x = rng.uniform(-1, 1) * abs(width / 2 - half_x)
    centre_y = rng.uniform(-1, 1) * abs(height / 2 - half_y)
    cos, sin = np.cos(angle), np.sin(angle)
    pixels = np.array(
        [[cos * half_x * mirror, -sin * half_y, centre_x], [sin * half_x * mirror, cos * half_y, centre_y]]
    )
    return pixels / np.array([[width / 2], [height / 2]])


def centre_view(height: int, width: int) -> np.ndarray:
    """The centre square, as the live window shows a photo to the network."""
    side = min(height, width)
    return np.array([[side / width, 0, 0], [0, side / height, 0]])


def look(rgb: np.ndarray, view: np.ndarray, size: int) -> np.ndarray:
    """The (size, size, 3) uint8 pixels of a view of ``rgb`` (H, W, 3).

    A little beyond the photo its mirror image goes on; in views from afar its border does.
    """
    height, width = rgb.shape[:2]
    to_unit = np.array([[2 / size, 0, 1 / size - 1], [0, 2 / size, 1 / size - 1], [0, 0, 1]])
    from_unit = np.array([[width / 2, 0, (width - 1) / 2], [0, height / 2, (height - 1) / 2]])
    matrix = from_unit @ np.vstack([view, [0, 0, 1]]) @ to_unit
    is_afar = abs(np.linalg.det(from_unit[:, :2] @ view[:, :2])) > (FAR * min(height, width) / 2) ** 2
    border = cv2.BORDER_REPLICATE if is_afar else cv2.BORDER_REFLECT_101
    return cv2.warpAffine(rgb, matrix, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=border)
