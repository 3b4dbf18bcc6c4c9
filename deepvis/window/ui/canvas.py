"""What panes draw with: fills, frames, brackets, hatching, pictures. All clip to the canvas.

A canvas is an (H, W, 3) uint8 view of the window's buffer in BGR, one pane's worth; places in it
are counted from its own corner.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np

from deepvis.core.geometry import Rect, fit_inside
from deepvis.window.ui.theme import BACKGROUND, BAR, BAR_BELOW, BGR, TRACK

NOWHERE = Rect(0, 0, 0, 0)


def bounds(canvas: np.ndarray) -> Rect:
    """The whole canvas."""
    return Rect(0, 0, canvas.shape[0], canvas.shape[1])


def moved_into(place: Rect, area: Rect) -> Rect:
    """A rectangle moved no further than it must be to lie in ``area``; at its upper left end where it is too large."""
    row = min(max(place.row, area.row), max(area.bottom - place.height, area.row))
    col = min(max(place.col, area.col), max(area.right - place.width, area.col))
    return Rect(row, col, place.height, place.width)


def fill(canvas: np.ndarray, rect: Rect, color: BGR) -> None:
    """Paint a rectangle."""
    rect = rect.clipped(bounds(canvas))
    if not rect.is_empty:
        canvas[rect.slices] = _line_of(rect.width, color)


@lru_cache(maxsize=512)
def _line_of(width: int, color: BGR) -> np.ndarray:
    """(1, width, 3): copying rows is several times faster than broadcasting a colour."""
    return np.full((1, width, 3), color, np.uint8)


def darken(canvas: np.ndarray, rect: Rect, share: float) -> None:
    """Leave ``share`` of the brightness of what is there over the window's background."""
    part = canvas[rect.clipped(bounds(canvas)).slices]
    if part.size:
        cv2.addWeighted(part, share, np.full_like(part, BACKGROUND), 1 - share, 0, dst=part)


def frame(canvas: np.ndarray, rect: Rect, color: BGR, thickness: int = 1) -> None:
    """Paint a solid frame just outside ``rect``."""
    t = thickness
    fill(canvas, Rect(rect.row - t, rect.col - t, t, rect.width + 2 * t), color)
    fill(canvas, Rect(rect.bottom, rect.col - t, t, rect.width + 2 * t), color)
    fill(canvas, Rect(rect.row, rect.col - t, rect.height, t), color)
    fill(canvas, Rect(rect.row, rect.right, rect.height, t), color)


