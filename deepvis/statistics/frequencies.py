"""How fine the pattern of a filter is, and how the power of a picture lies over frequencies.

Frequencies are in cycles a pixel: 0 to 0.5 along rows and columns, up to 0.71 in the corners.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

SIDE = 64  # of the square that a filter's spectrum is taken in
RINGS = 32  # of a radial average, from 0 to the corner of the spectrum
HIGHEST = float(np.sqrt(0.5))
HIGH = 0.25  # half of what a row of pixels can hold: above it lie "high frequencies"
COLOUR = 0.5  # share of the energy off the grey axis, above which a filter is one of colour
BLANK = 0.05  # of the median norm, below which a filter is blank


class FilterKind(Enum):
    """What a filter of the first convolution is counted as."""

    EDGE = "edge"  # answers to a pattern of light and dark
    COLOUR = "colour"  # more than half of its energy lies off the grey axis
    BLANK = "blank"  # weights near 0, or dead on the photos


def grey_planes(filters: np.ndarray) -> np.ndarray:
    """(K, C, h, w) -> (K, h, w): what each filter does to a grey picture, the sum over its colours."""
    return _colours(filters).sum(axis=1)


def colour_share(filters: np.ndarray) -> np.ndarray:
    """(K,) 0..1: share of each filter's energy off the grey axis (1, 1, 1); 0 where there are not three colours."""
    planes = _colours(filters)
    if planes.shape[1] != 3:
        return np.zeros(len(planes))
    energy = (planes**2).sum(axis=(1, 2, 3))
    grey = (planes.sum(axis=1) ** 2).sum(axis=(1, 2)) / 3
    return np.clip(1 - grey / np.maximum(energy, np.finfo(float).tiny), 0.0, 1.0) * (energy > 0)


def centre_frequency(planes: np.ndarray, exponent: int = 2, side: int = SIDE) -> np.ndarray:
    """(K, h, w) -> (K,): the centroid of each plane's spectrum, sum of f |F|^exponent over sum of |F|^exponent.

    f: the distance from 0 in the plane of frequencies. A plane of zeros gives 0. Amplitudes count squared: the borders
    of a small filter spread a little amplitude over all frequencies, and by plain amplitude (exponent 1) a Gabor filter
    of 9 x 9 and 0.10 cycles a pixel has its centroid at 0.15, squared at 0.12.
    """
    height, width = (max(side, size) for size in planes.shape[1:])
    amplitude = np.abs(np.fft.fft2(planes, s=(height, width)))
    amplitude **= exponent
    weighted = (amplitude * radii(height, width)).sum(axis=(1, 2))
    total = amplitude.sum(axis=(1, 2))
    return np.divide(weighted, total, out=np.zeros(len(planes)), where=total > 0)


def kinds_of(filters: np.ndarray, dead: np.ndarray) -> list[FilterKind]:
    """(K, C, h, w) and (K,) bool -> what each filter is counted as."""
    norms = np.sqrt((filters**2).sum(axis=(1, 2, 3)))
    blank = dead | (norms <= BLANK * np.median(norms))
    colour = colour_share(filters) > COLOUR
    return [
        FilterKind.BLANK if empty else FilterKind.COLOUR if is_colour else FilterKind.EDGE
        for empty, is_colour in zip(blank, colour, strict=True)
    ]


def radii(height: int, width: int) -> np.ndarray:
    """(height, width): the frequency of each entry of ``np.fft.fft2``."""
    return np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])


def ring_frequencies() -> np.ndarray:
    """(RINGS,): the middle of each ring."""
    return (np.arange(RINGS) + 0.5) * (HIGHEST / RINGS)


def ring_areas(height: int, width: int) -> np.ndarray:
    """(RINGS,): entries of the spectrum in each ring; the constant part is in none."""
    return _by_ring(np.ones((height, width)))


def picture_power(pictures: np.ndarray) -> np.ndarray:
    """(N, C, H, W) -> (N, RINGS): power by ring, summed over colours.

    The mean of each plane is taken off and a Hann window put over it, so that its borders add nothing.
    """
    height, width = pictures.shape[2:]
    window = np.hanning(height + 2)[1:-1, None] * np.hanning(width + 2)[None, 1:-1]
    apart = pictures - pictures.mean(axis=(2, 3), keepdims=True)
    return _by_ring((np.abs(np.fft.fft2(apart * window)) ** 2).sum(axis=1))


def filter_power(filters: np.ndarray, height: int, width: int) -> np.ndarray:
    """(K, C, h, w) -> (K, RINGS): power by ring of each filter alone in a picture of height x width."""
    size = (max(height, filters.shape[2]), max(width, filters.shape[3]))
    return _by_ring((np.abs(np.fft.fft2(filters, s=size)) ** 2).sum(axis=1)) / (size[0] * size[1])


def centroid(power: np.ndarray) -> float:
    """(RINGS,) power by ring -> its mean frequency; NaN where there is none."""
    return float((power * ring_frequencies()).sum() / power.sum()) if power.sum() > 0 else float("nan")


def share_high(power: np.ndarray) -> float:
    """(RINGS,) -> share of the power above ``HIGH``; NaN where there is none."""
    return float(power[ring_frequencies() > HIGH].sum() / power.sum()) if power.sum() > 0 else float("nan")


def _by_ring(power: np.ndarray) -> np.ndarray:
    """(..., H, W) -> (..., RINGS): sums by ring, the constant part left out."""
    height, width = power.shape[-2:]
    radius = radii(height, width)
    ring = np.minimum((radius / HIGHEST * RINGS).astype(int), RINGS - 1).ravel()
    ring[0] = RINGS
    flat = power.reshape(-1, height * width)
    sums = np.stack([np.bincount(ring, each, RINGS + 1)[:RINGS] for each in flat])
    return sums.reshape(*power.shape[:-2], RINGS)


def _colours(filters: np.ndarray) -> np.ndarray:
    """Without the fourth plane of networks that take opaque pictures."""
    return filters[:, :3] if filters.shape[1] == 4 else filters
