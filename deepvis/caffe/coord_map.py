"""pycaffe's ``caffe.coord_map``: how the coordinates of two tops of a net_spec relate, and crops that align them.

A map (axis, scale, shift) says: coordinate in the lower top = scale * coordinate in the upper top + shift,
from ``axis`` on (None: any axis). Source: the documented behaviour of python/caffe/coord_map.py of BVLC Caffe 1.0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepvis.caffe.net_spec import Function, Top, layers

POINTWISE = frozenset(
    {
        "AbsVal", "ArgMax", "BNLL", "BatchNorm", "Bias", "Concat", "Dropout", "ELU", "Eltwise", "Exp", "LRN", "Log",
        "MVN", "PReLU", "Power", "ReLU", "Scale", "Sigmoid", "SoftmaxWithLoss", "Softmax", "Split", "TanH",
        "Threshold",
    }
)  # fmt: skip


class UndefinedMapException(Exception):
    """The layer has no map between the coordinates of its bottom and its top."""


class AxisMismatchException(Exception):
    """Two maps begin at different axes."""


@dataclass(frozen=True, eq=False)
class _Map:
    axis: int | None
    scale: np.ndarray
    shift: np.ndarray

    def then(self, other: _Map) -> _Map:
        """This map after the other: first ``other``, then this."""
        if None not in (self.axis, other.axis) and self.axis != other.axis:
            raise AxisMismatchException(f"a map from axis {self.axis} on cannot follow one from axis {other.axis} on")
        axis = other.axis if self.axis is None else self.axis
        return _Map(axis, self.scale * other.scale, self.scale * other.shift + self.shift)

    def inverted(self) -> _Map:
        return _Map(self.axis, 1 / self.scale, -self.shift / self.scale)


SAME = _Map(None, np.array([1.0]), np.array([0.0]))


def coord_map(fn: Function) -> tuple[int | None, np.ndarray, np.ndarray]:
    """(axis, scale, shift) from the coordinates of a layer's bottom to those of its top.

    Raises UndefinedMapException for layers without one.
    """
    found = _map_of(fn)
    return found.axis, found.scale, found.shift


def coord_map_from_to(top_from: Top, top_to: Top) -> tuple[int | None, np.ndarray, np.ndarray]:
    """(axis, scale, shift) from the coordinates of ``top_from`` to those of ``top_to``.

    Raises RuntimeError where no blob below both is reached through layers with maps.
    """
    from_maps = dict(_below(top_from))
    for top, to_map in _below(top_to):
        if top in from_maps:
            found = to_map.then(from_maps[top].inverted())
            return found.axis, found.scale, found.shift
    raise RuntimeError("Could not compute map between tops; are they connected by spatial layers?")


def crop(top_from: Top, top_to: Top) -> Top:
    """A Crop layer that cuts ``top_from`` to the place and size of ``top_to``.

    Raises AssertionError where their scales differ or the offset is negative or no whole number, as pycaffe does.
    """
    axis, scale, shift = coord_map_from_to(top_from, top_to)
    faults = (
        ((scale != 1).any(), f"scale mismatch on crop (a = {scale})"),
        ((shift > 0).any(), f"cannot crop negative offset (b = {shift})"),
        ((np.round(shift) != shift).any(), f"cannot crop noninteger offset (b = {shift})"),
    )
    for wrong, sentence in faults:
        if wrong:
            raise AssertionError(sentence)
    offset = [int(-b) for b in np.atleast_1d(shift)]
    return layers.Crop(top_from, top_to, crop_param=dict(axis=(axis if axis is not None else 1) + 1, offset=offset))


def _below(top: Top):
    """(blob, map from its coordinates to those of ``top``) for every blob below that has one, nearest first."""
    waiting = [(top, SAME)]
    visited = set()
    while waiting:
        blob, so_far = waiting.pop(0)
        if blob in visited:
            continue
        visited.add(blob)
        yield blob, so_far
        try:
            step = so_far.then(_map_of(blob.fn))
        except UndefinedMapException:
            continue
        inputs = blob.fn.inputs[:1] if blob.fn.type_name == "Crop" else blob.fn.inputs
        waiting.extend((bottom, step) for bottom in inputs)


def _map_of(fn: Function) -> _Map:
    kind = fn.type_name
    if kind in POINTWISE:
        return SAME
    if kind == "Crop":
        p = fn.params.get("crop_param", fn.params)
        return _Map(p.get("axis", 2) - 1, np.array([1.0]), -np.array(p.get("offset", 0), float, ndmin=1))
    if kind in ("Convolution", "Pooling", "Im2col", "Deconvolution"):
        axis, stride, kernel, pad = _window(fn)
        margin = (kernel - 1) / 2 - pad
        return _Map(axis, stride, margin) if kind == "Deconvolution" else _Map(axis, 1 / stride, -margin / stride)
    raise UndefinedMapException(f"the layer type {kind} has no coordinate map")


def _window(fn: Function) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """(axis, stride, kernel with its dilation, pad) of a layer with a sliding window."""
    p = fn.params.get("pooling_param" if fn.type_name == "Pooling" else "convolution_param", fn.params)
    if any(name in p for name in ("kernel_h", "stride_h", "pad_h")):
        raise UndefinedMapException("coordinate maps need kernel_size, stride and pad, not their _h and _w forms")

    def values(name: str, default: float) -> np.ndarray:
        return np.array(p.get(name, default), float, ndmin=1)

    kernel = (values("kernel_size", 1) - 1) * values("dilation", 1) + 1
    return p.get("axis", 1), values("stride", 1), kernel, values("pad", 0)
