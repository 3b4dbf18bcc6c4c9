"""Where the first convolution is, what rectifies it, who reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepvis.models.zoo import load_model, open_model
from deepvis.network.graph import Graph
from deepvis.network.ref import NetworkRef
from deepvis.statistics.first_convolution import first_convolution

FILE = Path(__file__).with_name("modules.py")


def module_graph(name: str) -> Graph:
    return open_model(NetworkRef(network=f"{FILE}:{name}", options=(("input_size", (24, 24)),))).graph


def weights_of(graph: Graph, layer: str) -> np.ndarray:
    maker = graph.first_maker(layer)
    assert maker is not None
    return np.asarray(maker.weights[0])


def test_of_caffe_with_a_pooling_and_two_readers(ref) -> None:
    graph = open_model(ref).graph
    found = first_convolution(graph)
    assert found is not None
    assert (found.layer, found.activation, found.readers) == ("conv1", "relu1", ("mixed/a", "mixed/b"))
    a, b = weights_of(graph, "mixed/a"), weights_of(graph, "mixed/b")
    both = np.concatenate([each.transpose(1, 0, 2, 3).reshape(6, -1) for each in (a, b)], axis=1)
    np.testing.assert_allclose(found.weights, np.abs(both).mean(1))
    np.testing.assert_allclose(found.squares, (both**2).sum(1))


def test_groups_lrn_and_rectifiers_in_place() -> None:
    """caffenet-mini: conv1, relu in place, pool, LRN, conv2 in two groups."""
    graph = load_model().graph
    found = first_convolution(graph)
    assert found is not None
    assert (found.layer, found.activation, found.readers) == ("conv1", "conv1", ("conv2",))
    conv2 = weights_of(graph, "conv2")
    half = len(conv2) // 2
    assert found.weights is not None
    np.testing.assert_allclose(found.weights[5], np.abs(conv2[:half, 5]).mean())
    np.testing.assert_allclose(found.weights[32 + 7], np.abs(conv2[half:, 7]).mean())


def test_batch_norm_and_depth_wise_convolutions_are_passed_by() -> None:
    graph = module_graph("mobile")
    found = first_convolution(graph)
    assert found is not None and found.weights is not None
    assert (found.layer, found.activation, found.readers) == ("0", "2", ("6",))
    np.testing.assert_allclose(found.weights, np.abs(weights_of(graph, "6")[:, :, 0, 0]).mean(0), rtol=1e-6)


def test_a_rectifier_written_as_two_and_a_reader_in_groups() -> None:
    graph = module_graph("branches")
    found = first_convolution(graph)
    assert found is not None and found.weights is not None
    assert found.layer == "first" and found.readers == ("a", "b")
    maker = graph.first_maker(found.activation)
    assert maker is not None and len(maker.bottoms) == 2, "x * sigmoid(x), not the sigmoid"
    a, b = weights_of(graph, "a"), weights_of(graph, "b")
    unit = 4  # of the second group: channel 1 of its three
    expected = np.concatenate([a[2:, 1].ravel(), b[:, 4].ravel()])
    np.testing.assert_allclose(found.weights[unit], np.abs(expected).mean(), rtol=1e-6)


def test_a_network_without_convolutions_has_none() -> None:
    assert first_convolution(module_graph("dense")) is None


def test_a_pooling_before_the_rectifier(tmp_path) -> None:
    """As in Caffe's CIFAR-10 networks: the rectifier works in place on the pooled values."""
    text = """
name: "pooled" input: "data" input_shape { dim: 1 dim: 3 dim: 12 dim: 12 }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "pool1" top: "pool1" }
layer { name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2"
  convolution_param { num_output: 2 kernel_size: 3 } }
"""
    (tmp_path / "pooled.prototxt").write_text(text)
    found = first_convolution(load_model(prototxt=tmp_path / "pooled.prototxt", overrides={"fill": True}).graph)
    assert found is not None
    assert (found.layer, found.activation, found.readers) == ("conv1", "pool1", ("conv2",))
