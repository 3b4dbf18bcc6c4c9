"""Tells networks of one name apart: a short word over what decides their numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from deepvis.network.graph import Graph
from deepvis.network.lazy import torch

DIGITS = 12
SAMPLED = 4096  # values of each array of weights, spread over it; of all the others only the sum is looked at


def identity(graph: Graph, preprocessing: bytes = b"") -> str:
    """12 hex digits, the same for the same network on every machine, whatever its files are called.

    Of the inputs' names and shapes but for the batch, of every node's signature and weights, and of how pictures
    reach the network (``Preprocessor.signature``). Of each array of weights the shape, a sample spread over it, and
    the sum of all bit patterns: a changed value changes the sum, and 240 MB take some hundredths of a second. Values
    that change places outside the sample are not noticed; made-up weights count by their node's signature alone.
    """
    digest = hashlib.sha256()
    digest.update(repr([(name, tuple(shape[1:])) for name, shape in graph.inputs.items()]).encode())
    for node in graph.nodes:
        digest.update(node.signature)
        for array in node.weights if node.has_own_weights else ():
            values = _values(array)
            digest.update(repr(values.shape).encode())
            for piece in _of_values(values.reshape(-1)):
                digest.update(piece)
    digest.update(preprocessing)
    return digest.hexdigest()[:DIGITS]


def _values(array: Any) -> np.ndarray:
    """As float32, whatever framework it is of."""
    if not isinstance(array, np.ndarray) and hasattr(array, "detach"):
        array = array.detach().cpu().resolve_conj()
        array = (torch.view_as_real(array) if array.is_complex() else array).float().numpy()
    values: np.ndarray = np.ascontiguousarray(array, "<f4").reshape(np.shape(array))
    return values


def _of_values(values: np.ndarray) -> Iterator[bytes]:
    """The sample and the sum. Of whole numbers, as floats added in another order give another sum."""
    places = np.linspace(0, max(values.size - 1, 0), min(values.size, SAMPLED)).astype(np.int64)
    yield values[places].tobytes()
    pairs, odd = values[: values.size // 2 * 2].view("<u8"), values[values.size // 2 * 2 :].view("<u4")
    yield (int(pairs.sum(dtype=np.uint64)) + int(odd.sum())).to_bytes(9, "little")
