"""What every term of an objective has: a number of one layer's values, times a weight.

``terms.py`` holds the terms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from deepvis.core.program import program
from deepvis.optimize.optimize_error import OptimizeError, nearest_or_examples

if TYPE_CHECKING:  # recipes name terms, and the command line's help needs no torch
    from torch import Tensor

Shapes = Mapping[str, Sequence[int]]
Source = Callable[[str, int], tuple[str, int]]  # (layer, channel) -> where its walk back begins: AscentNetwork.source
Look = Callable[[np.ndarray, str], "Tensor"]  # a network's input (C, H, W) and a layer -> the layer's values, (C, ...)


class AnyTerm(Protocol):
    """A number of one layer's values, times a weight."""

    kind: ClassVar[str]
    is_unit: ClassVar[bool]  # layer, channel, place and weight say all of it
    has_many: ClassVar[bool]  # a layer has many of it, so file names need a digest that tells them apart

    @property
    def layer(self) -> str: ...

    @property
    def weight(self) -> float: ...

    @property
    def channel(self) -> int | None:
        """The channel where one is pushed."""
        ...

    @property
    def place(self) -> tuple[int, ...] | str:
        """Where in the layer's map: (row, col), () for a layer without a map, CENTRE, or WHOLE for all of it."""
        ...

    @property
    def words(self) -> str:
        """For sentences: "unit 5 of layer 'fc8'"."""
        ...

    def weighing(self, weight: float) -> AnyTerm:
        """The same with another weight."""
        ...

    def resolved(self, shapes: Shapes) -> AnyTerm:
        """Checked against a network. shapes: value -> (N, C, ...). Raises OptimizeError."""
        ...

    def value(self, values: Tensor) -> Tensor:
        """A number, 0-dimensional, without the weight. values: one image's, (C, ...)."""
        ...

    def pushed_from(self, source: Source) -> Sequence[AnyTerm]:
        """Where the walk back begins: of units, channels and directions before their own rectifiers."""
        ...

    def with_target(self, look: Look) -> AnyTerm:
        """Ready to be measured: one that compares with a photo has that photo's values. Raises OptimizeError."""
        ...

    def add_slope(self, slope: Tensor, values: Tensor) -> None:
        """Add d (weight x value) / d values to ``slope``, in place. values, slope: one image's, (C, ...)."""
        ...

    def is_largest(self, values: Tensor) -> Tensor:
        """Is what is pushed its layer's largest? 0-dimensional bool; False of what is neither unit nor class."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """What tells it from others, ready for json."""
        ...


class AutogradTerm:
    """What terms, frozen dataclasses, do where they have nothing of their own to do.

    The gradient is autograd's, by the layer as it is; a network needs the layer, and nothing else is checked.
    """

    is_unit: ClassVar[bool] = False
    has_many: ClassVar[bool] = False

    def weighing(self: Any, weight: float) -> Any:
        return replace(self, weight=weight)

    def resolved(self: Any, shapes: Shapes) -> Any:
        layer_sizes(self.layer, shapes)
        return self

    def as_dict(self: Any) -> dict[str, Any]:
        return {"kind": self.kind, **asdict(self)}

    def pushed_from(self: AnyTerm, source: Source) -> Sequence[AnyTerm]:
        return [self]

    def with_target(self: AnyTerm, look: Look) -> AnyTerm:
        return self

    def add_slope(self: AnyTerm, slope: Tensor, values: Tensor) -> None:
        import torch

        with torch.enable_grad():
            values = values.detach().requires_grad_()
            (found,) = torch.autograd.grad(self.value(values), values)
        slope += self.weight * found

    def is_largest(self, values: Tensor) -> Tensor:
        import torch

        return torch.zeros((), dtype=torch.bool, device=values.device)


def layer_lister() -> str:
    """The end of a sentence about a layer that is not there."""
    return f"; {program()} layers lists them"


def layer_sizes(layer: str, shapes: Shapes) -> tuple[int, ...]:
    """What one image has in the layer: (C, ...). Raises OptimizeError."""
    if layer not in shapes:
        raise OptimizeError(
            f"the network has no layer {layer!r}; {nearest_or_examples(layer, shapes, lister=layer_lister())}"
        )
    return tuple(shapes[layer])[1:]


def channel_extents(layer: str, channel: int, shapes: Shapes) -> tuple[int, ...]:
    """The extents of a channel's map. Raises OptimizeError."""
    sizes = layer_sizes(layer, shapes)
    channels, extents = (sizes[0], sizes[1:]) if sizes else (1, ())
    if not 0 <= channel < channels:
        raise OptimizeError(
            f"layer {layer!r} has no channel {channel}; its {channels} channels are 0 to {channels - 1}"
        )
    return extents
