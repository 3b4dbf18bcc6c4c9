"""Windows by axis, for nodes that move axes about.

A window holds the rows and columns of a value's map, its last two axes. Where an image's axis lies elsewhere for a
while, as the height does in (N, H, W, C), what is seen of it goes along in ``Spans.others``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from deepvis.network.field_rules import WHOLE, NodeEdge, Span, Window, image_axis, shifted

ByAxis = list["Span | None"]  # of each axis what is seen; WHOLE: everything


class Spans(tuple):  # type: ignore[type-arg]  # of the two spans of a Window
    """A window with what is seen of other axes than the map's two: axis -> span."""

    others: Mapping[int, Span]


def by_axis(window: Window, shape: Sequence[int]) -> ByAxis:
    """What the window of a value of that shape sees of each of its axes."""
    others: Mapping[int, Span] = getattr(window, "others", {})
    places = [image_axis(axis, shape) for axis in range(len(shape))]
    return [others.get(axis, WHOLE) if place is None else window[place] for axis, place in enumerate(places)]


def window_of(spans: Sequence[Span | None], shape: Sequence[int]) -> Window | None:
    """The window of a value of that shape; None where of one axis nothing is seen."""
    if any(span is not WHOLE and span[1] <= span[0] for span in spans):
        return None
    pair: ByAxis = [(0, 1), (0, 1)]
    others: dict[int, Span] = {}
    for axis, span in enumerate(spans):
        place = image_axis(axis, shape)
        if place is not None:
            pair[place] = span
        elif span is not WHOLE:
            others[axis] = span
    found = Spans(pair)
    found.others = others
    return found


def moved(edge: NodeEdge, window: Window, axes: Sequence[int | None]) -> Window | None:
    """axes: of each axis of the bottom the axis of the top that it is; None: all of it may be seen."""
    above = by_axis(window, edge.above)
    return window_of([WHOLE if axis is None else above[axis] for axis in axes], edge.below)


def along(edge: NodeEdge, window: Window, changes: Mapping[int, Callable[[Span], Span] | None]) -> Window | None:
    """Bottom and top have the same axes. changes: axis -> how its span becomes the bottom's; None: all of it."""
    spans = by_axis(window, edge.above)
    for axis, change in changes.items():
        span = spans[axis]
        spans[axis] = WHOLE if change is None or span is WHOLE else change(span)
    return window_of(spans, edge.below)


def whole_along(axes: Collection[int], edge: NodeEdge, window: Window) -> Window | None:
    """All places of these axes count; the others stay."""
    return along(edge, window, dict.fromkeys(axes))


def joined(edge: NodeEdge, window: Window, axis: int) -> Window | None:
    """Of bottoms joined along an axis: the same place; along that axis the place in its piece."""
    start, size = sum(shape[axis] for shape in edge.bottoms[: edge.bottom]), edge.below[axis]
    return along(edge, window, {axis: lambda s: (max(s[0] - start, 0), min(s[1] - start, size))})


def cut_up(edge: NodeEdge, window: Window, axis: int) -> Window | None:
    """Of a bottom cut into tops along an axis, likewise."""
    return along(edge, window, {axis: shifted(sum(shape[axis] for shape in edge.tops[: edge.top]))})


def broadcast(edge: NodeEdge, window: Window) -> Window | None:
    """Element by element, with axes of size 1 repeated and missing ones added in front, as torch's arithmetic does."""
    missing = len(edge.above) - len(edge.below)
    if missing < 0:
        return None
    above = by_axis(window, edge.above)[missing:]
    sizes = zip(above, edge.below, edge.above[missing:], strict=True)
    return window_of([span if size == size_above else (0, 1) for span, size, size_above in sizes], edge.below)


def reshaped(edge: NodeEdge, window: Window) -> Window | None:
    """The same values in another shape: axes are followed as far as they stay, or are joined or cut at the end.

    (N, C, H, W) -> (N, C, H W) and back, (N, C, H, W) -> (N, G, C / G, H, W), ...
    """
    above, spans, found = list(edge.above), by_axis(window, edge.above), []
    below, remaining = list(edge.below), len(edge.above)
    for axis in range(len(below) - 1, -1, -1):
        if remaining and above[remaining - 1] == below[axis]:
            found.append(spans[remaining - 1])
            remaining -= 1
            continue
        found += _joined_or_cut(below[: axis + 1], above[:remaining], spans[:remaining])
        break
    found += [WHOLE] * (len(below) - len(found))
    return window_of(found[::-1], edge.below)


def _joined_or_cut(below: Sequence[int], above: Sequence[int], spans: Sequence[Span | None]) -> ByAxis:
    """The last axes of the bottom, last first, where two became one or one became two."""
    if len(below) > 1 and above and above[-1] == below[-2] * below[-1]:
        span, width = spans[-1], below[-1]
        if span is WHOLE:
            return []
        rows = span[0] // width, (span[1] - 1) // width + 1
        is_one_row = rows[1] - rows[0] == 1
        return [(span[0] - rows[0] * width, span[1] - rows[0] * width) if is_one_row else WHOLE, rows]
    if len(above) > 1 and below and below[-1] == above[-2] * above[-1]:
        rows_seen, columns, width = spans[-2], spans[-1], above[-1]
        if rows_seen is WHOLE:
            return []
        first, last = columns if columns is not WHOLE else (0, width)
        return [(rows_seen[0] * width + first, (rows_seen[1] - 1) * width + last)]
    return []
