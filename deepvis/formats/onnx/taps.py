"""How Resize reads one axis: for each place of the result which places of the input, and how much of each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Taps:
    """places, shares: (result, taps): which places of the axis are read, and how much of each. outside: (result,)
    True where the coordinate lies beyond the input (tf_crop_and_resize)."""

    places: np.ndarray
    shares: np.ndarray
    outside: np.ndarray

    @property
    def count(self) -> int:
        return self.places.shape[1]


@dataclass(frozen=True)
class How:
    """The attributes of Resize."""

    mode: str = "nearest"
    coordinates: str = "half_pixel"
    nearest: str = "round_prefer_floor"
    cubic: float = -0.75
    exclude_outside: bool = False
    antialias: bool = False


def coordinates_of(how: str, size: int, result: int, scale: float, roi: tuple[float, float]) -> np.ndarray:
    """Where each place of the result lies on the input's axis, by coordinate_transformation_mode of ONNX's Resize.

    As ONNX Runtime (upsample_base.h), in float32: 8 / 1.6 is 5 there, below it in float64. ONNX's reference has the
    uncut length size * scale where this has the result's (align_corners, tf_crop_and_resize), PyTorch as here; and it
    crops axes whose scale is 1 too. half_pixel_symmetric is as ONNX's reference (onnx.reference, op_resize.py), in
    float64: where two places are as near, the runtime's choice follows from its own rounding errors.
    """
    if how == "half_pixel_symmetric":
        offset = size / 2 * (1 - result / (scale * size))
        return np.asarray(offset + (np.arange(result) + 0.5) / scale - 0.5)
    one, half = np.float32(1), np.float32(0.5)
    x, by, last = np.arange(result, dtype=np.float32), np.float32(scale), np.float32(size - 1)
    if how == "asymmetric" or scale == 1:
        return x / by
    if how == "align_corners":
        return x * last / np.float32(max(result - 1, 1))
    if how == "tf_crop_and_resize":
        start, end = np.float32(roi[0]), np.float32(roi[1])
        if result == 1:
            return np.full(1, half * (start + end) * last)
        return start * last + x * (end - start) * last / (np.float32(result) - one)
    if how == "pytorch_half_pixel" and result == 1:
        return np.zeros(1, np.float32)
    return (x + half) / by - half


NEAREST: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "round_prefer_floor": lambda x: np.floor(x) + (x - np.floor(x) > 0.5),
    "round_prefer_ceil": lambda x: np.floor(x) + (x - np.floor(x) >= 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


def _cubic(distance: np.ndarray, a: float) -> np.ndarray:
    """Source: Keys 1981."""
    d = np.abs(distance)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))


def taps_of(how: How, size: int, result: int, scale: float, roi: tuple[float, float] = (0.0, 1.0)) -> Taps:
    """Of an axis of ``size`` places that becomes one of ``result``; scale: as the file says, or result / size."""
    x = coordinates_of(how.coordinates, size, result, scale, roi)
    outside = (x < 0) | (x > size - 1) if how.coordinates == "tf_crop_and_resize" else np.zeros(result, bool)
    if how.mode == "nearest":
        places = NEAREST[how.nearest](x.astype(np.float64))
        return Taps(np.clip(places, 0, size - 1).astype(np.int64)[:, None], np.ones((result, 1)), outside)
    reach = 1.0 if how.mode == "linear" else 2.0
    stretch = max(1.0 / scale, 1.0) if how.antialias else 1.0
    first = np.floor(x - reach * stretch).astype(np.int64) + 1
    offsets = np.arange(math.ceil(2 * reach * stretch) + (1 if how.antialias and stretch > 1 else 0))
    places = first[:, None] + offsets
    distance = (places - x[:, None]) / stretch
    shares = np.maximum(1 - np.abs(distance), 0) if how.mode == "linear" else _cubic(distance, how.cubic)
    if how.exclude_outside:
        shares = np.where((places < 0) | (places >= size), 0.0, shares)
    if how.exclude_outside or how.antialias:
        total = shares.sum(1, keepdims=True)
        shares = shares / np.where(total == 0, 1, total)  # 0: beyond the input, where no place is read
    return Taps(np.clip(places, 0, size - 1), shares, outside)
