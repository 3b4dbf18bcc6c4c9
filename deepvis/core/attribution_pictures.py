"""Attributions as pictures: strengths in colours, laid over the network's input."""

from __future__ import annotations

import cv2
import numpy as np

from deepvis.core.coding import with_peaks
from deepvis.core.colours import Paint, paint_of
from deepvis.core.pixels import Codes, Scale, codes_with
from deepvis.core.samples import white_of
from deepvis.core.state import ColourMap, Look

EXPONENT = 0.7  # of value -> brightness, as of back projections


def enlarged(values_hw: np.ndarray, height: int, width: int) -> np.ndarray:
    """An attribution (h, w) in the input's size, (height, width), smooth between its places."""
    return cv2.resize(np.asarray(values_hw, np.float32), (width, height), interpolation=cv2.INTER_LINEAR)


def attribution_codes(values_hw: np.ndarray, *, is_signed: bool) -> Codes:
    """Codes of an attribution (H, W), one channel; up to the WHITE_QUANTILE of the magnitudes.

    is_signed: from as far below 0; else from 0.
    """
    values, peaks = with_peaks(values_hw[None], signed=is_signed)
    high = white_of(np.abs(values), float(peaks.max(initial=0)))
    return codes_with(values, Scale(high, EXPONENT, is_signed, peaks))


def colours_of(codes: Codes, colour_map: ColourMap) -> tuple[np.ndarray, Paint]:
    """The first channel of some codes in colours, (H, W, 3) uint8 RGB, and the paint that they are of."""
    paint = paint_of(colour_map, Look.READABLE, signed=codes.signed)
    return cv2.cvtColor(paint.colours(cv2.LUT(codes.codes[0], paint.levels(codes))), cv2.COLOR_BGR2RGB), paint


def laid_on(rgb: np.ndarray, colours: np.ndarray, share: float) -> np.ndarray:
    """The picture (H, W, 3) uint8 with ``share`` of the colours in it, which may be of another size."""
    if colours.shape[:2] != rgb.shape[:2]:
        colours = cv2.resize(colours, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)
    return cv2.addWeighted(rgb, 1 - share, colours, share, 0)
