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

The colours of a brightness are in core/colours.py, pictures of back projections in core/back_pictures.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

import numpy as np

from deepvis.core.coding import LEAST_PEAK, MID, factors_of, in_blocks, roots_of, signed_roots_of, with_peaks
from deepvis.core.samples import Sample, median_of, quantile, sampled

READABLE = 0.4  # brightness that the median of the values above 0 is given at least
READABLE_PEAK = 0.6  # the same for the median channel's peak
MIN_EXPONENT = 0.3
MIN_VECTOR_EXPONENT = 0.5  # one value a channel: there is no pattern to make out, the few large ones matter
STEEP = 0.5  # exponents below it need the fourth root's finer steps near black
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
    values, peaks = with_peaks(map_hw[None], signed=signed)
    largest = float(peaks.max(initial=0))
    return Scale(largest, _exponent(sampled(values, signed=signed), peaks, peaks), signed, peaks)


def fixed_scale_of(values_chw: np.ndarray, peaks: np.ndarray, *, signed: bool = False, plain: bool = False) -> Scale:
    """A scale to keep for later frames: up to the largest of ``peaks`` (C,), with the exponent of these values."""
    values, own = with_peaks(values_chw, signed=signed)
    peaks = np.maximum(peaks, own)
    high = float(peaks.max(initial=0))
    exponent = 1.0 if plain else _exponent(sampled(values, signed=signed), peaks, np.full(len(peaks), high))
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
    values, peaks = with_peaks(values_chw, signed=signed)
    if scale is None:
        scale = _scale(values, peaks, signed=signed, plain=plain, individual=individual)
    ceilings = scale.ceilings(individual)
    exponent = scale.exponent * gamma
    roots = 1 if exponent >= STEEP else 2

    codes = in_blocks(values, factors_of(ceilings), partial(signed_roots_of if signed else roots_of, roots=roots))
    return Codes(codes, signed, exponent, roots, ceilings, peaks > ceilings * CLEARLY, scale.fixed)


def activation_codes(
    acts_chw: np.ndarray, individual: float = 0.0, gamma: float = 1.0, *, plain: bool = False
) -> Codes:
    """Codes of a layer's activations (C, H, W) float; values below 0 look like 0, NaN too."""
    return codes_with(acts_chw, None, individual, gamma, plain=plain)


def natural_exponent(shares: np.ndarray, readable: float, least: float = MIN_EXPONENT) -> float:
    """The exponent that shows the median of these shares of the ceiling (0..1) at ``readable`` brightness or above.

    Zeros do not count. Between ``least`` and 1: never darker than linear.
    """
    active = shares[shares > 0]
    if not len(active):
        return 1.0
    median = min(median_of(active), 1.0)
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


def _scale(values: np.ndarray, peaks: np.ndarray, *, signed: bool, plain: bool, individual: float) -> Scale:
    largest = float(peaks.max(initial=0))
    if plain:
        return Scale(largest, 1.0, signed, peaks)
    sample = sampled(values, signed=signed)
    scale = Scale(quantile(sample.values, largest) if sample.of_maps else largest, 1.0, signed, peaks)
    return replace(scale, exponent=_exponent(sample, peaks, scale.ceilings(individual)))


def _exponent(sample: Sample, peaks: np.ndarray, ceilings: np.ndarray) -> float:
    """Of the layer's own: the smaller of those that make the median value and the median channel's peak readable."""
    least = MIN_EXPONENT if sample.of_maps else MIN_VECTOR_EXPONENT
    factors = factors_of(ceilings)
    of_peaks = natural_exponent(np.minimum(peaks * factors, 1), READABLE_PEAK, least)
    if not sample.of_maps:
        return of_peaks
    return min(of_peaks, natural_exponent(sample.values * factors[sample.channels], READABLE, least))
