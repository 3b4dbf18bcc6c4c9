"""Short ways to write small networks in tests of the engine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec import NetworkSpec, with_weights
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.network.net import GraphNet


def data(*shape: int, name: str = "data") -> str:
    dims = " ".join(f"dim: {d}" for d in shape)
    return f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ {dims} }} }} }}\n'


def layer(kind: str, name: str, bottoms: str, params: str = "", tops: str | None = None) -> str:
    """A layer's text; bottoms and tops are names with spaces between, tops the layer's name by default."""
    below = " ".join(f'bottom: "{b}"' for b in bottoms.split())
    above = " ".join(f'top: "{t}"' for t in (name if tops is None else tops).split())
    return f'layer {{ name: "{name}" type: "{kind}" {below} {above} {params} }}\n'


def conv(name: str, bottom: str, params: str) -> str:
    filler = "weight_filler { type: 'gaussian' std: 0.4 } bias_filler { type: 'uniform' min: -0.2 max: 0.2 }"
    return layer("Convolution", name, bottom, f"convolution_param {{ {params} {filler} }}")


def relu(blob: str) -> str:
    """A ReLU in place."""
    return layer("ReLU", f"relu_{blob}", blob, tops=blob)


def filled(text: str, weights: Mapping[str, list[np.ndarray]] | None = None, seed: int = 0) -> NetworkSpec:
    """The network with weights from its fillers, some replaced."""
    spec = fill_net(load_net(text, on_missing="fill", keep_losses=True), np.random.default_rng(seed))
    return with_weights(spec, weights) if weights else spec


def net(text: str, weights: Mapping[str, list[np.ndarray]] | None = None) -> GraphNet:
    """The network ready to run; ``net.spec`` is Caffe's description of it."""
    spec = filled(text, weights)
    made = caffe_net(spec)
    made.spec = spec
    return made


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)
