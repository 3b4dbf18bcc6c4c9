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
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepvis.optimize.any_term import AnyTerm, Shapes
from deepvis.optimize.optimize_error import OptimizeError, nearest_or_examples
from deepvis.optimize.terms import CENTRE, WHOLE, ContrastTerm, LayerTerm, MatchTerm, Term

LEAST, MOST = 1e-9, 1e9  # sizes of a weight and of a push direction: a gradient is a float32


@dataclass(frozen=True)
class Objective:
    """A weighted sum of terms, and the way to push it.

    value = sum of weight x activation: what is recorded. direction: the factor on the gradient; its sign
    says whether the value is to rise (+1) or to fall (-1), its size scales the step, as the original's
    push_dir.
    """

    terms: tuple[AnyTerm, ...]
    direction: float = 1.0

    def __add__(self, other: Objective) -> Objective:
        if self.direction != other.direction:
            raise OptimizeError(
                f"objectives pushed by {self.direction:g} and {other.direction:g} do not add; "
                "give one of them a negative weight instead"
            )
        return Objective(self.terms + other.terms, self.direction)

    def __mul__(self, factor: float) -> Objective:
        return replace(self, terms=tuple(t.weighing(t.weight * factor) for t in self.terms))

    __rmul__ = __mul__

    def __neg__(self) -> Objective:
        return self * -1.0

    def pushed(self, direction: float) -> Objective:
        """The same value, pushed by ``direction``: its size from LEAST to MOST."""
        if not LEAST <= abs(direction) <= MOST:
            raise OptimizeError(
                f"the push direction is {direction:g}; give 1 to raise the unit or -1 to lower it (another size, "
                f"from {LEAST:g} to {MOST:g}, scales the gradient)"
            )
        return replace(self, direction=float(direction))

    @property
    def leader(self) -> AnyTerm:
        """The heaviest term, the first of equals. If it is a unit, a majority is when it is its layer's largest."""
        return max(self.terms, key=lambda term: abs(term.weight))

    @property
    def channel(self) -> int:
        """The leader's channel. Raises OptimizeError where it has none."""
        if self.leader.channel is None:
            raise OptimizeError(f"{self.leader.words} is not one unit; name a unit of a layer")
        return self.leader.channel

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(term.layer for term in self.terms))

    def is_better(self, value: float, than: float) -> bool:
        return (value - than) * self.direction > 0

    def as_dict(self) -> dict[str, Any]:
        return {"terms": [term.as_dict() for term in self.terms], "direction": self.direction}


def unit(layer: str, channel: int, row: int | None = None, col: int | None = None) -> Objective:
    """The unit at (row, col) of a channel's map; without them the one at the map's centre."""
    place = CENTRE if row is None or col is None else (row, col)
    return Objective((Term(layer, channel, place),))


def channel(layer: str, channel: int) -> Objective:
    """A whole channel: the mean over its map."""
    return Objective((Term(layer, channel, WHOLE),))


def of_kind(
    kind: str,
    layer: str,
    channel: int,
    place: tuple[int, ...] | str = CENTRE,
    photo: tuple[str, np.ndarray] | None = None,
) -> Objective:
    """The objective of a kind of OF_A_UNIT that a unit names.

    place: of kind "unit", as of Term. photo: of kind "match", words that tell it and the network's input.
    Raises OptimizeError where there is no photo to match.
    """
    if kind == "layer":
        return Objective((LayerTerm(layer),))
    if kind == "match":
        if photo is None:
            raise OptimizeError("there is no photo to match; give --photo FILE")
        return Objective((MatchTerm(layer, photo[0], x=photo[1]),))
    if kind == "contrast":
        return Objective((ContrastTerm(layer, channel),))
    return Objective((Term(layer, channel, WHOLE if kind == "channel" else place),))


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
    Raises OptimizeError: unknown layer (with the nearest name), channel or place out of range, a weight of 0.
    """
    if not objective.terms:
        raise OptimizeError("the objective has no terms; name at least one unit to push")
    for term in objective.terms:
        if not LEAST <= abs(term.weight) <= MOST:
            raise OptimizeError(
                f"{term.words} has the weight {term.weight:g}; give one of a size from {LEAST:g} to {MOST:g}, "
                "or leave the term out"
            )
    return replace(objective, terms=tuple(term.resolved(shapes) for term in objective.terms))


def measure(objectives: Sequence[Objective], blobs: Mapping[str, Tensor]) -> list[Tensor]:
    """One number per image: objectives[n]'s value in row n of the blobs, as 0-dimensional tensors."""
    return [
        torch.stack([term.weight * term.value(blobs[term.layer][n]) for term in objective.terms]).sum()
        for n, objective in enumerate(objectives)
    ]


def seed_of(pushes: Sequence[Sequence[AnyTerm]], layer: str, blob: Tensor) -> Tensor:
    """What the blob's diff holds at the start: the gradient of pushes[n]'s terms in row n, 0 off what is pushed."""
    seed = torch.zeros_like(blob)
    for n, terms in enumerate(pushes):
        for term in terms:
            if term.layer == layer:
                term.add_slope(seed[n], blob[n])
    return seed


def is_majority(objectives: Sequence[Objective], blobs: Mapping[str, Tensor]) -> Tensor:
    """(N,) bool: is the pushed unit (for WHOLE: any place of its channel) its layer's largest? False where none is."""
    leaders = [objective.leader for objective in objectives]
    return torch.stack([term.is_largest(blobs[term.layer][n]) for n, term in enumerate(leaders)])
