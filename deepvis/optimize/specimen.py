"""The network that is looked into, with what an ascent needs to know of its input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from deepvis.engine.net import Net
from deepvis.optimize.errors import OptimizeError

if TYPE_CHECKING:
    from deepvis.model.zoo import Model


@dataclass(frozen=True, eq=False)
class Specimen:
    """A network and its input.

    mean_chw: (C, H, W) float32 on the network's device, in its own channel order; its shape is the input's.
    scale: the largest value of a pixel in the network's input, 255 for most: images stay in [0, scale] -
    mean.
    """

    net: Net
    mean_chw: Tensor
    data_blob: str = "data"
    scale: float = 255.0

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the input."""
        return tuple(self.mean_chw.shape[-2:])  # type: ignore[return-value]

    def clip(self, x: Tensor) -> Tensor:
        """x with every pixel, mean added, in [0, scale]."""
        return torch.clamp(x, -self.mean_chw, self.scale - self.mean_chw)

    def deepest(self, layers: tuple[str, ...] | set[str]) -> str:
        """The one of the layers that the forward pass reaches last."""
        plan = self.net.plan
        return max(layers, key=lambda layer: plan.maker[plan.last(layer)])


def specimen_of(model: Model, device: str = "cpu", *, net: Net | None = None) -> Specimen:
    """A model made ready. ``net``: one that is loaded already, on ``device``.

    Raises OptimizeError where weights are not finite numbers, ModelError where the model cannot be loaded.
    """
    net = net or Net(model.spec, device)
    check_weights(net)
    mean = np.ascontiguousarray(model.preprocessor.mean_chw, np.float32)
    return Specimen(
        net, torch.from_numpy(mean).to(net.device), model.data_blob, float(model.preprocessor.scale)
    )


def check_weights(net: Net) -> None:
    """Raise OptimizeError naming the first layer whose weights hold NaN or infinity."""
    for layer, blobs in net.parameters().items():
        for index, blob in enumerate(blobs):
            if not bool(torch.isfinite(blob.sum())) and not bool(torch.isfinite(blob).all()):
                kind = "NaN" if bool(torch.isnan(blob).any()) else "infinite values"
                raise OptimizeError(
                    f"the weights of layer {layer!r} (blob {index}) hold {kind}; nothing can be optimized "
                    "through them: fetch or save the weights file again"
                )
