"""Where the numbers of an exported program's values lie in the picture, followed operator by operator.

What only moves numbers moves the labels of ``network/grid_labels.py`` alike, whatever it is: flatten and transpose,
rolls, strided slices. What mixes them keeps the places where it works place by place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from deepvis.formats.open_arguments import Shape
from deepvis.formats.torch.aten_ops import ATEN_OPS, elementwise
from deepvis.formats.torch.call import AtenCall, resolved
from deepvis.network.graph import Node
from deepvis.network.grid_labels import (
    GridLabels,
    Spans,
    attended,
    attention,
    carried_over,
    full,
    maps,
    merged,
    moved,
    together,
    tokens,
)
from deepvis.network.kinds import Kind

# operators whose tops hold the very numbers of their bottoms, in other places
MOVES = frozenset(
    (
        *("view", "_unsafe_view", "reshape", "permute", "transpose", "t", "flatten", "unflatten", "squeeze"),
        *("unsqueeze", "expand", "repeat", "select", "slice", "narrow", "split", "split_with_sizes", "chunk", "unbind"),
        *("cat", "stack", "roll", "flip", "index", "index_select", "movedim", "im2col", "pixel_unshuffle"),
        *("clone", "alias", "contiguous", "detach", "lift_fresh_copy", "native_dropout"),
    )
)
PADS = ("pad", "constant_pad_nd")  # windows are padded to a whole number of them, mostly by nothing
# element by element, where the operator has no row of its own that says so
POINTWISE = frozenset(
    (
        *("add", "sub", "mul", "div", "pow", "sqrt", "rsqrt", "exp", "neg", "abs", "where", "maximum", "minimum"),
        *("gelu", "silu", "tanh", "sigmoid", "clamp", "erf", "softplus", "mish", "_to_copy", "hardswish"),
    )
)
_ATTENTION = ("matmul", "bmm")


@dataclass(frozen=True, eq=False)
class Followed:
    """What is known of one node.

    tops: places of each top, None where they are unknown. is_by_place: each place of a top sees only its own place of
    the bottoms, or the rows and columns ``spans`` of them.
    """

    tops: tuple[GridLabels | None, ...]
    is_by_place: bool = False
    spans: tuple[Spans, Spans] | None = None


class Follower:
    """Follows places through nodes in their order of work. parameters: address of a tensor -> its name."""

    def __init__(self, parameters: Mapping[int, str]) -> None:
        self._parameters = parameters
        self.tokens: list[str] = []  # names of the tokens beside grids, as labels count them
        self._first: dict[int, int] = {}  # id of a parameter -> number of its first token

    def followed(self, node: Node, call: AtenCall, bottoms: Sequence[GridLabels | None]) -> Followed:
        """bottoms: places of the node's bottoms, the one that only tells the batch left out."""
        above = [resolved(dims, 1) for dims in call.top_dims]
        below = [resolved(dims, 1) for dims in call.bottom_dims][: len(bottoms)]
        unknown = Followed((None,) * len(above))
        is_padding = call.op in PADS and bottoms[0] is not None and not bottoms[0].is_maps  # of maps a new grid
        if call.op in MOVES or is_padding:
            return self._moved(node, call, bottoms) or unknown
        placed = [(p, shape) for p, shape in zip(bottoms, below, strict=True) if p is not None]
        if not placed:
            return unknown
        if call.op in _ATTENTION and len(placed) == 2:
            found = _attending(placed[0][0], placed[1][0])
            if found is not None:
                return found
        first, shape = placed[0]
        if self._makes_maps(node, call, bottoms, above[0]):
            return Followed(tuple(maps(*size[-2:]) if size[-2] * size[-1] > 1 else None for size in above))
        if call.op == "linear":
            return _linear(first, shape, above[0]) or unknown
        if _is_elementwise(call):
            return _elementwise(placed, above[0]) or unknown
        axes = _mixed_axes(call, shape)
        same = next((p for p, size in placed if carried_over(p, size, above[0]) is not None), None)
        if same is None:
            return unknown
        tops = (same, *unknown.tops[1:])
        if axes is None or all(same.labels.shape[axis] == 1 for axis in axes):
            return Followed(tops, axes is not None)
        spans = together(same, axes)  # patches that are merged lie side by side along the channels
        return Followed(tops, spans is not None, spans)

    def _makes_maps(self, node: Node, call: AtenCall, bottoms: Sequence[GridLabels | None], above: Shape) -> bool:
        """A convolution, a pooling, a resampling: of maps, as convolutions have them, others."""
        if len(above) != 4 or not bottoms or bottoms[0] is None or not bottoms[0].is_maps:
            return False
        is_conv = node.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED_CONVOLUTION)
        return is_conv or (above[-2:] != bottoms[0].grid and not _is_elementwise(call))

    def _moved(self, node: Node, call: AtenCall, bottoms: Sequence[GridLabels | None]) -> Followed | None:
        """The labels through the operator itself."""
        placed = [places for places in bottoms if places is not None]
        weights = [self._labels_of(weight, call) for weight in node.weights]
        has_tokens = any((w < 0).any() for w in weights if not w.is_floating_point())
        if not placed and not has_tokens:
            return None
        shapes = [resolved(dims, 1) for dims in call.bottom_dims]
        pairs = zip((*bottoms, *(None,) * (len(shapes) - len(bottoms))), shapes, strict=True)
        labels = [torch.zeros(s, dtype=torch.int32) if p is None else _tensor(full(p.labels, s)) for p, s in pairs]
        try:
            made = call.forward(weights)(*labels)
        except (RuntimeError, IndexError, TypeError):  # an operator that takes no whole numbers: nothing is known
            return None
        tops = [made] if isinstance(made, Tensor) else list(made)
        is_attention = any(places.is_attention for places in placed)
        if is_attention and not _keeps_attention(call, shapes[0], [tuple(top.shape) for top in tops]):
            return None
        found = [moved(lambda top=top: top.numpy(), placed) for top in tops]
        spans = next((each[1] for each in found if each is not None), None)
        attends = [None if f is None else GridLabels(f[0].grid, f[0].labels, is_attention) for f in found]
        return Followed(tuple(attends), True, spans)

    def _labels_of(self, weight: Tensor, call: AtenCall) -> Tensor:
        """A parameter's numbers as tokens; what is no floating point number, an index, as it is."""
        if not weight.is_floating_point():
            return weight
        if id(weight) not in self._first:
            self._first[id(weight)] = len(self.tokens)
            count = weight.shape[-2] if weight.ndim > 1 else 1
            self.tokens += _token_names(self._parameters.get(weight.data_ptr(), ""), count)
        shape = tuple(weight.shape)
        return _tensor(full(tokens(shape, self._first[id(weight)]), shape))


