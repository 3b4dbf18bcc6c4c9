"""Strips below the tiles: panes that are there while they are wanted, cut off the bottom of the layers pane."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.geometry import Rect
from deepvis.core.over_time import Follow
from deepvis.core.panes import PaneLayout
from deepvis.core.state import ViewState

FILMSTRIP = "filmstrip"
TIMELINE = "timeline"
HEIGHTS = {FILMSTRIP: 112, TIMELINE: 160}  # in pixels at text scale 1
MOST_SHARE = 0.35  # of the layers pane's height, for each strip


def strips_of(view: ViewState) -> tuple[str, ...]:
    """The strips that are wanted, the uppermost first."""
    shown = {TIMELINE: view.over_time.show is not Follow.OFF, FILMSTRIP: view.filmstrip.is_on}
    return tuple(name for name, is_on in shown.items() if is_on)


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
