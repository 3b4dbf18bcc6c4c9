"""Where the photos of the filmstrip lie in its pane, and what lies there under the pointer."""

from __future__ import annotations

from deepvis.core.filmstrip import StripWindow, strip_window
from deepvis.core.geometry import Rect
from deepvis.window.ui.regions import HEADING, Hit
from deepvis.window.ui.scene import Scene

ASPECT = 1.25  # width of a cell by its height
GAP = 4  # pixels between cells at text scale 1


def film_window(scene: Scene, body: Rect) -> StripWindow:
    """Which photos are in the strip. body: of its pane."""
    wide = round(ASPECT * body.height) + scene.px(GAP)
    return strip_window(scene.state, scene.frame, max((body.width + scene.px(GAP)) // max(wide, 1), 1))


def film_cells(scene: Scene, body: Rect) -> list[tuple[int, Rect]]:
    """(place among the photos, its cell), from left to right, in the middle of the body."""
    window, gap = film_window(scene, body), scene.px(GAP)
    wide = min(round(ASPECT * body.height), body.width)
    used = window.count * (wide + gap) - gap
    left = body.col + max(body.width - used, 0) // 2
    return [(window.first + i, Rect(body.row, left + i * (wide + gap), body.height, wide)) for i in range(window.count)]


def film_hit(scene: Scene, pane: Rect, row: int, col: int) -> Hit:
    """The photo under a pixel of the window."""
    parts = scene.areas(pane)
    for place, cell in film_cells(scene, parts.body):
        if cell.contains(row, col):
            return Hit("filmstrip", index=place, path=scene.state.palette_lists.photos[place][0], place=cell)
    return Hit("filmstrip", part=HEADING if parts.heading.contains(row, col) else "", place=pane)
