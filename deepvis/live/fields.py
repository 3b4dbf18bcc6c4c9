"""The receptive fields of a network's units, as the window asks for them."""

from __future__ import annotations

from functools import lru_cache

from deepvis.core.types import FieldOf
from deepvis.models.model import Model
from deepvis.network.model_error import ModelError


def open_fields(model: Model) -> FieldOf | None:
    """The receptive fields; None for a network beyond the engine. Of a place that no rule knows there is none."""
    from deepvis.network.field import receptive_field
    from deepvis.network.field_rules import image_size
    from deepvis.network.shapes import infer_shapes

    try:
        graph = model.graph
        shapes = infer_shapes(graph, graph.inputs)
    except ModelError:
        return None

    @lru_cache(maxsize=4096)
    def field_of(layer: str, row: int, col: int) -> tuple[int, int, int, int] | None:
        if layer not in shapes:  # of the fake backend
            return None
        row %= image_size(shapes[layer])[0]  # the maps of a batch are stacked downwards
        try:
            field = receptive_field(graph, shapes, layer, row, col, model.data_blob, inside=False)
        except ModelError:
            return None
        return field.top, field.left, field.bottom, field.right

    return field_of
