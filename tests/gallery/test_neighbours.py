"""The nearest units: closed forms on planted weights, and the same answer from every file format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from deepvis.gallery.neighbours import Incoming, Neighbour, incoming_weights, nearest_units
from deepvis.models.model import Model
from deepvis.models.zoo import load_model, open_model
from deepvis.network.shapes import infer_shapes
from tests.formats.conformance import CASES, SHAPES
from tests.formats.networks import small


def incoming(model: Model, layer: str) -> list[Incoming]:
    shapes = infer_shapes(model.graph, model.graph.inputs)
    return incoming_weights(model.graph, shapes, layer, shapes[layer][1])


def test_cosines_of_planted_weights() -> None:
    rows = np.array([[1, 0], [1, 1], [-2, 0], [0, 3], [0, 0]], np.float32)
    found = nearest_units([Incoming(np.arange(5), rows, "fc")], 5, count=2)
    half = pytest.approx(np.sqrt(0.5))
    assert found[0] == (Neighbour(1, half), Neighbour(3, pytest.approx(0, abs=1e-6)))
    assert [near.channel for near in found[1]] == [0, 3]
    assert found[2][-1].cosine == pytest.approx(-np.sqrt(0.5)) and found[2][0].channel == 3
    assert found[4] == ()  # of weights that are all 0


def test_units_that_see_other_channels_are_not_compared() -> None:
    rows = np.ones((2, 3), np.float32)
    found = nearest_units([Incoming(np.arange(2), rows, "a"), Incoming(np.arange(2, 4), rows, "b")], 5)
    assert [[near.channel for near in each] for each in found] == [[1], [0], [3], [2], []]


def test_blocks_of_rows_give_the_same_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).normal(size=(30, 7)).astype(np.float32)
    whole = nearest_units([Incoming(np.arange(30), rows, "fc")], 30)
    monkeypatch.setattr("deepvis.gallery.neighbours.BLOCK", 7)
    parts = nearest_units([Incoming(np.arange(30), rows, "fc")], 30)
    assert [[near.channel for near in each] for each in parts] == [[near.channel for near in each] for each in whole]


@pytest.mark.parametrize("name", CASES)
def test_every_format_gives_the_weights_that_decide_a_unit(name: str, tmp_path: Path) -> None:
    """A batch normalization folded or not, a concatenation, a sum, a softmax; as the module has them."""
    model, state = open_model(CASES[name](tmp_path).ref), small.make().state_dict()
    sign = np.sign(state["bn1.weight"].numpy())[:, None]
    expected = {
        "pool1": [state["conv1.weight"].numpy().reshape(8, -1) * sign],
        "cat": [state["left.weight"].numpy().reshape(6, -1), state["right.weight"].numpy().reshape(10, -1)],
        "add": [state["again.weight"].numpy().reshape(16, -1)],
        "softmax": [state["fc.weight"].numpy()],
    }
    for layer, rows in expected.items():
        found = incoming(model, layer)
        assert [len(each.units) for each in found] == [len(each) for each in rows], layer
        for each, right in zip(found, rows, strict=True):
            right = right / np.linalg.norm(right, axis=1, keepdims=True)
            got = each.rows / np.linalg.norm(each.rows, axis=1, keepdims=True)
            np.testing.assert_allclose(got @ got.T, right @ right.T, atol=1e-5)
            if len(got[0]) == len(right[0]):
                np.testing.assert_allclose(got, right, atol=1e-5)
    assert sum(len(each.units) for each in incoming(model, "cat")) == SHAPES["cat"][0]


SQUARE = """
import torch
class Square(torch.nn.Module):
    input_shape = (3, 4, 4)
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.square = torch.nn.Linear(48, 48)
        self.weight = torch.nn.Parameter(torch.randn(48, 48))
        self.grouped = torch.nn.Conv2d(4, 6, 1, groups=2)
        self.own = torch.nn.Conv2d(6, 6, 3, groups=6)
        self.turned = torch.nn.ConvTranspose2d(6, 5, 2)
    def forward(self, x):
        y = torch.mm(self.square(x.flatten(1)), self.weight)
        return self.turned(self.own(self.grouped(y.reshape(-1, 4, 3, 4))))
"""


@pytest.fixture(scope="module")
def square(tmp_path_factory: pytest.TempPathFactory) -> Model:
    file = tmp_path_factory.mktemp("square") / "square.py"
    file.write_text(SQUARE)
    return load_model(prototxt=f"{file}:Square", overrides={"fill": True})


def test_square_weights_lie_as_the_layer_has_them(square: Model) -> None:
    """A Linear has a unit a row, a product x W a unit a column: the shapes are the same."""
    torch.manual_seed(0)
    linear, weight = torch.nn.Linear(48, 48), torch.randn(48, 48)
    np.testing.assert_allclose(incoming(square, "square")[0].rows, linear.weight.detach().numpy())
    product = next(node for node in square.graph.nodes if node.type.startswith("mm"))
    found = incoming(square, square.graph.names[product.tops[0]])
    np.testing.assert_allclose(found[0].rows, weight.numpy().T)


def test_convolutions_with_groups_and_transposed_ones(square: Model) -> None:
    assert [each.units.tolist() for each in incoming(square, "grouped")] == [[0, 1, 2], [3, 4, 5]]
    own = incoming(square, "own")  # depthwise: kernels of one channel each
    assert [each.rows.shape for each in own] == [(6, 9)]
    node = next(node for node in square.graph.nodes if node.name == "turned")
    expected = node.weights[0].detach().numpy().swapaxes(0, 1).reshape(5, -1)
    np.testing.assert_allclose(incoming(square, "turned")[0].rows, expected)
