"""A layer of atoms beside a network: its values by hand, the network unchanged, every way back, fields, tokens."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.formats.caffe.spec_graph import graph_of
from deepvis.network.atoms import AtomLayer, channels_of, with_atoms
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.field import receptive_field
from deepvis.network.graph import Graph
from deepvis.network.identity import identity
from deepvis.network.kinds import Kind
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.network.shapes import infer_shapes
from tests.formats.torch.opened import model_of
from tests.helpers.nets import conv, data, filled, layer

NET = (
    data(1, 3, 17, 19)
    + conv("a", "data", "num_output: 6 kernel_size: 3 stride: 2")
    + layer("ReLU", "a", "a")
    + conv("b", "a", "num_output: 5 kernel_size: 3")
    + layer("InnerProduct", "c", "b", "inner_product_param { num_output: 4 weight_filler { type: 'gaussian' } }")
)
RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graph_of(filled(NET))


def atoms(layer: str, channels: int, count: int = 3) -> AtomLayer:
    encoder = np.random.default_rng(5).standard_normal((count, channels)).astype(np.float32)
    return AtomLayer(layer, f"{layer}~{count}", encoder)


def picture(graph: Graph, count: int = 2) -> dict[str, torch.Tensor]:
    name, shape = next(iter(graph.inputs.items()))
    return {name: torch.as_tensor(RANDOM.standard_normal((count, *shape[1:])), dtype=torch.float32)}


@pytest.mark.parametrize("name, channels", [("a", 6), ("b", 5), ("c", 4)])
def test_an_atom_is_the_rectified_product_at_every_place(graph: Graph, name: str, channels: int) -> None:
    added = atoms(name, channels)
    blobs = GraphNet(with_atoms(graph, added)).forward(x := picture(graph)).blobs
    alone = GraphNet(graph).forward(x).blobs
    product = torch.einsum("kc,nc...->nk...", torch.as_tensor(added.encoder), alone[name])
    torch.testing.assert_close(blobs[added.name], product.clamp(min=0))
    assert {each: torch.equal(blobs[each], alone[each]) for each in alone} == dict.fromkeys(alone, True)


def test_it_stands_right_behind_its_layer_in_the_order_of_work(graph: Graph) -> None:
    both = with_atoms(graph, atoms("a", 6))
    assert list(infer_shapes(both, both.inputs)) == ["data", "a", "a~3", "b", "c"]
    assert [node.index for node in both.nodes] == list(range(len(both.nodes)))
    net = GraphNet(both)
    assert "b" not in net.forward(picture(graph), until="a~3").blobs, "no layer above is run for it"
    assert both.added == {"a~3": "a"} and both.cut("a~3", both.inputs).added == {"a~3": "a"}
    assert both.cut("a", both.inputs).added == {}


@pytest.mark.parametrize("mode", list(BACK_MODES))
def test_every_way_back_is_that_of_the_weighted_layer(graph: Graph, mode: str) -> None:
    added = atoms("a", 6)
    tape = GraphNet(with_atoms(graph, added)).forward(picture(graph))
    seed = torch.zeros_like(tape.blobs["a~3"])
    seed[:, 1] = 1.0
    below = torch.as_tensor(added.encoder[1]).reshape(1, 6, 1, 1).expand_as(tape.blobs["a"]).contiguous()
    found = tape.backward("a~3", seed, mode)["data"]
    # the layer's own rectifier lies on the way from the atoms, and is left out of a walk from the layer itself
    rule = BACK_MODES[mode].rules.get(Kind.RELU)
    value = tape.blobs["a"]
    below = below * (value > 0) if rule is None else rule(value, value, below)
    torch.testing.assert_close(found, tape.backward("a", below, mode)["data"])
    assert found.abs().max() > 0


def test_it_sees_what_its_layer_sees(graph: Graph) -> None:
    both = with_atoms(graph, atoms("b", 5))
    shapes = infer_shapes(both, both.inputs)
    assert receptive_field(both, shapes, "b~3", 2, 3) == receptive_field(both, shapes, "b", 2, 3)
    assert channels_of(shapes, "b") == 5


def test_the_identity_is_that_of_network_and_atoms(graph: Graph) -> None:
    words = [identity(with_atoms(graph, atoms("a", 6, count))) for count in (3, 3, 4)]
    assert words[0] == words[1] and len({identity(graph), *words}) == 3


@pytest.mark.parametrize("name", ["blocks.2", "norm [class token]"])
def test_atoms_of_tokens(name: str) -> None:
    graph = model_of("vit").graph
    channels = infer_shapes(graph, graph.inputs)[name][1]
    added = atoms(name, channels)
    tape = GraphNet(both := with_atoms(graph, added)).forward(picture(graph))
    product = torch.einsum("kc,nc...->nk...", torch.as_tensor(added.encoder), tape.blobs[name])
    torch.testing.assert_close(tape.blobs[added.name], product.clamp(min=0))
    seed = torch.ones_like(tape.blobs[added.name])
    below = torch.einsum("kc,nk...->nc...", torch.as_tensor(added.encoder), seed)
    torch.testing.assert_close(
        tape.backward(added.name, seed)["x"], tape.backward(name, below)["x"], rtol=1e-4, atol=1e-5
    )
    shapes = infer_shapes(both, both.inputs)
    if len(shapes[name]) == 4:
        assert receptive_field(both, shapes, added.name, 1, 1, "x") == receptive_field(both, shapes, name, 1, 1, "x")


def test_what_cannot_have_atoms_is_said(graph: Graph) -> None:
    with pytest.raises(ModelError, match="'data' is an input"):
        with_atoms(graph, atoms("data", 3))
    with pytest.raises(ModelError, match="no blob named 'd'"):
        with_atoms(graph, atoms("d", 3))
    both = with_atoms(graph, atoms("a", 6))
    with pytest.raises(ModelError, match="already"):
        with_atoms(both, atoms("a", 6))
    with pytest.raises(ModelError, match=r"directions of 7 channels, but layer 'a' has the shape 1 x 6 x 8 x 9"):
        GraphNet(with_atoms(graph, atoms("a", 7)))