def _tensor(labels: np.ndarray) -> Tensor:
    return torch.from_numpy(labels.astype(np.int32))


def _token_names(parameter: str, count: int) -> list[str]:
    """What the tokens of a parameter are called: "class token", "register token 1", ..."""
    word = parameter.rpartition(".")[2].lower()
    titles = {"cls": "class token", "class": "class token", "reg": "register token", "dist": "distillation token"}
    name = next((title for part, title in titles.items() if part in word), f"token {word}" if word else "token")
    return [name] if count == 1 else [f"{name} {number}" for number in range(1, count + 1)]


def _is_elementwise(call: AtenCall) -> bool:
    row = ATEN_OPS.get(call.op)
    return call.op in POINTWISE or (row is not None and row.field is elementwise)


def _attending(first: GridLabels, second: GridLabels) -> Followed | None:
    """Queries times keys, or who looks at whom times what is there: a place sees all that it looks at."""
    found = attention(first, second)
    if found is None:
        is_taken_up = first.is_attention and not second.is_attention and first.same_as(second)
        if not is_taken_up:
            return None
        found = replace(first, is_attention=False)
    spans = attended(first)
    return Followed((found,), spans is not None, spans)


def _keeps_attention(call: AtenCall, below: Shape, tops: Sequence[Shape]) -> bool:
    """Who looks at whom are the last two axes still, in their order."""
    if tops == [below]:
        return call.op not in ("transpose", "permute", "flip", "roll", "index", "t")
    return call.op in ("view", "_unsafe_view", "reshape", "unsqueeze") and all(top[-2:] == below[-2:] for top in tops)


def _linear(places: GridLabels, shape: Shape, above: Shape) -> Followed | None:
    """Along the last axis: all else is place by place."""
    found = merged(places, len(shape) - 1)
    if found is None or places.is_attention:
        return None
    return Followed((found[0],), True, found[1])


def _elementwise(placed: Sequence[tuple[GridLabels, Shape]], above: Shape) -> Followed | None:
    """Of several: the places of one that has the top's shape; by place where all others have the same or none."""
    same = next((p for p, shape in placed if shape == above), None)
    if same is None:
        return None
    others = [p for p, shape in placed if p is not same]
    agree = all(p.same_as(same) for p in others)
    return Followed((same,), agree)


def _mixed_axes(call: AtenCall, shape: Shape) -> Sequence[int] | None:
    """The axes along which an operator that keeps the shape mixes; None where that is not known."""
    if call.op in ("softmax", "_softmax", "log_softmax", "_log_softmax"):
        return [call["dim"] % len(shape)]
    if call.op in ("layer_norm", "native_layer_norm", "rms_norm"):
        return list(range(len(shape) - len(call["normalized_shape"]), len(shape)))
    if call.op == "_native_batch_norm_legit_no_training":
        return []
    return None
