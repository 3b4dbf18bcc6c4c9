"""The folder of the user's own pictures of a network: live optimizations, saved top 9."""

from __future__ import annotations

from pathlib import Path

from deepvis.core.unit_files import user_folder
from deepvis.models.model import Model
from deepvis.network.model_error import ModelError


def own_folder(model: Model) -> Path:
    """By the model's name and its identity: other weights, or another mean, have pictures of their own.

    Reads the weights if nobody did before: for a worker's thread. By the name alone where only pycaffe can make
    something of the weights.
    """
    return user_folder(model.name, identity=identity_if_any(model))


def identity_if_any(model: Model) -> str:
    """The model's identity; empty where the weights cannot be read."""
    try:
        return model.identity
    except ModelError:
        return ""
