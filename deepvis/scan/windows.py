"""What part of the input a patch shows: the unit's receptive field, on a canvas of one size for the layer.

The canvas has the size of the centre unit's field, or of the image where that is smaller: the
fields of deep Inception layers are larger than their input. Where the field leaves the image the
canvas is filled, on that side. Source: the toolbox's find_maxes (CaffeNet: conv1 11, conv2 51,
conv3 99, conv4 131, conv5 163 pixels, fully connected layers all 227).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deepvis.network.field import field_size, receptive_field
from deepvis.network.field_rules import image_size
from deepvis.network.graph import Graph


@dataclass(frozen=True)
class Window:
    """A rectangle of input pixels that may leave the image: rows top .. top + height, likewise columns."""

    top: int
    left: int
    height: int
    width: int


class Windows:
    """The windows of a network's units; what was computed once is kept."""

    def __init__(self, graph: Graph, shapes: Mapping[str, tuple[int, ...]], data_blob: str) -> None:
        self._graph, self._shapes, self._data = graph, shapes, data_blob
        self._image = tuple(shapes[data_blob][2:4])
        self._sizes: dict[str, tuple[int, int]] = {}
        self._starts: dict[tuple[str, int, int], tuple[int, int]] = {}

    def size(self, layer: str) -> tuple[int, int]:
        """(height, width) of the layer's canvas."""
        if layer not in self._sizes:
            field = field_size(self._graph, self._shapes, layer)
            self._sizes[layer] = (min(field[0], self._image[0]), min(field[1], self._image[1]))
        return self._sizes[layer]

    def window(self, layer: str, row: int, col: int) -> Window:
        """Where the canvas of the unit at (row, col) of the layer's map lies."""
        height, width = self.size(layer)
        row %= image_size(self._shapes[layer])[0]  # the maps of a batch are stacked downwards
        top = self._start(layer, row, 0)[0] if height < self._image[0] else 0
        left = self._start(layer, 0, col)[1] if width < self._image[1] else 0
        return Window(top, left, height, width)

    def _start(self, layer: str, row: int, col: int) -> tuple[int, int]:
        """(top, left) of a field. Rows do not depend on the column, nor columns on the row: few are computed."""
        key = (layer, row, col)
        if key not in self._starts:
            field = receptive_field(self._graph, self._shapes, layer, row, col, self._data)
            self._starts[key] = (field.top, field.left)
        return self._starts[key]


def cut(pixels: np.ndarray, window: Window, fill: float | np.ndarray) -> np.ndarray:
    """The window of ``pixels`` (H, W, channels...), of their dtype; ``fill`` where it leaves them."""
    canvas = np.empty((window.height, window.width, *pixels.shape[2:]), pixels.dtype)
    canvas[...] = fill
    top, left = max(window.top, 0), max(window.left, 0)
    bottom = min(window.top + window.height, pixels.shape[0])
    right = min(window.left + window.width, pixels.shape[1])
    if bottom > top and right > left:
        rows = slice(top - window.top, bottom - window.top)
        columns = slice(left - window.left, right - window.left)
        canvas[rows, columns] = pixels[top:bottom, left:right]
    return canvas
