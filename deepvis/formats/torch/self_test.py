"""Does the captured network compute what the module computes? Opening can check it, and ``--self-test`` tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from deepvis.formats.torch.export import NOTHING, Others, capturing, example, repeated
from deepvis.network.errors import ModelError
from deepvis.network.field_rules import Shape
from deepvis.network.graph import Graph
from deepvis.network.net import Net

TOLERANCE = 1e-4  # of the largest value
GRADIENT_TOLERANCE = 1e-2  # of its norm: a rectifier that stands at 0 but for rounding opens in one of the two
MANY = 4  # pictures of the larger batch


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


def self_test(graph: Graph, module: nn.Module, others: Others = NOTHING, picture: str = "") -> list[Comparison]:
    """Captured against eager on all outputs, one picture against four, one unit's gradient against plain autograd.

    graph: captured from ``module``. others, picture: as the module was captured with them (``export.example``).
    The pictures are drawn at random, always the same.
    """
    return [
        captured_against_eager(graph, module, others, picture),
        one_against_many(graph, others, picture),
        gradient_against_autograd(graph, module, others, picture),
    ]


def captured_against_eager(
    graph: Graph, module: nn.Module, others: Others = NOTHING, picture: str = "", pictures: int | None = None
) -> Comparison:
    """All outputs, the module's own pass beside the graph's, in evaluation mode."""
    pictures = pictures or graph.batch or 1
    outputs = [name for name in graph.outputs if name]
    what = f"captured against the module's own forward pass, {len(outputs)} outputs, {pictures} pictures"
    with capturing(), evaluating(module):
        try:
            wanted = eager_outputs(module, example(pictures, shape_of(graph, picture), others, picture))
            blobs = Net(graph).forward(inputs_of(graph, pictures, others, picture), keep=set(outputs)).blobs
        except (ModelError, RuntimeError, ValueError, TypeError) as error:
            return Comparison(what, 0, str(error).split("\n")[0])
    pairs = [(blobs[name], value) for name, value in zip(graph.outputs, wanted, strict=True) if name]
    return Comparison(what, max((apart(found, value) for found, value in pairs), default=0.0))


def one_against_many(graph: Graph, others: Others = NOTHING, picture: str = "") -> Comparison:
    """Every value of each of four pictures, gone through alone and together."""
    what = f"one picture alone against {MANY} together, all values"
    inputs = inputs_of(graph, MANY, others, picture)
    net = Net(graph)
    try:
        together = net.forward(inputs)
        worst = 0.0
        for place in range(MANY):
            alone = net.forward({name: x[place : place + 1] if _has_rows(x) else x for name, x in inputs.items()})
            for name, value in alone.blobs.items():
                rows = together.blobs[name]
                if value.dim() and (len(value), len(rows)) == (1, MANY):
                    worst = max(worst, apart(value, rows[place : place + 1]))
    except ModelError as error:
        return Comparison(what, 0, str(error))
    return Comparison(what, worst)


def gradient_against_autograd(
    graph: Graph, module: nn.Module, others: Others = NOTHING, picture: str = ""
) -> Comparison:
    """Of the largest unit of the first output that has a gradient, at the picture."""
    pictures = graph.batch or 1
    what = "the gradient of one unit against plain autograd"
    arguments = example(pictures, shape_of(graph, picture), others, picture)
    leaf = next(x for x in (*arguments[0], *arguments[1].values()) if x.dim() == 4).requires_grad_()
    with evaluating(module), torch.enable_grad():
        made = eager_outputs(module, arguments)
        found = next(
            ((name, y) for name, y in zip(graph.outputs, made, strict=True) if name and y.requires_grad and y.numel()),
            None,
        )
        if found is None:
            return Comparison(what, 0, "no output has a gradient")
        name, value = found
        unit = int(value.detach().reshape(-1).argmax())
        (wanted,) = torch.autograd.grad(value.reshape(-1)[unit], leaf)
    try:
        tape = Net(graph).forward(inputs_of(graph, pictures, others, picture))
        seed = torch.zeros_like(tape.blobs[name]).reshape(-1)
        seed[unit] = 1
        diffs = tape.backward(name, seed.reshape(value.shape))
    except ModelError as error:
        return Comparison(what, 0, str(error))
    found_gradient = diffs[picture or next(iter(graph.inputs))]
    difference = float((found_gradient - wanted).norm() / wanted.norm().clamp(min=1e-12))
    measure = "the difference's norm is {:.2g} of the gradient's"
    return Comparison(f"{what}, {name}", difference, "", GRADIENT_TOLERANCE, measure)


# --- parts ------------------------------------------------------------------------------------------


class evaluating:
    """The module in evaluation mode, for a while; every submodule gets its own mode back."""

    def __init__(self, module: nn.Module) -> None:
        self.modes = [(each, each.training) for each in module.modules()]
        self.module = module

    def __enter__(self) -> None:
        self.module.eval()

    def __exit__(self, *_: object) -> None:
        for each, was_training in self.modes:
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


def apart(found: Tensor, wanted: Any) -> float:
    """The largest difference, as a share of the largest value; infinite where shapes or NaN differ."""
    if not isinstance(wanted, Tensor) or found.shape != wanted.shape:
        return float("inf")
    if wanted.is_complex():
        found, wanted = torch.view_as_real(found), torch.view_as_real(wanted)
    found, wanted = found.detach().double(), wanted.detach().double()
    if not wanted.numel() or torch.equal(found, wanted):
        return 0.0
    if not torch.equal(found.isfinite(), wanted.isfinite()):
        return float("inf")
    difference = (found - wanted).nan_to_num(0).abs().max()
    return float(difference / wanted.nan_to_num(0, 0, 0).abs().max().clamp(min=1e-12))


def _has_rows(x: Tensor) -> bool:
    return x.dim() > 0 and len(x) == MANY
