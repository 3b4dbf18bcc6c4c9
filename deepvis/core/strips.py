"""Strips below the tiles: panes that are there while they are wanted, cut off the bottom of the layers pane."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.geometry import Rect
from deepvis.core.panes import PaneLayout
from deepvis.core.state import ViewState

FILMSTRIP = "filmstrip"
HEIGHTS = {FILMSTRIP: 112}  # in pixels at text scale 1
MOST_SHARE = 0.35  # of the layers pane's height, for each strip


def strips_of(view: ViewState) -> tuple[str, ...]:
    """The strips that are wanted, the uppermost first."""
    return (FILMSTRIP,) if view.filmstrip.is_on else ()


def with_strips(layout: PaneLayout, names: tuple[str, ...]) -> PaneLayout:
    """The layout with these strips; one that it places itself stays where it is. Without layers pane: as it is."""
    names = tuple(name for name in names if name not in layout)
    if not names or "layers" not in layout:
        return layout
    whole = layout["layers"]
    heights = {name: min(round(HEIGHTS[name] * layout.text_scale), int(MOST_SHARE * whole.height)) for name in names}
    row = whole.bottom - sum(heights.values())
    panes = {**dict(layout), "layers": Rect(whole.row, whole.col, row - whole.row, whole.width)}
    for name in names:
        panes[name] = Rect(row, whole.col, heights[name], whole.width)
        row += heights[name]
    return replace(layout, panes=tuple(panes.items()))
