"""The table of attribution methods: which part of the picture speaks for a unit.

Rows are in ``deepvis/attribution/methods``. The table is here, and empty until that room is imported, because the
state, the keys and the panes read it too.
Numpy alone: a method asks a ``UnitFunction`` for values, gradients and maps, whatever runs the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from deepvis.core.back_modes import OFF
from deepvis.core.registry import Registry


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """The maps of a layer in the pass of the picture, and the gradient of the unit there."""

    layer: str
    maps: np.ndarray  # (K, h, w) float32
    gradient: np.ndarray  # (K, h, w) float32, of f with respect to the maps


class UnitFunction(Protocol):
    """f: a unit's value as a function of the network's input. Of a unit with a map: the sum of its map.

    Of a probability it is the class's score before the softmax, as in the methods' papers: the probability of a class
    hangs on all others.
    x: the input that is asked about, (C, H, W) float32, as the network takes it: after mean and scale. layer: whose
    unit f is.
    """

    x: np.ndarray
    layer: str

    def value(self, x: np.ndarray) -> float:
        """f of an input (C, H, W): one pass forward; at ``self.x`` itself none."""

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """df/dx at an input, (C, H, W): one pass forward and back; at ``self.x`` itself back alone."""

    def relevance(self) -> np.ndarray:
        """f at ``self.x`` shared out among the input's values by LRP's rules, (C, H, W): some three passes back."""

    def layer_maps(self) -> LayerMaps:
        """The maps of the layer that is asked about at ``self.x``: one pass back."""


@dataclass(frozen=True, eq=False)
class AttributionStep:
    """How far a method is."""

    values: np.ndarray  # (h, w) float32, of the picture's shape or coarser; what is above 0 speaks for the unit
    done: int = 1
    total: int = 1  # of ``AttributionMethod.counts``
    note: str = ""  # what is to be said of the numbers
    layer: str = ""  # whose maps were looked at


Run = Callable[[UnitFunction], Iterator[AttributionStep]]


@dataclass(frozen=True)
class AttributionMethod:
    """One way to say which part of the picture speaks for a unit."""

    name: str  # as commands and callers have it
    title: str  # as panes and help say it
    formula: str  # f: the unit's value, x: the input
    words: str  # what it shows, in a phrase
    source: str  # paper and section
    run: Run  # gives a first step soon and the last when all is done; each takes a pass or two
    counts: str = ""  # what is counted on the way ("places"); "": one pass, made with every picture
    is_signed: bool = True  # there are values below 0, which speak against the unit
    uses_maps: bool = False  # it looks at the maps of a layer below the unit

    @property
    def is_progressive(self) -> bool:
        return bool(self.counts)


ATTRIBUTIONS: Registry[AttributionMethod] = Registry("attribution method")


def attribution(
    name: str,
    title: str,
    *,
    formula: str,
    words: str,
    source: str,
    counts: str = "",
    is_signed: bool = True,
    uses_maps: bool = False,
) -> Callable[[Run], Run]:
    """Enter a function of a ``UnitFunction`` that gives steps; the words are those of ``AttributionMethod``.

    Raises ValueError for a name that is taken.
    """
    if name == OFF:
        raise ValueError(f"an attribution method cannot be named {OFF!r}: that is the word for none")

    def enter(run: Run) -> Run:
        method = AttributionMethod(name, title, formula, words, source, run, counts, is_signed, uses_maps)
        ATTRIBUTIONS.put(name, method)
        return run

    return enter


def attribution_title(name: str) -> str:
    """A method's name as it is said to the user: "Grad-CAM"; "off" for none. Raises KeyError."""
    return OFF if name == OFF else ATTRIBUTIONS[name].title


def all_attributions() -> tuple[str, ...]:
    """The names in the order in which the key runs through them, "off" first."""
    return OFF, *ATTRIBUTIONS
