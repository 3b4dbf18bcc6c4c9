"""What to push: a unit, a whole channel, a class, or a weighted sum of these.

Objectives are values that add and scale::

    unit("conv5", 13)                        # the centre of the map
    0.5 * unit("fc8", 3) + channel("conv4", 7)
    -unit("fc8", 3)                          # the same as 3 with weight -1
    unit("fc8", 3).pushed(-1)                # walk down; the value recorded stays the unit's own
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from deepvis.core.program import program
from deepvis.optimize.optimize_error import OptimizeError, nearest_or_examples

Shapes = Mapping[str, Sequence[int]]
WHOLE = "whole"  # the mean over the channel's map
CENTRE = "centre"  # row height // 2, column width // 2


def layer_lister() -> str:
    """The end of a sentence about a layer that is not there."""
    return f"; {program()} layers lists them"


@dataclass(frozen=True)
class Term:
    """``weight`` times one channel of blob ``layer``.

    place: (row, col) in the channel's map, CENTRE, or WHOLE for the mean over the map. A blob without
    a map (fully connected) has the one place ().
    """

    layer: str
    channel: int
    place: tuple[int, ...] | str = CENTRE
    weight: float = 1.0

    @property
    def is_whole(self) -> bool:
        return self.place == WHOLE

    @property
    def at(self) -> tuple[int, ...]:
        """The place as indices into the channel's map. Raises ValueError for one that is not resolved to indices."""
        if isinstance(self.place, str):
            raise ValueError(
                f"the place {self.place!r} of {self.layer} {self.channel} has no indices; resolve it first"
            )
        return self.place


@dataclass(frozen=True)
class Objective:
    """A weighted sum of terms, and the way to push it.

    value = sum of weight x activation: what is recorded. direction: the factor on the gradient; its sign
    says whether the value is to rise (+1) or to fall (-1), its size scales the step, as the original's
    push_dir.
    """

    terms: tuple[Term, ...]
    direction: float = 1.0

    def __add__(self, other: Objective) -> Objective:
        if self.direction != other.direction:
            raise OptimizeError(
                f"objectives pushed by {self.direction:g} and {other.direction:g} do not add; "
                "give one of them a negative weight instead"
            )
        return Objective(self.terms + other.terms, self.direction)

    def __mul__(self, factor: float) -> Objective:
        return replace(self, terms=tuple(replace(t, weight=t.weight * factor) for t in self.terms))

    __rmul__ = __mul__

    def __neg__(self) -> Objective:
        return self * -1.0

    def pushed(self, direction: float) -> Objective:
        """The same value, pushed by ``direction``: its size from 1e-9 to 1e9, for a gradient is a float32."""
        if not 1e-9 <= abs(direction) <= 1e9:
            raise OptimizeError(
                f"the push direction is {direction:g}; give 1 to raise the unit or -1 to lower it (another size, "
                "from 1e-9 to 1e9, scales the gradient)"
            )
        return replace(self, direction=float(direction))

    @property
    def leader(self) -> Term:
        """The term that must be the layer's largest for a majority: the heaviest, the first of equals."""
        return max(self.terms, key=lambda term: abs(term.weight))

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(term.layer for term in self.terms))

    def is_better(self, value: float, than: float) -> bool:
        return (value - than) * self.direction > 0

    def as_dict(self) -> dict[str, Any]:
        return {"terms": [asdict(term) for term in self.terms], "direction": self.direction}


def unit(layer: str, channel: int, row: int | None = None, col: int | None = None) -> Objective:
    """The unit at (row, col) of a channel's map; without them the one at the map's centre."""
    place = CENTRE if row is None or col is None else (row, col)
    return Objective((Term(layer, channel, place),))


def channel(layer: str, channel: int) -> Objective:
    """A whole channel: the mean over its map."""
    return Objective((Term(layer, channel, WHOLE),))


