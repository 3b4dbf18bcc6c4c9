"""The one pixel contract: how activations, diffs and back projections become brightness.

Three steps, the same for all of them:

1. Scale. 0 becomes 0 and ``high`` becomes 1; what lies beyond is as bright as ``high`` itself. ``high`` is the
   WHITE_QUANTILE of the layer's values above 0 (a vector's largest value), so that a few strong cells do not darken
   all others; the plain look of 2015 takes the largest value. It belongs to the whole layer, so that tiles compare;
   "boost individual" b moves a channel's ceiling towards its own peak: high ** (1 - b) * peak ** b. Values below 0
   count as 0 unless ``signed``: then they are scaled by the largest magnitude, to -1..1 around 0.
2. Code. The square root (of the magnitude, keeping the sign) as one byte, or the fourth root where
   the tone will be steep: roots spend the byte's 256 steps where the eye sees them, on small values.
3. Tone. A table of 256 entries turns the code into brightness, value ** exponent. The exponent is the layer's own
   (``natural_exponent``: the median value and the median channel's peak become readable) times "boost gamma"; 1 in
   the plain look. One rising curve serves the whole layer: brighter always means more, and 0 is always darkest.

The colours of a brightness are in core/colours.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

import cv2
import numpy as np

from deepvis.core.state import BackFilter

MID = 128  # the code and the brightness of 0 where the sign matters
WHITE_QUANTILE = 0.995  # of the values above 0 of a layer, and of the strengths of a back projection
READABLE = 0.4  # brightness that the median of the values above 0 is given at least
READABLE_PEAK = 0.6  # the same for the median channel's peak
MIN_EXPONENT = 0.3
MIN_VECTOR_EXPONENT = 0.5  # one value a channel: there is no pattern to make out, the few large ones matter
STEEP = 0.5  # exponents below it need the fourth root's finer steps near black
LEAST_PEAK = 1e-37  # below it 1 / peak is no float32
BLUR_SIGMA = 4.0  # pixels; the original's caffevis_grad_norm_blur_radius
BLOCK = 1 << 15  # values that are coded at a time
SAMPLE = 1 << 14  # values of a layer at most that quantiles are taken of,
ENOUGH = 1 << 10  # unless fewer than these of them lie above 0: then all are
BACK_EXPONENT = 0.7  # back projections are mostly small values: lift them a little
CLEARLY = 1 + 1e-6  # as a factor: more than the rounding of a float32


@dataclass(frozen=True, eq=False)
class Scale:
    """How the values of a layer become brightness: 0 is darkest, ``high`` brightest, value ** exponent between."""

    high: float  # a value, of diffs and other signed values a magnitude; 0 where all is silent
    exponent: float  # without the gamma boost
    signed: bool
    peaks: np.ndarray  # (C,), the largest value (magnitude) of each channel
    fixed: bool = False  # of earlier frames, not of these values

    def ceilings(self, individual: float) -> np.ndarray:
        """(C,) float64: the value that each channel shows brightest; ``high`` for a channel without a peak."""
        high = max(self.high, 0.0)
        own = np.where(self.peaks > LEAST_PEAK, self.peaks, high).astype(np.float64)
        return np.full(len(own), high) if not individual else high ** (1 - individual) * own**individual


@dataclass(frozen=True, eq=False)
class Codes:
    """Bytes that stand for the values of a layer; ``tone`` says what they look like."""

    codes: np.ndarray  # (C, H, W) uint8: the 2 ** roots-th roots of the scaled values
    signed: bool  # MID stands for 0; otherwise 0 does
    exponent: float  # of value -> brightness, gamma boost included
    roots: int
    ceilings: np.ndarray  # (C,), the value (or magnitude) that each channel shows brightest
    clipped: np.ndarray  # (C,) bool, the channel has values beyond it
    fixed: bool = False  # the scale is of earlier frames

    @property
    def nbytes(self) -> int:
        return self.codes.nbytes

    @cached_property
    def tone(self) -> np.ndarray:
        """(256,) uint8: the brightness of each code."""
        return (signed_tone if self.signed else tone)(self.exponent * 2**self.roots)

    @property
    def of_steps(self) -> np.ndarray:
        """(256,) uint8: the codes of values that rise evenly from the dark end to the ceiling."""
        return _codes_of_steps(self.signed, self.roots)

    def channel(self, index: int) -> Codes:
        """One channel alone, (1, H, W), as it looks among the others."""
        one = slice(index, index + 1)
        return replace(self, codes=self.codes[one], ceilings=self.ceilings[one], clipped=self.clipped[one])


@lru_cache(maxsize=4)
def _codes_of_steps(signed: bool, roots: int) -> np.ndarray:
    steps = np.linspace(-1 if signed else 0, 1, 256)
    rooted = np.sign(steps) * np.abs(steps) ** (1 / 2**roots)
    codes: np.ndarray = np.rint(MID + 127 * rooted if signed else 255 * rooted).astype(np.uint8)
    return codes


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Values in 0..1 to 0..255, rounded half up; what lies outside is clipped, NaN becomes 0."""
    scaled = np.nan_to_num(np.asarray(values, np.float32) * 255 + 0.5, nan=0, posinf=255, neginf=0)
    levels: np.ndarray = np.clip(scaled, 0, 255).astype(np.uint8)
    return levels


