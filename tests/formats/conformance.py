"""One architecture in every format, and slow references for what is done with it.

To bring in another format: one more row in ``CASES``, which writes the network of ``networks/small.py`` in that format
and says how it is named. All that test_conformance.py holds then runs over it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from deepvis.formats.caffe.weights import write_weights
from deepvis.network.ref import NetworkRef
from tests.formats.networks import small
from tests.formats.networks.small import INPUT_SHAPE, Small
from tests.formats.networks.small_onnx import write_small

# the values that the network has in every format, in order, and their shapes without the batch
SHAPES = {
    "bn1": (8, 20, 24),
    "relu": (8, 20, 24),
    "pool1": (8, 10, 12),
    "left": (6, 10, 12),
    "right": (10, 10, 12),
    "act": (6, 10, 12),
    "act@1": (10, 10, 12),
    "cat": (16, 10, 12),
    "again": (16, 10, 12),
    "relu@1": (16, 10, 12),
    "again@1": (16, 10, 12),
    "add": (16, 10, 12),
    "relu@2": (16, 10, 12),
    "mean": (16,),
    "fc": (10,),
    "softmax": (10,),
}
PICTURE = {"channel_order": "RGB", "input_scale": 1.0}  # how pictures reach the module
NO_MEAN, NO_STD = (0.0, 0.0, 0.0), (("std", (1.0, 1.0, 1.0)),)  # where ImageNet's are assumed


@dataclass(frozen=True)
class Case:
    """The network in one format. changed: the same with one weight a little larger."""

    ref: NetworkRef
    changed: NetworkRef

    @property
    def words(self) -> list[str]:
        """As the command line names it."""
        weights = ["--weights", self.ref.weights] if self.ref.weights else []
        options = [
            [f"--{name.replace('_', '-')}", ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]
            for name, value in self.ref.options
        ]
        mean = ["--mean", ",".join(map(str, self.ref.mean))] if isinstance(self.ref.mean, tuple) else []
        return ["--network", str(self.ref.network), *weights, *mean, *(word for option in options for word in option)]


def torch_case(folder: Path) -> Case:
    file = folder / "small.py"
    shutil.copy(small.__file__, file)
    return Case(*(NetworkRef(network=f"{file}:{name}", mean=NO_MEAN, options=NO_STD) for name in ("make", "changed")))


def caffe_case(folder: Path) -> Case:
    net = folder / "small.prototxt"
    net.write_text(PROTOTXT)
    refs = []
    for name, module in (("small", small.make()), ("changed", small.changed())):
        weights = folder / f"{name}.caffemodel"
        write_weights(weights, caffe_weights(module))
        refs.append(NetworkRef(network=str(net), weights=str(weights), options=tuple(PICTURE.items())))
    return Case(*refs)


def onnx_case(folder: Path) -> Case:
    refs = []
    for name, module in (("small", small.make()), ("changed", small.changed())):
        write_small(module, folder / f"{name}.onnx")
        refs.append(NetworkRef(network=str(folder / f"{name}.onnx"), mean=NO_MEAN, options=NO_STD))
    return Case(*refs)


CASES: dict[str, Callable[[Path], Case]] = {"caffe": caffe_case, "torch": torch_case, "onnx": onnx_case}


# --- the same in Caffe's format -------------------------------------------------------------------


def _layer(name: str, type: str, bottoms: str, parameters: str = "") -> str:
    joined = " ".join(f'bottom: "{bottom}"' for bottom in bottoms.split())
    return f'layer {{ name: "{name}" type: "{type}" {joined} top: "{name}" {parameters} }}\n'


def _convolution(name: str, bottom: str, outputs: int, kernel: int, pad: int = 0, stride: int = 1) -> str:
    window = f"num_output: {outputs} kernel_size: {kernel} pad: {pad} stride: {stride}"
    return _layer(name, "Convolution", bottom, f"convolution_param {{ {window} }}")


PROTOTXT = "".join(
    [
        'name: "small"\ninput: "data"\ninput_shape {' + "".join(f" dim: {d}" for d in (1, *INPUT_SHAPE)) + " }\n",
        _convolution("bn1", "data", 8, 5, 2, 2),  # the batch normalization folded in
        _layer("relu", "ReLU", "bn1"),
        _layer("pool1", "Pooling", "relu", "pooling_param { pool: MAX kernel_size: 2 stride: 2 }"),
        _convolution("left", "pool1", 6, 1),
        _convolution("right", "pool1", 10, 3, 1),
        _layer("act", "ReLU", "left"),
        _layer("act@1", "ReLU", "right"),
        _layer("cat", "Concat", "act act@1"),
        _convolution("again", "cat", 16, 3, 1),
        _layer("relu@1", "ReLU", "again"),
        _convolution("again@1", "relu@1", 16, 3, 1),
        _layer("add", "Eltwise", "again@1 cat"),
        _layer("relu@2", "ReLU", "add"),
        _layer("mean", "Pooling", "relu@2", "pooling_param { pool: AVE global_pooling: true }"),
        _layer("drop", "Dropout", "mean"),
        _layer("fc", "InnerProduct", "drop", "inner_product_param { num_output: 10 }"),
        _layer("softmax", "Softmax", "fc"),
    ]
)


def caffe_weights(module: Small) -> dict[str, list[np.ndarray]]:
    state = {name: value.numpy() for name, value in module.state_dict().items()}
    factor = state["bn1.weight"] / np.sqrt(state["bn1.running_var"] + module.bn1.eps)
    shift = state["bn1.bias"] - state["bn1.running_mean"] * factor
    pairs = {name: [state[f"{name}.weight"], state[f"{name}.bias"]] for name in ("left", "right", "again", "fc")}
    folded = (state["conv1.weight"] * factor[:, None, None, None]).astype(np.float32)
    return {**pairs, "again@1": pairs["again"], "bn1": [folded, shift.astype(np.float32)]}


# --- slow references: the whole module under autograd, rectifiers replaced as the papers say ---------


class ReLUOfDeconv(torch.autograd.Function):
    """Zeiler & Fergus 2014, section 2.1: on the way back a rectifier rectifies what comes from above."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return torch.maximum(grad, torch.zeros_like(grad))


class ReLUOfGuided(torch.autograd.Function):
    """Springenberg et al. 2015, figure 1: what comes from above passes where it and the activation are positive."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return torch.where((grad > 0) & (x > 0), grad, torch.zeros_like(grad))


RECTIFIERS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "gradient": F.relu,
    "deconv": ReLUOfDeconv.apply,
    "guided": ReLUOfGuided.apply,
}


def reference_values(x: Tensor) -> dict[str, Tensor]:
    """All values of the module, by PyTorch itself."""
    with torch.no_grad():
        return small.make().eval().values(x)


def reference_back(x: Tensor, layer: str, seed: Tensor, mode: str) -> Tensor:
    """What comes back to the picture from ``seed`` at ``layer``, by autograd over the whole module."""
    leaf = x.clone().requires_grad_()
    value = small.make().eval().values(leaf, RECTIFIERS[mode])[layer]
    (found,) = torch.autograd.grad(value, leaf, seed.reshape(value.shape))
    return found
