"""Mirrored and rotated: all is there, the pose is another."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from deepvis.core.picture_changes import Takes, enter_change, picture_change


@picture_change("mirrored", "Mirrored", words="left and right exchanged", takes=Takes.POSE)
def mirrored(rgb: np.ndarray) -> np.ndarray:
    """Left and right exchanged."""
    return rgb[:, ::-1].copy()


def rotated(rgb: np.ndarray, degrees: float) -> np.ndarray:
    """Turned about its centre, counterclockwise; corners that come into view are mirrored from inside.

    Half a turn, and a quarter of a square picture, move pixels and change none.
    """
    height, width = rgb.shape[:2]
    if degrees % 180 == 0 or (degrees % 90 == 0 and height == width):
        return np.rot90(rgb, round(degrees / 90)).copy()
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    return cv2.warpAffine(rgb, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


for _degrees in (15, 90, 180):
    enter_change(
        f"rotated-{_degrees}",
        f"Rotated by {_degrees}°",
        partial(rotated, degrees=_degrees),
        words="turned counterclockwise about its centre"
        + (", the corners mirrored from inside" if _degrees % 90 else ""),
        takes=Takes.POSE,
    )
