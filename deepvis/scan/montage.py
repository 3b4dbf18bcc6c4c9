"""Square montages of a unit's patches, as the window's right pane reads them.

What is not a picture looks like none: a slot without a patch is dark and striped, what lies beyond the photo's edge is
chequered. A back projection that is 0 is mid-grey, an activation that is 0 black.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path

import cv2
import numpy as np

from deepvis.core.back_pictures import back_picture
from deepvis.core.coding import MID
from deepvis.core.files import write_file
from deepvis.core.geometry import Rect, fit_inside
from deepvis.core.state import BackFilter
from deepvis.scan.windows import Window, cut

CELL = 128  # pixels a side, the edge included
EDGE = 1  # dark pixels around each tile
JPEG_QUALITY = 92
CHEQUERS = 74, 52  # grey levels of what lies beyond the picture
STRIPES = 60, 18  # of an empty slot
BACK_EXPONENT = 0.5  # tiles are small: weak values are lifted more than in the back pane


def montage(tiles: Sequence[np.ndarray | None], cell: int = CELL) -> np.ndarray:
    """Tiles (h, w, 3) uint8, best first, row-major in a square of equal cells; striped for None or none left.

    A tile keeps its shape: it is made as large as fits in its cell.
    """
    side = max(1, ceil(sqrt(len(tiles))))
    canvas = np.full((side * cell, side * cell, 3), MID, np.uint8)
    for index in range(side * side):
        r, c = divmod(index, side)
        square = canvas[r * cell : (r + 1) * cell, c * cell : (c + 1) * cell]
        square[:EDGE], square[-EDGE:], square[:, :EDGE], square[:, -EDGE:] = 0, 0, 0, 0
        tile = tiles[index] if index < len(tiles) else None
        if tile is None:
            square[EDGE:-EDGE, EDGE:-EDGE] = stripes(cell - 2 * EDGE)
        else:
            room = Rect(EDGE, EDGE, cell - 2 * EDGE, cell - 2 * EDGE)
            place = fit_inside(tile.shape[0], tile.shape[1], room)
            square[place.row : place.row + place.height, place.col : place.col + place.width] = resized(
                tile, place.height, place.width
            )
    return canvas


def resized(tile: np.ndarray, height: int, width: int) -> np.ndarray:
    """Averaged down; enlarged smoothly, but in squares where a pixel becomes four or more."""
    if height <= tile.shape[0]:
        how = cv2.INTER_AREA
    else:
        how = cv2.INTER_NEAREST if height >= 4 * tile.shape[0] else cv2.INTER_CUBIC
    return cv2.resize(tile, (width, height), interpolation=how)


def back_tile(diff_chw: np.ndarray, window: Window) -> np.ndarray:
    """The window of a back projection (C, H, W), RGB, as a picture of its own: 0 is mid-grey, chequered beyond it."""
    part = cut(diff_chw.transpose(1, 2, 0), window, 0.0)
    return beyond_marked(
        back_picture(part.transpose(2, 0, 1), BackFilter.RAW, BACK_EXPONENT), window, diff_chw.shape[1:]
    )


def patch_tile(rgb: np.ndarray, window: Window) -> np.ndarray:
    """The window of a picture (H, W, 3) uint8, chequered where it leaves the picture."""
    return beyond_marked(cut(rgb, window, 0), window, rgb.shape[:2])


def beyond_marked(tile: np.ndarray, window: Window, shape: tuple[int, ...]) -> np.ndarray:
    """A tile (h, w, 3) of a window with chequers where that leaves an image of ``shape`` (H, W); the tile itself."""
    rows = np.arange(window.height) + window.top
    cols = np.arange(window.width) + window.left
    inside = ((rows >= 0) & (rows < shape[0]))[:, None] & ((cols >= 0) & (cols < shape[1]))[None]
    if not inside.all():
        side = max(window.height // 16, 1)  # of a chequer
        odd = (np.arange(window.height)[:, None] // side + np.arange(window.width)[None] // side) % 2
        tile[~inside] = np.where(odd, *CHEQUERS)[~inside][:, None]
    return tile


def stripes(side: int) -> np.ndarray:
    """(side, side, 1) uint8: the ground of an empty slot."""
    rows, cols = np.ogrid[:side, :side]
    return np.where((rows + cols) % 14 < 2, *STRIPES).astype(np.uint8)[..., None]


def write_jpeg(path: Path, rgb: np.ndarray) -> None:
    """Raises OSError, as for a full disk."""
    ok, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not ok:
        raise OSError(f"{path}: the picture of {rgb.shape} could not be encoded")
    write_file(path, data.tobytes())
