"""Kernel, stride, pad and dilation of the layers that slide a window, as Caffe reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from deepvis.formats.caffe.layer import fault
from deepvis.formats.caffe.spec import LayerSpec


def per_axis(spec: LayerSpec, field: str, default: int | None, axes: int, *, least: int) -> tuple[int, ...]:
    """A repeated window field (kernel_size, stride, pad, dilation) or its _h/_w pair, one value per spatial axis.

    Caffe: one value serves every axis; the _h/_w pair needs two axes and excludes the repeated field.
    """
    if axes == 0:
        return ()
    message = spec.param
    stem = "kernel" if field == "kernel_size" else field
    if stem != "dilation" and _given(message, f"{stem}_h", f"{stem}_w"):
        values = (getattr(message, f"{stem}_h"), getattr(message, f"{stem}_w"))
        if axes != 2:
            raise fault(spec, f"{stem}_h and {stem}_w on {axes} spatial axes", f"{field} once, or once per axis")
        if len(getattr(message, field)):
            raise fault(spec, f"{field} beside {stem}_h and {stem}_w", "one of the two")
    else:
        values = tuple(getattr(message, field))
        if not values:
            if default is None:
                raise fault(spec, f"no {field}", f"{field}, or {stem}_h and {stem}_w")
            values = (default,)
        if len(values) == 1:
            values = values * axes
    if len(values) != axes:
        raise fault(spec, f"{len(values)} values of {field}", f"1 or {axes}, one per spatial axis")
    if any(v < least for v in values):
        raise fault(spec, f"{field} {', '.join(map(str, values))}", f"at least {least}")
    return tuple(int(v) for v in values)


def _given(message, *fields: str) -> bool:
    """True where a file sets one of the fields, to 0 too (Caffe asks has_, except for pad, where 0 means unset)."""
    return any(message.HasField(f) and (not f.startswith("pad") or getattr(message, f)) for f in fields)


def convolved(size: int, kernel: int, stride: int, pad: int, dilation: int) -> int:
    """Caffe's output size of a convolution along one axis; 0 or less where the kernel does not fit."""
    return (size + 2 * pad - (dilation * (kernel - 1) + 1)) // stride + 1


def deconvolved(size: int, kernel: int, stride: int, pad: int, dilation: int) -> int:
    """Caffe's output size of a deconvolution along one axis."""
    return stride * (size - 1) + dilation * (kernel - 1) + 1 - 2 * pad


def kernel_places(
    kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], counts: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Each place of a kernel, row-major, and where it lies in a padded map in all windows (``counts`` an axis)."""
    for place in product(*map(range, kernel)):
        parts = zip(place, dilation, stride, counts, strict=True)
        yield place, tuple(slice(k * d, k * d + s * (n - 1) + 1, s) for k, d, s, n in parts)
