"""An input's shape as it follows from layers: from the weights of the first that read it, from DummyData itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

Blobs = Mapping[str, Sequence[Any]]  # layer -> its weights

# layers that hand their bottom on in its own shape
_SAME_SHAPE = frozenset(
    ("Split", "Power", "Scale", "Bias", "BatchNorm", "BN", "MVN", "Dropout", "ReLU", "Sigmoid", "AbsVal", "Exp", "Log")
)
OLD_SIZES = ("num", "channels", "height", "width")  # of DummyData's tops, before there was ``shape``
_SAME_VALUES = _SAME_SHAPE | {"Flatten", "Reshape"}


def channels_of(blob: str, readers: Sequence[Any], weights: Blobs) -> int | None:
    """The channels of a picture, by the first convolution that reads it, through a Slice too; None where none does."""
    for index, reader in enumerate(readers):
        if blob not in reader.bottom:
            continue
        found, rest = None, readers[index + 1 :]
        own = weights.get(reader.name)
        if reader.type == "Convolution" and own and own[0].ndim == 4:
            found = own[0].shape[1] * max(1, reader.convolution_param.group)
        elif reader.type == "Slice":
            found = _of_pieces(reader, rest, weights)
        elif reader.type in _SAME_SHAPE and blob not in reader.top:
            found = channels_of(reader.top[0], rest, weights)
        if found is not None:
            return found
    return None


def _of_pieces(reader: Any, rest: Sequence[Any], weights: Blobs) -> int | None:
    """The channels of what a Slice cuts: those of its pieces, all alike where only one is known."""
    p = reader.slice_param
    if (p.slice_dim if p.HasField("slice_dim") else p.axis) != 1:
        return None
    points = [0, *p.slice_point]
    pieces: list[int | None] = [b - a for a, b in pairwise(points)]
    pieces += [None] * (len(reader.top) - len(pieces))
    sizes_by_bottom = [channels_of(top, rest, weights) or size for top, size in zip(reader.top, pieces, strict=False)]
    sizes = [size for size in sizes_by_bottom if size]
    if not sizes:
        return None
    return sum(size or sizes[0] for size in sizes_by_bottom)


def values_of(blob: str, readers: Sequence[Any], weights: Blobs) -> int | None:
    """How many values a picture has, by the first fully connected layer that reads all of it; None where none does."""
    for reader in _readers(blob, readers, _SAME_VALUES):
        own = weights.get(reader.name)
        if reader.type == "InnerProduct" and own and reader.inner_product_param.axis == 1:
            return own[0].size // max(1, reader.inner_product_param.num_output)
    return None


def has_window(blob: str, readers: Sequence[Any]) -> bool:
    """Whether a window of more than one place slides over the blob: it then is an image, whatever is declared."""
    return any(_kernel(reader) > 1 for reader in _readers(blob, readers, _SAME_SHAPE))


def _kernel(reader: Any) -> int:
    if reader.type == "Convolution":
        p = reader.convolution_param
        return max([*p.kernel_size, p.kernel_h, p.kernel_w])
    if reader.type == "Pooling":
        p = reader.pooling_param
        return max(p.kernel_size, p.kernel_h, p.kernel_w)
    return 1


def _readers(blob: str, layers: Sequence[Any], through: frozenset[str]) -> Iterator[Any]:
    """Each layer that reads the blob, or what is made of it by layers of the types ``through``."""
    blobs = {blob}
    for layer in layers:
        if blobs.intersection(layer.bottom):
            yield layer
            if layer.type in through:
                blobs.update(layer.top)


def dummy_shapes(param: Any, tops: int) -> list[tuple[int, ...]]:
    """The shapes that a DummyData layer's parameters give its tops, one for all repeated; [] for old ones that do not
    fit."""
    shapes = [tuple(int(d) for d in shape.dim) for shape in param.shape]
    if not shapes:
        lists = [list(getattr(param, name)) for name in OLD_SIZES]
        if any(len(values) not in (1, tops) for values in lists):
            return []
        shapes = [tuple(int(v[i if len(v) > 1 else 0]) for v in lists) for i in range(tops)]
    return shapes * tops if len(shapes) == 1 else shapes
