"""One unit's gradient beside plain autograd, in 64 bits, where rounding plays no part, and in the 32 that are used.

A rectifier that stands at 0 but for rounding, and a maximum of two values that are nearly one, choose otherwise in any
other order of the same sums: two right gradients in 32 bits differ by some percent in a deep network. In 64 bits they
are the same to ten digits, and a wrong rule is not. The gradient in 32 bits is then held against the one in 64: it may
be as far away as autograd's in 32 bits is, or as the one in 64 moves where the picture moves by no more than rounding.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from deepvis.formats.torch.eager import Comparison, eager_outputs, evaluating, inputs_of, shape_of
from deepvis.formats.torch.export import NOTHING, Others, example
from deepvis.network.graph import Graph
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet

WHAT = "the gradient of one unit against plain autograd"
# by how much rounding moves what a picture of 0 to 1 becomes, in numbers of so many bits
ROUNDING: Mapping[torch.dtype, float] = {torch.float32: 1e-5, torch.float64: 1e-11}
BITS = {torch.float32: 32, torch.float64: 64}
DRAWS = 4  # pictures that are moved by rounding
SPREAD = 3.0  # a gradient may be so many times as far away as the farthest of these

Arguments = tuple[Sequence[Tensor], Mapping[str, Tensor]]


@dataclass(frozen=True, eq=False)
class _Unit:
    """The unit at which the walk back begins: an output, its place among all tensors returned, and in it."""

    output: str
    returned: int
    place: int


def gradient_against_autograd(
    graph: Graph, module: nn.Module, others: Others = NOTHING, picture: str = ""
) -> list[Comparison]:
    """Of the largest unit of the first output that has a gradient, at a picture: in 64 bits, then in 32.

    Arguments as of ``self_test``. A module that does not run in 64 bits is compared in 32 alone, and that is said.
    """
    with evaluating(module):
        unit = _largest(graph, module, _arguments(graph, others, picture, torch.float32))
        if unit is None:
            return [Comparison(WHAT, 0, "no output has a gradient")]
        found = _Gradients(graph, module, others, picture, unit)
        try:
            wide = found.in_double()
            truth = wide.by_autograd()
            compared = [found.compared(wide, wide, truth)]
        except Exception as error:  # the module's own code, which may take 32 bits alone
            if isinstance(error, ModelError):
                return [Comparison(f"{WHAT}, {unit.output}", 0, str(error))]
            wide, compared = found, []
            truth = found.by_autograd()
        try:
            return [*compared, found.compared(found, wide, truth)]
        except ModelError as error:
            return [Comparison(f"{WHAT}, {unit.output}", 0, str(error))]


@dataclass(frozen=True, eq=False)
class _Gradients:
    """A graph and its module in numbers of one width."""

    graph: Graph
    module: nn.Module
    others: Others
    picture: str
    unit: _Unit
    dtype: torch.dtype = torch.float32

    def in_double(self) -> _Gradients:
        graph = self.graph.with_weights(lambda x: x.double() if _is_float(x) else x)
        module = copy.deepcopy(self.module).double().eval()
        return _Gradients(graph, module, self.others, self.picture, self.unit, torch.float64)

    def by_autograd(self, move: float = 0.0, draw: int = 0) -> Tensor:
        """The module's own gradient at the picture, in float64; moved by normal noise of the size ``move``."""
        arguments = _arguments(self.graph, self.others, self.picture, self.dtype)
        leaf = _leaf(arguments)
        if move:
            noise = torch.randn(leaf.shape, generator=torch.Generator().manual_seed(draw), dtype=torch.float64)
            leaf += (noise * move).to(leaf.dtype)
        leaf.requires_grad_()
        with torch.enable_grad():
            value = eager_outputs(self.module, arguments)[self.unit.returned]
            (gradient,) = torch.autograd.grad(value.reshape(-1)[self.unit.place], leaf)
        return gradient.double()

    def by_graph(self) -> Tensor:
        """The graph's, in float64. Raises ModelError."""
        pictures, output = self.graph.batch or 1, self.unit.output
        given = inputs_of(self.graph, pictures, self.others, self.picture)
        tape = GraphNet(self.graph, dtype=self.dtype).forward(given)
        value = tape.blobs[output]
        seed = torch.zeros_like(value).reshape(-1)
        seed[self.unit.place] = 1
        diffs = tape.backward(output, seed.reshape(value.shape))
        return diffs[self.picture or next(iter(self.graph.inputs))].double()

    def compared(self, own: _Gradients, reference: _Gradients, truth: Tensor) -> Comparison:
        """The graph's gradient in the numbers of ``own`` beside the truth, which is ``reference``'s by autograd."""
        rounding = ROUNDING[torch.float32 if self._has_settled_weights else own.dtype]
        difference, tolerance = _apart(own.by_graph(), truth), 10 * rounding
        measure = "the difference's norm is {:.2g} of the gradient's"
        if difference > tolerance:
            moved = max(_apart(reference.by_autograd(rounding, draw), truth) for draw in range(DRAWS))
            autograds = _apart(own.by_autograd(), truth)
            tolerance = max(tolerance, SPREAD * max(moved, autograds))
            measure += f"; autograd's is {autograds:.2g}, and {moved:.2g} where the picture moves by {rounding:g}"
        if not bool(truth.any()):
            measure += ", which is 0: the output does not depend on the picture, as where the last weights are 0"
        bits = f"in {BITS[own.dtype]} bits" + (f" against {BITS[reference.dtype]}" if own is not reference else "")
        return Comparison(f"{WHAT}, {self.unit.output}, {bits}", difference, "", tolerance, measure)

    @property
    def _has_settled_weights(self) -> bool:
        """The graph has weights that were worked out in 32 bits when it was opened, as those of weight norm."""
        own = {tensor.data_ptr() for tensor in (*self.module.parameters(), *self.module.buffers())}
        return any(_is_float(x) and x.data_ptr() not in own for node in self.graph.nodes for x in node.weights)


def _largest(graph: Graph, module: nn.Module, arguments: Arguments) -> _Unit | None:
    """The largest unit of the first output that has a gradient."""
    _leaf(arguments).requires_grad_()
    with torch.enable_grad():
        made = eager_outputs(module, arguments)
    for returned, (name, value) in enumerate(zip(graph.outputs, made, strict=True)):
        if name and value.requires_grad and value.numel():
            return _Unit(name, returned, int(value.detach().reshape(-1).argmax()))
    return None


def _arguments(graph: Graph, others: Others, picture: str, dtype: torch.dtype) -> Arguments:
    positional, named = example(graph.batch or 1, shape_of(graph, picture), others, picture)
    return [_cast(x, dtype) for x in positional], {name: _cast(x, dtype) for name, x in named.items()}


def _cast(x: Tensor, dtype: torch.dtype) -> Tensor:
    return x.to(dtype) if x.is_floating_point() else x


def _leaf(arguments: Arguments) -> Tensor:
    return next(x for x in (*arguments[0], *arguments[1].values()) if x.dim() == 4)


def _is_float(x: Any) -> bool:
    return isinstance(x, Tensor) and x.is_floating_point()


def _apart(found: Tensor, wanted: Tensor) -> float:
    """The norm of the difference, as a share of the norm of what is wanted."""
    return float((found - wanted).norm() / wanted.norm().clamp(min=1e-12))
