"""Reading montages: a unit's four blocks of nine pictures, and the square of a whole layer. Pictures are uint8 RGB."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from deepvis.core.regular_file import open_regular
from deepvis.gallery.layer_recipe import MARGIN, SIDE
from deepvis.optimize.layout import BACKGROUND, resized
from deepvis.sources.opened_picture import PICTURE_ERRORS, opened_picture

FILLED = 4  # grey levels that half of a block's pixels span at least, or that it differs from the empty ground

BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")  # of JPEG and PNG files


def read_rgb(path: Path, least: int = 0) -> np.ndarray | None:
    """(H, W, 3); None where it cannot be read. least: a large JPEG may come smaller, no side below so many pixels."""
    try:
        with opened_picture(path) as image:
            if least:
                image.draft("RGB", (least, least))
            return np.asarray(image.convert("RGB"))
    except PICTURE_ERRORS:
        return None


def is_picture(path: Path) -> bool:
    """Does it begin as a picture does? The pixels are not read."""
    try:
        with open_regular(path) as file:
            if file.read(8).startswith(BEGINNINGS):
                return True
        with opened_picture(path) as image:
            return min(image.size) > 0
    except PICTURE_ERRORS:
        return False


def block_pictures(rgb: np.ndarray | None, block: int) -> list[np.ndarray] | None:
    """The nine pictures of a block of a montage, without their margins; None where there is no montage."""
    if rgb is None:
        return None
    rows, cols = (_edges(size, 2 * SIDE) for size in rgb.shape[:2])
    edge = MARGIN if min(rgb.shape[:2]) > 2 * SIDE * 4 * MARGIN else 0
    first_row, first_col = (block // 2) * SIDE, (block % 2) * SIDE
    return [
        rgb[rows[row][0] + edge : rows[row][1] - edge, cols[col][0] + edge : cols[col][1] - edge]
        for row in range(first_row, first_row + SIDE)
        for col in range(first_col, first_col + SIDE)
    ]


def filled_blocks(path: Path) -> list[int]:
    """The blocks of a montage that are more than its empty ground, whatever a JPEG's squares carry over from others."""
    rgb = read_rgb(path, 256)
    if rgb is None:
        return []
    grey = rgb.mean(axis=2)
    rows, cols = (_edges(size, 2) for size in grey.shape)
    parts = [np.percentile(grey[top:bottom, left:right], (25, 50, 75)) for top, bottom in rows for left, right in cols]
    return [
        n
        for n, (low, middle, high) in enumerate(parts)
        if high - low >= FILLED or abs(middle - BACKGROUND) >= 3 * FILLED
    ]


def cut_units(rgb: np.ndarray | None, units: int, cell: tuple[int, int]) -> list[np.ndarray | None]:
    """Each unit's picture at the size ``cell``, of a square of ceil(sqrt(units)) cells a side, row-major."""
    if rgb is None:
        return [None] * units
    side = math.ceil(math.sqrt(units))
    rows, cols = (_edges(size, side) for size in rgb.shape[:2])
    return [resized(rgb[slice(*rows[n // side]), slice(*cols[n % side])], cell) for n in range(units)]


def _edges(size: int, parts: int) -> list[tuple[int, int]]:
    """[first, past the last) of equal parts of ``size`` pixels, none of them empty."""
    first = [min(round(n * size / parts), size - 1) for n in range(parts)]
    return [(a, max(round((n + 1) * size / parts), a + 1)) for n, a in enumerate(first)]
