"""Many small pictures in one: the window's montage of a unit and its picture of a whole layer.

All pictures are (H, W, 3) uint8 RGB. A montage is cut by the window into exact halves and thirds, so every
picture stands in a cell of its own size plus a margin of one pixel on each side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

BACKGROUND = 24  # dark grey
MARGIN = 1
BLOCK_SIDE = 3
LONGEST_SIDE = 3200  # pixels of a whole-layer picture
EMPTY = 4.0  # grey levels by which an empty cell of a JPEG file may differ from the background


def montage(blocks: Sequence[Sequence[np.ndarray | None]], cell: tuple[int, int]) -> np.ndarray:
    """Four blocks of up to nine pictures, in a 2 x 2 square, row-major; cell: (height, width) of one picture.

    The blocks are the rows of the paper's Table 1 in order: the third one, lower left, is what the window
    shows.
    """
    squares = [block_of(block, cell) for block in [*blocks, *[()] * 4][:4]]
    return np.vstack([np.hstack(squares[:2]), np.hstack(squares[2:])])


def block_of(pictures: Sequence[np.ndarray | None], cell: tuple[int, int]) -> np.ndarray:
    """3 x 3 pictures; missing ones stay background."""
    return grid(pictures, BLOCK_SIDE, BLOCK_SIDE, cell)


def cells_of(block: np.ndarray) -> list[np.ndarray | None]:
    """The pictures of a block, without their margins; None for a cell that holds none."""
    height, width = block.shape[0] // BLOCK_SIDE, block.shape[1] // BLOCK_SIDE
    cells: list[np.ndarray | None] = []
    for n in range(BLOCK_SIDE * BLOCK_SIDE):
        top, left = (n // BLOCK_SIDE) * height, (n % BLOCK_SIDE) * width
        cell = block[top + MARGIN : top + height - MARGIN, left + MARGIN : left + width - MARGIN]
        is_empty = abs(float(cell.mean()) - BACKGROUND) < EMPTY and float(cell.std()) < EMPTY
        cells.append(None if is_empty else cell)
    return cells


def whole_layer(pictures: Sequence[np.ndarray | None], cell: tuple[int, int]) -> np.ndarray:
    """One picture per unit, row-major, in a square of ceil(sqrt(units)) cells a side, without margins.

    Pictures are made smaller where the square would be longer than LONGEST_SIDE pixels.
    """
    side = max(math.ceil(math.sqrt(len(pictures))), 1)
    shrink = min(1.0, LONGEST_SIDE / (side * max(cell)))
    cell = (max(int(cell[0] * shrink), 1), max(int(cell[1] * shrink), 1))
    return grid(pictures, side, side, cell, margin=0)


def grid(
    pictures: Sequence[np.ndarray | None], rows: int, cols: int, cell: tuple[int, int], margin: int = MARGIN
) -> np.ndarray:
    """Pictures in cells, row-major, each resized to its cell if it has another size."""
    height, width = cell[0] + 2 * margin, cell[1] + 2 * margin
    canvas = np.full((rows * height, cols * width, 3), BACKGROUND, np.uint8)
    for n, picture in enumerate(pictures[: rows * cols]):
        if picture is None:
            continue
        top, left = (n // cols) * height + margin, (n % cols) * width + margin
        canvas[top : top + cell[0], left : left + cell[1]] = resized(picture, cell)
    return canvas


def resized(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The picture at (height, width), by area where it shrinks."""
    if rgb.shape[:2] == size:
        return rgb
    smaller = size[0] * size[1] < rgb.shape[0] * rgb.shape[1]
    way = Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(rgb).resize((size[1], size[0]), way))
