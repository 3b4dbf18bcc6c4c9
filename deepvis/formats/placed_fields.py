"""Field rules that count in cells of the grids in which values lie, for nodes whose values are no plain maps."""

from __future__ import annotations

from collections.abc import Sequence

from deepvis.formats.layouts import Followed
from deepvis.network.field_rules import WHOLE, WHOLE_WINDOW, FieldRule, NodeEdge, Span, Window
from deepvis.network.grid_labels import GridLabels, Spans


def same_grid(places: GridLabels) -> FieldRule:
    """The field rule of a node of maps: the same cell of the grid."""
    return lambda edge, window: window


def placed_field(rule: FieldRule, followed: Followed, below: Sequence[GridLabels | None]) -> FieldRule:
    """The field rule of a node one of whose values is no plain map: windows are counted in cells of the grids."""

    def field(edge: NodeEdge, window: Window) -> Window | None:
        if edge.bottom >= len(below):  # a carrier of the number of pictures
            return rule(edge, window)
        places, top = below[edge.bottom], followed.tops[edge.top]
        is_known = places is not None and places.has_grid and top is not None and top.has_grid
        if not followed.is_by_place or not is_known:
            return WHOLE_WINDOW
        if followed.spans is None:
            return window
        rows, cols = (_below(span, each) for span, each in zip(window, followed.spans, strict=True))
        return rows, cols

    return field


def spread_field(spans: tuple[Spans, Spans]) -> FieldRule:
    """The field rule of a node of maps that sees so many rows and columns of each: those of its window."""

    def field(edge: NodeEdge, window: Window) -> Window:
        rows, cols = (_below(span, each) for span, each in zip(window, spans, strict=True))
        return rows, cols

    return field


def _below(span: Span | None, spans: Spans) -> Span | None:
    """What rows (or columns) of the grid below those of a span are."""
    if span is WHOLE:
        return WHOLE
    seen = spans[max(span[0], 0) : max(span[1], 0)]
    return (min(first for first, _ in seen), max(last for _, last in seen)) if seen else WHOLE
