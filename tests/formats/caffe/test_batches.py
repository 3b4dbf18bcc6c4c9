"""Caffe networks whose layers work along the batch: each picture's numbers are those of it alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from deepvis.formats.caffe.opener import open_caffe
from deepvis.network.graph import Graph
from deepvis.network.mixing import ALONE
from deepvis.network.net import GraphNet
from deepvis.network.ref import Source

HEAD = """
name: "net" input: "data" input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 4 kernel_size: 3 } }
"""
MIXES = {
    "batch statistics": 'type: "BatchNorm" batch_norm_param { use_global_stats: false }',
    "SegNet's BN": 'type: "BN" bn_param { bn_mode: LEARN }',
    "softmax over the batch": 'type: "Softmax" softmax_param { axis: 0 }',
}
APART = {
    "stored statistics": 'type: "BatchNorm"',
    "reshaped with the batch as it is": 'type: "Reshape" reshape_param { shape { dim: 0 dim: 2 dim: -1 } }',
    "plain": 'type: "ReLU"',
}


def graph_of(layer: str, folder: Path) -> Graph:
    file = folder / "net.prototxt"
    file.write_text(f'{HEAD} layer {{ name: "last" bottom: "conv" top: "last" {layer} }}')
    return open_caffe(Source(file, fill=True)).weighted()


@pytest.mark.parametrize("name", MIXES)
def test_each_picture_has_its_own_numbers(name: str, tmp_path: Path) -> None:
    graph = graph_of(MIXES[name], tmp_path)
    assert graph.batch == 1 and ALONE in graph.notes
    x, net = torch.randn(3, 3, 8, 8), GraphNet(graph)
    together = net.forward({"data": x}).blobs["last"]
    assert torch.equal(together, torch.cat([net.forward({"data": each[None]}).blobs["last"] for each in x]))


@pytest.mark.parametrize("name", APART)
def test_others_go_through_together(name: str, tmp_path: Path) -> None:
    assert graph_of(APART[name], tmp_path).batch is None


def test_a_shape_that_is_written_for_one_picture_takes_one_at_a_time(tmp_path: Path) -> None:
    graph = graph_of('type: "Reshape" reshape_param { shape { dim: 1 dim: 144 } }', tmp_path)
    assert graph.batch == 1 and "one at a time" in graph.notes[-1]
    assert GraphNet(graph).forward({"data": torch.randn(3, 3, 8, 8)}).blobs["last"].shape == (3, 144)
