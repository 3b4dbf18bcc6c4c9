"""A network cut down to what one unit of a convolutional layer sees: the same unit, many times faster.

Nothing outside the receptive field reaches the unit, so it answers the same to the field alone, laid where the strides
of its layers fall on the same pixels. What differs is what looks at the whole picture: percentiles, the blur at the
edge, and the noise of the start. Worth it for whole low layers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from deepvis.network.field import Field, receptive_field
from deepvis.network.net import GraphNet
from deepvis.optimize.ascent_network import AscentNetwork


@dataclass(frozen=True)
class Cut:
    """Where the small network's input lies in the whole one's, and where the unit is in it."""

    top: int
    left: int
    height: int
    width: int
    row: int
    col: int


def field_only(whole: AscentNetwork, layer: str) -> AscentNetwork:
    """The network cut to the centre unit's field; the whole one where the field is not smaller than the image."""
    found = cut_of(whole, layer)
    if found is None:
        return whole
    blob = whole.data_blob
    small = whole.net.graph.cut(layer, {blob: (1, whole.mean_chw.shape[0], found.height, found.width)})
    rows, cols = slice(found.top, found.top + found.height), slice(found.left, found.left + found.width)
    mean = whole.mean_chw[:, rows, cols].contiguous()
    return replace(whole, net=GraphNet(small, whole.net.device), mean_chw=mean)


def cut_of(whole: AscentNetwork, layer: str) -> Cut | None:
    """The smallest input that holds the centre unit's field in step with all strides; None if it is not smaller."""
    net, shapes = whole.net, whole.net.shapes
    if len(shapes[layer]) != 4 or list(net.graph.inputs) != [whole.data_blob]:
        return None
    if set(net.graph.grids) & {value for index in net.graph.upto(layer) for value in net.graph.nodes[index].tops}:
        return None  # tokens, and what was reshaped: as many as the whole picture has
    centre = [extent // 2 for extent in shapes[layer][2:]]
    if min(centre) < 1:
        return None
    here, before = _field(whole, layer, *centre), _field(whole, layer, *(place - 1 for place in centre))
    down = _axis(here.top, here.bottom, here.top - before.top, centre[0], whole.size[0])
    across = _axis(here.left, here.right, here.left - before.left, centre[1], whole.size[1])
    if down is None or across is None:
        return None
    (top, height, row), (left, width, col) = down, across
    return None if (height, width) == whole.size else Cut(top, left, height, width, row, col)


def place_in(small: AscentNetwork, whole: AscentNetwork, layer: str) -> tuple[int, ...]:
    """Where the whole network's centre unit is in the small one."""
    found = cut_of(whole, layer)
    if small is whole or found is None:
        return tuple(extent // 2 for extent in whole.net.shapes[layer][2:])
    return found.row, found.col


def _axis(first: int, last: int, stride: int, place: int, size: int) -> tuple[int, int, int] | None:
    """(where the cut begins, its length, the unit's place in it) along one axis; None where the field leaves it.

    first, last: the field of the unit at ``place``. The unit's place in the cut is the first whose field does not
    begin before the cut: whole strides before ``place``.
    """
    if stride < 1 or first < 0 or last > size:
        return None
    steps = first // stride  # units before this one whose field begins inside the image
    begin = steps * stride
    return begin, last - begin, place - steps


def _field(whole: AscentNetwork, layer: str, row: int, col: int) -> Field:
    return receptive_field(whole.net.graph, whole.net.shapes, layer, row, col, whole.data_blob)