def unit_scale_of(map_hw: np.ndarray, *, signed: bool = False) -> Scale:
    """The scale of one channel alone, (H, W): up to its largest value (magnitude), its median value readable."""
    values, peaks = _with_peaks(map_hw[None], signed=signed)
    largest = float(peaks.max(initial=0))
    return Scale(largest, _exponent(_sampled(values, signed=signed), peaks, peaks), signed, peaks)


def fixed_scale_of(values_chw: np.ndarray, peaks: np.ndarray, *, signed: bool = False, plain: bool = False) -> Scale:
    """A scale to keep for later frames: up to the largest of ``peaks`` (C,), with the exponent of these values."""
    values, own = _with_peaks(values_chw, signed=signed)
    peaks = np.maximum(peaks, own)
    high = float(peaks.max(initial=0))
    exponent = 1.0 if plain else _exponent(_sampled(values, signed=signed), peaks, np.full(len(peaks), high))
    return Scale(high, exponent, signed, peaks, fixed=True)


def codes_with(
    values_chw: np.ndarray,
    scale: Scale | None = None,
    individual: float = 0.0,
    gamma: float = 1.0,
    *,
    signed: bool = False,
    plain: bool = False,
) -> Codes:
    """Codes of a layer's values (C, H, W) float; NaN looks like 0.

    scale: the values' own if None. plain: the look of 2015, linear from 0 to the largest value.
    individual: 0..1, the share of each channel's own peak in its ceiling. gamma: the boost of that name.
    """
    signed = scale.signed if scale is not None else signed
    values, peaks = _with_peaks(values_chw, signed=signed)
    if scale is None:
        scale = _scale(values, peaks, signed=signed, plain=plain, individual=individual)
    ceilings = scale.ceilings(individual)
    exponent = scale.exponent * gamma
    roots = 1 if exponent >= STEEP else 2

    codes = _in_blocks(values, _factors(ceilings), partial(_signed_roots if signed else _roots, roots=roots))
    return Codes(codes, signed, exponent, roots, ceilings, peaks > ceilings * CLEARLY, scale.fixed)


def activation_codes(
    acts_chw: np.ndarray, individual: float = 0.0, gamma: float = 1.0, *, plain: bool = False
) -> Codes:
    """Codes of a layer's activations (C, H, W) float; values below 0 look like 0, NaN too."""
    return codes_with(acts_chw, None, individual, gamma, plain=plain)


def diff_codes(diffs_chw: np.ndarray, individual: float = 0.0, gamma: float = 1.0, *, plain: bool = False) -> Codes:
    """Codes of a layer's diffs (C, H, W) float around MID; NaN looks like 0."""
    return codes_with(diffs_chw, None, individual, gamma, signed=True, plain=plain)


def natural_exponent(shares: np.ndarray, readable: float, least: float = MIN_EXPONENT) -> float:
    """The exponent that shows the median of these shares of the ceiling (0..1) at ``readable`` brightness or above.

    Zeros do not count. Between ``least`` and 1: never darker than linear.
    """
    active = shares[shares > 0]
    if not len(active):
        return 1.0
    median = min(_median(active), 1.0)
    if median >= readable:
        return 1.0
    return max(math.log(readable) / math.log(median), least)


