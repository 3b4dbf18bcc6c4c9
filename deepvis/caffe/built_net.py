"""How a ``caffe.Net`` is built: its layers, blobs, names and shapes."""

from __future__ import annotations

import os
import warnings
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np

from deepvis.caffe import mode
from deepvis.caffe.blob import Blob
from deepvis.caffe.net_layers import SHARES_DATA, NetLayer, relus_in_place
from deepvis.caffe.python_layer import BlobVec, make_python_layer
from deepvis.formats.caffe.backward import passed_bottoms
from deepvis.formats.caffe.filling import filled, needs_filling
from deepvis.formats.caffe.layer import LAYERS
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.schema import TEST, TRAIN
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.formats.caffe.splits import as_caffe_builds
from deepvis.formats.caffe.training import AUTOMATIC
from deepvis.formats.caffe.unknown import UnsupportedLayers


class BuiltNet:
    """A net that is not run yet: see ``Net``."""

    def __init__(
        self,
        network_file: str | os.PathLike,
        *args: str | os.PathLike | int,
        phase: int | None = None,
        level: int = 0,
        stages: Sequence[str] | None = None,
        weights: str | os.PathLike | None = None,
    ) -> None:
        weights, self.phase, level, stages = _arguments(args, phase, level, stages, weights)
        spec = load_net(
            os.fspath(network_file),
            os.fspath(weights) if weights is not None else None,
            phase="TRAIN" if self.phase == TRAIN else "TEST",
            level=level,
            stages=tuple(stages or ()),
            on_missing="fill",
            keep_losses=True,
            keep_unknown=True,
        )
        unknown = [x for x in spec.layers if x.type not in LAYERS and x.type not in ("Input", "Python")]
        if unknown:
            raise UnsupportedLayers(unknown)
        self.name = spec.name
        self.blobs: OrderedDict[str, Blob] = OrderedDict()
        self._device = mode.device()
        self._shared: dict[int | str, Blob] = {}  # params by array, or by name where fillers made them
        self.layers: list[NetLayer] = []
        wired = as_caffe_builds(spec)
        for layer, bottoms, tops in wired:
            self._append(layer, bottoms, tops, spec.inputs)
        relus_in_place(self.layers)
        self._layer_names = [step.name for step in self.layers]
        self.inputs = [blob for step in self.layers if step.type == "Input" for blob in step.tops]
        self.outputs = _outputs(self.layers)
        self._weighted: dict[str, list[tuple[str, float]]] = {}  # layer -> its tops with a weight in the loss
        for step in self.layers:
            for name, weight in zip(step.tops, _loss_weights(step.spec), strict=True):
                if weight:
                    self._weighted.setdefault(step.name, []).append((name, weight))
                    self.blobs[name].diff[...] = weight
        if not spec.force_backward:
            losses = {*self.outputs, *(name for some in self._weighted.values() for name, _ in some)}
            for step, passes in zip(self.layers, passed_bottoms(wired, losses) or (), strict=False):
                step.passes = passes

    def _append(self, layer: LayerSpec, bottoms, tops, inputs: Mapping[str, Sequence[int]]) -> None:
        for name in tops:
            if name not in self.blobs:
                self.blobs[name] = Blob(*inputs.get(name, ()))
        if needs_filling(layer):
            layer = filled(layer, [self.blobs[name].shape for name in bottoms], mode.rng())
        step = NetLayer(layer, bottoms, tops)
        names = [param.name for param in layer.message.param] + [""] * len(layer.blobs)
        for values, name in zip(layer.blobs, names, strict=False):
            blob = self._shared.setdefault(name or id(values), Blob(values=values))
            step.blobs.append(blob if blob.shape == values.shape else blob.reshaped_view(values.shape))
        if layer.type == "Python":
            step.python = make_python_layer(layer, self.phase)
            step.python.setup([self.blobs[name] for name in bottoms], [self.blobs[name] for name in tops])
            step.blobs = step.python.blobs
        step.reshape(self.blobs)
        if layer.type in SHARES_DATA and not set(tops) & set(bottoms):
            for name in tops:
                self.blobs[name].share_data(self.blobs[bottoms[0]])
        self.layers.append(step)

    # --- what there is ---------------------------------------------------------------------------

    @property
    def params(self) -> OrderedDict[str, BlobVec]:
        """Layer name -> its weight blobs, for layers that have any."""
        return OrderedDict((step.name, step.blobs) for step in self.layers if step.blobs)

    @property
    def layer_dict(self) -> OrderedDict[str, NetLayer]:
        return OrderedDict(zip(self._layer_names, self.layers, strict=True))

    @property
    def top_names(self) -> OrderedDict[str, list[str]]:
        """Layer name -> the names of its tops."""
        return OrderedDict((step.name, list(step.tops)) for step in self.layers)

    @property
    def bottom_names(self) -> OrderedDict[str, list[str]]:
        """Layer name -> the names of its bottoms."""
        return OrderedDict((step.name, list(step.bottoms)) for step in self.layers)

    @property
    def blob_loss_weights(self) -> OrderedDict[str, float]:
        """Blob name -> its weight in the loss; 0 for most."""
        found = OrderedDict((name, 0.0) for name in self.blobs)
        for step in self.layers:
            found.update(zip(step.tops, _loss_weights(step.spec), strict=True))
        return found

    @property
    def _blob_names(self) -> list[str]:
        return list(self.blobs)

    @property
    def _blobs(self) -> list[Blob]:
        return list(self.blobs.values())

    @property
    def _inputs(self) -> list[int]:
        return self._places(self.inputs)

    @property
    def _outputs(self) -> list[int]:
        return self._places(self.outputs)

    def _top_ids(self, layer: int) -> list[int]:
        return self._places(self.layers[layer].tops)

    def _bottom_ids(self, layer: int) -> list[int]:
        return self._places(self.layers[layer].bottoms)

    def _places(self, names: Sequence[str]) -> list[int]:
        """Of blobs among ``blobs``."""
        return [self._blob_names.index(name) for name in names]


def _arguments(args, phase, level, stages, weights):
    """(weights, phase, level, stages) from either order of the positional arguments."""
    args = list(args)
    if args and not isinstance(args[0], (int, np.integer)):
        if weights is not None:
            raise TypeError("Net: the weights are given twice")
        weights = args.pop(0)
        if weights is not None:
            warnings.warn(
                "caffe.Net(prototxt, weights, phase) is pycaffe's old order; use Net(prototxt, phase, weights=...)",
                DeprecationWarning,
                stacklevel=3,
            )
    phase, level, stages, weights = [*args, *(phase, level, stages, weights)[len(args) :]][:4]
    return weights, TEST if phase is None else int(phase), level, stages


def _outputs(layers: Sequence[NetLayer]) -> list[str]:
    """The blobs that no later layer takes, sorted by name as in Caffe."""
    open_blobs: set[str] = set()
    for step in layers:
        open_blobs.difference_update(step.bottoms)
        open_blobs.update(step.tops)
    return sorted(name for name in open_blobs if not name.startswith(AUTOMATIC))


def _loss_weights(spec: LayerSpec) -> list[float]:
    """The weight of each top in the loss: loss_weight, or 1 for the first top of a loss layer."""
    given = list(spec.message.loss_weight)
    if given:
        return (given + [0.0] * len(spec.tops))[: len(spec.tops)]
    is_loss = spec.type.endswith("Loss")
    return [1.0 if is_loss and j == 0 else 0.0 for j in range(len(spec.tops))]
