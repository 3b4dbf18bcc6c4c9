"""From an optimized x to something to look at. All pictures are (H, W, 3) uint8 RGB."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from deepvis.models.preprocess import Preprocessor
from deepvis.optimize.ascend import as_array
from deepvis.optimize.field_box import Box

GREY = 127.5
REACH = 110.0  # how far from mid-grey the contrast of a gallery picture reaches
TAIL = 0.5  # per cent of its values that may lie further out


def pictures_of(x: Tensor | np.ndarray, colours: Preprocessor) -> dict[str, np.ndarray]:
    """The original's two pictures of an x (C, H, W), mean-subtracted, both with their contrast stretched.

    best_X: x alone, the mean as mid-grey, the largest |x| as black or white.
    best_Xpm: x plus the mean; a faint x, which most regularized ones are, is made stronger around it.
    """
    x = as_array(x)
    spread = float(np.percentile(np.abs(colours.deviation(x)), 100.0 - TAIL)) * 255.0 / colours.scale
    stronger = x * max(REACH / spread, 1.0) if spread else x
    return {
        "best_X": _around_grey(_hwc(x, colours), percentile=100.0, reach=GREY),
        "best_Xpm": colours.to_rgb(stronger),
    }


def shown(x: Tensor | np.ndarray, colours: Preprocessor, box: Box | None = None) -> np.ndarray:
    """x for galleries and the window: mid-grey ground, contrast stretched till nearly all values fit.

    Pictures of a strong decay, which hardly leave the mean, become as readable as others.
    box: (top, left, bottom, right) to cut out; the contrast is that of what is cut out.
    """
    rgb = _hwc(as_array(x), colours)
    if box is not None:
        top, left, bottom, right = box
        rgb = rgb[top:bottom, left:right]
    return _around_grey(rgb, percentile=100.0 - TAIL, reach=REACH)


def _around_grey(rgb: np.ndarray, percentile: float, reach: float) -> np.ndarray:
    """0 becomes mid-grey, the percentile of the absolute values ``reach`` grey levels away from it."""
    largest = float(np.percentile(np.abs(rgb), percentile)) or float(np.abs(rgb).max()) or 1.0
    return np.clip(np.rint(GREY + rgb * (reach / largest)), 0, 255).astype(np.uint8)


def _hwc(x: np.ndarray, colours: Preprocessor) -> np.ndarray:
    """(H, W, 3) float: RGB, or the mean of other counts of channels three times."""
    rgb = colours.in_rgb_order(colours.deviation(x))
    if len(rgb) != 3:
        rgb = np.repeat(rgb.mean(axis=0, keepdims=True), 3, axis=0)
    return rgb.transpose(1, 2, 0)
