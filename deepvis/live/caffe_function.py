"""A unit of a network in pycaffe as a function of the network's input: what the methods of attribution ask."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from deepvis.attribution.map_layers import map_layer
from deepvis.core.attributions import LayerMaps
from deepvis.core.types import AttributionRequest
from deepvis.live.backend import BackendError
from deepvis.models.model import Model
from deepvis.network.maps import as_maps, from_maps, maps_shape


class CaffePasses(Protocol):
    """The backend's passes, which fill its blobs."""

    def blobs_at(self, x: np.ndarray, layer: str) -> None: ...

    def diffs_of(self, layer: str, seed: np.ndarray) -> dict[str, np.ndarray]: ...


class CaffeFunction:
    """A ``UnitFunction``; the blobs hold the pass of the picture as it is made."""

    def __init__(self, backend: CaffePasses, model: Model, blobs: dict[str, Any], asked: AttributionRequest) -> None:
        self._backend, self._model, self._blobs, self._asked = backend, model, blobs, asked
        shape = blobs[asked.unit.layer].data.shape
        maps = np.zeros(maps_shape(shape), np.float32)
        maps[asked.unit.channel] = 1
        self.layer = asked.unit.layer
        self._seed = from_maps(maps, shape)
        self.x = blobs[model.data_blob].data.copy().reshape(model.preprocessor.input_shape)
        self._found: dict[str, np.ndarray] = {}  # blob -> gradient, at the picture

    def value(self, x: np.ndarray) -> float:
        layer = self._asked.unit.layer
        self._backend.blobs_at(x, layer)
        return float((self._blobs[layer].data * self._seed).sum(dtype=np.float64))

    def gradient(self, x: np.ndarray) -> np.ndarray:
        if x is self.x:
            found = self._at_picture()
        else:
            self._backend.blobs_at(x, self._asked.unit.layer)
            found = self._backend.diffs_of(self._asked.unit.layer, self._seed)
        data = self._model.data_blob
        return found[data].reshape(self.x.shape) if data in found else np.zeros_like(self.x)

    def relevance(self) -> np.ndarray:
        raise BackendError("pycaffe has no rules of LRP; run the toolbox with --backend engine, or choose another")

    def layer_maps(self) -> LayerMaps:
        gradients = self._at_picture()
        shapes = {name: maps_shape(gradient.shape) for name, gradient in gradients.items()}
        below = [name for name in self._model.layer_names if name in shapes and name != self._asked.unit.layer]
        name = map_layer(below, shapes, self._asked.layer, lambda name: bool(gradients[name].any()))
        if name is None:
            raise BackendError(f"there is no layer with maps below {self._asked.unit.layer}; go to a later layer")
        return LayerMaps(name, as_maps(self._blobs[name].data.copy()), as_maps(gradients[name]))

    def _at_picture(self) -> dict[str, np.ndarray]:
        if not self._found:
            self._backend.blobs_at(self.x, self._asked.unit.layer)
            self._found = self._backend.diffs_of(self._asked.unit.layer, self._seed)
        return self._found
