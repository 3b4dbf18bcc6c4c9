"""One call of an ONNX operator: its attributes and arguments, and its tensors left open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from deepvis.formats.open_arguments import Bottom, Shape, Weight
from deepvis.network.model_error import ModelError
from deepvis.network.op import Op, Weights


class LeftOutError(ModelError):
    """An operator that cannot run here, though the file is in order."""


@dataclass(frozen=True)
class Initializer(Weight):
    """An input that is an initializer or follows from some."""

    dtype: torch.dtype
    values: tuple[float, ...] | None = None  # where there are few


@dataclass(frozen=True, eq=False)
class Sizes:
    """An argument of whole numbers that depends on how many pictures go through together: start + slope * N."""

    start: Tensor
    slope: Tensor

    def of(self, batch: int) -> Tensor:
        return self.start + self.slope * batch

    @property
    def words(self) -> str:
        return f"{self.start.tolist()} + {self.slope.tolist()} N"


@dataclass(frozen=True, eq=False)
class OnnxCall:
    """An operator with its arguments. Tensors that must be known before it runs are arguments, all others inputs."""

    name: str  # of the node
    op: str  # "Conv"; with the domain for others than ONNX's own
    opset: int
    attributes: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Tensor | Sizes] = field(default_factory=dict)
    inputs: tuple[Any, ...] = ()  # Bottom, Weight or None, in the operator's order, without the arguments
    outputs: tuple[bool, ...] = (True,)  # which of them anything takes

    @property
    def title(self) -> str:
        """How errors name it."""
        return f"layer {self.name!r} ({self.op})"

    def fault(self, found: str, expected: str) -> ModelError:
        return ModelError(f"{self.title}: found {found}, expected {expected}")

    def not_here(self, found: str, expected: str) -> LeftOutError:
        """It cannot run here, though the file is in order: what does not depend on it is shown."""
        return LeftOutError(f"found {found}, expected {expected}")

    def attr(self, name: str, default: Any = None) -> Any:
        """An attribute as a plain number, text or list."""
        return self.attributes.get(name, default)

    def ints(self, name: str) -> list[int] | None:
        """An argument, or an attribute as older opsets have it, as whole numbers; None where it is left out."""
        given = self.arguments.get(name)
        if given is None:
            value = self.attributes.get(name)
            return None if value is None else [int(v) for v in (value if isinstance(value, list) else [value])]
        if isinstance(given, Sizes):
            raise self.fault(f"{name} that depends on the number of pictures", "one that does not")
        if given.is_floating_point():
            raise self.fault(f"{name} of type {given.dtype}", "whole numbers")
        return [int(v) for v in given.reshape(-1).tolist()]

    def number(self, name: str, default: float | None = None) -> float | None:
        """An argument of one number, or an attribute."""
        given = self.arguments.get(name)
        if given is None:
            return self.attributes.get(name, default)
        if isinstance(given, Sizes) or given.numel() != 1:
            raise self.fault(f"{name} of {0 if isinstance(given, Sizes) else given.numel()} values", "one number")
        return float(given.reshape(()))

    def floats(self, name: str) -> list[float] | None:
        """An argument or an attribute of several numbers."""
        given = self.arguments.get(name)
        if given is None:
            return self.attributes.get(name)
        return None if isinstance(given, Sizes) else [float(v) for v in given.reshape(-1).tolist()]

    def at(self, batch: int) -> OnnxCall:
        """The call for so many pictures."""
        arguments = {k: v.of(batch) if isinstance(v, Sizes) else v for k, v in self.arguments.items()}
        return replace(self, arguments=arguments)

    @property
    def depends_on_batch(self) -> bool:
        return any(isinstance(value, Sizes) for value in self.arguments.values())

    # --- inputs -----------------------------------------------------------------------------------

    def has(self, place: int) -> bool:
        """Is there an input at this place?"""
        return place < len(self.inputs) and self.inputs[place] is not None

    def is_weight(self, *places: int) -> bool:
        """Are the inputs at these places weights, or left out: nothing that another node made?"""
        return all(not self.has(p) or isinstance(self.inputs[p], Weight) for p in places)

    def weight(self, place: int, weights: Weights) -> Tensor | None:
        """The tensor of an input that is a weight; None where it is left out."""
        return weights[self.inputs[place].place] if self.has(place) else None

    def weight_shape(self, place: int) -> Shape | None:
        """Of an input that is a weight, None for all else."""
        given = self.inputs[place] if self.has(place) else None
        return given.shape if isinstance(given, Weight) else None

    @property
    def bottom_places(self) -> list[int]:
        """Which inputs are the node's bottoms, in their order."""
        pairs = [(given.place, place) for place, given in enumerate(self.inputs) if isinstance(given, Bottom)]
        return [place for _, place in sorted(pairs)]

    def bind(self, function: Callable[..., Any], weights: Weights) -> Callable[..., Any]:
        """bottoms -> what ``function`` gives for all inputs, weights at their places, None where one is left out."""
        if len(self.inputs) == 1 and isinstance(self.inputs[0], Bottom):
            return function
        slots = [
            (given.place, None) if isinstance(given, Bottom) else (-1, weights[given.place] if given else None)
            for given in self.inputs
        ]
        return lambda *bottoms: function(*[bottoms[place] if place >= 0 else held for place, held in slots])

    def op_of(self, function: Callable[..., Any], weights: Weights, **facts: Any) -> Op:
        """An Op that runs ``function`` of the inputs; facts: the other fields of Op."""
        return Op(self.bind(function, weights), **facts)

    def repeated(self, weights: Weights) -> Callable[..., list[Shape]]:
        """The rule for shapes of what works element by element, axes of size 1 repeated."""
        held = [tuple(weights[given.place].shape) for given in self.inputs if isinstance(given, Weight)]
        return lambda *shapes: [tuple(torch.broadcast_shapes(*shapes, *held))]

    def signature(self, bottoms: Sequence[str]) -> bytes:
        """What decides the numbers besides the weights; bottoms: their names."""
        arguments = {
            name: value.words if isinstance(value, Sizes) else _words(value) for name, value in self.arguments.items()
        }
        attributes = {name: _words(value) for name, value in self.attributes.items()}
        inputs = [
            bottoms[given.place] if isinstance(given, Bottom) else given and f"<weight {given.place}>"
            for given in self.inputs
        ]
        parts = (self.name, self.op, sorted(attributes.items()), sorted(arguments.items()), inputs)
        return repr(parts).encode()


def _words(value: Any) -> Any:
    if isinstance(value, Tensor):
        return (tuple(value.shape), value.reshape(-1)[:64].tolist(), float(value.sum()) if value.numel() else 0.0)
    return value
