"""What of a node's bottoms one place of its top sees: the rules that nodes carry, and what they are made of.

A rule takes an edge and the window of its top, and gives the window of its bottom; None: nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Shape = tuple[int, ...]
Span = tuple[int, int]  # first row (or column) seen, one past the last
WHOLE = None  # every row (or column) of the image
Window = tuple["Span | None", "Span | None"]  # rows, columns


@dataclass(frozen=True, eq=False)
class NodeEdge:
    """One bottom and one top of a node, with the shapes of all its bottoms and tops."""

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


FieldRule = Callable[[NodeEdge, Window], "Window | None"]
WHOLE_WINDOW: Window = (WHOLE, WHOLE)


def whole(edge: NodeEdge, window: Window) -> Window:
    """The node may look everywhere."""
    return WHOLE_WINDOW


def same_place(edge: NodeEdge, window: Window) -> Window:
    """Element by element: the same place; everywhere where bottom and top have maps of other sizes."""
    same = image_size(edge.below) == image_size(edge.above) and len(edge.below) == len(edge.above)
    return window if same else WHOLE_WINDOW


def each(window: Window, rows: Callable[[Span], Span | None], columns: Callable[[Span], Span | None]) -> Window | None:
    """The window made span by span; a whole span stays whole, an empty one empties the window."""
    spans = [span if span is WHOLE else f(span) for span, f in zip(window, (rows, columns), strict=True)]
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
    top_window: Window, windows: Sequence[tuple[int, int, int, int]], make: Callable[..., Callable[[Span], Span]] = slid
) -> Window | None:
    """What windows (kernel, stride, pad, dilation), one for each axis of the map, see; make: ``slid`` or ``spread``."""
    spans = [make(*window) for window in windows][-2:]
    return each(top_window, spans[0], spans[1] if len(spans) > 1 else shifted(0)) if spans else top_window


def image_axis(axis: int, shape: Sequence[int]) -> int | None:
    """0 if the blob's axis is its height, 1 if it is its width, else None."""
    place = axis - (len(shape) - 2) if len(shape) >= 4 else axis - 2
    return place if 0 <= place < 2 else None


def last_two(values: Sequence[int], default: int) -> tuple[int, int]:
    """The values of the image's axes of a blob with so many."""
    if len(values) >= 4:
        return values[-2], values[-1]
    return (values[2], default) if len(values) == 3 else (default, default)


def image_size(shape: Sequence[int]) -> tuple[int, int]:
    """(height, width) of a blob: its last two of 4 or more axes; (axis 2, 1) of 3; (1, 1) of fewer."""
    if len(shape) >= 4:
        return shape[-2], shape[-1]
    return (shape[2], 1) if len(shape) == 3 else (1, 1)
