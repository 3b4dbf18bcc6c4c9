"""A small Caffe network with a branch, weights from its fillers, for the tests of backends and workers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepvis.core.types import Frame
from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.weights import write_weights
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.sources.base import new_frame

SIDE = 16

PROTOTXT = """
name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 16 dim: 16 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 6 kernel_size: 3 weight_filler { type: "gaussian" std: 0.2 } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "relu1" }
layer { name: "pool1" type: "Pooling" bottom: "relu1" top: "pool1" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "mixed/a" type: "Convolution" bottom: "pool1" top: "mixed/a"
  convolution_param { num_output: 4 kernel_size: 1 weight_filler { type: "gaussian" std: 0.2 } } }
layer { name: "mixed/relu_a" type: "ReLU" bottom: "mixed/a" top: "mixed/a" }
layer { name: "mixed/b" type: "Convolution" bottom: "pool1" top: "mixed/b"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "gaussian" std: 0.2 } } }
layer { name: "mixed/relu_b" type: "ReLU" bottom: "mixed/b" top: "mixed/b" }
layer { name: "mixed/output" type: "Concat" bottom: "mixed/a" bottom: "mixed/b" top: "mixed/output" }
layer { name: "fc" type: "InnerProduct" bottom: "mixed/output" top: "fc"
  inner_product_param { num_output: 5 weight_filler { type: "gaussian" std: 0.02 } } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""


def small_model(folder: Path, prototxt: str = PROTOTXT) -> Model:
    """The network above as a model without a card; mean 100, BGR."""
    path = folder / "small.prototxt"
    path.write_text(prototxt)
    return load_model(prototxt=path, mean=(90.0, 100.0, 110.0), overrides={"fill": True})


def small_model_of_files(folder: Path) -> Model:
    """The same network with its weights in a file, as users have them."""
    filled, weights = small_model(folder), folder / "small.caffemodel"
    write_weights(weights, fill_net(filled.opened.own()))
    return load_model(prototxt=folder / "small.prototxt", weights=weights, mean=(90.0, 100.0, 110.0))


def noise_frame(seed: int = 0, height: int = SIDE, width: int = SIDE) -> Frame:
    """A frame of random pixels 20..235."""
    return new_frame(np.random.default_rng(seed).integers(20, 236, (height, width, 3), np.uint8))
