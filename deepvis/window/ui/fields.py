"""The receptive fields of the selected layer and others, as panes draw them and tooltips say them."""

from __future__ import annotations

from deepvis.core.geometry import Rect
from deepvis.core.types import LayerInfo
from deepvis.window.ui.scene import Scene

Edges = tuple[int, int, int, int]  # (top, left, bottom, right) in pixels of the network's input


def middle_edges(scene: Scene, layer: LayerInfo) -> Edges | None:
    """What a unit in the middle of a layer sees, beyond the input too; None where that is not known."""
    return None if scene.field_of is None else scene.field_of(layer.name, layer.height // 2, layer.width // 2)


def cell_edges(scene: Scene, cell: tuple[int, int]) -> Edges | None:
    """What a cell of the selected layer's maps sees, inside the input; None where that is not known."""
    edges = None if scene.field_of is None else scene.field_of(scene.state.layer.name, *cell)
    if edges is None:
        return None
    _, height, width = scene.state.info.input_shape
    top, bottom = (min(max(edge, 0), height) for edge in edges[::2])
    left, right = (min(max(edge, 0), width) for edge in edges[1::2])
    return top, left, bottom, right


def field_place(scene: Scene, place: Rect, cell: tuple[int, int]) -> Rect | None:
    """Where the receptive field of a cell of the selected layer's maps lies in the picture at ``place``."""
    edges = cell_edges(scene, cell)
    if edges is None:
        return None
    _, height, width = scene.state.info.input_shape
    top, bottom = (round(edge * (place.height / height)) for edge in edges[::2])
    left, right = (round(edge * (place.width / width)) for edge in edges[1::2])
    return Rect(place.row + top, place.col + left, max(bottom - top, 1), max(right - left, 1))
