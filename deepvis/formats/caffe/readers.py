"""What the first layers that read a blob tell of its shape: by their weights, where a file gives some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Blobs = Mapping[str, Sequence[Any]]  # layer -> its weights

# layers that hand their bottom on in its own shape
_SAME_SHAPE = frozenset(
    ("Split", "Power", "Scale", "Bias", "BatchNorm", "BN", "MVN", "Dropout", "ReLU", "Sigmoid", "AbsVal", "Exp", "Log")
)
_SAME_VALUES = _SAME_SHAPE | {"Flatten", "Reshape"}


def channels_of(blob: str, readers: Sequence[Any], weights: Blobs) -> int | None:
    """The channels of a picture, by the first convolution that reads it, through a Slice too; None where none does."""
    for reader, share in _readers(blob, readers, _SAME_SHAPE):
        own = weights.get(reader.name)
        if reader.type == "Convolution" and own and own[0].ndim == 4:
            return own[0].shape[1] * max(1, reader.convolution_param.group) * share
    return None


def values_of(blob: str, readers: Sequence[Any], weights: Blobs) -> int | None:
    """How many values a picture has, by the first fully connected layer that reads all of it; None where none does."""
    for reader, share in _readers(blob, readers, _SAME_VALUES):
        own = weights.get(reader.name)
        if reader.type == "InnerProduct" and own and reader.inner_product_param.axis == 1:
            return own[0].size // max(1, reader.inner_product_param.num_output) * share
    return None


def has_window(blob: str, readers: Sequence[Any]) -> bool:
    """Whether a window of more than one place slides over the blob: it then is an image, whatever is declared."""
    return any(_kernel(reader) > 1 for reader, _ in _readers(blob, readers, _SAME_SHAPE))


def _kernel(reader: Any) -> int:
    if reader.type == "Convolution":
        p = reader.convolution_param
        return max([*p.kernel_size, p.kernel_h, p.kernel_w])
    if reader.type == "Pooling":
        p = reader.pooling_param
        return max(p.kernel_size, p.kernel_h, p.kernel_w)
    return 1


def _readers(blob: str, layers: Sequence[Any], through: frozenset[str]) -> Iterator[tuple[Any, int]]:
    """(layer, how many such pieces the blob has) of each that reads it, or what is made of it by ``through``."""
    pieces = {blob: 1}
    for layer in layers:
        share = next((pieces[name] for name in layer.bottom if name in pieces), None)
        if share is None:
            continue
        yield layer, share
        if layer.type in through:
            pieces.update(dict.fromkeys(layer.top, share))
        elif layer.type == "Slice" and layer.slice_param.axis == 1 and not layer.slice_param.slice_point:
            pieces.update(dict.fromkeys(layer.top, share * len(layer.top)))
