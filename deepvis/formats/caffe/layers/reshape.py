"""Layers that move values without changing them: Flatten, Reshape, Permute, Tile, ShuffleChannel."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from deepvis.formats.caffe.layer import canonical_axis, check_size, elementwise, fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_axes import whole_along
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor
from deepvis.network.op import Op, Weights, reshaped_back


@layer_type("Flatten", kind=Kind.RESHAPE)
def flatten(spec: LayerSpec, weights: Weights) -> Op:
    """y = x with the axes from ``axis`` (1) to ``end_axis`` (-1) made into one.

    Shapes: (outer..., inner..., rest...) -> (outer..., product of inner, rest...). Gradient: g in the bottom's shape.
    Source: Caffe's flatten_layer.cpp.
    """

    def forward(x: Tensor) -> Tensor:
        start = canonical_axis(spec, spec.param.axis, x.dim())
        end = canonical_axis(spec, spec.param.end_axis, x.dim())
        if end < start:
            raise fault(spec, f"end_axis {end} before axis {start}", "an end_axis at or after axis")
        return x.reshape(*x.shape[:start], prod(x.shape[start : end + 1]), *x.shape[end + 1 :])

    return Op(forward, backward=reshaped_back)


@layer_type("Reshape", kind=Kind.RESHAPE)
def reshape(spec: LayerSpec, weights: Weights) -> Op:
    """y = x in another shape of the same size.

    Shapes: the ``num_axes`` (-1: all) axes from ``axis`` (0) on are replaced by shape's dims, where 0 copies the
    bottom's size at that place and one -1 takes what is left. Gradient: g in the bottom's shape.
    Caffe's surprises: a negative ``axis`` counts places between axes, so -1 is the end, where new axes of 1
    can be added; num_axes 0 inserts axes without replacing any.
    Source: Caffe's reshape_layer.cpp.
    """
    dims = [int(d) for d in spec.param.shape.dim]

    def forward(x: Tensor) -> Tensor:
        return x.reshape(_reshaped(spec, dims, tuple(x.shape)))

    return Op(forward, backward=reshaped_back)


def _reshaped(spec: LayerSpec, dims: Sequence[int], shape: tuple[int, ...]) -> tuple[int, ...]:
    p = spec.param
    if dims.count(-1) > 1 or any(d < -1 for d in dims):
        raise fault(spec, f"shape {list(dims)}", "sizes of 0 or more, and at most one -1")
    start = canonical_axis(spec, p.axis if p.axis >= 0 else p.axis + len(shape) + 1, len(shape), end=True)
    end = len(shape) if p.num_axes == -1 else start + p.num_axes
    if p.num_axes < -1 or end > len(shape):
        raise fault(
            spec, f"num_axes {p.num_axes} from axis {start} on {list(shape)}", "axes that the bottom has, or -1"
        )
    middle = []
    for i, d in enumerate(dims):
        if d == 0 and start + i >= len(shape):
            raise fault(spec, f"a 0 at place {i} of shape {list(dims)} on {list(shape)}", "an axis to copy it from")
        middle.append(shape[start + i] if d == 0 else d)
    if -1 in middle:
        known = prod(d for d in middle if d != -1) * prod(shape[:start]) * prod(shape[end:])
        total = prod(shape)
        if known == 0 or total % known:
            raise fault(spec, f"{total} values", f"a multiple of {known}, the sizes beside -1")
        middle[middle.index(-1)] = total // known
    result = (*shape[:start], *middle, *shape[end:])
    if prod(result) != prod(shape):
        raise fault(spec, f"shape {list(result)} for a bottom of {list(shape)}", "one of the same number of values")
    return result


def permute_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window:
    order = [int(v) for v in spec.param.order]
    order += [d for d in range(len(edge.below)) if d not in order]
    return window if order[-2:] == list(range(len(order)))[-2:] else WHOLE_WINDOW


@layer_type("Permute", kind=Kind.RESHAPE, field=permute_field)
def permute(spec: LayerSpec, weights: Weights) -> Op:
    """y = x with its axes in another order: axis i of y is axis order[i] of x.

    Shapes: (d0, d1, ...) -> (d[order[0]], d[order[1]], ...); axes that ``order`` does not name
    follow in their own order.
    Gradient: g with the axes put back.
    Source: the SSD fork of Caffe (weiliu89/caffe), permute_layer.cpp.
    """
    named = [int(v) for v in spec.param.order]

    def order(x: Tensor) -> list[int]:
        if len(set(named)) != len(named) or any(v >= x.dim() for v in named):
            raise fault(spec, f"order {named} on {x.dim()} axes", "each axis at most once")
        return named + [d for d in range(x.dim()) if d not in named]

    return Op(lambda x: x.permute(order(x)).contiguous())


def tile_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    return whole_along((canonical_axis(spec, spec.param.axis, len(edge.below)),), edge, window)


@layer_type("Tile", field=tile_field)
def tile(spec: LayerSpec, weights: Weights) -> Op:
    """y = the bottom ``tiles`` times, one after the other along ``axis`` (1).

    Shapes: size n of that axis -> n * tiles. Gradient: the sum over the copies.
    Source: Caffe's tile_layer.cpp.
    """
    tiles = spec.param.tiles
    if tiles < 1:
        raise fault(spec, f"tiles {tiles}", "1 or more")

    def forward(x: Tensor) -> Tensor:
        axis = canonical_axis(spec, spec.param.axis, x.dim())
        check_size(spec, (*x.shape, tiles))
        return x.repeat([tiles if d == axis else 1 for d in range(x.dim())])

    return Op(forward)


@layer_type("ShuffleChannel", field=elementwise)
def shuffle_channel(spec: LayerSpec, weights: Weights) -> Op:
    """y = x with the channels dealt out: channel g * (C / group) + i goes to place i * group + g.

    Shapes: (N, C, ...) -> the same. Gradient: g with the channels put back.
    Source: farmingyard/ShuffleNet, shuffle_channel_layer.cpp; Zhang et al. 2017.
    """
    group = spec.param.group

    def forward(x: Tensor) -> Tensor:
        if x.dim() < 2 or group < 1 or x.shape[1] % group:
            raise fault(spec, f"group {group} on a bottom of {list(x.shape)}", "groups that divide its channels")
        return x.unflatten(1, (group, -1)).transpose(1, 2).flatten(1, 2)

    return Op(forward)
