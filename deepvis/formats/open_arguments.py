"""Arguments of an operator's call that are left open until it runs, whatever format the call was read from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Bottom:
    """An argument that is a value of the graph: the node's bottom at this place."""

    place: int


@dataclass(frozen=True)
class Weight:
    """An argument that is held with the network, a parameter or a constant: the node's weight at this place."""

    place: int
    shape: Shape


@dataclass(frozen=True)
class BatchAt:
    """Where N, the number of pictures, can be read off: bottom ``place`` has ``factor`` * N along ``axis``."""

    place: int
    axis: int
    factor: int = 1

    def of(self, shapes: Sequence[Sequence[int]]) -> int:
        """N, from the shapes of the bottoms."""
        return shapes[self.place][self.axis] // self.factor


@dataclass(frozen=True, eq=False)
class Size:
    """A number that depends on N, how many pictures go through together, as the 8 N of ``x.view(8 * N, ...)``."""

    words: str  # the expression in N
    of: Callable[[int], Any]  # N -> the number


Dims = tuple["int | Size", ...]


def resolved(dims: Dims, batch: int) -> Shape:
    """The dimensions for so many pictures."""
    return tuple(d.of(batch) if isinstance(d, Size) else d for d in dims)
