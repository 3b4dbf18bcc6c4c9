"""Which network's pictures: the folder of the user's own (live optimizations, saved top 9), and the fingerprint."""

from __future__ import annotations

from pathlib import Path

from deepvis.core.unit_files import user_folder
from deepvis.models.zoo import Model
from deepvis.network.errors import ModelError


def own_folder(model: Model) -> Path:
    """By the model's name and its fingerprint: other weights, or another mean, have pictures of their own.

    Reads the weights if nobody did before: for a worker's thread. By the name alone where only pycaffe can make
    something of the weights.
    """
    return user_folder(model.name, fingerprint=fingerprint_if_any(model))


def fingerprint_if_any(model: Model) -> str:
    """The fingerprint; empty where the weights cannot be read."""
    try:
        return model.identity
    except ModelError:
        return ""
