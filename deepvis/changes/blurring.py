"""Blurred: fine detail is taken, colours and coarse shapes stay."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from deepvis.core.picture_changes import Takes, enter_change


def blurred(rgb: np.ndarray, part: float) -> np.ndarray:
    """A Gaussian of a sigma of 1 / part of the shorter side: the same picture at any size."""
    sigma = max(min(rgb.shape[:2]) / part, 0.3)
    return cv2.GaussianBlur(rgb, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)


for _name, _title, _part in (("blurred", "Blurred", 75.0), ("blurred-strongly", "Blurred strongly", 28.0)):
    enter_change(
        _name,
        _title,
        partial(blurred, part=_part),
        words=f"a Gaussian of a sigma of 1/{_part:.0f} of the shorter side ({224 / _part:.1f} pixels of 224)",
        takes=Takes.DETAIL,
    )
