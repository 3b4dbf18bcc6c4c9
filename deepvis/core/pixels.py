"""The one pixel contract: how activations, diffs and back projections become brightness.

Three steps, the same for all of them:

1. Scale. Activations: 0 and below become 0, the ceiling becomes 1. Diffs: divided by the largest
   magnitude, so that they lie in -1..1 around 0. The ceiling belongs to the whole layer, so that
   tiles compare; "boost individual" b moves it towards the channel's own:
   layer_peak ** (1 - b) * channel_peak ** b.
2. Code. The square root (of the magnitude, keeping the sign) as one byte, or the fourth root where
   the tone will be steep: roots spend the byte's 256 steps where the eye sees them, on small values.
3. Tone. A table of 256 entries turns the code into brightness, value ** exponent. The exponent is
   the layer's own (``natural_exponent``: the median channel's peak becomes readable, whatever the
   outliers) times "boost gamma". One rising curve serves the whole layer: black is 0, white is
   the largest value, and brighter always means more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from deepvis.core.state import BackFilter

MID = 128  # the code and the brightness of 0 where the sign matters
READABLE = 0.55  # brightness that the median channel's peak is given
MIN_EXPONENT = 0.3
MIN_VECTOR_EXPONENT = 0.5  # one value a channel: there is no pattern to make out, the few large ones matter
STEEP = 0.5  # exponents below it need the fourth root's finer steps near black
LEAST_PEAK = 1e-37  # below it 1 / peak is no float32
BLUR_SIGMA = 4.0  # pixels; the original's caffevis_grad_norm_blur_radius
BLOCK = 1 << 16  # values that are coded at a time
BACK_EXPONENT = 0.7  # back projections are mostly small values: lift them a little


@dataclass(frozen=True, eq=False)
class Codes:
    """Bytes that stand for the values of a layer; ``tone`` says what they look like.

    codes: (C, H, W) uint8: the 2 ** roots-th roots of the scaled values. signed: MID stands for 0;
    otherwise 0 does. exponent: of value -> brightness. peak: the value (or magnitude) that the whole
    layer is scaled by, before any individual boost. ceilings: (C,), what each channel is scaled by.
    """

    codes: np.ndarray
    signed: bool
    exponent: float
    roots: int
    peak: float
    ceilings: np.ndarray = field(default_factory=lambda: np.empty(0))

    @property
    def nbytes(self) -> int:
        return self.codes.nbytes

    @property
    def tone(self) -> np.ndarray:
        """(256,) uint8: the brightness of each code."""
        return (signed_tone if self.signed else tone)(self.exponent * 2**self.roots)

    def of(self, scaled: np.ndarray) -> np.ndarray:
        """The codes of values that are scaled already, to 0..1 or -1..1."""
        rooted = np.sign(scaled) * np.abs(scaled) ** (1 / 2**self.roots)
        return np.rint(MID + 127 * rooted if self.signed else 255 * rooted).astype(np.uint8)

    def channel(self, index: int) -> Codes:
        """One channel alone, (1, H, W), with the layer's tone; its peak is what this channel is scaled by."""
        ceilings = self.ceilings[index : index + 1]
        return replace(self, codes=self.codes[index : index + 1], peak=float(ceilings[0]), ceilings=ceilings)


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Values in 0..1 to 0..255, rounded half up; what lies outside is clipped, NaN becomes 0."""
    scaled = np.nan_to_num(np.asarray(values, np.float32) * 255 + 0.5, nan=0, posinf=255, neginf=0)
    return np.clip(scaled, 0, 255).astype(np.uint8)


def activation_codes(acts_chw: np.ndarray, individual: float = 0.0, gamma: float = 1.0) -> Codes:
    """Codes of a layer's activations (C, H, W) float; values below 0 look like 0, NaN too.

    individual: 0..1, the share of each channel's own peak in its ceiling. gamma: the boost of that name.
    """
    return _codes(acts_chw, individual, gamma, signed=False)


def diff_codes(diffs_chw: np.ndarray, individual: float = 0.0, gamma: float = 1.0) -> Codes:
    """Codes of a layer's diffs (C, H, W) float around MID; NaN looks like 0."""
    return _codes(diffs_chw, individual, gamma, signed=True)


def natural_exponent(peaks: np.ndarray, least: float = MIN_EXPONENT) -> float:
    """The exponent that shows the median of the channels' peaks (0..1) at READABLE brightness.

    Channels that are silent do not count. Between ``least`` and 1: never darker than linear.
    """
    active = peaks[peaks > 0]
    if not len(active):
        return 1.0
    median = min(float(np.median(active)), 1.0)
    if median >= READABLE:
        return 1.0
    return max(math.log(READABLE) / math.log(median), least)


def tone(exponent: float) -> np.ndarray:
    """(256,) uint8: code ** exponent, both as shares of 255."""
    return to_uint8((np.arange(256) / 255.0) ** exponent)


def signed_tone(exponent: float) -> np.ndarray:
    """(256,) uint8: the same for codes around MID, which stays MID."""
    steps = np.clip((np.arange(256) - MID) / 127.0, -1, 1)
    return (MID + np.rint(127 * np.sign(steps) * np.abs(steps) ** exponent)).astype(np.uint8)


