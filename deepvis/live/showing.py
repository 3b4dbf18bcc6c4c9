"""How a network's blobs become what the window can show: maps by channel. Shared by the backends; no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np

import deepvis.attribution.methods  # noqa: F401  (fills the table)
from deepvis.core.attributions import ATTRIBUTIONS
from deepvis.core.types import LayerInfo, NetInfo, NetRequest, Unit
from deepvis.models import listing
from deepvis.models.model import Model
from deepvis.models.tree import TreeEntry
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.maps import as_maps, maps_shape
from deepvis.network.unavailable import Unavailable

Shape = Sequence[int]


def net_info(
    model: Model,
    shapes: Mapping[str, Shape],
    device: str,
    notes: Sequence[str] = (),
    unavailable: Mapping[str, Unavailable] | None = None,
) -> NetInfo:
    """What the window may know of a network.

    shapes: blob -> shape at batch 1; blobs without values are left out, but for those that are ``unavailable``.
    """
    unavailable = {name: each for name, each in (unavailable or {}).items() if name not in shapes}
    found = listing.entries(model.structure, model.layer_names)
    entries = [
        each
        for each in listing.with_unavailable(model.structure, found, unavailable)
        if each.missing or 0 not in shapes.get(each.name, (0,))
    ]
    types = {name: each.type for name, each in unavailable.items()}
    return NetInfo(
        name=model.name,
        layers=tuple(_layer_info(model, each, shapes.get(each.name, (1, 1)), types) for each in entries),
        input_shape=model.preprocessor.input_shape,
        labels=tuple(model.labels),
        label_layers=frozenset(model.label_layers),
        prob_layer=model.prob_layer,
        groups=_groups(model, entries),
        notes=(*model.notes, *notes),
        device=device,
        input_words=model.input_words,
    )


def deepest(request: NetRequest, blobs: Sequence[str]) -> str | None:
    """The last of ``blobs``, in the order in which they are made, that a request needs; None: all are needed."""
    if request.shown is None:
        return None
    needed = set(request.shown) | asked_layers(request)
    return next((blob for blob in reversed(blobs) if blob in needed), None)


def asked_layers(request: NetRequest) -> set[str]:
    """The layers of the units that are projected back, attributed, asked why or intervened on."""
    asked = {each.unit.layer for each in (request.back, request.attribution) if each}
    return asked | {unit.layer for unit in request.why} | {each.unit.layer for each in request.interventions}


def request_problem(request: NetRequest, shapes: Mapping[str, Shape]) -> str | None:
    """One sentence on what a request asks that the network has not; None where it can be answered."""
    for each in (*request.why, *(changed.unit for changed in request.interventions)):
        if problem := _unit_problem(each, None, shapes):
            return problem
    asked = request.attribution
    if asked is not None and asked.method not in ATTRIBUTIONS:
        return f"there is no attribution method {asked.method!r}; there are {', '.join(ATTRIBUTIONS)}"
    if asked is not None and (problem := _unit_problem(asked.unit, None, shapes)):
        return problem
    if request.back is None:
        return None
    if request.back.mode not in BACK_MODES:
        return f"there is no back mode {request.back.mode!r}; there are {', '.join(BACK_MODES)}"
    return _unit_problem(request.back.unit, request.back.position, shapes)


def _unit_problem(unit: Unit, position: tuple[int, int] | None, shapes: Mapping[str, Shape]) -> str | None:
    """One sentence on a unit, or a place of its map, that is not there."""
    if unit.layer not in shapes:
        return f"there is no layer {unit.layer!r}; there are {', '.join(shapes)}"
    channels, height, width = maps_shape(shapes[unit.layer])
    if not 0 <= unit.channel < channels:
        return f"layer {unit.layer} has the channels 0 to {channels - 1}, there is no channel {unit.channel}"
    if position is not None and not (0 <= position[0] < height and 0 <= position[1] < width):
        return f"the maps of layer {unit.layer} are {height} x {width}, there is no position {position}"
    return None


B = TypeVar("B")


class LazyMaps(Mapping[str, np.ndarray], Generic[B]):
    """Blobs by name as (C, H, W) float32, read-only; each is fetched when first read."""

    def __init__(self, blobs: Mapping[str, B], fetch: Callable[[B], np.ndarray]) -> None:
        self._blobs, self._fetch = blobs, fetch
        self._maps: dict[str, np.ndarray] = {}

    def __getitem__(self, name: str) -> np.ndarray:
        maps = self._maps.get(name)
        if maps is None:
            maps = as_maps(np.asarray(self._fetch(self._blobs[name]), np.float32))
            maps.setflags(write=False)
            self._maps[name] = maps
        return maps

    def __iter__(self) -> Iterator[str]:
        return iter(self._blobs)

    def __len__(self) -> int:
        return len(self._blobs)

    def __contains__(self, name: object) -> bool:
        return name in self._blobs


def bad_weights(model: Model) -> tuple[str, ...]:
    """A note for each layer whose weights are not all finite numbers."""
    return tuple(
        f"the weights of layer {node.name} hold NaN or infinite values: what lies above it means nothing"
        for node in model.graph.nodes
        if not all(np.isfinite(np.sum(np.asarray(array), dtype=np.float64)) for array in node.weights)
    )


def _groups(model: Model, entries: Sequence[TreeEntry]) -> tuple[int, ...]:
    """A number for each layer: of those that are seen at first as the model groups them, of others by their block."""
    named = dict(zip(model.layer_names, model.groups or [0] * len(model.layer_names), strict=True))
    keys = [named.get(each.name, each.group) for each in entries]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return tuple(numbers[key] for key in keys)


def _layer_info(model: Model, entry: TreeEntry, shape: Shape, types: Mapping[str, str]) -> LayerInfo:
    """types: of the layers that make what is not available."""
    maker = model.structure.first_maker(entry.name)
    return LayerInfo(
        entry.name,
        types.get(entry.name) or (maker.type if maker else "Input"),
        *maps_shape(shape),
        short_name=model.short_names.get(entry.name, entry.short),
        borrows=model.remap.get(entry.name, ""),
        inside=entry.inside,
        folds=entry.folds,
        is_minor=entry.is_minor,
        missing=entry.missing,
    )
