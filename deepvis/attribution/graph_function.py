"""A unit of a network's graph as a function of the network's input: what the methods of attribution ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepvis.attribution.map_layers import map_layer
from deepvis.core.attributions import LayerMaps
from deepvis.core.types import Unit
from deepvis.models.model import Model
from deepvis.network.kinds import Kind
from deepvis.network.maps import as_maps, from_maps, maps_shape
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.network.relevance import relevance
from deepvis.network.tape import Tape


class GraphFunction:
    """A ``UnitFunction`` over a ``GraphNet``. Its methods raise ModelError, and RuntimeError for what PyTorch refuses.

    others: the network's other inputs. tape: the pass of the picture, up to the unit's layer at least.
    position: (row, col) in the unit's map, f is its value there; None: the sum of the map. layer: whose maps
    ``layer_maps`` gives, if it lies on the way; "": the last that has maps.
    """

    def __init__(
        self,
        net: GraphNet,
        model: Model,
        others: Mapping[str, Any],
        tape: Tape,
        unit: Unit,
        *,
        position: tuple[int, int] | None = None,
        layer: str = "",
    ) -> None:
        unit = Unit(score_layer(model, unit.layer), unit.channel)
        self._net, self._model, self._others, self._tape = net, model, others, tape
        self._unit, self._layer, self.layer = unit, layer, unit.layer
        blob = tape.blobs[unit.layer]
        maps = np.zeros(maps_shape(blob.shape), np.float32)
        maps[(unit.channel, *position) if position is not None else unit.channel] = 1
        self._seed = from_maps(maps, blob.shape)
        self.x = _array(tape.blobs[model.data_blob]).reshape(model.preprocessor.input_shape)
        self._found: Mapping[str, Tensor] | None = None  # of the picture itself

    def value(self, x: np.ndarray) -> float:
        layer = self._unit.layer
        tape = self._tape if x is self.x else self._net.forward(self._inputs(x), keep={layer})
        blob = tape.blobs[layer]
        return float((_array(blob) * self._seed).sum(dtype=np.float64))

    def gradient(self, x: np.ndarray) -> np.ndarray:
        if x is self.x:
            found = self._at_picture()
        else:
            layer, data = self._unit.layer, self._model.data_blob
            found = self._net.forward(self._inputs(x), until=layer).gradients(layer, self._seed, to=data)
        return _array(found[self._model.data_blob]).reshape(self.x.shape)

    def relevance(self) -> np.ndarray:
        layer, data = self._unit.layer, self._model.data_blob
        return _array(relevance(self._tape, layer, torch.as_tensor(self._seed), data)).reshape(self.x.shape)

    def layer_maps(self) -> LayerMaps:
        gradients = self._at_picture()
        shapes = {name: maps_shape(self._net.shapes[name]) for name in gradients if name in self._net.shapes}
        listed = [name for name in self._model.layer_names if name in shapes] or list(shapes)
        below = [name for name in listed if name not in (self._unit.layer, self._model.data_blob)]
        name = map_layer(below, shapes, self._layer, lambda name: bool(gradients[name].any()))
        if name is None:
            raise ModelError(f"there is no layer with maps below {self._unit.layer}; go to a later layer")
        maps, gradient = (as_maps(_array(each[name])) for each in (self._tape.blobs, gradients))
        return LayerMaps(name, maps, gradient)

    def _at_picture(self) -> Mapping[str, Tensor]:
        """Blob -> gradient of f, of the blobs between the input and the unit."""
        if self._found is None:
            self._found = self._tape.gradients(self._unit.layer, self._seed, to=self._model.data_blob)
        return self._found

    def _inputs(self, x: np.ndarray) -> dict[str, Any]:
        data = self._model.data_blob
        return {**self._others, data: x.reshape(self._net.graph.inputs[data])}


def score_layer(model: Model, layer: str) -> str:
    """The layer of the scores that a layer of class probabilities is the softmax of; any other layer itself."""
    graph = model.graph
    maker = graph.maker[graph.last(layer)]
    if layer not in (*model.label_layers, model.prob_layer) or maker < 0:
        return layer
    node = graph.nodes[maker]
    return graph.names[node.bottoms[0]] if node.kind is Kind.SOFTMAX else layer


def _array(blob: Tensor) -> np.ndarray:
    """A tensor's values, float32; on the CPU the tensor's own memory."""
    return np.asarray(blob.detach().cpu().numpy(), np.float32)
