"""Which input pixels a unit can see, through any graph: the union over all paths from the input to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deepvis.network.errors import ModelError

if TYPE_CHECKING:
    from deepvis.network.graph import Graph

Shape = tuple[int, ...]
Span = tuple[int, int]  # first row (or column) seen, one past the last
WHOLE = None  # every row (or column) of the image
Window = tuple["Span | None", "Span | None"]  # rows, columns


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
    graph: Graph, shapes: Mapping[str, Shape], blob: str, row: int, col: int, data_blob: str | None = None
) -> Field:
    """The field of the unit of ``blob`` at (row, col), in pixels of ``data_blob`` (None: the picture input).

    shapes: blob -> shape, as ``Net.shapes``. Where every value of a blob counts (fully connected layers, global
    pooling), the field is exactly the whole image; elsewhere it can reach over the edges by the pads.
    A unit that sees nothing of the input has an empty field. Raises ModelError for unknown names and places.
    """
    value = graph.last(blob)
    size = image_size(shapes[blob])
    if not (0 <= row < size[0] and 0 <= col < size[1]):
        raise ModelError(f"the unit ({row}, {col}) of blob {blob!r}: expected a place in {size[0]} x {size[1]}")
    unit: Window = ((row, row + 1), (col, col + 1))
    open_windows = _walk(graph, shapes, value, unit, clamp=False)
    data = data_blob if data_blob is not None else picture_input(graph, [graph.names[v] for v in open_windows])
    if data not in graph.inputs:
        raise ModelError(f"found no input named {data!r}, expected one of {', '.join(graph.inputs)}")
    picture, size = graph.input_values[data], image_size(shapes[data])
    inside = _walk(graph, shapes, value, unit, clamp=True).get(picture)
    if inside is None:
        return Field(0, 0, 0, 0)
    return Field(*_edges(open_windows[picture], size), inside=_edges(inside, size))


def _walk(graph: Graph, shapes: Mapping[str, Shape], value: int, unit: Window, *, clamp: bool) -> dict[int, Window]:
    """value -> the window of it that the unit sees; ``clamp``: cut off at the edges of every map on the way."""
    windows = {value: unit}
    for index in reversed(graph.behind([value])):
        node = graph.nodes[index]
        bottoms = tuple(shapes[name] for name in graph.bottoms_of(node))
        tops = tuple(shapes[name] for name in graph.tops_of(node))
        for place, seen in [(t, windows[top]) for t, top in enumerate(node.tops) if top in windows]:
            for below_place, bottom in enumerate(node.bottoms):
                below = node.field(Step(bottoms, tops, below_place, place), seen)
                if below is not None and clamp:
                    height, width = image_size(bottoms[below_place])
                    below = each(below, _cut(height), _cut(width))
                if below is not None:
                    windows[bottom] = _union(windows[bottom], below) if bottom in windows else below
    return windows


def _cut(size: int) -> Callable[[Span], Span]:
    return lambda s: (max(s[0], 0), min(s[1], size))


def _edges(window: Window, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of a window on an image of that size."""
    rows, columns = (span if span is not WHOLE else (0, n) for span, n in zip(window, size, strict=True))
    return rows[0], columns[0], rows[1], columns[1]


