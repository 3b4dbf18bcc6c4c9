"""Changes of colour: gray, hue turned, inverted."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from deepvis.core.picture_changes import Takes, enter_change, picture_change

LUMA = np.array((0.299, 0.587, 0.114), np.float32)  # of red, green, blue: ITU-R BT.601
CB, CR = 0.5 / (1 - 0.114), 0.5 / (1 - 0.299)  # Cb = CB (B - Y), Cr = CR (R - Y)


@picture_change(
    "gray",
    "Gray",
    words="every pixel its luma 0.299 R + 0.587 G + 0.114 B, in all three channels",
    takes=Takes.COLOUR,
    source="Geirhos et al. 2019 (texture bias), figure 2: greyscale",
)
def gray(rgb: np.ndarray) -> np.ndarray:
    """Luma of ITU-R BT.601, in all three channels."""
    return np.repeat(_bytes(rgb @ LUMA)[..., np.newaxis], 3, axis=2)


def hue_turned(rgb: np.ndarray, degrees: float) -> np.ndarray:
    """Every hue turned by an angle in the plane of Cb and Cr; each pixel keeps its luma.

    A colour that would leave 0..255 is made paler until it does not.
    """
    pixels = rgb.astype(np.float32)
    luma = pixels @ LUMA
    cb, cr = CB * (pixels[..., 2] - luma), CR * (pixels[..., 0] - luma)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    cb, cr = cosine * cb - sine * cr, sine * cb + cosine * cr
    red, blue = cr / CR, cb / CB
    green = -(LUMA[0] * red + LUMA[2] * blue) / LUMA[1]
    colour = np.stack([red, green, blue], axis=-1)  # what is beside the luma
    room = np.where(colour > 0, 255 - luma[..., np.newaxis], luma[..., np.newaxis])
    share = (room / np.maximum(np.abs(colour), 1e-6)).min(axis=-1, keepdims=True)
    return _bytes(luma[..., np.newaxis] + colour * np.minimum(share, 1))


for _degrees in (90, 180):
    enter_change(
        f"hue-{_degrees}",
        f"Hue turned by {_degrees}°",
        partial(hue_turned, degrees=_degrees),
        words="every hue turned in the plane of Cb and Cr; each pixel keeps its luma, colours out of range are paler",
        takes=Takes.COLOUR,
    )


@picture_change("inverted", "Inverted colours", words="255 minus every value, as in a negative", takes=Takes.CONTRAST)
def inverted(rgb: np.ndarray) -> np.ndarray:
    """255 minus every value."""
    return np.subtract(255, rgb, dtype=np.uint8)


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