def back_picture(diff_chw: np.ndarray, how: BackFilter, exponent: float = BACK_EXPONENT) -> np.ndarray:
    """The back projection at the data blob as a picture, (H, W, 3) uint8, RGB.

    diff_chw: (C, H, W) float in RGB order where C is 3; other counts are shown in gray.
    RAW and GRAY (the mean over colour) lie around mid-grey, 0 exactly MID, scaled by the largest
    magnitude; NORM is the L2 norm over colour scaled to its own range, NORMBLUR the same after a
    Gaussian blur with sigma 4. Source: the original's back filters.
    """
    diff, peaks = _with_peaks(diff_chw, signed=True)
    if how in (BackFilter.NORM, BackFilter.NORMBLUR):
        norm = np.sqrt(np.einsum("chw,chw->hw", diff, diff))
        if how is BackFilter.NORMBLUR:
            norm = cv2.GaussianBlur(norm, (0, 0), BLUR_SIGMA)
        low, high = float(norm.min()), float(norm.max())
        gray = cv2.convertScaleAbs(norm - low, alpha=255.0 / (high - low) if high > low else 0.0)
        return cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)
    if how is BackFilter.RAW and len(diff) == 3:
        peak = float(peaks.max(initial=0))
    else:
        diff = diff.mean(axis=0, keepdims=True)
        peak = float(np.abs(diff).max(initial=0))
    factors = np.full(len(diff), 1 / peak if peak > LEAST_PEAK else 0, np.float32)
    planes = cv2.LUT(_in_blocks(diff, factors, _signed_roots).reshape(-1, diff.shape[2]), signed_tone(2 * exponent))
    return cv2.merge([planes.reshape(diff.shape)[plane % len(diff)] for plane in range(3)])


def _codes(values_chw: np.ndarray, individual: float, gamma: float, *, signed: bool) -> Codes:
    values, peaks = _with_peaks(values_chw, signed=signed)
    ceilings = _ceilings(peaks, individual)
    factors = _factors(ceilings)
    least = MIN_EXPONENT if math.prod(values.shape[1:]) > 1 else MIN_VECTOR_EXPONENT
    exponent = natural_exponent(peaks * factors, least) * gamma
    roots = 1 if exponent >= STEEP else 2

    def code(scaled: np.ndarray, out: np.ndarray) -> None:
        (_signed_roots if signed else _roots)(scaled, out, roots)

    return Codes(_in_blocks(values, factors, code), signed, exponent, roots, float(peaks.max(initial=0)), ceilings)


def _with_peaks(values_chw: np.ndarray, *, signed: bool) -> tuple[np.ndarray, np.ndarray]:
    """The values as contiguous float32 without NaN and infinities, and each channel's peak, (C,), >= 0.

    signed: the peak is the largest magnitude rather than the largest value.
    """
    values = np.ascontiguousarray(values_chw, dtype=np.float32)
    flat = values.reshape(len(values), math.prod(values.shape[1:]))
    peaks = flat.max(axis=1, initial=0)
    if signed:
        peaks = np.maximum(peaks, -flat.min(axis=1, initial=0))
    if not np.isfinite(peaks).all():
        return _with_peaks(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0), signed=signed)
    return values, peaks


def _in_blocks(values: np.ndarray, factors: np.ndarray, code: Callable[[np.ndarray, np.ndarray], None]) -> np.ndarray:
    """Scale each channel by its factor and code it, a few channels at a time, so that they stay in the cache.

    code(scaled, out): may overwrite ``scaled``; both have one row per channel.
    """
    flat = values.reshape(len(values), math.prod(values.shape[1:]))
    codes = np.empty(flat.shape, np.uint8)
    step = max(BLOCK // max(flat.shape[1], 1), 1)
    scratch = np.empty((step, flat.shape[1]), np.float32)
    for start in range(0, len(flat) if flat.size else 0, step):
        block = flat[start : start + step]
        scaled = np.multiply(block, factors[start : start + step, None], out=scratch[: len(block)])
        code(scaled, codes[start : start + step])
    return codes.reshape(values.shape)


def _ceilings(peaks: np.ndarray, individual: float) -> np.ndarray:
    """(C,) float64: what becomes 1 in each channel."""
    top, own = float(peaks.max(initial=0)), peaks.astype(np.float64)
    return np.asarray(top ** (1 - individual) * own**individual if top > 0 else own)


def _factors(ceilings: np.ndarray) -> np.ndarray:
    """(C,) float32: 1 / ceiling of each channel; 0 for a channel that has no peak."""
    silent = ~(ceilings > LEAST_PEAK)
    return np.where(silent, 0, 1 / np.where(silent, 1, ceilings)).astype(np.float32)


def _roots(values: np.ndarray, out: np.ndarray, roots: int) -> None:
    """Write the codes of the 2 ** roots-th roots of float32 in 0..1; below 0 counts as 0. Overwrites ``values``."""
    np.maximum(values, 0, out=values)
    for _ in range(roots):
        cv2.sqrt(values, values)
    cv2.convertScaleAbs(values, out, alpha=255.0)


def _signed_roots(values: np.ndarray, out: np.ndarray, roots: int = 1) -> None:
    """The same for float32 in -1..1, around MID."""
    magnitude = np.abs(values)
    for _ in range(roots):
        cv2.sqrt(magnitude, magnitude)
    np.copysign(magnitude, values, out=values)
    cv2.convertScaleAbs(values, out, alpha=127.0, beta=MID)