def class_unit(layer: str, name: str | int, labels: Sequence[str]) -> Objective:
    """The unit of a class, by its number or by (a part of) its label: "flamingo" in "n02007558 flamingo".

    Raises OptimizeError where no label, or more than one, holds the name.
    """
    if isinstance(name, int) or name.isdigit():
        return unit(layer, int(name))
    found = [i for i, label in enumerate(labels) if name.lower() == label.lower()]
    found = found or [i for i, label in enumerate(labels) if name.lower() in label.lower()]
    if len(found) == 1:
        return unit(layer, found[0])
    if not found:
        all_names = [word for label in labels for word in class_names(label)]
        raise OptimizeError(
            f"no class is named {name!r}; {nearest_or_examples(name, all_names, examples=2, cutoff=0.65)}"
        )
    names = ", ".join(f"{i} ({labels[i]})" for i in found[:8])
    raise OptimizeError(f"{len(found)} classes are named {name!r}: {names}; give the number of one")


def class_names(label: str) -> list[str]:
    """The names in a label, its synset left out: "n01860187 black swan, Cygnus atratus" has two."""
    return [name.strip() for name in re.sub(r"^n\d{8} ", "", label).split(",")]


def resolve(objective: Objective, shapes: Shapes) -> Objective:
    """The objective with every place a fixed one, checked against the network.

    shapes: blob -> (N, C) or (N, C, H, W), or any other number of map dimensions.
    Raises OptimizeError: unknown layer (with the nearest name), channel or place out of range.
    """
    if not objective.terms:
        raise OptimizeError("the objective has no terms; name at least one unit to push")
    return replace(objective, terms=tuple(_resolve_term(term, shapes) for term in objective.terms))


def _resolve_term(term: Term, shapes: Shapes) -> Term:
    if term.layer not in shapes:
        raise OptimizeError(
            f"the network has no layer {term.layer!r}; {nearest_or_examples(term.layer, shapes, lister=layer_lister())}"
        )
    sizes = tuple(shapes[term.layer])[1:]
    channels, extents = (sizes[0], sizes[1:]) if sizes else (1, ())
    if not 0 <= term.channel < channels:
        raise OptimizeError(
            f"layer {term.layer!r} has no channel {term.channel}; its {channels} channels are 0 to {channels - 1}"
        )
    if term.is_whole:
        return term
    if term.place == CENTRE:
        return replace(term, place=tuple(extent // 2 for extent in extents))
    place = term.at
    if not extents and place in ((), (0, 0)):
        return replace(term, place=())
    if len(place) != len(extents) or not all(0 <= p < e for p, e in zip(place, extents, strict=True)):
        expected = " x ".join(str(e) for e in extents) if extents else "a single value (give no position)"
        raise OptimizeError(f"layer {term.layer!r} has no position {place}; the map of a channel is {expected}")
    return replace(term, place=place)


def measure(objectives: Sequence[Objective], blobs: Mapping[str, Tensor]) -> list[Tensor]:
    """One number per image: objectives[n]'s value in row n of the blobs, as 0-dimensional tensors."""
    return [
        torch.stack([term.weight * _read(blobs[term.layer][n], term) for term in objective.terms]).sum()
        for n, objective in enumerate(objectives)
    ]


def seed_of(pushes: Sequence[Sequence[Term]], layer: str, blob: Tensor) -> Tensor:
    """What the blob's diff holds at the start: the weights of pushes[n]'s terms in row n, 0 off the units pushed.

    The weight of a whole channel is spread over its map, as its value is the mean.
    """
    seed = torch.zeros_like(blob)
    for n, terms in enumerate(pushes):
        for term in terms:
            if term.layer != layer:
                continue
            channel = seed[n, term.channel]
            if term.is_whole:
                channel += term.weight / max(channel.numel(), 1)
            else:
                channel[term.at] += term.weight
    return seed


def is_majority(objectives: Sequence[Objective], blobs: Mapping[str, Tensor]) -> Tensor:
    """(N,) bool: is the pushed unit (for WHOLE: any place of its channel) the largest of its layer?"""
    verdicts = []
    for n, objective in enumerate(objectives):
        term = objective.leader
        values = blobs[term.layer][n]
        largest = values.argmax()  # the first of equals, as numpy's
        inner = max(values[0].numel(), 1)
        if term.is_whole:
            verdicts.append(largest // inner == term.channel)
        else:
            offset = 0
            for at, extent in zip(term.at, values.shape[1:], strict=True):
                offset = offset * extent + at
            verdicts.append(largest == term.channel * inner + offset)
    return torch.stack(verdicts)


def _read(values: Tensor, term: Term) -> Tensor:
    channel = values[term.channel]
    return channel.mean() if term.is_whole else channel[term.at]