def brackets(canvas: np.ndarray, rect: Rect, color: BGR, thickness: int = 1) -> None:
    """Paint the four corners of a frame just outside ``rect``, each arm a third of its side."""
    t = thickness
    tall, wide = max(rect.height // 3, 2) + t, max(rect.width // 3, 2) + t
    for row, arm in ((rect.row - t, rect.row - t), (rect.bottom, rect.bottom + t - tall)):
        for col, arm_col in ((rect.col - t, rect.col - t), (rect.right, rect.right + t - wide)):
            fill(canvas, Rect(row, arm_col, t, wide), color)
            fill(canvas, Rect(arm, col, tall, t), color)


def hatch(canvas: np.ndarray, rect: Rect, color: BGR, share: float = 0.45) -> None:
    """Lay diagonal stripes of ``color`` over a rectangle, covering ``share`` of it."""
    rect = rect.clipped(bounds(canvas))
    if not rect.is_empty:
        rows, cols = np.ogrid[: rect.height, : rect.width]
        canvas[rect.slices][(rows + cols) % 7 < 7 * share] = color


def draw_plate(canvas: np.ndarray, rect: Rect, color: BGR, radius: int, outside: BGR = BACKGROUND) -> None:
    """Paint a rectangle with round corners, blended into ``outside``."""
    fill(canvas, rect, color)
    round_corners(canvas, rect, color, radius, outside)


def round_corners(canvas: np.ndarray, rect: Rect, color: BGR, radius: int, outside: BGR = BACKGROUND) -> None:
    """Paint the corners of a rectangle of ``color``, blended into ``outside``."""
    rect = rect.clipped(bounds(canvas))
    if radius < 2 or min(rect.height, rect.width) < 2 * radius:
        return
    corner = _corner(radius, color, outside)
    part = canvas[rect.slices]
    part[:radius, :radius] = corner
    part[:radius, -radius:] = corner[:, ::-1]
    part[-radius:, :radius] = corner[::-1]
    part[-radius:, -radius:] = corner[::-1, ::-1]


@lru_cache(maxsize=32)
def _corner(radius: int, inside: BGR, outside: BGR) -> np.ndarray:
    """(radius, radius, 3) uint8: the upper left corner."""
    fine = (np.arange(radius * 4) + 0.5) / 4 - radius
    covers = (fine[:, None] ** 2 + fine[None] ** 2 <= radius**2).astype(np.float32)
    share = covers.reshape(radius, 4, radius, 4).mean(axis=(1, 3))[..., None]
    blended = np.asarray(inside, np.float32) * share + np.asarray(outside, np.float32) * (1 - share)
    return (blended + 0.5).astype(np.uint8)


def card_face(canvas: np.ndarray, face: Rect, color: BGR, radius: int, but: Rect = NOWHERE) -> None:
    """Paint a pane's face with round corners, and the window's background around it.

    but: a place well inside the face that is left as it is, for what will cover it.
    """
    fill_around(canvas, bounds(canvas), face, BACKGROUND)
    if but.is_empty:
        draw_plate(canvas, face, color, radius)
        return
    fill_around(canvas, face, but, color)
    round_corners(canvas, face, color, radius)


def fill_around(canvas: np.ndarray, whole: Rect, hole: Rect, color: BGR) -> None:
    """Paint what ``hole``, which lies in ``whole``, leaves of it."""
    fill(canvas, Rect(whole.row, whole.col, hole.row - whole.row, whole.width), color)
    fill(canvas, Rect(hole.bottom, whole.col, whole.bottom - hole.bottom, whole.width), color)
    fill(canvas, Rect(hole.row, whole.col, hole.height, hole.col - whole.col), color)
    fill(canvas, Rect(hole.row, hole.right, hole.height, whole.right - hole.right), color)


def paste(canvas: np.ndarray, row: int, col: int, bgr: np.ndarray) -> None:
    """Copy a picture with its corner to (row, col)."""
    place = Rect(row, col, bgr.shape[0], bgr.shape[1])
    seen = place.clipped(bounds(canvas))
    if not seen.is_empty:
        canvas[seen.slices] = bgr[seen.moved(-row, -col).slices]


def picture(canvas: np.ndarray, area: Rect, rgb: np.ndarray, *, smooth: bool = True) -> Rect:
    """Draw an (H, W, 3) RGB picture as large as fits, centred; return where it lies.

    smooth: interpolate when enlarging (photos); otherwise pixels stay squares (maps).
    """
    place = fit_inside(rgb.shape[0], rgb.shape[1], area).clipped(bounds(canvas))
    if not place.is_empty:
        canvas[place.slices] = cv2.cvtColor(resized(rgb, place, smooth=smooth), cv2.COLOR_RGB2BGR)
    return place


def resized(pixels: np.ndarray, place: Rect, *, smooth: bool = True) -> np.ndarray:
    """A picture in the size of ``place``: by area when shrinking to less than half, in squares when
    enlarging unless ``smooth``, else linear (which leaves out no pixel there and is four times faster).
    """
    if pixels.shape[:2] == (place.height, place.width):
        return pixels
    if pixels.shape[0] > 2 * place.height or pixels.shape[1] > 2 * place.width:
        how = cv2.INTER_AREA
    elif smooth or (pixels.shape[0] >= place.height and pixels.shape[1] >= place.width):
        how = cv2.INTER_LINEAR
    else:
        return squares(pixels, place)
    return cv2.resize(pixels, (place.width, place.height), interpolation=how)


def squares(pixels: np.ndarray, place: Rect) -> np.ndarray:
    """Enlarged, every pixel a rectangle. Exact, where OpenCV's nearest neighbours slip by one at some edges."""
    rows = (2 * np.arange(place.height) + 1) * pixels.shape[0] // (2 * place.height)
    cols = (2 * np.arange(place.width) + 1) * pixels.shape[1] // (2 * place.width)
    return np.take(np.take(pixels, cols, axis=1), rows, axis=0)


def bar(canvas: np.ndarray, rect: Rect, share: float, color: BGR, track: BGR) -> None:
    """A horizontal bar filled from the left by ``share`` (0..1) of its width; empty for NaN."""
    fill(canvas, rect, track)
    if not math.isnan(share):
        fill(canvas, Rect(rect.row, rect.col, rect.height, round(rect.width * min(max(share, 0), 1))), color)


def signed_bar(canvas: np.ndarray, track: Rect, value: float, ends: tuple[float, float], zero_line: BGR) -> None:
    """A horizontal bar from 0 to a value. ends: the values at left and right; 0 is marked where one is below it.

    A value beyond the ends fills its side.
    """
    low, high = ends
    per_value = track.width / (high - low) if high > low else 0.0
    zero, end = round(-low * per_value), round((min(max(value, low), high) - low) * per_value)
    fill(canvas, track, TRACK)
    color = BAR if value >= 0 else BAR_BELOW
    fill(canvas, Rect(track.row, track.col + min(zero, end), track.height, abs(end - zero)), color)
    if low < 0:
        fill(canvas, Rect(track.row, track.col + min(zero, track.width - 1), track.height, 1), zero_line)
