"""Every row of the table of operators: numbers, gradient, field, documentation."""

from __future__ import annotations

from functools import cache

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import deepvis.formats.torch.ops  # noqa: F401  (fills the table)
from deepvis.formats.torch.aten_ops import ATEN_OPS
from deepvis.formats.torch.export import exported
from deepvis.formats.torch.flat_graph import graph_of_program
from deepvis.network.field import receptive_field
from deepvis.network.graph import Graph
from deepvis.network.kinds import Kind
from deepvis.network.net import GraphNet
from tests.formats.torch.op_cases import CASES, Case

ALL = [pytest.param(name, case, id=f"{name}-{i}") for name, cases in CASES.items() for i, case in enumerate(cases)]


class Calls(nn.Module):
    """One function as a module."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.case = case

    def forward(self, x: Tensor) -> Tensor:
        return self.case(x)


@cache
def graph_of(case: Case) -> Graph:
    module = Calls(case).eval()
    return graph_of_program("case", exported("case", module, (4, 8, 10)), module)


def pictures(count: int) -> Tensor:
    return torch.randn(count, 4, 8, 10, generator=torch.Generator().manual_seed(3))


def test_every_operator_has_cases() -> None:
    assert set(CASES) == set(ATEN_OPS)


@pytest.mark.parametrize("name", list(ATEN_OPS))
def test_every_operator_says_what_it_does(name: str) -> None:
    words = ATEN_OPS[name].build.__doc__ or ""
    assert words.startswith("y") and "Gradient:" in words, name


@pytest.mark.parametrize(("name", "case"), ALL)
def test_numbers_and_gradient(name: str, case: Case) -> None:
    graph = graph_of(case)
    types = [node.type for node in graph.nodes]
    assert name.strip("_") in types or (name == "scaled_dot_product_attention" and "softmax" in types)  # in its parts
    last = graph.names[-1]
    for count in (1, 3):
        x = pictures(count).requires_grad_()
        if name == "native_dropout":  # PyTorch's own is random
            wanted = x * 1
        else:
            wanted = case(x)
        tape = GraphNet(graph).forward({"x": x})
        assert torch.allclose(tape.blobs[last], wanted, atol=1e-5)
        seed = torch.randn(wanted.shape, generator=torch.Generator().manual_seed(1))
        (gradient,) = torch.autograd.grad(wanted, x, seed)
        assert torch.allclose(tape.backward(last, seed)["x"], gradient, atol=1e-4)


@pytest.mark.parametrize(("name", "case"), ALL)
def test_the_field_holds_all_that_moves_a_unit(name: str, case: Case) -> None:
    """And no more, where the operator is known to look at a place and its neighbours alone."""
    graph = graph_of(case)
    net = GraphNet(graph)
    height, width = 8, 10
    x = pictures(1).repeat(1 + height * width, 1, 1, 1)
    for place in range(height * width):
        x[1 + place, :, place // width, place % width] += torch.tensor([3.0, -2.0, 1.0, 2.5])
    if len(net.shapes[graph.names[-1]]) != 4:
        return
    # each row by itself: a kernel made of the batch is one of all pictures
    blobs = [net.forward({"x": row[None]}).blobs[graph.names[-1]][0] for row in x]
    value = torch.stack(blobs)
    for row, col in ((0, 0), (value.shape[2] // 2, value.shape[3] // 2), (value.shape[2] - 1, value.shape[3] - 1)):
        field = receptive_field(graph, net.shapes, graph.names[-1], row, col).clamped(height, width)
        moved = (value[1:, :, row, col] - value[:1, :, row, col]).abs().amax(1) > 1e-6
        places = [divmod(place, width) for place in moved.nonzero().flatten().tolist()]
        assert all(field.top <= r < field.bottom and field.left <= c < field.right for r, c in places), (row, col)


TIGHT = {
    **{"relu": (1, 1), "conv2d": (3, 2), "max_pool2d": (2, 2), "softmax": (1, 1), "add": (1, 1), "cat": (1, 1)},
    **{"leaky_relu": (1, 1), "clamp": (1, 1), "prelu": (1, 1), "gelu": (1, 1), "conv_transpose2d": (2, 1)},
}


@pytest.mark.parametrize("name", list(TIGHT))
def test_the_field_of_a_place_is_as_small_as_it_is(name: str) -> None:
    graph = graph_of(CASES[name][0])
    field = receptive_field(graph, GraphNet(graph).shapes, graph.names[-1], 2, 3)
    assert (field.height, field.width) == TIGHT[name]


def test_kinds_follow_the_arguments() -> None:
    def kinds(name: str) -> list[Kind]:
        return [next(n.kind for n in graph_of(c).nodes if n.type == name.strip("_")) for c in CASES[name]]

    assert kinds("add") == [Kind.ADD, Kind.SCALE, Kind.ADD, Kind.SCALE, Kind.ADD, Kind.ADD]
    assert kinds("mean") == [Kind.POOLING, Kind.POOLING, Kind.POOLING, Kind.OTHER, Kind.OTHER]
    assert kinds("hardtanh") == [Kind.ACTIVATION, Kind.CAPPED_RELU, Kind.CAPPED_RELU]
    assert kinds("clamp") == [Kind.RELU, Kind.CAPPED_RELU, Kind.ACTIVATION, Kind.OTHER, Kind.OTHER]
    assert kinds("clip") == kinds("clamp_min") == kinds("threshold") == [Kind.RELU, Kind.ACTIVATION]
    assert kinds("rrelu") == [Kind.LEAKY_RELU]


def notes(case: Case) -> tuple[str, ...]:
    module = Calls(case).eval()
    return graph_of_program("case", exported("case", module, (4, 8, 10)), module).notes


def test_a_note_says_where_a_back_mode_has_no_rule_for_an_activation() -> None:
    assert notes(lambda x: F.gelu(F.gelu(F.relu(F.leaky_relu(x.clamp(min=0)))))) == (
        "gelu is no rectifier: deconv and guided backprop pass it as the gradient does",
    )
    assert [note.split()[0] for note in notes(lambda x: F.relu6(x).sigmoid().clamp(-1, 1))] == ["sigmoid", "clamp"]


@pytest.mark.parametrize(
    "case",
    [
        lambda x: x + torch.rand_like(x),
        lambda x: x * torch.bernoulli(torch.full_like(x, 0.5)),
        lambda x: x + torch.randn(1),
        lambda x: F.dropout2d(x),
        lambda x: F.rrelu(x, training=True),
    ],
)
def test_a_note_says_where_numbers_are_drawn_at_random(case: Case) -> None:
    (note,) = notes(case)
    assert "draws numbers at random" in note


def test_what_is_random_in_training_alone_has_no_note() -> None:
    assert notes(lambda x: F.rrelu(F.dropout2d(F.dropout(x, training=False), training=False))) == ()