def field_size(graph: Graph, shapes: Mapping[str, Shape], blob: str) -> tuple[int, int]:
    """(height, width) of the field of the unit in the middle of ``blob``; the whole image for fully connected."""
    height, width = image_size(shapes[blob])
    field = receptive_field(graph, shapes, blob, height // 2, width // 2)
    return field.height, field.width


def picture_input(graph: Graph, reached: Sequence[str]) -> str:
    """The input that holds the picture: the first with 4 axes of those reached, else the first reached."""
    inputs = [blob for blob in graph.inputs if blob in reached] or list(graph.inputs)
    return next((blob for blob in inputs if len(graph.inputs[blob]) == 4), inputs[0])


def image_size(shape: Sequence[int]) -> tuple[int, int]:
    """(height, width) of a blob: its last two of 4 or more axes; (axis 2, 1) of 3; (1, 1) of fewer."""
    if len(shape) >= 4:
        return shape[-2], shape[-1]
    return (shape[2], 1) if len(shape) == 3 else (1, 1)


def _union(a: Window, b: Window) -> Window:
    def one(x: Span | None, y: Span | None) -> Span | None:
        return WHOLE if x is WHOLE or y is WHOLE else (min(x[0], y[0]), max(x[1], y[1]))

    return one(a[0], b[0]), one(a[1], b[1])


# --- rules: the window of a bottom that a window of a top sees; None: nothing of it ---------------


@dataclass(frozen=True, eq=False)
class Step:
    """One bottom and one top of a node, by their places, with the shapes of all its bottoms and tops."""

    bottoms: tuple[Shape, ...]
    tops: tuple[Shape, ...]
    bottom: int = 0
    top: int = 0

    @property
    def below(self) -> Shape:
        return self.bottoms[self.bottom]

    @property
    def above(self) -> Shape:
        return self.tops[self.top]


FieldRule = Callable[[Step, Window], "Window | None"]
WHOLE_WINDOW: Window = (WHOLE, WHOLE)


def whole(step: Step, seen: Window) -> Window:
    """The node may look everywhere."""
    return WHOLE_WINDOW


def same_place(step: Step, seen: Window) -> Window:
    """Element by element: the same place; everywhere where bottom and top have maps of other sizes."""
    same = image_size(step.below) == image_size(step.above) and len(step.below) == len(step.above)
    return seen if same else WHOLE_WINDOW


def each(seen: Window, rows: Callable[[Span], Span | None], columns: Callable[[Span], Span | None]) -> Window | None:
    """The window made span by span; a whole span stays whole, an empty one empties the window."""
    spans = [span if span is WHOLE else f(span) for span, f in zip(seen, (rows, columns), strict=True)]
    if any(s is not WHOLE and s[1] <= s[0] for s in spans):
        return None
    return spans[0], spans[1]


def slid(kernel: int, stride: int, pad: int, dilation: int = 1) -> Callable[[Span], Span]:
    """What a sliding window sees."""
    return lambda s: (s[0] * stride - pad, (s[1] - 1) * stride - pad + dilation * (kernel - 1) + 1)


def spread(kernel: int, stride: int, pad: int, dilation: int = 1) -> Callable[[Span], Span]:
    """What reaches a place of a transposed convolution."""
    return lambda s: (-((dilation * (kernel - 1) - pad - s[0]) // stride), (s[1] - 1 + pad) // stride + 1)


def shifted(by: int) -> Callable[[Span], Span]:
    return lambda s: (s[0] + by, s[1] + by)


def sliding(
    seen: Window, windows: Sequence[tuple[int, int, int, int]], make: Callable[..., Callable[[Span], Span]] = slid
) -> Window | None:
    """What windows (kernel, stride, pad, dilation), one for each axis of the map, see; make: ``slid`` or ``spread``."""
    spans = [make(*window) for window in windows][-2:]
    return each(seen, spans[0], spans[1] if len(spans) > 1 else shifted(0)) if spans else seen


def joined(step: Step, seen: Window, axis: int) -> Window | None:
    """Of bottoms joined along an axis: the same place; along an image axis the place in its piece."""
    start = sum(shape[axis] for shape in step.bottoms[: step.bottom])
    size = step.below[axis]
    return _along(axis, step.below, seen, lambda s: (max(s[0] - start, 0), min(s[1] - start, size)))


def cut_up(step: Step, seen: Window, axis: int) -> Window | None:
    """Of a bottom cut into tops along an axis, likewise."""
    start = sum(shape[axis] for shape in step.tops[: step.top])
    return _along(axis, step.below, seen, shifted(start))


def whole_along(axis: int, shape: Sequence[int], seen: Window) -> Window:
    """All places of one axis count."""
    place = image_axis(axis, shape)
    return WHOLE if place == 0 else seen[0], WHOLE if place == 1 else seen[1]


def image_axis(axis: int, shape: Sequence[int]) -> int | None:
    """0 if the blob's axis is its height, 1 if it is its width, else None."""
    place = axis - (len(shape) - 2) if len(shape) >= 4 else axis - 2
    return place if 0 <= place < 2 else None


def last_two(values: Sequence[int], default: int) -> tuple[int, int]:
    """The values of the image's axes of a blob with so many."""
    if len(values) >= 4:
        return values[-2], values[-1]
    return (values[2], default) if len(values) == 3 else (default, default)


def _along(axis: int, shape: Sequence[int], seen: Window, span: Callable[[Span], Span]) -> Window | None:
    place = image_axis(axis, shape)
    if place is None:
        return seen
    spans: list[Callable[[Span], Span]] = [shifted(0), shifted(0)]
    spans[place] = span
    return each(seen, *spans)
