"""The layers of a model's list: those that overrides or the card name, or those that are found; groups, short names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from deepvis.core.nearest import nearest
from deepvis.core.program import program
from deepvis.models import listing
from deepvis.models.card import Card
from deepvis.network.graph import Graph
from deepvis.network.model_error import ModelError
from deepvis.schema.rows import Refused, shown

T = TypeVar("T")


def listed_layers(graph: Graph, overrides: Mapping[str, Any], card: Card) -> tuple[str, ...]:
    """The layers of the list: the overrides' or the card's, else those found; without what a filter leaves out."""
    names = overrides.get("layers") or card.get("layers")
    grouped = [name for group in card.get("groups", ()) for name in group]
    check_layers(graph, card, {"layers": names or (), "groups": grouped})
    layers = tuple(names or grouped) or listing.shown_layers(graph)
    leave_out: Callable[[str], bool] | None = overrides.get("layer_filter")
    if leave_out is not None:
        layers = tuple(name for name in layers if not _called("layer_filter", leave_out, name, bool))
    if not layers:
        raise ModelError(f"model {card.name}: no layer is left to show, expected at least one")
    return layers


def with_added(layers: Sequence[str], graph: Graph) -> tuple[str, ...]:
    """The layers with those that stand beside the network, each behind its own layer.

    Where that is not listed, behind the last listed one that is made before it.
    """
    place = {name: index for index, name in enumerate(name for node in graph.nodes for name in graph.tops_of(node))}
    found = list(layers)
    for name, layer in graph.added.items():
        if name not in found:
            before = [each for each in found if place.get(each, -1) < place[name]]
            found.insert(found.index(layer) + 1 if layer in found else len(before), name)
    return tuple(found)


def check_layers(graph: Graph, card: Card, lists: Mapping[str, Sequence[str]]) -> None:
    """lists: a key of the card, or a setting -> names of layers that are shown, each once. Raises ModelError."""
    for key, names in lists.items():
        for index, name in enumerate(names):
            if graph.first_maker(name) is None:
                raise _unknown(graph, card, key, name)
            if name in names[:index]:
                raise ModelError(f"model {card.name}: {key} names {name!r} twice, expected each layer once")


def check_names(graph: Graph, card: Card, named: Mapping[str, Iterable[str]]) -> None:
    """named: a key of the card, or a setting -> names that the network has, those of layers in place among them.

    So settings of the 2015 toolbox name layers: relu_conv10 is in place of conv10. Raises ModelError.
    """
    there = {*graph.versions.keys() - graph.inputs.keys(), *graph.unavailable, *(node.name for node in graph.nodes)}
    for key, names in named.items():
        for name in names:
            if name not in there:
                raise _unknown(graph, card, key, name)


def _unknown(graph: Graph, card: Card, key: str, name: str) -> ModelError:
    names = [each for each in graph.versions if each not in graph.inputs]
    hint = nearest(name, names, f"see {program()} layers")
    return ModelError(f"model {card.name}: {key} names {name!r}, which the network has not; {hint}")


def those_in_graph(graph: Graph, names: Sequence[str]) -> tuple[str, ...]:
    """The names that are there: settings of the 2015 toolbox name in-place layers among them."""
    return tuple(name for name in names if graph.first_maker(name) is not None)


def groups_of(
    layers: Sequence[str], named: Sequence[Sequence[str]] | None, added: Mapping[str, str] = MappingProxyType({})
) -> tuple[int, ...]:
    """added: layers beside the network -> the layer whose group each is in."""
    layers = [added.get(name, name) for name in layers]
    if not named:
        return listing.groups(layers)
    place = {name: index for index, group in enumerate(named) for name in group}
    return tuple(place.get(name, len(named)) for name in layers)


def short_names_of(
    layers: Sequence[str],
    named: Mapping[str, str],
    shorten: Callable[[str], str] | None,
    added: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """added: layers beside the network -> the layer that each is of; "4c~64" is beside "4c"."""
    if shorten is not None:
        return {name: _called("short_name", shorten, name, _text) for name in layers}
    own = [name for name in layers if name not in added]
    found = {**listing.short_names(own), **{k: v for k, v in named.items() if k in layers}}
    for name, layer in added.items():
        found.setdefault(name, found.get(layer, listing.short_name(layer)) + name.removeprefix(layer))
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Refused("a text")
    return value


def _called(setting: str, function: Callable[[str], Any], name: str, kind: Callable[[Any], T]) -> T:
    """What the user's function of a layer's name gives, as a value of that kind. Raises ModelError."""
    code = getattr(function, "__code__", None)
    where = f"{code.co_filename}, line {code.co_firstlineno}: " if code is not None else ""
    value: Any = None
    try:
        value = function(name)
        return kind(value)
    except Refused as error:
        said = f"gave {shown(value)} for the layer {name!r}, expected {error}"
    except (Exception, SystemExit) as error:  # the user's own code may raise anything
        said = (
            f"ended with {type(error).__name__} ({error}) for the layer {name!r}, expected one that takes a layer's "
            "name"
        )
        raise ModelError(f"{where}the function {setting} {said}; mend it there") from error
    raise ModelError(f"{where}the function {setting} {said}; mend it there")
