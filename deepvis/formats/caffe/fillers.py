"""Caffe's weight fillers: the first values of a blob that no file gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepvis.core.registry import Registry
from deepvis.network.model_error import ModelError

Filler = Callable[..., np.ndarray]
FILLERS: Registry[Filler] = Registry("filler")


def fill(filler, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """A float32 array of ``shape`` after a FillerParameter message; type "constant" with value 0 by default.

    Raises ModelError for an unknown type. Source: Caffe's filler.hpp.
    """
    if filler.type not in FILLERS:
        raise ModelError(f"filler type {filler.type!r} is unknown; there are: {', '.join(sorted(FILLERS))}")
    return FILLERS[filler.type](filler, shape, rng).astype(np.float32)


@FILLERS.add("constant")
def constant(filler, shape, rng) -> np.ndarray:
    """``value`` everywhere."""
    return np.full(shape, filler.value)


@FILLERS.add("uniform")
def uniform(filler, shape, rng) -> np.ndarray:
    """Evenly from ``min`` to ``max``."""
    return rng.uniform(filler.min, filler.max, shape)


@FILLERS.add("gaussian")
def gaussian(filler, shape, rng) -> np.ndarray:
    """Normal(``mean``, ``std``); with ``sparse``, that many inputs of each output on average are kept."""
    values = rng.normal(filler.mean, filler.std, shape)
    if filler.sparse >= 0:
        inputs = values.size // shape[0] if shape else 1
        values *= rng.random(shape) < filler.sparse / max(inputs, 1)
    return values


@FILLERS.add("positive_unitball")
def positive_unitball(filler, shape, rng) -> np.ndarray:
    """Evenly from 0 to 1, then each output's inputs divided by their sum."""
    values = rng.random(shape)
    flat = values.reshape(shape[0], -1) if shape else values.reshape(1, 1)
    return (flat / flat.sum(1, keepdims=True)).reshape(shape)


@FILLERS.add("xavier")
def xavier(filler, shape, rng) -> np.ndarray:
    """Evenly within sqrt(3 / n), n the fan chosen by ``variance_norm``."""
    limit = np.sqrt(3.0 / _fan(filler, shape))
    return rng.uniform(-limit, limit, shape)


@FILLERS.add("msra")
def msra(filler, shape, rng) -> np.ndarray:
    """Normal(0, sqrt(2 / n)), n the fan chosen by ``variance_norm``."""
    return rng.normal(0, np.sqrt(2.0 / _fan(filler, shape)), shape)


@FILLERS.add("bilinear")
def bilinear(filler, shape, rng) -> np.ndarray:
    """The kernel of bilinear upsampling in every plane of a 4-d blob with square planes."""
    if len(shape) != 4 or shape[2] != shape[3]:
        raise ModelError(f"filler 'bilinear' found a blob of {shape}, expected 4 dimensions with square planes")
    size = shape[3]
    factor = -(-size // 2)
    centre = (2 * factor - 1 - factor % 2) / (2.0 * factor)
    line = 1 - np.abs(np.arange(size) / factor - centre)
    return np.broadcast_to(np.outer(line, line), shape).copy()


def _fan(filler, shape: tuple[int, ...]) -> float:
    """The number of inputs of an output (FAN_IN), of outputs of an input (FAN_OUT), or their mean (AVERAGE)."""
    size = int(np.prod(shape))
    fan_in = size / shape[0] if shape else 1
    fan_out = size / shape[1] if len(shape) > 1 else size
    return (fan_in, fan_out, (fan_in + fan_out) / 2)[filler.variance_norm]
