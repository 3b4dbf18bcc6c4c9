"""What fires, in words and numbers: in a layer, at a place of the input, in all layers at a place. Pure; no drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from deepvis.core.places import cell_at
from deepvis.core.state import Order
from deepvis.core.tile_order import TileOrder, strengths_of
from deepvis.core.types import LayerInfo, Unit
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.readings import LayerView, label_of, number, peaks_of
from deepvis.window.ui.reasons import crumb, no_reasons_words, reasons_in, total_words
from deepvis.window.ui.scene import Scene

MOST_NAMED = 5  # units that are named of one place
NO_PLACES = "no places: one value a unit"
UNKNOWN_PLACES = "no places: what its cells see is not known"


def strengths_in(view: LayerView, cell: tuple[int, int] | None) -> np.ndarray:
    """(C,) float32: how strong the units of a layer are, in a cell (row, col) of their maps or all over."""
    values = peaks_of(view) if cell is None else view.values[:, cell[0], cell[1]]
    return strengths_of(values, magnitude=view.signed)


def why_no_cell(scene: Scene, layer: LayerInfo) -> str:
    """Why a place of the input means no cell of a layer's maps."""
    return UNKNOWN_PLACES if layer.is_spatial else NO_PLACES


def order_words(scene: Scene, view: LayerView) -> str:
    """How the tiles are sorted, and how many units fire: 'sorted by strength, 143 of 256 fire'; "" by number.

    While the picture moves: 'by strength of the last passes, 143 of 256 fire now'.
    """
    order, layer = scene.state.tile_order, scene.state.layer
    missing = no_reasons_words(scene)
    if order is None or order.layer != layer.name:
        return missing
    if order.channels is None:
        return missing or (why_no_cell(scene, layer) if scene.state.view.place is not None else "")
    words = sorting_words(scene, view, order)
    return f"{words}; {missing}" if missing else words


def sorting_words(scene: Scene, view: LayerView, order: TileOrder) -> str:
    """The same of tiles that are sorted."""
    layer = scene.state.layer
    how, when = ("by", " of the last passes") if order.is_steady else ("sorted by", "")
    reasons = reasons_in(scene)
    if reasons is not None and order.contributions is not None:
        there = "" if order.at is None else " at the place"
        return f"{how} contribution{there}{when} to {crumb(scene, reasons.through)}: {total_words(reasons)}"
    is_difference = view.is_difference or scene.state.view.order is Order.DIFFERENCE
    does = "change" if view.is_change else "differ" if is_difference else "are not 0" if view.signed else "fire"
    now = " now" if order.is_steady else ""
    if order.at is not None:
        return f"{how} the place{when}, {order.firing:,} of {layer.channels:,} {does} there{now}"
    if is_difference and not view.is_change:
        words_now = f"by difference{when}, {order.firing:,} {does}{now}"
    else:
        what = "change" if view.is_change else "magnitude" if view.signed else "strength"
        words_now = f"{how} {what}{when}, {order.firing:,} of {layer.channels:,} {does}{now}"
    return f"{words_now}; {why_no_cell(scene, layer)}" if scene.state.view.place is not None else words_now


def cell_words(scene: Scene, view: LayerView, cell: tuple[int, int]) -> list[str]:
    """The units of the selected layer that fire most in a cell of its maps, a line each, and how many fire there."""
    layer, strengths = scene.state.layer, strengths_in(view, cell)
    firing = int((strengths > 0).sum())
    does = "change" if view.is_change else "differ" if view.is_difference else "are not 0" if view.signed else "fire"
    if not firing and view.is_change:
        return ["nothing changes here"]
    if not firing:
        signed = "no unit differs here" if view.is_difference else "every diff is 0 here"
        return [signed if view.signed else "no unit fires here"]
    best = np.argsort(-strengths, kind="stable")[: min(firing, MOST_NAMED)]
    lines = []
    for channel in best.tolist():
        label = label_of(scene, Unit(layer.name, channel))
        value = number(float(view.values[channel, cell[0], cell[1]]))
        lines.append(f"unit {channel}: {value}" + (f", {label}" if label else ""))
    return [*lines, f"{firing:,} of {layer.channels:,} {does} here"]


@dataclass(frozen=True)
class StrongestHere:
    """The strongest unit of a layer at the pinned place."""

    layer_index: int  # in the list
    unit: Unit | None = None  # None if none fires there
    value: float = 0.0
    share: float = 0.0  # of the layer's largest value, 0..1
    why: str = ""  # a few words where there is no unit
    sentence: str = ""  # the same in full


def strongest_here(scene: Scene, layer_index: int) -> StrongestHere:
    """What a layer has at the pinned place, by its activations in the newest snapshot."""
    layer, place, snapshot = scene.state.info.layers[layer_index], scene.state.view.place, scene.snapshot
    if layer.missing:
        return StrongestHere(layer_index, why="no values", sentence=layer.missing)
    values = snapshot.activations.get(layer.name) if snapshot is not None else None
    if place is None or values is None or not len(values):
        return StrongestHere(layer_index, why="…", sentence="waiting for the network")
    cell = cell_at(scene.field_of, layer, place)
    if cell is None:
        return StrongestHere(
            layer_index, why="not known" if layer.is_spatial else "no places", sentence=why_no_cell(scene, layer)
        )
    column = strengths_of(values[:, cell[0], cell[1]], magnitude=False)
    channel = int(column.argmax())
    value = float(column[channel])
    if not value > 0:
        return StrongestHere(layer_index, why="silent", sentence="no unit fires here")
    largest = float(cached(("largest", layer.name), values, lambda: np.nanmax(values)))
    share = 1.0 if math.isinf(largest) else value / largest
    return StrongestHere(layer_index, Unit(layer.name, channel), value, share)
