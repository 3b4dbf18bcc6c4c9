"""A module's own pass, to be held beside that of its graph, and how the two are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from deepvis.formats.torch.export import Others, example, repeated
from deepvis.network.field_rules import Shape
from deepvis.network.graph import Graph
from deepvis.network.mixing import TOLERANCE


@dataclass(frozen=True)
class Comparison:
    """What was compared, and by how much the two differ: the largest difference, as a share of the largest value."""

    what: str
    difference: float
    refusal: str = ""  # why it could not be compared
    tolerance: float = TOLERANCE
    measure: str = "largest difference {:.2g} of the largest value"

    @property
    def is_same(self) -> bool:
        return not self.refusal and self.difference <= self.tolerance

    def __str__(self) -> str:
        if self.refusal:
            return f"{self.what}: not compared: {self.refusal}"
        verdict = "the same" if self.is_same else "DIFFERENT"
        return f"{self.what}: {verdict}, {self.measure.format(self.difference)}"


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """The module in evaluation mode, for a while; every submodule gets its own mode back."""
    modes = [(each, each.training) for each in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for each, was_training in modes:
            each.training = was_training


def eager_outputs(module: nn.Module, arguments: tuple[Sequence[Tensor], Mapping[str, Tensor]]) -> list[Any]:
    """All tensors that the module returns, from within tuples, dicts and data classes, in torch's order."""
    return pytree.tree_leaves(module(*(x * 1 for x in arguments[0]), **{k: x * 1 for k, x in arguments[1].items()}))


def shape_of(graph: Graph, picture: str) -> Shape:
    """(channels, height, width) of the picture's input."""
    return graph.inputs[picture or next(iter(graph.inputs))][1:]


def inputs_of(graph: Graph, pictures: int, others: Others, picture: str) -> dict[str, Tensor]:
    """The same arguments as those of ``example``, by the graph's inputs."""
    positional, named = example(pictures, shape_of(graph, picture), others, picture)
    first = picture or next(iter(graph.inputs))
    given = {**named, **dict(zip([first], positional, strict=False))}
    return {name: given[name] if name in given else repeated(torch.zeros(shape), pictures)
            for name, shape in graph.inputs.items()}  # fmt: skip
