"""Grad-CAM: the maps of a layer, each weighted by its mean gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepvis.core.attributions import AttributionStep, UnitFunction, attribution


@attribution(
    "grad_cam",
    "Grad-CAM",
    formula="relu(sum_k mean(df/dA_k) A_k)",
    words="the maps of a layer below the unit, each weighted by its mean gradient, added up and rectified",
    source="Selvaraju et al. 2017, section 3, equations 1 and 2",
    is_signed=False,
    uses_maps=True,
)
def grad_cam(f: UnitFunction) -> Iterator[AttributionStep]:
    """relu(sum over k of w_k A_k), w_k the mean of df/dA_k over all places; (h, w) of the layer's maps.

    Where the maps are averaged and added up by one linear layer this is CAM (the paper, section 3.1).
    """
    looked = f.layer_maps()
    weights = looked.gradient.mean(axis=(1, 2))
    cam = np.einsum("k,khw->hw", weights, looked.maps)
    yield AttributionStep(np.maximum(cam, 0).astype(np.float32), layer=looked.layer)
