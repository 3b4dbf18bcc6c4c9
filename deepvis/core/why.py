"""Why a unit: the chain of units through which its reasons are followed from layer to layer. Pure."""

from __future__ import annotations

from deepvis.core.layer_list import listed
from deepvis.core.state import AppState
from deepvis.core.types import NetInfo, Unit

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
    channel by itself; the nearest of these, where there is nothing else.
    """
    info, place = state.info, place_of(state.info, layer)
    earlier = [index for index in listed(info, state.view) if index < place and not info.layers[index].missing]
    units = [index for index in earlier if info.layers[index].name not in info.label_layers]
    mixed = [index for index in units if not any(part in info.layers[index].type.lower() for part in ONE_TO_ONE)]
    found = mixed or units
    return found[-1] if found else None


def chain_words(state: AppState, chain: tuple[Unit, ...], labels: tuple[str, ...] = ()) -> str:
    """The breadcrumb: "prob · 285 Egyptian cat › inception_5b · 12". labels: of the units, "" for none."""
    words = []
    for index, unit in enumerate(chain):
        place = place_of(state.info, unit.layer)
        title = state.info.layers[place].title if place >= 0 else unit.layer
        label = labels[index] if index < len(labels) else ""
        words.append(f"{title} · {unit.channel}" + (f" {label}" if label else ""))
    return " › ".join(words)