def tone(exponent: float) -> np.ndarray:
    """(256,) uint8: code ** exponent, both as shares of 255."""
    return to_uint8((np.arange(256) / 255.0) ** exponent)


def signed_tone(exponent: float) -> np.ndarray:
    """(256,) uint8: the same for codes around MID, which stays MID."""
    steps = np.clip((np.arange(256) - MID) / 127.0, -1, 1)
    return (MID + np.rint(127 * np.sign(steps) * np.abs(steps) ** exponent)).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class BackPicture:
    """A back projection as a picture, and what its brightness means."""

    rgb: np.ndarray  # (H, W, 3) uint8
    low: float  # the value at the dark end
    high: float  # the value at the bright end; brightness between is (value / high) ** exponent
    exponent: float
    clipped: bool  # there are values beyond the ends

    @property
    def nbytes(self) -> int:
        return self.rgb.nbytes


def back_picture(diff_chw: np.ndarray, how: BackFilter, exponent: float = BACK_EXPONENT) -> np.ndarray:
    """The back projection at the data blob as a picture, (H, W, 3) uint8, RGB, scaled by its largest value."""
    return scaled_back(diff_chw, how, exponent, plain=True).rgb


def scaled_back(
    diff_chw: np.ndarray, how: BackFilter, exponent: float = BACK_EXPONENT, *, plain: bool = False
) -> BackPicture:
    """The back projection at the data blob as a picture.

    diff_chw: (C, H, W) float in RGB order where C is 3; other counts are shown in gray.
    RAW and GRAY (the mean over colour) lie around mid-grey, 0 exactly MID, scaled by the WHITE_QUANTILE of the
    magnitudes; NORM is the L2 norm over colour from its least to that quantile, NORMBLUR the same after a Gaussian
    blur with sigma 4. plain: up to the largest magnitude. Source: the original's back filters.
    """
    if how in (BackFilter.NORM, BackFilter.NORMBLUR):
        norm = back_strength(diff_chw, blurred=how is BackFilter.NORMBLUR)
        low, largest = float(norm.min()) if norm.size else 0.0, float(norm.max(initial=0))
        high = largest if plain else _white(norm, largest)
        gray = cv2.convertScaleAbs(norm - low, alpha=255.0 / (high - low) if high > low else 0.0)
        return BackPicture(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB), low, high, 1.0, largest > high * CLEARLY)
    diff, peaks = _with_peaks(diff_chw, signed=True)
    if how is not BackFilter.RAW or len(diff) != 3:
        diff, peaks = _with_peaks(diff.mean(axis=0, keepdims=True), signed=True)
    largest = float(peaks.max(initial=0))
    high = largest if plain else _white(np.abs(diff), largest)
    factors = np.full(len(diff), 1 / high if high > LEAST_PEAK else 0, np.float32)
    planes = cv2.LUT(_in_blocks(diff, factors, _signed_roots).reshape(-1, diff.shape[2]), signed_tone(2 * exponent))
    rgb = cv2.merge([planes.reshape(diff.shape)[plane % len(diff)] for plane in range(3)])
    return BackPicture(rgb, -high, high, exponent, largest > high * CLEARLY)


def back_strength(diff_chw: np.ndarray, *, blurred: bool = False) -> np.ndarray:
    """(H, W) float32: the L2 norm over colour of a back projection (C, H, W); NaN and infinities count as 0."""
    diff, _ = _with_peaks(diff_chw, signed=True)
    norm: np.ndarray = np.sqrt(np.einsum("chw,chw->hw", diff, diff))
    return cv2.GaussianBlur(norm, (0, 0), BLUR_SIGMA) if blurred else norm


def strength_codes(strength_hw: np.ndarray) -> Codes:
    """Codes of a back projection's strength (H, W), one channel, from 0 to its WHITE_QUANTILE."""
    values, peaks = _with_peaks(strength_hw[None], signed=False)
    high = _white(values, float(peaks.max(initial=0)))
    return codes_with(values, Scale(high, BACK_EXPONENT, False, peaks))


def _scale(values: np.ndarray, peaks: np.ndarray, *, signed: bool, plain: bool, individual: float) -> Scale:
    largest = float(peaks.max(initial=0))
    if plain:
        return Scale(largest, 1.0, signed, peaks)
    sample = _sampled(values, signed=signed)
    scale = Scale(_quantile(sample.values, largest) if sample.of_maps else largest, 1.0, signed, peaks)
    return replace(scale, exponent=_exponent(sample, peaks, scale.ceilings(individual)))


