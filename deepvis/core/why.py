"""Why a unit: the chain of units through which its reasons are followed from layer to layer. Pure."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.layer_list import listed
from deepvis.core.state import AppState
from deepvis.core.tile_order import TileOrder
from deepvis.core.types import LayerInfo, NetInfo, Unit

# in the names of layer types that work on each channel by itself: a unit there has one reason, the same one below
ONE_TO_ONE = ("pool", "relu", "lrn", "norm", "dropout", "softmax", "sigmoid", "flatten", "identity", "scale")


def place_of(info: NetInfo, layer: str) -> int:
    """The place of a layer among all layers, -1 for one that is not there."""
    return next((index for index, each in enumerate(info.layers) if each.name == layer), -1)


def chain_through(info: NetInfo, chain: tuple[Unit, ...], unit: Unit) -> tuple[Unit, ...]:
    """The chain that goes on through a unit: of the units before it, those of later layers stay."""
    place = place_of(info, unit.layer)
    return (*(each for each in chain if place_of(info, each.layer) > place), unit)


def layer_before(state: AppState, layer: str) -> int | None:
    """The index of the nearest layer of the list before a layer, to look for reasons in; None if there is none.

    Passed over are layers of classes, where a class has one reason, its own score, and those that work on each
    channel by itself; the nearest of these, where there is nothing else. A unit of a layer that works on each channel
    by itself is asked as the unit that it is made of: its only reason, which would say nothing.
    """
    info, place = state.info, place_of(state.info, mixing_layer(state.info, layer))
    earlier = [index for index in listed(info, state.view) if index < place and not info.layers[index].missing]
    units = [index for index in earlier if info.layers[index].name not in info.label_layers]
    mixed = [index for index in units if not is_one_to_one(info.layers[index])]
    found = mixed or units
    return found[-1] if found else None


def is_one_to_one(layer: LayerInfo) -> bool:
    """True for a layer that works on each channel by itself."""
    return any(part in layer.type.lower() for part in ONE_TO_ONE)


def mixing_layer(info: NetInfo, layer: str) -> str:
    """The layer whose units those of a one-to-one layer are made of, each of one; the layer itself where it mixes.

    It is the one whose unit images it shows; else the nearest before it with as many units; else itself.
    """
    place = place_of(info, layer)
    asked = info.layers[place]
    if place < 0 or not is_one_to_one(asked):
        return layer
    if asked.borrows and 0 <= place_of(info, asked.borrows) < place:
        return mixing_layer(info, asked.borrows)
    before = (each for each in reversed(info.layers[:place]) if not each.missing and not is_one_to_one(each))
    nearest = next(before, None)
    return nearest.name if nearest is not None and nearest.channels == asked.channels else layer


def reason_selected(state: AppState) -> AppState:
    """The strongest reason in the place of a unit that was not chosen, once it is known; that is no step of undo."""
    unit, order = state.awaits_reason, state.tile_order
    if unit is None or unit != state.unit or not state.view.why:
        return state if unit is None else replace(state, awaits_reason=None)
    if order is None or order.layer != unit.layer or order.contributions is None:
        return state
    channel = strongest_reason(order)
    history, found = state.history, Unit(unit.layer, unit.channel if channel is None else channel)
    visited = (*history.visited[:-1], found) if history.visited[-1:] == (unit,) else history.visited
    view = replace(state.view, channel=found.channel)
    return replace(state, view=view, awaits_reason=None, history=replace(history, visited=visited))


def strongest_reason(order: TileOrder) -> int | None:
    """The unit that is most for it; where all are against it the one that is most so; None where none counts."""
    if order.contributions is None or not order.channels:
        return None
    first, last = order.channels[0], order.channels[-1]
    return first if order.contributions[first] > 0 else last


def chain_words(state: AppState, chain: tuple[Unit, ...], labels: tuple[str, ...] = ()) -> str:
    """The breadcrumb: "prob · 285 Egyptian cat › inception_5b · 12". labels: of the units, "" for none."""
    words = []
    for index, unit in enumerate(chain):
        place = place_of(state.info, unit.layer)
        title = state.info.layers[place].title if place >= 0 else unit.layer
        label = labels[index] if index < len(labels) else ""
        words.append(f"{title} · {unit.channel}" + (f" {label}" if label else ""))
    return " › ".join(words)
