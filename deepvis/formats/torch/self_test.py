"""Does the captured network compute what the module computes? Opening can check it; ``--self-test`` prints it."""

from __future__ import annotations

from torch import Tensor, nn

from deepvis.formats.torch.eager import Comparison, eager_outputs, evaluating, inputs_of, shape_of
from deepvis.formats.torch.export import NOTHING, Others, capturing, example
from deepvis.formats.torch.gradient_check import gradient_against_autograd
from deepvis.network.graph import Graph
from deepvis.network.mixing import apart
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet

MANY = 4  # pictures of the larger batch


def self_test(graph: Graph, module: nn.Module, others: Others = NOTHING, picture: str = "") -> list[Comparison]:
    """Captured against eager on all outputs, one picture against four, one unit's gradient against plain autograd.

    graph: captured from ``module``. others, picture: as the module was captured with them (``export.example``).
    The pictures are drawn at random, always the same.
    """
    return [
        captured_against_eager(graph, module, others, picture),
        one_against_many(graph, others, picture),
        *gradient_against_autograd(graph, module, others, picture),
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
            blobs = GraphNet(graph).forward(inputs_of(graph, pictures, others, picture), keep=set(outputs)).blobs
        except (ModelError, RuntimeError, ValueError, TypeError) as error:
            return Comparison(what, 0, str(error).split("\n")[0])
    pairs = [(blobs[name], value) for name, value in zip(graph.outputs, wanted, strict=True) if name]
    return Comparison(what, max((apart(found, value) for found, value in pairs), default=0.0))


def one_against_many(graph: Graph, others: Others = NOTHING, picture: str = "") -> Comparison:
    """Every value of each of four pictures, gone through alone and together."""
    what = f"one picture alone against {MANY} together, all values"
    inputs = inputs_of(graph, MANY, others, picture)
    net = GraphNet(graph)
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


def _has_rows(x: Tensor) -> bool:
    return x.dim() > 0 and len(x) == MANY
