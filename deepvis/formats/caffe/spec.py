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
    """One layer.

    message: LayerParameter in the current format, without blobs. blobs: float32 weights in Caffe's shapes,
    () where no file gave any.
    """

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    message: Any
    blobs: tuple[np.ndarray, ...] = ()

    @property
    def param(self) -> Any:
        """The parameters of the layer's type, defaults where the file gives none.

        The whole message for a type without parameters.
        """
        field = schema.PARAM_FIELD.get(self.type)
        return getattr(self.message, field) if field else self.message


@dataclass(frozen=True, eq=False)
class NetworkSpec:
    """A network ready to be built.

    inputs: blob -> declared shape, () where the file declares none. notes: sentences on what was left out or
    replaced. fill: layers that hold weights by type but have no blobs are to be filled by their fillers
    (``filling.py``) once their shapes are known, rather than refused. is_made_up: those that no filler of the file
    starts begin at random rather than at Caffe's 0, so that there is something to see. force_backward: the file's.
    unavailable: blobs of the file that cannot be had here. batch: how many pictures one pass takes, where the
    layers fix that; the inputs are then declared for one.
    transform: the TransformationParameter of the data layer that became the input, None without one.
    """

    name: str
    layers: tuple[LayerSpec, ...]
    inputs: dict[str, Shape]
    notes: tuple[str, ...] = ()
    fill: bool = False
    force_backward: bool = False
    transform: Any = None
    unavailable: Mapping[str, Unavailable] = field(default_factory=dict)
    batch: int | None = None
    is_made_up: bool = False

    def pass_shape(self, name: str) -> Shape:
        """The shape of an input as a pass takes it."""
        shape = self.inputs[name]
        return (self.batch, *shape[1:]) if self.batch is not None and len(shape) == 4 and shape[0] == 1 else shape


def with_weights(spec: NetworkSpec, weights: Mapping[str, Sequence[np.ndarray]]) -> NetworkSpec:
    """The same network with other arrays, matched by layer name; layers that are not named keep theirs."""
    layers = (replace(x, blobs=tuple(weights[x.name])) if x.name in weights else x for x in spec.layers)
    return replace(spec, layers=tuple(layers))
