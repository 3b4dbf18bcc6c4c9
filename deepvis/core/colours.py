"""The colours of a brightness: tables of 256 entries for tiles, the enlarged unit, the overlay and their legends.

Viridis, cividis and magma are Matplotlib's (Smith and van der Walt 2015; Nunez, Anderton and Renslow 2018), as OpenCV
has them: their lightness rises evenly, so that they can be read without colour too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from deepvis.core.coding import MID
from deepvis.core.pixels import Codes
from deepvis.core.state import ColourMap, Look

SILENT = 30  # gray of 0 in the readable look: a silent tile is seen as a tile, not as a hole in the window
GAP = 10  # gray between the tiles in the readable look, darker than a silent tile
PLAIN_GAP = 24  # the same in the plain look, where 0 is black; close to the pane's face
NO_VALUE = 0  # the level that stands for gaps where a level is not its own gray; 0 itself is 1 there

_TABLES = {
    ColourMap.VIRIDIS: cv2.COLORMAP_VIRIDIS,
    ColourMap.CIVIDIS: cv2.COLORMAP_CIVIDIS,
    ColourMap.MAGMA: cv2.COLORMAP_MAGMA,
}
BLUE, BLACK, ORANGE, WHITE = (255, 105, 60), (22, 20, 20), (50, 165, 255), (255, 255, 255)  # BGR
COOL, MIDDLE, WARM = (120, 52, 0), (MID, MID, MID), (150, 220, 255)  # of diffs: dark and blue, grey, light and orange


@dataclass(frozen=True, eq=False)
class Paint:
    """From codes to colours in two steps: code -> level, which a resize may average, and level -> colour."""

    table: np.ndarray | None  # (256, 1, 3) uint8 BGR, the colour of each level; None where a level is its own gray
    darkest: int  # the level of the darkest code
    gap: int  # the level between the tiles

    def levels(self, codes: Codes) -> np.ndarray:
        """(256,) uint8: the level of each code."""
        tone = codes.tone
        if self.table is None and self.darkest:
            lifted: np.ndarray = np.rint(self.darkest + tone * ((255 - self.darkest) / 255)).astype(np.uint8)
            return lifted
        lightened: np.ndarray = np.maximum(tone, self.darkest)
        return lightened

    def colours(self, levels: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """(H, W) levels to (H, W, 3) uint8 BGR, written to ``out`` if there is one."""
        if self.table is None:
            return cv2.cvtColor(levels, cv2.COLOR_GRAY2BGR, out)
        return cv2.applyColorMap(levels, self.table, out)


@lru_cache(maxsize=32)
def paint_of(colour_map: ColourMap, look: Look, *, signed: bool = False, diffs: bool = False) -> Paint:
    """The colours of a layer. signed: its codes are; diffs: it holds diffs, which have their own colours in any map."""
    gap = PLAIN_GAP if look is Look.PLAIN_2015 else GAP
    if diffs:
        return Paint(_table(_around(COOL, MIDDLE, WARM), PLAIN_GAP), 1, NO_VALUE)
    if signed:
        silent = (SILENT,) * 3
        ends = (BLUE, BLACK, ORANGE) if colour_map is ColourMap.SIGNED else (BLUE, silent, WHITE)
        return Paint(_table(_around(*ends), gap), 1, NO_VALUE)
    if colour_map in _TABLES:
        return Paint(_table(map_colours(colour_map), gap), 1, NO_VALUE)
    return Paint(None, 0 if look is Look.PLAIN_2015 else SILENT, gap)


@lru_cache(maxsize=8)
def map_colours(colour_map: ColourMap) -> np.ndarray:
    """(256, 3) uint8 BGR: a colour map from its darkest to its lightest; signed: from blue to orange."""
    if colour_map in _TABLES:
        return cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], _TABLES[colour_map])[:, 0]
    if colour_map is ColourMap.SIGNED:
        signed: np.ndarray = np.rint(_around(BLUE, BLACK, ORANGE)).astype(np.uint8)
        return signed
    return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


def _around(below: tuple[int, ...], middle: tuple[int, ...], above: tuple[int, ...]) -> np.ndarray:
    """(256, 3) float: straight from one colour at 1 to ``middle`` at MID and on to another at 255."""
    steps = np.clip((np.arange(256) - MID) / 127.0, -1, 1)[:, None]
    centre = np.array(middle)
    ends = np.where(steps > 0, np.array(above), np.array(below))
    line: np.ndarray = centre + (ends - centre) * np.abs(steps)
    return line


def _table(colours: np.ndarray, gap: int) -> np.ndarray:
    """As OpenCV wants it, with the gaps' gray at NO_VALUE."""
    table = colours.copy()
    table[1] = colours[0] if colours.dtype == np.uint8 else colours[1]
    table[NO_VALUE] = gap
    rounded: np.ndarray = np.rint(table).astype(np.uint8)
    return rounded[:, None]
