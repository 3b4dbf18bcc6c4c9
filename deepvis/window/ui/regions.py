"""What can lie under the mouse: panes and their parts, as a value; and what a tooltip says of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.types import Unit

CLASS = "class"  # a class by its name: a row of the five, or the first of them in the input pane
MAP = "map"  # a unit's map, enlarged
SCALE = "scale"  # the legend of brightness, or of bars
PICTURE = "picture"  # of the input, of the back projection
PREFERRED, TOP, TOP_BACK = "optimized", "top", "top_back"  # the pictures of a unit, see core.types.UnitImages
PATCHES = (TOP, TOP_BACK)
HEADING = "heading"
PHOTO = "photo"  # of the unit over the photos, its file in ``path``
SIDE = "side"  # one of the pictures that stand side by side, its name in ``path``
PINNED = "pinned"  # the strip of the pinned frame in the input pane
FIRES = "fires"  # a row of the list of all layers at the pinned place; without a layer_index the way to that list
CHANGE = "change"  # a picture of the chart "Colour or shape?"
SEEK = "seek"  # a place of a video's bar; ``Hit.index``: tenths of a second
FOLD = "fold"  # the mark of a block in the layer list


@dataclass(frozen=True)
class Hit:
    """What a pixel of the window belongs to; None or "" where there is no such thing under it."""

    pane: str | None = None  # its name, None between panes
    layer_index: int | None = None  # of the name in the layer list
    channel: int | None = None  # of the tile in the layers pane
    part: str = ""  # of the pane, one of the names above
    unit: Unit | None = None  # that a class stands for
    index: int | None = None  # of a patch of the top 9, a class among the five, a card, a photo, a chart's row
    path: str = ""  # of a patch's photo, "" for a camera's frame; of a photo of the filmstrip
    # (row, col) in the selected unit's map, over the input of the selected layer's maps: the one that looks
    # there
    cell: tuple[int, int] | None = None
    place: Rect | None = field(default=None, compare=False)  # in the window; a tooltip stands beside it
    spot: tuple[int, int] | None = field(default=None, compare=False)  # (row, col) in pixels of the network's input


def is_preferred(hit: Hit) -> bool:
    """Is it the card of the preferred picture, or that picture in the layers pane?"""
    return hit.part == PREFERRED or (hit.pane == "jpgvis" and hit.part == HEADING and hit.index == 0)


@dataclass(frozen=True, eq=False)
class Tip:
    """What a tooltip holds. title: what it is. lines: facts of it. rgb: a small picture, (h, w, 3) uint8 RGB."""

    title: str
    lines: tuple[str, ...] = ()
    rgb: np.ndarray | None = None
