"""The back modes: how a unit can be projected back to the input. The rows are in ``deepvis/network/back_modes.py``.

The table is here, and empty until that module is imported, because the state, the keys and the panes read it too.
They read it when asked, not when imported: a row more appears in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from deepvis.core.registry import Registry

OFF = "off"  # no mode: nothing is projected back
GRADIENT, DECONV = "gradient", "deconv"  # the two that keys name by themselves

Array = TypeVar("Array")  # a torch tensor or a numpy array


class Rule(Protocol):
    """(x, y, grad) -> the gradient at the bottom, of the same shape and library."""

    def __call__(self, x: Array, y: Array, grad: Array, /) -> Array: ...


@dataclass(frozen=True)
class BackMode:
    """One way to project a unit back: where it differs from the true gradient."""

    name: str  # as commands, files and settings have it, one word
    title: str  # as panes and help say it
    # kind of node (``deepvis/network/kinds.py``) -> what is done there in the gradient's place. A rule takes
    # the node's first bottom x, its first top y and the gradient at that top, all of one shape, torch tensors
    # or numpy arrays alike, and returns the gradient at the bottom. Of a Caffe layer that works in place, x may
    # be y
    rules: Mapping[str, Rule]
    source: str  # paper and section
    sentence: str = ""  # what it shows, for someone who reads it for the first time


BACK_MODES: Registry[BackMode] = Registry("back mode")


def add_back_mode(name: str, title: str, rules: Mapping[str, Rule], source: str, sentence: str = "") -> None:
    """Enter a row. Raises ValueError for a name that is taken."""
    if name == OFF:
        raise ValueError(f"a back mode cannot be named {OFF!r}: that is the word for none")
    BACK_MODES.put(name, BackMode(name, title, rules, source, sentence))


def title_of(mode: str) -> str:
    """A mode's name as it is said to the user: "guided backprop"; "off" for none. Raises KeyError."""
    return OFF if mode == OFF else BACK_MODES[mode].title


def all_modes() -> tuple[str, ...]:
    """The names in the order in which key n runs through them, "off" first."""
    return OFF, *BACK_MODES