def _exponent(sample: _Sample, peaks: np.ndarray, ceilings: np.ndarray) -> float:
    """Of the layer's own: the smaller of those that make the median value and the median channel's peak readable."""
    least = MIN_EXPONENT if sample.of_maps else MIN_VECTOR_EXPONENT
    factors = _factors(ceilings)
    of_peaks = natural_exponent(np.minimum(peaks * factors, 1), READABLE_PEAK, least)
    if not sample.of_maps:
        return of_peaks
    return min(of_peaks, natural_exponent(sample.values * factors[sample.channels], READABLE, least))


@dataclass(frozen=True, eq=False)
class _Sample:
    """Some values above 0 of a layer (signed: magnitudes), (n,), and the channel of each. of_maps: not of a vector."""

    values: np.ndarray
    channels: np.ndarray
    of_maps: bool


def _sampled(values: np.ndarray, *, signed: bool) -> _Sample:
    """What lies above 0 of at most SAMPLE values, evenly from all of a layer (C, H, W); of a sparse layer of all.

    The step has no factor in common with a map's size: every place of the maps has its turn.
    """
    flat, size = values.reshape(-1), math.prod(values.shape[1:])
    step = max(-(-flat.size // SAMPLE), 1)
    while math.gcd(step, size) > 1 and step > 1:
        step += 1
    some = np.abs(flat[::step]) if signed else flat[::step]
    positive = np.flatnonzero(some > 0)
    if len(positive) < ENOUGH and step > 1:
        step, some = 1, np.abs(flat) if signed else flat
        positive = np.flatnonzero(some > 0)
    return _Sample(some[positive], positive * step // max(size, 1), size > 1)


def _quantile(sample: np.ndarray, largest: float) -> float:
    """The WHITE_QUANTILE of some values above 0, one of them; ``largest`` where there are none."""
    if not sample.size:
        return largest
    place = min(math.ceil(WHITE_QUANTILE * sample.size), sample.size) - 1
    return float(np.partition(sample, place)[place])


def _median(values: np.ndarray) -> float:
    """As np.median of a vector without NaN, in a third of its time."""
    middle = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, middle)[middle])
    around = np.partition(values, (middle - 1, middle))
    return (float(around[middle - 1]) + float(around[middle])) / 2


def _white(strengths: np.ndarray, largest: float) -> float:
    return _quantile(_sampled(strengths, signed=False).values, largest)


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


def _in_blocks(values: np.ndarray, factors: np.ndarray, code: Callable[..., None]) -> np.ndarray:
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


def _factors(ceilings: np.ndarray) -> np.ndarray:
    """(C,) float32: 1 / ceiling of each channel; 0 where there is nothing to see."""
    silent = ~(np.asarray(ceilings) > LEAST_PEAK)
    return np.where(silent, 0, 1 / np.where(silent, 1, ceilings)).astype(np.float32)


def _roots(values: np.ndarray, factor: float, out: np.ndarray, scratch: np.ndarray, roots: int) -> None:
    """Write the codes of the 2 ** roots-th roots of float32 times ``factor``; what lies outside 0..1 counts as an end.

    scratch: of the shape of ``values``, overwritten; may be ``values``.
    """
    cv2.threshold(values, 0, 0, cv2.THRESH_TOZERO, scratch)  # a quarter of the time of np.maximum
    for _ in range(roots):
        cv2.sqrt(scratch, scratch)
    cv2.convertScaleAbs(scratch, out, alpha=255.0 * factor ** (0.5**roots))


def _signed_roots(values: np.ndarray, factor: float, out: np.ndarray, scratch: np.ndarray, roots: int = 1) -> None:
    """The same for float32 around 0, around MID; what lies beyond -1 or 1 counts as that."""
    scaled = np.multiply(values, np.float32(factor), out=scratch)
    magnitude = np.abs(scaled)
    cv2.threshold(magnitude, 1, 0, cv2.THRESH_TRUNC, magnitude)
    for _ in range(roots):
        cv2.sqrt(magnitude, magnitude)
    np.copysign(magnitude, scaled, out=scaled)
    cv2.convertScaleAbs(scaled, out, alpha=127.0, beta=MID)
