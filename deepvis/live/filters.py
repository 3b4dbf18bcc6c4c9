"""The filters of a network's first convolution as pictures: they are what its units would like to see."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepvis.models.model import Model
from deepvis.network.kinds import Kind
from deepvis.network.model_error import ModelError

LEAST_SIDE = 64  # pixels of a picture, about: filters of 3 x 3 are enlarged in squares
GREY = 127.5


def first_filters(model: Model, layer: str) -> np.ndarray | None:
    """(O, h, w, 3) uint8 RGB, one picture a filter; None for a layer that is not the first convolution.

    0 is mid-grey, each filter's largest weight black or white. Reads the weights if nobody did before.
    """
    try:
        graph = model.graph
    except ModelError:
        return None
    node = graph.first_maker(layer)
    first = next((each for each in graph.nodes if each.kind is Kind.CONVOLUTION), None)
    if node is None or node is not first or not node.weights:
        return None
    weights = _as_array(node.weights[0])
    channels = model.preprocessor.input_shape[0]
    if weights.ndim != 4 or weights.shape[1] != channels or channels not in (1, 3, 4):
        return None
    weights = np.nan_to_num(weights, nan=0.0, posinf=0.0, neginf=0.0)
    colours = np.stack([model.preprocessor.in_rgb_order(each) for each in weights])
    colours = colours if colours.shape[1] == 3 else colours[:, :1].repeat(3, axis=1)
    largest = np.abs(colours).reshape(len(colours), -1).max(axis=1)
    scaled = colours / np.where(largest > 0, largest, 1)[:, None, None, None]
    rgb = np.rint(GREY + GREY * scaled).astype(np.uint8).transpose(0, 2, 3, 1)
    factor = max(LEAST_SIDE // max(rgb.shape[1:3]), 1)
    pictures = np.ascontiguousarray(rgb.repeat(factor, axis=1).repeat(factor, axis=2))
    pictures.setflags(write=False)
    return pictures


def _as_array(weights: Any) -> np.ndarray:
    """float32 of an array or a tensor in main memory."""
    values = weights.detach().numpy() if hasattr(weights, "detach") else weights
    return np.asarray(values, np.float32)
