"""Back projections at the data blob as pictures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from deepvis.core.coding import LEAST_PEAK, in_blocks, signed_roots_of, with_peaks
from deepvis.core.pixels import CLEARLY, Codes, Scale, codes_with, signed_tone
from deepvis.core.samples import white_of
from deepvis.core.state import BackFilter

BLUR_SIGMA = 4.0  # pixels; the original's caffevis_grad_norm_blur_radius
BACK_EXPONENT = 0.7  # back projections are mostly small values: lift them a little


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
        high = largest if plain else white_of(norm, largest)
        gray = cv2.convertScaleAbs(norm - low, alpha=255.0 / (high - low) if high > low else 0.0)
        return BackPicture(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB), low, high, 1.0, largest > high * CLEARLY)
    diff, peaks = with_peaks(diff_chw, signed=True)
    if how is not BackFilter.RAW or len(diff) != 3:
        diff, peaks = with_peaks(diff.mean(axis=0, keepdims=True), signed=True)
    largest = float(peaks.max(initial=0))
    high = largest if plain else white_of(np.abs(diff), largest)
    factors = np.full(len(diff), 1 / high if high > LEAST_PEAK else 0, np.float32)
    planes = cv2.LUT(in_blocks(diff, factors, signed_roots_of).reshape(-1, diff.shape[2]), signed_tone(2 * exponent))
    rgb = cv2.merge([planes.reshape(diff.shape)[plane % len(diff)] for plane in range(3)])
    return BackPicture(rgb, -high, high, exponent, largest > high * CLEARLY)


def back_strength(diff_chw: np.ndarray, *, blurred: bool = False) -> np.ndarray:
    """(H, W) float32: the L2 norm over colour of a back projection (C, H, W); NaN and infinities count as 0."""
    diff, _ = with_peaks(diff_chw, signed=True)
    norm: np.ndarray = np.sqrt(np.einsum("chw,chw->hw", diff, diff))
    return cv2.GaussianBlur(norm, (0, 0), BLUR_SIGMA) if blurred else norm


def strength_codes(strength_hw: np.ndarray) -> Codes:
    """Codes of a back projection's strength (H, W), one channel, from 0 to its WHITE_QUANTILE."""
    values, peaks = with_peaks(strength_hw[None], signed=False)
    high = white_of(values, float(peaks.max(initial=0)))
    return codes_with(values, Scale(high, BACK_EXPONENT, False, peaks))
