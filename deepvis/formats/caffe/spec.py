"""One description of a Caffe network, whatever version its files are of: layers with their messages and weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from deepvis.formats.caffe import schema
from deepvis.network.unavailable import Unavailable

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class LayerSpec:
    """One layer."""

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    message: Any  # LayerParameter in the current format, without blobs
    blobs: tuple[np.ndarray, ...] = ()  # float32 weights in Caffe's shapes, () where no file gave any

    @property
    def param(self) -> Any:
        """The parameters of the layer's type, defaults where the file gives none.

        The whole message for a type without parameters.
        """
        field = schema.PARAM_FIELD.get(self.type)
        return getattr(self.message, field) if field else self.message


@dataclass(frozen=True, eq=False)
class NetworkSpec:
    """A network ready to be built."""

    name: str
    layers: tuple[LayerSpec, ...]
    inputs: dict[str, Shape]  # blob -> declared shape, () where the file declares none
    notes: tuple[str, ...] = ()  # sentences on what was left out or replaced
    fill: bool = False  # weights that no file gives come from the layers' fillers (filling.py); False: refused
    force_backward: bool = False  # the file's
    transform: Any = None  # the TransformationParameter of the data layer that became the input
    unavailable: Mapping[str, Unavailable] = field(default_factory=dict)  # blobs of the file that cannot be had here
    batch: int | None = None  # pictures of one pass, where the layers fix that; the inputs are then declared for one
    is_made_up: bool = False  # weights without a filler begin at random rather than at Caffe's 0

    def pass_shape(self, name: str) -> Shape:
        """The shape of an input as a pass takes it."""
        shape = self.inputs[name]
        return (self.batch, *shape[1:]) if self.batch is not None and len(shape) == 4 and shape[0] == 1 else shape


def with_weights(spec: NetworkSpec, weights: Mapping[str, Sequence[np.ndarray]]) -> NetworkSpec:
    """The same network with other arrays, matched by layer name; layers that are not named keep theirs."""
    layers = (replace(x, blobs=tuple(weights[x.name])) if x.name in weights else x for x in spec.layers)
    return replace(spec, layers=tuple(layers))
