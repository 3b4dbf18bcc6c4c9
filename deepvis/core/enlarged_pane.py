"""The panes of a window of which one is large: beside it the input and one more, above it a line of layer names."""

from __future__ import annotations

from deepvis.core.geometry import Rect
from deepvis.core.panes import PaneLayout

SIDE = 0.22  # of the window's width, for the small panes
SMALL = ("input", "aux", "layers")  # the first two of them that are not large stand beside


def with_enlarged(plain: PaneLayout, pane: str, control_height: int) -> PaneLayout:
    """The layout with ``pane`` over most of the window; as it is where the window does not have it.

    control_height: pixels of the layer names above the large pane.

    +-------+--------------------+
    | input | control            |
    |       +--------------------+
    +-------+                    |
    | aux   | the large pane     |
    |       |                    |
    +-------+--------------------+
    | status                     |
    +----------------------------+
    """
    if pane not in plain:
        return plain
    bottom = plain["status"].row if "status" in plain else plain.height
    small = [name for name in SMALL if name in plain and name != pane][:2]
    side = round(plain.width * SIDE) if small else 0
    top = min(control_height, bottom // 3) if "control" in plain else 0
    places = {pane: Rect(top, side, bottom - top, plain.width - side)}
    if top:
        places["control"] = Rect(0, side, top, plain.width - side)
    heading = round(30 * plain.text_scale)
    first = min(side + heading, bottom // 2) if len(small) == 2 else bottom
    for name, place in zip(small, (Rect(0, 0, first, side), Rect(first, 0, bottom - first, side)), strict=False):
        places[name] = place
    if "status" in plain:
        places["status"] = plain["status"]
    panes = tuple((name, places[name]) for name, _ in plain if name in places)
    return PaneLayout(panes, plain.height, plain.width, plain.text_scale)
