"""A graph with all that it takes to look at it: tokens and channels-last values as maps, probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

from deepvis.formats.layouts import MOVING, Followed, Follower, LayoutCall, OnPlaces
from deepvis.formats.open_arguments import Shape, resolved
from deepvis.formats.other_names import modules_ends, output_names
from deepvis.formats.placed_fields import placed_field, same_grid, spread_field
from deepvis.network.field_rules import FieldRule, same_place
from deepvis.network.graph import Graph, GraphBuilder, Node
from deepvis.network.grid_labels import (
    ONE_PLACE,
    BatchAxis,
    GridLabels,
    MapView,
    attended,
    batch_of,
    maps,
    vector_view,
    view_of,
)
from deepvis.network.kinds import Kind
from deepvis.network.views import (
    MAPS,
    MODULE,
    OUTPUT,
    RAW,
    attention_op,
    maps_op,
    order_of,
    same_op,
    softmax_op,
    token_op,
)

PROB = "prob"
UNPLACED_NOTE = (
    "where the channels and places of {} lie is not known: they are shown with axis 1 as the channels, in the order in "
    "which the numbers are stored"
)


def with_map_views(graph: Graph, calls: Sequence[LayoutCall | None], parameters: Mapping[int, str]) -> Graph:
    """The graph with a node for each value that is to be seen as maps or by another name.

    And with one for the probabilities of a classifier that ends in scores.
    A value of tokens keeps its name for the maps, which panes, scan and optimizer ask for; the value as it is
    computed gets a name with RAW. "blocks.3 [class token]" are the numbers of a token beside the grid.
    calls: of each node, None where nothing is known of it. parameters: address of a tensor -> its name, for tokens.
    """
    return _Adding(graph, calls, parameters).graph()


class _Adding:
    def __init__(self, graph: Graph, calls: Sequence[LayoutCall | None], parameters: Mapping[int, str]) -> None:
        self._old = graph
        self._calls = calls
        self._follower = Follower(parameters)
        self._new = GraphBuilder(graph.name, graph.inputs)
        self._values = {value: value for value in graph.input_values.values()}  # old -> new
        self._new_names = {value: name for name, value in graph.input_values.items()}  # by old value
        self._places: dict[int, GridLabels | None] = {}  # by old value
        for name, value in graph.input_values.items():
            shape = graph.inputs[name]
            self._places[value] = maps(*shape[2:]) if len(shape) == 4 and shape[2] * shape[3] > 1 else None
        self._grids: dict[int, tuple[int, int]] = {}  # new value -> its grid, where it does not follow from its shape
        self._unplaced: list[str] = []
        self._has_channels_last = False  # a value before had its channels behind rows and columns
        self._seeing = set(graph.input_values.values())  # old values that depend on what is in the inputs
        self._ends = modules_ends(graph)
        self._keys = output_names(graph)

    def graph(self) -> Graph:
        for node, call in zip(self._old.nodes, self._calls, strict=True):
            self._enter(node, call)
        prob = self._probabilities()
        notes = [*self._old.notes, *([prob] if prob else []), *self._unplaced_note()]
        old = self._old
        facts: dict[str, Any] = {
            "notes": notes,
            "refusal": old.refusal,
            "outputs": [self._new_names[old.last(name)] if name else "" for name in old.outputs],
            "output_keys": old.output_keys,
            "batch": old.batch,
            "grids": self._grids,
            "unavailable": old.unavailable,
            "has_paths": old.has_paths,
        }
        return self._new.graph(**facts)

    def _enter(self, node: Node, call: LayoutCall | None) -> None:
        """The node, and after it those that show its tops."""
        if call is None:  # nothing is known of its places
            made = self._copy(node, self._old.tops_of(node), node.field)
            self._values.update(zip(node.tops, made, strict=True))
            for value, name in zip(made, self._old.tops_of(node), strict=True):
                self._same(node, value, [*self._keys.get(name, ())], OUTPUT)
            self._seeing.update(node.tops)
            return
        bottoms = node.bottoms[:-1] if call.has_carrier else node.bottoms
        below = [self._places.get(value) for value in bottoms]
        followed = self._follower.followed(node, call, below)
        self._places.update(zip(node.tops, followed.tops, strict=True))
        names = self._old.tops_of(node)
        shapes = [resolved(dims, 1) for dims in call.top_dims]
        batches = [batch_of(one, resolved(dims, 2)) for one, dims in zip(shapes, call.top_dims, strict=True)]
        views = [self._view(*each) for each in zip(followed.tops, shapes, batches, strict=True)]
        if self._seeing.intersection(bottoms):
            self._seeing.update(node.tops)
            self._note_unplaced(names, followed, shapes, views)
        special = any(places is not None and not places.is_maps for places in (*below, *followed.tops))
        field = placed_field(node.field, followed, below) if special else node.field
        made = self._copy(
            node, [name if view is None else name + RAW for name, view in zip(names, views, strict=True)], field
        )
        self._values.update(zip(node.tops, made, strict=True))
        for value, places in zip(made, followed.tops, strict=True):
            if places is not None and not places.is_maps and places.has_grid:
                self._grids[value] = places.grid
        shows_tokens = call.effect not in MOVING or call.effect is OnPlaces.JOINS
        for value, name, view, places, shape in zip(made, names, views, followed.tops, shapes, strict=True):
            modules, keys = self._ends.get(name, ()), self._keys.get(name, ())
            if view is None:
                self._same(node, value, modules, node.type)
                self._same(node, value, keys, OUTPUT)
                continue
            for title in (name, *modules, *keys):
                kind = OUTPUT if title in keys else node.type
                self._show(node, value, title, view, places or ONE_PLACE, shape, shows_tokens, kind)

    def _view(self, places: GridLabels | None, shape: Shape, batch: BatchAxis | None) -> MapView | None:
        """How maps are made of a value that is none as it is; None where it is, and where nothing is known."""
        if batch is None or (places is not None and places.is_maps):
            return None
        view = view_of(places, shape, batch) if places is not None else None
        if view is None and self._has_channels_last:
            return vector_view(shape, batch)
        self._has_channels_last |= view is not None and len(shape) == 4 and view.channels == (3,)
        return view

    def _same(self, node: Node, value: int, titles: Sequence[str], kind: str) -> None:
        """Enter the value by other names: of the modules that end with it, of what the network returns."""
        facts = {"type": kind, "outputs": node.outputs, "field": same_place, "is_view": True}
        for title in titles:
            self._new.add(title + MODULE, Kind.IDENTITY, [value], [title], same_op, **facts)

    def _copy(self, node: Node, names: Sequence[str], field: FieldRule) -> tuple[int, ...]:
        """Enter the node with its tops of other names and another field rule."""
        self._new_names.update(zip(node.tops, names, strict=True))
        return self._new.add(
            node.name,
            node.kind,
            [self._values[value] for value in node.bottoms],
            names,
            node.make,
            weights=node.weights,
            field=field,
            type=node.type,
            outputs=node.outputs,
            signature=node.signature,
            has_own_weights=node.has_own_weights,
        )

    def _show(
        self,
        node: Node,
        value: int,
        name: str,
        view: MapView,
        places: GridLabels,
        shape: tuple[int, ...],
        shows_tokens: bool,
        type_: str,
    ) -> None:
        """The nodes that make maps and tokens of a value."""
        facts = {"weights": order_of(view), "has_own_weights": False, "is_view": True}
        if places.is_attention:
            looks = next((position for _, position in view.tokens), None)
            windows = attended(places)
            each = "mean of all tokens" if windows is None else "mean of the tokens of a window"
            who = each if looks is None else f"of the {self._token(view.tokens[0][0])}"
            heads = prod(shape[:-1]) // (prod(view.grid) + len(view.tokens))
            rule = {} if windows is None else {"field": spread_field(windows)}
            self._new.add(
                name + MAPS, Kind.RESHAPE, [value], [name], partial(attention_op, view, looks),
                type=f"attention, {who}", outputs=heads, **facts, **rule,
            )  # fmt: skip
            return
        channels = prod(shape) // (prod(view.grid) + len(view.tokens))
        field = same_grid(places)
        kind = {"type": type_, "outputs": channels}
        self._new.add(name + MAPS, Kind.RESHAPE, [value], [name], partial(maps_op, view), field=field, **kind, **facts)
        for token, position in view.tokens if shows_tokens else ():
            title = f"{name} [{self._token(token)}]"
            self._new.add(
                title, Kind.RESHAPE, [value], [title], partial(token_op, view, position), is_view=True, **kind
            )  # fmt: skip

    def _token(self, number: int) -> str:
        name = self._follower.tokens[number]
        return "class token" if name == "token" else name

    def _probabilities(self) -> str:
        """Enter the softmax of a classifier that ends in scores; returns the sentence that says so, "" if none."""
        graph = self._old
        read = {value for node in graph.nodes for value in node.bottoms}
        ends = [
            (node, value, resolved(dims, 1))
            for node, call in zip(graph.nodes, self._calls, strict=True)
            if call is not None
            for value, dims in zip(node.tops, call.top_dims, strict=True)
            if value not in read and (not graph.outputs or graph.names[value] in graph.outputs)
        ]
        if any(node.kind in (Kind.SOFTMAX, Kind.SIGMOID) for node in graph.nodes if not self._is_inside(node)):
            return ""
        scores = [(value, shape) for node, value, shape in ends if len(shape) == 2 and shape[1] > 1]
        scores = [(value, shape) for value, shape in scores if self._is_scored(value, shape[1])]
        if len(scores) != 1:
            return ""
        (value, shape), name = scores[0], PROB if PROB not in graph else "prob [softmax]"
        facts = {"type": "Softmax", "outputs": shape[1], "is_view": True}
        self._new.add(name, Kind.SOFTMAX, [self._values[value]], [name], softmax_op, **facts)
        return f"the network ends in the scores {graph.names[value]!r}; {name} is their softmax, made here"

    def _is_inside(self, node: Node) -> bool:
        """A softmax within the network, as of attention, rather than of the classes."""
        places = [self._places.get(value) for value in node.tops]
        read = {value for each in self._old.nodes for value in each.bottoms}
        return any(value in read for value in node.tops) or any(p is not None for p in places)

    def _is_scored(self, value: int, classes: int) -> bool:
        """Made by a layer with weights, through what keeps the classes apart."""
        for _ in range(8):
            maker_index = self._old.maker[value]
            if maker_index < 0:
                return False
            node = self._old.nodes[maker_index]
            if node.kind in (Kind.LINEAR, Kind.CONVOLUTION):
                return node.outputs == classes
            keeps = (Kind.RELU, Kind.POOLING, Kind.RESHAPE, Kind.IDENTITY, Kind.ACTIVATION, Kind.SCALE)
            is_plain = node.kind in keeps or node.type in ("mean", "squeeze", "select")
            if not is_plain or not node.bottoms:
                return False
            value = node.bottoms[0]
        return False

    def _note_unplaced(
        self,
        names: Sequence[str],
        followed: Followed,
        shapes: Sequence[tuple[int, ...]],
        views: Sequence[MapView | None],
    ) -> None:
        for name, places, shape, view in zip(names, followed.tops, shapes, views, strict=True):
            is_plain = view is not None or (places is not None and places.is_maps)
            if not is_plain and len(shape) > 2 and sum(size > 1 for size in shape[1:]) > 1:
                self._unplaced.append(name)

    def _unplaced_note(self) -> list[str]:
        names = self._unplaced
        if not names:
            return []
        last = [f"{len(names) - 2} more"] if len(names) > 3 else names[2:3]
        words = [", ".join(names[:2]), *last] if last else names
        return [UNPLACED_NOTE.format(" and ".join(words))]
