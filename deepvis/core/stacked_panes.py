"""The panes above each other, in a window that is as narrow as a phone."""

from __future__ import annotations

from deepvis.core.geometry import Rect
from deepvis.core.panes import PaneLayout

NARROW = 600  # of a page's own pixels: three columns would be too narrow for words
PAIRS = (("input", "back"), ("aux", "jpgvis"))  # above the tiles and below them
MOST_OF_A_PAIR = 0.28  # of the window's height


def is_stacked(height: int, width: int, pixel_ratio: float) -> bool:
    """True for a window that is narrow, and higher than wide."""
    return width / pixel_ratio < NARROW and height > width


def stacked(plain: PaneLayout, control_height: int, status_height: int) -> PaneLayout:
    """The panes of a layout, each as wide as the window, or half of it. All heights are pixels.

    +---------+---------+
    | input   | back    |
    +---------+---------+
    | control           |
    +-------------------+
    | layers            |
    |                   |
    +---------+---------+
    | aux     | jpgvis  |
    +---------+---------+
    | status            |
    +-------------------+
    """
    width, bottom = plain.width, plain.height - (status_height if "status" in plain else 0)
    high = min(width // 2 + round(24 * plain.text_scale), round(MOST_OF_A_PAIR * plain.height))
    above, below = ([name for name in pair if name in plain] for pair in PAIRS)
    top, end = high if above else 0, bottom - (high if below else 0)
    names = min(control_height, (end - top) // 2) if "control" in plain else 0
    places = {**_beside(above, Rect(0, 0, top, width)), **_beside(below, Rect(end, 0, bottom - end, width))}
    places["control"] = Rect(top, 0, names, width)
    places["layers"] = Rect(top + names, 0, end - top - names, width)
    places["status"] = Rect(bottom, 0, plain.height - bottom, width)
    panes = tuple((name, places[name]) for name, _ in plain if name in places)
    return PaneLayout(panes, plain.height, width, plain.text_scale)


def _beside(names: list[str], row: Rect) -> dict[str, Rect]:
    """The panes of a row, which share its width."""
    edges = [row.width * i // max(len(names), 1) for i in range(len(names) + 1)]
    return {name: Rect(row.row, edges[i], row.height, edges[i + 1] - edges[i]) for i, name in enumerate(names)}
