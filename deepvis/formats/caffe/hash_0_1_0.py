"""How the scans of version 0.1.0 named a network, so that they go on being used."""

from __future__ import annotations

import hashlib

import numpy as np

from deepvis.formats.caffe.spec import NetworkSpec


def hash_0_1_0(spec: NetworkSpec, channel_order: str, scale: float, mean_chw: np.ndarray) -> str:
    """sha256 of inputs, layers, all weights and the preprocessing; takes a second for 240 MB.

    Source: deepvis 0.1.0, maxes/network.py, model_hash.
    """
    digest = hashlib.sha256()
    for blob, shape in spec.inputs.items():
        digest.update(f"{blob}{tuple(shape)}".encode())
    for layer in spec.layers:
        message = type(layer.message)()
        message.CopyFrom(layer.message)
        message.ClearField("blobs")
        digest.update(message.SerializeToString(deterministic=True))
        for array in layer.blobs:
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    digest.update(f"{channel_order} {scale}".encode())
    digest.update(np.ascontiguousarray(mean_chw).view(np.uint8).data)
    return digest.hexdigest()
