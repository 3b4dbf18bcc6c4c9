"""What is known of a value of an ONNX file before anything runs: shapes, constants, for some numbers of pictures.

Shape arithmetic gives other numbers for other numbers of pictures. So everything is worked out for a few of them at
once, the trials, without data; where the results are in proportion, they hold for any number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from deepvis.formats.onnx.call import Sizes
from deepvis.formats.open_arguments import Shape

FACTORS = (1, 11, 23)  # of the file's own number of pictures; large primes are sizes of nothing else


class TogetherError(Exception):
    """Several pictures cannot go through together: why, as the end of a sentence."""


@dataclass(frozen=True, eq=False)
class Value:
    """A value of the file.

    shapes: one a trial. constants: likewise the values themselves where no picture decides them. place: of the value in
    the graph, -1 for constants. axis: along which the pictures lie, None where it does not depend on their number.
    """

    name: str
    dtype: torch.dtype
    shapes: tuple[Shape, ...]
    constants: tuple[Tensor, ...] | None = None
    place: int = -1
    axis: int | None = None

    @property
    def is_one_constant(self) -> bool:
        """The same tensor, whatever the number of pictures."""
        return self.constants is not None and all(each is self.constants[0] for each in self.constants)


def constant_value(name: str, constants: Sequence[Tensor]) -> Value:
    return Value(name, constants[0].dtype, tuple(tuple(c.shape) for c in constants), tuple(constants))


def batch_axis(title: str, shapes: Sequence[Shape], trials: Sequence[int]) -> int | None:
    """The axis that grows with the number of pictures; None where none does. Raises TogetherError."""
    if len(trials) == 1:
        return None
    if len({len(shape) for shape in shapes}) > 1:
        raise TogetherError(f"{title} has other axes for other numbers of pictures")
    grows = [axis for axis in range(len(shapes[0])) if len({shape[axis] for shape in shapes}) > 1]
    if not grows:
        return None
    if len(grows) > 1:
        raise TogetherError(f"{title} grows with the number of pictures along {len(grows)} axes")
    sizes = [shape[grows[0]] for shape in shapes]
    if any(size * trials[0] != sizes[0] * n for size, n in zip(sizes, trials, strict=True)) or sizes[0] % trials[0]:
        raise TogetherError(f"{title} does not grow in proportion to the number of pictures")
    return grows[0]


def argument_of(title: str, constants: Sequence[Tensor], trials: Sequence[int]) -> Tensor | Sizes:
    """One argument for any number of pictures. Raises TogetherError."""
    first = constants[0]
    if all(each is first or torch.equal(each, first) for each in constants):
        return first
    if any(each.shape != first.shape for each in constants) or first.is_floating_point():
        raise TogetherError(f"{title} takes an argument that does not follow from their number")
    slope = (constants[1] - first) // (trials[1] - trials[0])
    sizes = Sizes(first - slope * trials[0], slope)
    if not all(torch.equal(sizes.of(n), each) for n, each in zip(trials, constants, strict=True)):
        raise TogetherError(f"{title} takes an argument that is not in proportion to their number")
    return sizes


def weight_of(title: str, constants: Sequence[Tensor], trials: Sequence[int]) -> Tensor:
    """One tensor for any number of pictures: what is repeated for each of them once, to be repeated when it is used.

    Raises TogetherError.
    """
    first = constants[0]
    if all(each is first or (each.shape == first.shape and torch.equal(each, first)) for each in constants):
        return first
    axis = batch_axis(title, [tuple(each.shape) for each in constants], trials)
    if axis is None or first.shape[axis] != trials[0]:
        raise TogetherError(f"{title} takes other numbers for other numbers of pictures")
    one = first.narrow(axis, 0, 1)
    if not all(torch.equal(one.expand(each.shape), each) for each in constants):
        raise TogetherError(f"{title} takes other numbers for each picture")
    return one
