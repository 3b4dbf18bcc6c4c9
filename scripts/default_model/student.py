"""The network in training: the engine runs the prototxt, batch normalisation and guiding heads hang on hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from deepvis.formats.caffe.functional import functional
from deepvis.formats.caffe.spec import NetworkSpec
from default_model.batchnorm import BatchNorm, fold

INPUT_STD = 58.0  # the network in training sees (pixel - mean) / INPUT_STD; folded into the first layer at export


@dataclass(frozen=True)
class Guides:
    """Where the student is compared with its teacher: blob of maps, blob of vector; sizes of the teacher's."""

    maps_layer: str = "conv5"
    vector_layer: str = "fc7"
    maps_size: int = 128
    vector_size: int = 128


@dataclass(frozen=True, eq=False)
class Outputs:
    """logits (N, classes); of the heads maps (N, maps_size, h, w) and vector (N, vector_size), or None."""

    logits: Tensor
    maps: Tensor | None
    vector: Tensor | None


class Student:
    """The trained tensors and the way they are run.

    weights: layer -> [weights, bias]; the bias of a normalised layer stays 0. norms: layer -> BatchNorm.
    heads: "maps" (maps_size, C, 1, 1) and "vector" (vector_size, F), linear maps to the teacher's features.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        seed: int,
        guides: Guides | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        self.functional = partial(functional, spec)
        self.guides, self.device = guides, torch.device(device)
        generator = torch.Generator().manual_seed(seed)
        layers = [layer for layer in spec.layers if layer.blobs]
        self.logits_layer = layers[-1].name
        self.weights = {layer.name: _initial(layer.blobs, generator) for layer in layers}
        self.norms = {layer.name: BatchNorm.fresh(len(layer.blobs[0])) for layer in layers[:-1]}
        self._before_products = _feeds_first_product(spec)
        self._activation = {layer.bottoms[0]: layer.name for layer in spec.layers if layer.type == "ReLU"}
        self.heads: dict[str, Tensor] = {}
        if guides is not None:
            channels = len(self.weights[guides.maps_layer][0])
            features = len(self.weights[guides.vector_layer][0])
            self.heads["maps"] = _normal((guides.maps_size, channels, 1, 1), channels, generator)
            self.heads["vector"] = _normal((guides.vector_size, features), features, generator)
        self._move()
        for tensor in self.trained().values():
            tensor.requires_grad_(True)

    def _move(self) -> None:
        """Everything to the device; drawn on the CPU, so that a seed means the same everywhere."""
        self.weights = {layer: [tensor.to(self.device) for tensor in pair] for layer, pair in self.weights.items()}
        self.norms = {layer: norm.to(self.device) for layer, norm in self.norms.items()}
        self.heads = {name: head.to(self.device) for name, head in self.heads.items()}

    def trained(self) -> dict[str, Tensor]:
        """Name -> every tensor that has a gradient."""
        named = {f"{layer}/weights": pair[0] for layer, pair in self.weights.items()}
        named[f"{self.logits_layer}/bias"] = self.weights[self.logits_layer][1]
        for layer, norm in self.norms.items():
            named[f"{layer}/gamma"], named[f"{layer}/beta"] = norm.gamma, norm.beta
        return named | {f"head/{name}": head for name, head in self.heads.items()}

    def everything(self) -> dict[str, Tensor]:
        return self.trained() | self.statistics()

    def statistics(self) -> dict[str, Tensor]:
        """Name -> the running means and variances."""
        pairs = [(layer, norm) for layer, norm in self.norms.items()]
        return {f"{a}/mean": n.mean for a, n in pairs} | {f"{a}/var": n.var for a, n in pairs}

    @torch.no_grad()
    def cells(self, size: int) -> int:
        """Rows of the map that is compared with the teacher's, for pictures of size x size; 0 without a teacher."""
        if self.guides is None:
            return 0
        blank = torch.zeros(1, 3, size, size, device=self.device)
        return self.functional(blank, self.weights, self.guides.maps_layer).shape[2]

    def run(self, x: Tensor, *, training: bool) -> Outputs:
        """x: (N, 3, H, W) float32 BGR, (pixel - mean) / INPUT_STD.

        Of pictures smaller than the network's own input the last map before the inner products is enlarged.
        """
        caught: dict[str, Tensor] = {}
        after: dict[str, Callable[[Tensor], Tensor]] = {
            layer: lambda y, norm=norm: norm.apply(y, training=training) for layer, norm in self.norms.items()
        }
        layer, shape = self._before_products
        after[layer] = lambda y: y if y.shape[2:] == shape else F.interpolate(y, shape, mode="bilinear")
        if self.guides is not None:
            for blob in (self.guides.maps_layer, self.guides.vector_layer):
                after[self._activation[blob]] = lambda y, blob=blob: caught.setdefault(blob, y)
        logits = self.functional(x, self.weights, self.logits_layer, training=training, after=after)
        if self.guides is None:
            return Outputs(logits.float(), None, None)
        maps = F.conv2d(caught[self.guides.maps_layer], self.heads["maps"])
        vector = F.linear(caught[self.guides.vector_layer], self.heads["vector"])
        return Outputs(logits.float(), maps.float(), vector.float())


def plain_weights(named: Mapping[str, np.ndarray], layers: list[str]) -> dict[str, list[np.ndarray]]:
    """What a .caffemodel holds: layer -> [weights, bias] that take pixel - mean, with no normalisation left.

    named: the tensors of ``Student.trained`` and ``Student.statistics``. layers: with weights, in order.
    """
    plain = {}
    for layer in layers:
        weights = named[f"{layer}/weights"]
        bias = named.get(f"{layer}/bias", np.zeros(len(weights), np.float32))
        if f"{layer}/gamma" in named:
            norm = [named[f"{layer}/{part}"] for part in ("gamma", "beta", "mean", "var")]
            weights, bias = fold(weights, bias, *norm)
        plain[layer] = [np.ascontiguousarray(weights, np.float32), np.ascontiguousarray(bias, np.float32)]
    plain[layers[0]][0] /= np.float32(INPUT_STD)
    return plain


def _feeds_first_product(spec: NetworkSpec) -> tuple[str, tuple[int, int]]:
    """The layer whose map the first inner product takes, and the (height, width) that its weights ask for."""
    product = next(layer for layer in spec.layers if layer.type == "InnerProduct")
    feeder = next(layer for layer in spec.layers if product.bottoms[0] in layer.tops)
    channels = [len(layer.blobs[0]) for layer in spec.layers if layer.type == "Convolution"][-1]
    side = round((product.blobs[0].shape[1] / channels) ** 0.5)
    return feeder.name, (side, side)


def _initial(blobs: tuple[np.ndarray, ...], generator: torch.Generator) -> list[Tensor]:
    """He et al. 2015: normal of variance 2 / fan-in, bias 0."""
    shape = blobs[0].shape
    weights = _normal(shape, float(np.prod(shape[1:])) / 2, generator)
    if weights.dim() == 4:
        weights = weights.contiguous(memory_format=torch.channels_last)
    return [weights, torch.zeros(shape[0])]


def _normal(shape: tuple[int, ...], fan_in: float, generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator) / fan_in**0.5
