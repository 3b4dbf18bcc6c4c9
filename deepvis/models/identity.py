"""Tells networks of one name apart: a short word over what decides their numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from deepvis.formats.caffe import schema
from deepvis.formats.caffe.spec import LayerSpec, NetSpec
from deepvis.models.preprocess import Preprocessor
from deepvis.models.zoo import Model

DIGITS = 12
SAMPLED = 4096  # values of each blob, spread over it; of all the others only the sum is looked at
_WITHOUT_EFFECT = ("engine", "FillerParameter")  # a field's name, and the type of others


def fingerprint(network: Model | NetSpec) -> str:
    """12 hex digits, the same for the same network on every machine, whatever its files are called.

    Of both: the layers' names, types, blobs read and made, parameters, weights, and the inputs' shapes but for the
    batch. Of a Model also how pictures reach it: mean, scale, channel order, input size. Of each weight blob the
    shape, a sample spread over it, and the sum of all bit patterns: a changed value changes the sum, and 240 MB take
    some hundredths of a second. Values that change places outside the sample are not noticed; layers that have no
    weights yet (``fill``) count by their parameters alone.

    Reads the weights of a Model if nobody did before. Raises ModelError where they cannot be read.
    """
    spec = network if isinstance(network, NetSpec) else network.spec
    digest = hashlib.sha256()
    for piece in _of_spec(spec):
        digest.update(piece)
    if isinstance(network, Model):
        for piece in _of_preprocessor(network.preprocessor):
            digest.update(piece)
    return digest.hexdigest()[:DIGITS]


def _of_spec(spec: NetSpec) -> Iterator[bytes]:
    yield repr([(name, tuple(shape[1:])) for name, shape in spec.inputs.items()]).encode()
    for layer in spec.layers:
        yield repr((layer.name, layer.type, layer.bottoms, layer.tops)).encode()
        yield _parameters(layer)
        for blob in layer.blobs:
            yield repr(blob.shape).encode()
            yield from _of_blob(blob)


def _of_preprocessor(preprocessor: Preprocessor) -> Iterator[bytes]:
    yield repr((preprocessor.input_shape, preprocessor.channel_order, float(preprocessor.scale))).encode()
    yield np.ascontiguousarray(preprocessor.mean_chw, "<f4").tobytes()


def _parameters(layer: LayerSpec) -> bytes:
    """The parameters of the layer's type; not those that say how weights begin, or on what they run."""
    if layer.type not in schema.PARAM_FIELD:
        return b""
    kept = type(layer.param)()
    kept.CopyFrom(layer.param)
    for field, _ in layer.param.ListFields():
        kind = field.message_type.name if field.message_type is not None else ""
        if field.name in _WITHOUT_EFFECT or kind in _WITHOUT_EFFECT:
            kept.ClearField(field.name)
    return kept.SerializeToString(deterministic=True)


def _of_blob(blob: np.ndarray) -> Iterator[bytes]:
    """The sample and the sum. Of whole numbers, as floats added in another order give another sum."""
    values = np.ascontiguousarray(blob, "<f4").reshape(-1)
    places = np.linspace(0, max(values.size - 1, 0), min(values.size, SAMPLED)).astype(np.int64)
    yield values[places].tobytes()
    pairs, odd = values[: values.size // 2 * 2].view("<u8"), values[values.size // 2 * 2 :].view("<u4")
    yield (int(pairs.sum(dtype=np.uint64)) + int(odd.sum())).to_bytes(9, "little")
