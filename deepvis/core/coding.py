"""Arrays of values to arrays of bytes, fast: peaks, factors, and roots in blocks that stay in the cache."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

MID = 128  # the code and the brightness of 0 where the sign matters
LEAST_PEAK = 1e-37  # below it 1 / peak is no float32
BLOCK = 1 << 15  # values that are coded at a time


def with_peaks(values_chw: np.ndarray, *, signed: bool) -> tuple[np.ndarray, np.ndarray]:
    """The values as contiguous float32 without NaN and infinities, and each channel's peak, (C,), >= 0.

    signed: the peak is the largest magnitude rather than the largest value.
    """
    values = np.ascontiguousarray(values_chw, dtype=np.float32)
    flat = values.reshape(len(values), math.prod(values.shape[1:]))
    peaks = flat.max(axis=1, initial=0)
    if signed:
        peaks = np.maximum(peaks, -flat.min(axis=1, initial=0))
    if not np.isfinite(peaks).all():
        return with_peaks(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0), signed=signed)
    return values, peaks


def in_blocks(values: np.ndarray, factors: np.ndarray, code: Callable[..., None]) -> np.ndarray:
    """Scale each channel by its factor and code it, a few channels at a time, so that they stay in the cache.

    code(values, factor, out, scratch): ``scratch`` is float32 to write into; all but ``factor`` have one row per
    channel. Factors that differ are multiplied in before, and ``factor`` is 1.
    """
    flat = values.reshape(len(values), math.prod(values.shape[1:]))
    codes = np.empty(flat.shape, np.uint8)
    step = max(BLOCK // max(flat.shape[1], 1), 1)
    scratch = np.empty((step, flat.shape[1]), np.float32)
    is_one = bool(len(factors)) and bool((factors == factors[0]).all())
    for start in range(0, len(flat) if flat.size else 0, step):
        block = flat[start : start + step]
        room = scratch[: len(block)]
        if not is_one:
            block = np.multiply(block, factors[start : start + step, None], out=room)
        code(block, float(factors[0]) if is_one else 1.0, codes[start : start + step], room)
    return codes.reshape(values.shape)


def factors_of(ceilings: np.ndarray) -> np.ndarray:
    """(C,) float32: 1 / ceiling of each channel; 0 where there is nothing to see."""
    silent = ~(np.asarray(ceilings) > LEAST_PEAK)
    return np.where(silent, 0, 1 / np.where(silent, 1, ceilings)).astype(np.float32)


def roots_of(values: np.ndarray, factor: float, out: np.ndarray, scratch: np.ndarray, roots: int) -> None:
    """Write the codes of the 2 ** roots-th roots of float32 times ``factor``; what lies outside 0..1 counts as an end.

    scratch: of the shape of ``values``, overwritten; may be ``values``.
    """
    cv2.threshold(values, 0, 0, cv2.THRESH_TOZERO, scratch)  # a quarter of the time of np.maximum
    for _ in range(roots):
        cv2.sqrt(scratch, scratch)
    cv2.convertScaleAbs(scratch, out, alpha=255.0 * factor ** (0.5**roots))


def signed_roots_of(values: np.ndarray, factor: float, out: np.ndarray, scratch: np.ndarray, roots: int = 1) -> None:
    """The same for float32 around 0, around MID; what lies beyond -1 or 1 counts as that.

    The magnitude is rounded before MID is added, so that opposite values are as far from it.
    """
    scaled = np.multiply(values, np.float32(factor), out=scratch)
    magnitude = np.abs(scaled)
    cv2.threshold(magnitude, 1, 0, cv2.THRESH_TRUNC, magnitude)
    for _ in range(roots):
        cv2.sqrt(magnitude, magnitude)
    np.rint(np.multiply(magnitude, 127, out=magnitude), out=magnitude)
    np.copysign(magnitude, scaled, out=scaled)
    cv2.convertScaleAbs(scaled, out, alpha=1.0, beta=MID)
