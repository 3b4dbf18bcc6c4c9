"""LayerCAM: the maps of a layer, weighted place by place with their positive gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepvis.core.attributions import AttributionStep, UnitFunction, attribution


@attribution(
    "layer_cam",
    "LayerCAM",
    formula="relu(sum_k relu(df/dA_k) A_k)",
    words="the maps of a layer below the unit, each place weighted by its positive gradient; sharp in early layers too",
    source="Jiang et al. 2021, section III-B, equations 5 to 7",
    is_signed=False,
    uses_maps=True,
)
def layer_cam(f: UnitFunction) -> Iterator[AttributionStep]:
    """relu(sum over k of relu(df/dA_k) A_k), place by place; (h, w) of the layer's maps."""
    looked = f.layer_maps()
    cam = np.einsum("khw,khw->hw", np.maximum(looked.gradient, 0), looked.maps)
    yield AttributionStep(np.maximum(cam, 0).astype(np.float32), layer=looked.layer)
