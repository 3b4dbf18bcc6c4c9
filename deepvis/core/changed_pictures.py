"""What a network answers to a picture and to its changes: a value from the network's thread to the panes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deepvis.core.types import Fit, LayerInfo

UNCHANGED = ""  # the name of no change


@dataclass(frozen=True, eq=False)
class ChangedPicture:
    """One picture and what every unit makes of it."""

    change: str  # a name in core/picture_changes.py, or UNCHANGED
    rgb: np.ndarray  # (H, W, 3) uint8, as the network saw it, read-only
    largest: Mapping[str, np.ndarray]  # layer -> (C,) float32: of each unit the largest value of its map


@dataclass(frozen=True, eq=False)
class ChangedPictures:
    """One picture and its changes, as far as they went through the network."""

    id: int  # rises with every step of any
    frame_id: int
    fit: Fit
    pictures: tuple[ChangedPicture, ...]  # the unchanged one first
    total: int  # of them, once all are through
    error: str = ""  # why there are no more, one sentence

    @property
    def is_done(self) -> bool:
        return bool(self.error) or len(self.pictures) >= self.total


def largest_values(activations: Mapping[str, np.ndarray], layers: tuple[LayerInfo, ...]) -> dict[str, np.ndarray]:
    """layer -> (C,) float32, of those of the layers that have values."""
    found = {layer.name: activations.get(layer.name) for layer in layers}
    return {name: values.reshape(len(values), -1).max(axis=1) for name, values in found.items() if values is not None}
