"""Small networks to climb on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.formats.caffe.weights import write_weights
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.optimize.ascent_network import AscentNetwork, ascent_net_of
from tests.helpers.golden import load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True, scope="session")
def _few_threads() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def mini() -> Model:
    """The embedded model."""
    return load_model("caffenet-mini")


@pytest.fixture(scope="session")
def network(mini: Model) -> AscentNetwork:
    """Of the embedded model."""
    return ascent_net_of(mini)


@pytest.fixture(scope="session")
def caffenet_like() -> AscentNetwork:
    """The network of the golden traces: CaffeNet's shape at 67 px."""
    net = caffe_net(load_net(*load(ROOT / "tests" / "golden" / "nets" / "caffenet_like_a").files))
    mean = torch.tensor([104.0, 117.0, 123.0])[:, None, None].expand(3, 67, 67)
    return AscentNetwork(net, mean.contiguous())


TINY = """
name: "tiny"
input: "data"
input_shape { dim: 1 dim: 3 dim: 16 dim: 20 }
layer { name: "conv/a" type: "Convolution" bottom: "data" top: "conv/a"
  convolution_param { num_output: 4 kernel_size: 3 stride: 2 } }
layer { name: "relu" type: "ReLU" bottom: "conv/a" top: "conv/a" }
layer { name: "fc" type: "InnerProduct" bottom: "conv/a" top: "fc" inner_product_param { num_output: 5 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""


@pytest.fixture(scope="session")
def tiny_files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options that name a small colour network, not square, a slash in a layer's name."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.prototxt").write_text(TINY)
    (folder / "labels.txt").write_text("ant\nbee\ncat\ndog\nelk\n")
    random = np.random.RandomState(3)
    shapes = {"conv/a": [(4, 3, 3, 3), (4,)], "fc": [(5, 252), (5,)]}
    weights = {layer: [random.normal(0, 0.1, s).astype(np.float32) for s in of] for layer, of in shapes.items()}
    write_weights(folder / "tiny.caffemodel", weights)
    files = {"prototxt": "tiny.prototxt", "weights": "tiny.caffemodel", "labels": "labels.txt"}
    named = [word for option, name in files.items() for word in (f"--{option}", str(folder / name))]
    return [*named, "--mean", "104,117,123", "--device", "cpu"]
