"""The network that is looked into, with what an ascent needs to know of its input."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from deepvis.network.device import device_of
from deepvis.network.graph import Graph
from deepvis.network.kinds import Kind
from deepvis.network.memory import keep_freed_memory
from deepvis.network.model_error import ModelError, in_file
from deepvis.network.net import GraphNet
from deepvis.network.tape import Tape
from deepvis.optimize.optimize_error import OptimizeError

if TYPE_CHECKING:
    from deepvis.models.model import Model


@dataclass(frozen=True, eq=False)
class AscentNetwork:
    """A network and its input.

    mean_chw: (C, H, W) float32 on the network's device, in its own channel order; its shape is the input's.
    scale: the largest value of a pixel before mean and std, 255 for Caffe's networks: x stays in
    ([0, scale] - mean) / std.
    std: (C, 1, 1) float32 on the device; None: 1. is_rgb: the order of its colours, else BGR. is_opaque: the fourth
    channel says how opaque a pixel is, and is white whatever the colours become.
    """

    net: GraphNet
    mean_chw: Tensor
    data_blob: str = "data"
    scale: float = 255.0
    std: Tensor | None = None
    is_rgb: bool = False
    is_opaque: bool = False

    @cached_property
    def grey_level(self) -> Tensor | None:
        """(C, 1, 1): how far apart two neighbouring grey levels, of 256, are in the network's input; None: by 1.

        An ascent goes and is regularized in grey levels, whatever the network's own units are: so its pictures, and
        the settings that suit it, are the same however the same network is fed.
        """
        if self.std is None and self.scale == 255:
            return None
        std = torch.ones_like(self.mean_chw[:, :1, :1]) if self.std is None else self.std
        return self.scale / 255.0 / std

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the input."""
        height, width = self.mean_chw.shape[-2:]
        return height, width

    def clip(self, x: Tensor) -> Tensor:
        """x with every pixel, std and mean undone, in [0, scale]."""
        return torch.clamp(x, *self._bounds)

    def from_unit(self, unit_chw: Tensor) -> Tensor:
        """The network's input (C, H, W) of a picture of 0 to 1, its colours red, green, blue."""
        pixels = self._in_order(unit_chw) * self.scale - self.mean_chw
        return pixels if self.std is None else pixels / self.std

    def to_unit(self, x: Tensor) -> Tensor:
        """The picture of 0 to 1, red, green, blue, of a network's input (C, H, W)."""
        pixels = (x if self.std is None else x * self.std) + self.mean_chw
        return self._in_order(torch.clamp(pixels / self.scale, 0.0, 1.0))

    def _in_order(self, picture: Tensor) -> Tensor:
        """From red, green, blue to the network's order, or back; white where the fourth channel is the opacity."""
        if len(picture) == 4 and self.is_opaque:
            return torch.cat([picture[:3], torch.ones_like(picture[3:])])
        return picture if self.is_rgb or len(picture) != 3 else picture.flip(0)

    @cached_property
    def _bounds(self) -> tuple[Tensor, Tensor]:
        low, high = -self.mean_chw, self.scale - self.mean_chw
        if self.is_opaque:
            low[3] = high[3]
        return (low, high) if self.std is None else (low / self.std, high / self.std)

    def source(self, layer: str, channel: int) -> tuple[str, int]:
        """(blob, channel) where the walk back from a unit begins, so that its own rectifier is not in the way.

        In-place rectifiers are skipped by the walk itself; here the ways through a Concat, to the branch that the
        channel comes from, and through a ReLU with a top of its own are taken too. An inactive unit of GoogLeNet's
        inception_4c/output has a gradient then, and an active one the same gradient as without.
        """
        graph, shapes = self.net.graph, self.net.shapes
        maker = graph.maker[graph.start(layer)]
        if maker < 0:
            return layer, channel
        node = graph.nodes[maker]
        bottoms = graph.bottoms_of(node)
        if node.kind is Kind.RELU and bottoms[0] != layer:
            return self.source(bottoms[0], channel)
        if node.kind is Kind.CONCAT and joins_channels(shapes[layer], [shapes[name] for name in bottoms]):
            for bottom in bottoms:
                width = shapes[bottom][1]
                if channel < width:
                    return self.source(bottom, channel)
                channel -= width
        return layer, channel

    def forward(self, x: Tensor, layers: Collection[str]) -> Tape:
        """Run the network on pictures (N, C, H, W), mean-subtracted, as far as the deepest of the layers.

        Raises ModelError; OptimizeError where several pictures do not go through together, as in a network with a
        Reshape to a batch of 1.
        """
        hint = f"it was given {len(x)} pictures; if the network is made for one at a time, give --batch 1"
        try:
            tape = self.net.forward({self.data_blob: x}, until=self.deepest(layers), shown=layers)
        except ModelError as error:
            if len(x) == 1:
                raise
            raise OptimizeError(f"{error}; {hint}") from error
        for layer in layers:
            rows = len(tape.blobs[layer])
            if rows != len(x):
                raise OptimizeError(f"layer {layer!r} has {rows} rows, expected one for each picture; {hint}")
        return tape

    def diversity_layer(self, layer: str) -> str | None:
        """In which images of a unit of the layer are to differ: two thirds of the way to it; None: nothing is there.

        Of values with a map, and of those through which every way from the picture to the layer goes, such as the end
        of a block of branches, if there are any.
        """
        if layer not in self._diversity_layers:
            self._diversity_layers[layer] = self._find_diversity_layer(layer)
        return self._diversity_layers[layer]

    @cached_property
    def _diversity_layers(self) -> dict[str, str | None]:
        return {}

    def _find_diversity_layer(self, layer: str) -> str | None:
        graph, shapes = self.net.graph, self.net.shapes
        nodes = [graph.nodes[index] for index in graph.behind([graph.last(layer)])]
        last_uses = {value: at for at, node in enumerate(nodes) for value in node.bottoms}
        named: dict[str, bool] = {}  # is it the only one alive when it is made?
        latest = -1  # last use of any value made so far
        for at, node in enumerate(nodes):
            named.update(dict.fromkeys(graph.tops_of(node), latest <= at))
            latest = max(latest, *(last_uses.get(value, at) for value in node.tops))
        maps = [name for name in named if name != layer and math.prod(shapes[name][2:]) > 1 and len(shapes[name]) == 4]
        maps = [name for name in maps if named[name]] or maps
        return maps[2 * len(maps) // 3] if maps else None

    def deepest(self, layers: Collection[str]) -> str:
        """The one of the layers that the forward pass reaches last."""
        graph = self.net.graph
        return max(layers, key=lambda layer: graph.maker[graph.last(layer)])


def ascent_net_of(model: Model, device: str = "cpu") -> AscentNetwork:
    """A model made ready, with a network of its own. device: its name, see ``device_of``.

    Raises OptimizeError where weights are not finite numbers, ModelError where the model cannot be loaded or the
    device is not there.
    """
    keep_freed_memory()
    place = device_of(device)
    with in_file(model.file):
        net = GraphNet(channels_last(model.graph) if place.type == "cpu" else model.graph, place)
    check_weights(net)
    pictures = model.preprocessor
    mean = torch.from_numpy(np.array(pictures.mean_chw, np.float32))
    std = None if pictures.std is None else torch.from_numpy(pictures.std[:, np.newaxis, np.newaxis]).to(net.device)
    is_rgb = pictures.is_colour and pictures.channel_order == "RGB"
    is_opaque = pictures.input_shape[0] == 4
    return AscentNetwork(net, mean.to(net.device), model.data_blob, float(pictures.scale), std, is_rgb, is_opaque)


def channels_last(graph: Graph) -> Graph:
    """The same network, its filters (O, I, H, W) lying in memory as (O, H, W, I).

    On a CPU the whole pass then runs in that order of memory; GoogLeNet's forward pass takes two thirds of
    the time, for pooling is vectorised over channels. The numbers are the same but for the last bits.
    """
    return graph.with_weights(_channels_last)


def joins_channels(top: Sequence[int], bottoms: Sequence[Sequence[int]]) -> bool:
    """True if values of these shapes are joined along the channels, axis 1."""
    rest = (*top[:1], *top[2:])
    return (
        all(len(shape) == len(top) > 1 and (*shape[:1], *shape[2:]) == rest for shape in bottoms)
        and sum(shape[1] for shape in bottoms) == top[1]
    )


def check_weights(net: GraphNet) -> None:
    """Raise OptimizeError naming the first layer whose weights hold NaN or infinity."""
    for layer, blobs in net.parameters().items():
        for index, blob in enumerate(blobs):
            if bool(torch.isfinite(blob.sum())) or bool(torch.isfinite(blob).all()):
                continue
            kind = "NaN" if bool(torch.isnan(blob).any()) else "infinite values"
            raise OptimizeError(
                f"the weights of layer {layer!r} (blob {index}) hold {kind}; nothing can be optimized through "
                "them: fetch or save the weights file again"
            )


def _channels_last(weights: Any) -> Any:
    """An array or a tensor."""
    if weights.ndim != 4 or weights.shape[1] == 1 or weights.shape[2] * weights.shape[3] == 1:
        return weights
    if isinstance(weights, Tensor):
        return weights.contiguous(memory_format=torch.channels_last)
    return np.ascontiguousarray(weights.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
