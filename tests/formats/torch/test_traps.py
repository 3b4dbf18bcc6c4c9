"""Modules with traps: the same numbers and gradients as PyTorch's own, for one picture and for several."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from deepvis.models.model import Model
from deepvis.models.zoo import open_model
from deepvis.network.field import receptive_field
from deepvis.network.identity import identity
from deepvis.network.kinds import Kind
from deepvis.network.net import GraphNet
from deepvis.network.ref import NetworkRef
from deepvis.network.shapes import infer_shapes
from deepvis.optimize.ascent_network import channels_last
from tests.formats.networks import traps

FILE = Path(traps.__file__)


def made(name: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return getattr(traps, name)().eval()


@cache
def opened(name: str) -> Model:
    torch.manual_seed(0)
    return open_model(NetworkRef(network=f"{FILE}:{name}"))


def pictures(count: int) -> Tensor:
    return torch.randn(count, 3, 16, 16, generator=torch.Generator().manual_seed(count))


def outputs(made: Tensor | dict[str, Tensor]) -> list[Tensor]:
    return list(made.values()) if isinstance(made, dict) else [made]


@pytest.mark.parametrize("name", [trap.__name__ for trap in traps.TRAPS])
def test_numbers_shapes_and_gradient(name: str) -> None:
    model, module = opened(name), made(name)
    graph = model.graph
    last = [name for node in graph.nodes if not node.is_view for name in graph.tops_of(node)][-1]
    for count in (1, 2, 5):
        x = pictures(count).requires_grad_()
        wanted = outputs(module(x))
        for each in (graph, channels_last(graph)):
            tape = GraphNet(each).forward({"x": x})
            shapes = infer_shapes(graph, {"x": (count, 3, 16, 16)})
            assert shapes == {blob: tuple(value.shape) for blob, value in tape.blobs.items()}
            seed = torch.randn(wanted[-1].shape, generator=torch.Generator().manual_seed(1))
            (gradient,) = torch.autograd.grad(wanted[-1], x, seed, retain_graph=True)
            assert torch.allclose(tape.blobs[last], wanted[-1], atol=1e-5)
            assert torch.allclose(tape.backward(last, seed)["x"], gradient, atol=1e-5), count
            assert gradient.any()


@pytest.mark.parametrize("name", [trap.__name__ for trap in traps.TRAPS])
def test_fields_hold_all_that_moves_a_unit(name: str) -> None:
    graph = opened(name).graph
    net = GraphNet(graph)
    x = pictures(1).repeat(17, 1, 1, 1)
    for row in range(16):
        x[row + 1, :, row] += 1
    blobs = net.forward({"x": x}).blobs
    for blob, value in blobs.items():
        if value.dim() != 4 or len(value) != 17 or not value.is_floating_point():
            continue
        row, col = value.shape[2] // 2, value.shape[3] // 2
        field = receptive_field(graph, net.shapes, blob, row, col)
        moved = (value[1:, :, row, col] - value[:1, :, row, col]).abs().amax(1) > 1e-5
        assert all(field.top <= place < field.bottom for place in moved.nonzero().flatten().tolist()), blob


def test_names_are_those_of_the_modules() -> None:
    graph = opened("Blocks").graph
    assert [node.name for node in graph.nodes if not node.is_view] == [
        "conv", "layers.0.conv", "layers.0.add", "layers.0", "layers.1.conv", "layers.1.add", "layers.1",
        "layers.1.conv@1", "layers.1@1.add", "layers.1@1", "sub", "relu",
    ]  # fmt: skip
    assert [node.kind for node in graph.nodes].count(Kind.RELU) == 4
    assert list(graph.inputs) == ["x"]
    assert [node.type for node in graph.nodes][:4] == ["Conv2d", "Conv2d", "add", "Block"]
    assert {node.name: node.type for node in opened("Statistics").graph.nodes}["batch"] == "BatchNorm2d"


def test_unit_images_are_borrowed_through_no_operator_that_moves_channels() -> None:
    model = opened("OtherUnits")
    assert model.remap == {"relu": "norm", "max_pool2d": "flip", "relu@1": "cat"}


def test_a_shared_parameter_is_one_tensor() -> None:
    nodes = {node.name: node for node in opened("Tied").graph.nodes}
    assert nodes["first"].weights[0] is nodes["second"].weights[0]
    assert nodes["first"].type == "Linear" and len(nodes["second"].weights) == 1


def test_what_follows_from_weights_alone_is_a_weight() -> None:
    graph = opened("Tied").graph
    assert [node.name for node in graph.nodes if not node.is_view] == ["conv", "normed", "mean", "first", "second"]
    (normed,) = [node for node in graph.nodes if node.name == "normed"]
    assert normed.kind is Kind.CONVOLUTION and [tuple(w.shape) for w in normed.weights] == [(4, 4, 3, 3), (4,)]
    assert not any(w.requires_grad for node in graph.nodes for w in node.weights)


def test_pieces_are_values_of_one_node() -> None:
    graph = opened("Pieces").graph
    (split, *_) = [node for node in graph.nodes if len(node.tops) > 1]
    assert graph.tops_of(split) == ["split_with_sizes.0", "split_with_sizes.2"]


def test_dropout_that_drops_always_is_left_out_with_a_note() -> None:
    model = opened("DropsAlways")
    x = pictures(2)
    tape = GraphNet(model.graph).forward({"x": x})
    assert torch.equal(tape.blobs["native_dropout"], tape.blobs["conv"])
    assert any("drops values at random" in note for note in model.notes)


def test_a_batch_that_is_written_into_the_program_leaves_one_picture() -> None:
    model = opened("FixedBatch")
    assert any("one picture at a time" in note for note in model.notes)
    for count in (1, 3):
        x = pictures(count)
        wanted = torch.cat([made("FixedBatch")(one[None]) for one in x])
        assert torch.allclose(GraphNet(model.graph).forward({"x": x}).blobs["cat"], wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("PicksOut", r"found a size that depends on what is in the picture, expected one that follows from its size"),
        ("Chooses", r"traps\.py:Chooses: found cond, which holds a part of the network as a function"),
    ],
)
def test_what_cannot_be_run_node_by_node_is_looked_at_through_hooks(name: str, said: str) -> None:
    model = opened(name)
    assert any(re.search(said, note) for note in model.notes) and any("through hooks" in note for note in model.notes)
    x = pictures(1)
    assert torch.allclose(GraphNet(model.graph).forward({"x": x}).blobs["conv"], made(name).conv(x), atol=1e-6)


@pytest.mark.parametrize("name", ["Blocks", "Tied", "Statistics", "GradientModes", "Indices"])
def test_shapes_of_pictures_of_another_size(name: str) -> None:
    """Without a new export, as the optimizer cuts a network to a unit's field: worked out without data."""
    graph = opened(name).graph
    blobs = GraphNet(graph).forward({"x": torch.randn(3, 3, 20, 16)}).blobs
    assert infer_shapes(graph, {"x": (3, 3, 20, 16)}) == {blob: tuple(x.shape) for blob, x in blobs.items()}


def test_an_identity_counts_what_operators_are_told() -> None:
    words = {name: identity(opened(name).graph) for name in ("Blocks", "Pieces", "Windows", "Padded")}
    assert len(set(words.values())) == 4
