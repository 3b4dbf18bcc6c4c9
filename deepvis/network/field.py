"""Which input pixels a unit can see, through any graph: the union over all paths from the input to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deepvis.network.field_axes import by_axis, window_of
from deepvis.network.field_rules import WHOLE, WHOLE_WINDOW, NodeEdge, Shape, Span, Window, each, image_size
from deepvis.network.graph import Graph
from deepvis.network.model_error import ModelError


@dataclass(frozen=True)
class Field:
    """Rows [top, bottom) and columns [left, right) of the input, not cut off at the image's edges.

    inside: (top, left, bottom, right) of what is really seen, where the maps between the input and the unit have edges
    too; None: simply the part inside the image.
    """

    top: int
    left: int
    bottom: int
    right: int
    inside: tuple[int, int, int, int] | None = field(default=None, compare=False, repr=False)

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def clamped(self, height: int, width: int) -> Field:
        """The part of it that lies inside an image of height x width."""
        top, left, bottom, right = self.inside or (self.top, self.left, self.bottom, self.right)
        top, bottom = (min(max(v, 0), height) for v in (top, bottom))
        left, right = (min(max(v, 0), width) for v in (left, right))
        return Field(top, left, bottom, right)


def receptive_field(
    graph: Graph,
    shapes: Mapping[str, Shape],
    blob: str,
    row: int,
    col: int,
    data_blob: str | None = None,
    *,
    inside: bool = True,
) -> Field:
    """The field of the unit of ``blob`` at (row, col), in pixels of ``data_blob``.

    data_blob: None: the first input with 4 axes that the unit sees. inside: find ``Field.inside`` too, which takes as
    long again.
    shapes: blob -> shape, as ``Net.shapes``. Where every value of a blob counts (fully connected layers, global
    pooling), the field is exactly the whole image; elsewhere it can reach over the edges by the pads.
    A unit that sees nothing of the input has an empty field. Raises ModelError for unknown names and places.
    """
    value = graph.last(blob)
    size = image_size(shapes[blob])
    if not (0 <= row < size[0] and 0 <= col < size[1]):
        raise ModelError(f"the unit ({row}, {col}) of blob {blob!r}: expected a place in {size[0]} x {size[1]}")
    is_map = value not in graph.grids  # which place of the grid a row and column of others is, is not known here
    unit: Window = ((row, row + 1), (col, col + 1)) if is_map else WHOLE_WINDOW
    open_windows = _walk(graph, shapes, value, unit, clamp=False)
    data = data_blob if data_blob is not None else reached_input(graph, [graph.names[v] for v in open_windows])
    if data not in graph.inputs:
        raise ModelError(f"found no input named {data!r}, expected one of {', '.join(graph.inputs)}")
    picture, size = graph.input_values[data], image_size(shapes[data])
    if picture not in open_windows:
        return Field(0, 0, 0, 0)
    edges = _edges(open_windows[picture], size)
    if not inside:
        return Field(*edges)
    unit_window = _walk(graph, shapes, value, unit, clamp=True).get(picture)
    return Field(0, 0, 0, 0) if unit_window is None else Field(*edges, inside=_edges(unit_window, size))


def _walk(graph: Graph, shapes: Mapping[str, Shape], value: int, unit: Window, *, clamp: bool) -> dict[int, Window]:
    """value -> the window of it that the unit sees; ``clamp``: cut off at the edges of every map on the way."""
    windows = {value: unit}
    for index in reversed(graph.behind([value])):
        node = graph.nodes[index]
        bottoms = tuple(shapes[name] for name in graph.bottoms_of(node))
        tops = tuple(shapes[name] for name in graph.tops_of(node))
        for place, unit_window in [(t, windows[top]) for t, top in enumerate(node.tops) if top in windows]:
            for below_place, bottom in enumerate(node.bottoms):
                below = node.field(NodeEdge(bottoms, tops, below_place, place), unit_window)
                if below is not None and clamp:
                    below = _cut(below, bottoms[below_place], graph.grids.get(bottom))
                if below is not None:
                    shape = bottoms[below_place]
                    windows[bottom] = _union(windows[bottom], below, shape) if bottom in windows else below
    return windows


def _cut(window: Window, shape: Shape, grid: tuple[int, int] | None) -> Window | None:
    """The part that lies on the map; None: nothing does. grid: where it does not follow from the shape."""
    height, width = grid or image_size(shape)
    cut = each(window, lambda s: (max(s[0], 0), min(s[1], height)), lambda s: (max(s[0], 0), min(s[1], width)))
    others = getattr(window, "others", None)
    if cut is None or not others:
        return cut
    spans = [
        span if span is WHOLE else (max(span[0], 0), min(span[1], shape[axis]))
        for axis, span in enumerate(by_axis(window, shape))
    ]
    return window_of(spans, shape)


def _edges(window: Window, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of a window on an image of that size."""
    rows, columns = (span if span is not WHOLE else (0, n) for span, n in zip(window, size, strict=True))
    return rows[0], columns[0], rows[1], columns[1]


def field_size(graph: Graph, shapes: Mapping[str, Shape], blob: str) -> tuple[int, int]:
    """(height, width) of the field of the unit in the middle of ``blob``; the whole image for fully connected."""
    height, width = image_size(shapes[blob])
    field = receptive_field(graph, shapes, blob, height // 2, width // 2)
    return field.height, field.width


def reached_input(graph: Graph, reached: Sequence[str]) -> str:
    """The input whose pixels a field counts: the first of those reached that has 4 axes, else the first reached."""
    inputs = [blob for blob in graph.inputs if blob in reached] or list(graph.inputs)
    return next((blob for blob in inputs if len(graph.inputs[blob]) == 4), inputs[0])


def _union(a: Window, b: Window, shape: Shape) -> Window:
    def one(x: Span | None, y: Span | None) -> Span | None:
        return WHOLE if x is WHOLE or y is WHOLE else (min(x[0], y[0]), max(x[1], y[1]))

    if getattr(a, "others", None) and getattr(b, "others", None):
        spans = [one(x, y) for x, y in zip(by_axis(a, shape), by_axis(b, shape), strict=True)]
        return window_of(spans, shape) or (WHOLE, WHOLE)
    return one(a[0], b[0]), one(a[1], b[1])
