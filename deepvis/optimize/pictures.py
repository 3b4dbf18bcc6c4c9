"""From an optimized x to something to look at."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from torch import Tensor

from deepvis.engine.receptive import receptive_field
from deepvis.optimize.objective import Term
from deepvis.optimize.specimen import Specimen

SHOWN_SPREAD = 110.0  # of 255: how far from mid-grey the contrast reaches
TAIL = 0.5  # per cent of the values that may be clipped


class Colours(Protocol):
    """What pictures need of a model's Preprocessor: from the network's channels to RGB."""

    def to_rgb(self, x_chw: np.ndarray) -> np.ndarray: ...
    def diff_to_rgb(self, diff_chw: np.ndarray) -> np.ndarray: ...


def pictures_of(x: Tensor | np.ndarray, colours: Colours) -> dict[str, np.ndarray]:
    """The original's two pictures of an x (C, H, W), mean-subtracted, each (H, W, 3) uint8 RGB.

    best_X: x alone, the mean as mid-grey, the largest |x| as black or white.
    best_Xpm: x plus the mean, as the network saw it.
    """
    x = _array(x)
    return {"best_X": around_grey(x, colours), "best_Xpm": colours.to_rgb(x)}


def around_grey(x: np.ndarray, colours: Colours) -> np.ndarray:
    """x scaled symmetrically: 0 is mid-grey, the largest |x| black or white; (H, W, 3) uint8 RGB."""
    rgb = _hwc(colours.diff_to_rgb(x))
    largest = float(np.abs(rgb).max()) or 1.0
    return np.clip(np.rint(127.5 + rgb * (127.5 / largest)), 0, 255).astype(np.uint8)


def shown(x: Tensor | np.ndarray, colours: Colours) -> np.ndarray:
    """x for galleries: mid-grey ground, contrast stretched till nearly all values fit; (H, W, 3) uint8 RGB.

    Images of a strong decay, which hardly leave the mean, become as readable as the others.
    """
    rgb = _hwc(colours.diff_to_rgb(_array(x)))
    reach = float(np.percentile(np.abs(rgb), 100.0 - TAIL)) or 1.0
    return np.clip(np.rint(127.5 + rgb * (SHOWN_SPREAD / reach)), 0, 255).astype(np.uint8)


def field_box(specimen: Specimen, term: Term) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of what the term sees of the input, inside the image, half open.

    A fully connected unit and a whole channel see all of it.
    """
    height, width = specimen.size
    place = term.place
    if isinstance(place, str) or len(place) != 2:
        return 0, 0, height, width
    net = specimen.net
    field = receptive_field(net.spec, net.shapes, term.layer, place[0], place[1], specimen.data_blob)
    inside = field.clamped(height, width)
    return inside.top, inside.left, inside.bottom, inside.right


def cropped(rgb: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    top, left, bottom, right = box
    return rgb[top:bottom, left:right]


def _hwc(rgb: np.ndarray) -> np.ndarray:
    """(H, W, 3) of what diff_to_rgb gives, one channel repeated."""
    if rgb.ndim == 2:
        rgb = rgb[:, :, None]
    return np.repeat(rgb, 3, axis=2) if rgb.shape[2] == 1 else rgb


def _array(x: Tensor | np.ndarray) -> np.ndarray:
    return x.detach().cpu().numpy() if isinstance(x, Tensor) else x
