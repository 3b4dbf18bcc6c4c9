"""Layers that pick by number: Embed (rows of a table), BatchReindex and Filter (items of a batch)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepvis.formats.caffe.layer import MANY, WeightRule, blob, fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.lazy import F, Tensor
from deepvis.network.op import Op, Weights


def _indices(spec: LayerSpec, x: Tensor, count: int, what: str) -> Tensor:
    """Float indices as integers, cut off towards zero as C does, all checked to lie in [0, count)."""
    index = x.long()
    if not index.is_meta and index.numel():
        low, high = int(index.min()), int(index.max())
        if low < 0 or high >= count:
            raise fault(spec, f"the index {low if low < 0 else high}", f"{what} from 0 to {count - 1}")
    return index


def has_bias(message: Any) -> int:
    """A table, and a bias with bias_term."""
    return 1 + message.embed_param.bias_term


def table_shapes(spec: LayerSpec, bottoms: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    p = spec.param
    return [(p.input_dim, p.num_output)] + [(p.num_output,)] * p.bias_term


@layer_type("Embed", kind=Kind.EMBEDDING, weights=WeightRule(has_bias, table_shapes))
def embed(spec: LayerSpec, weights: Weights) -> Op:
    """y[..., :] = W[x[...], :] + b: each index of the bottom becomes its row of the table.

    Shapes: any (...) -> (..., num_output); weights (input_dim, num_output), bias (num_output,).
    Caffe's surprises: the indices are floats, cut off to integers; the bottom gets no gradient (Caffe stops).
    Source: Caffe's embed_layer.cpp.
    """
    p = spec.param
    if p.num_output < 1 or p.input_dim < 1:
        raise fault(spec, f"num_output {p.num_output}, input_dim {p.input_dim}", "both 1 or more")
    table = blob(spec, weights, 0, (p.input_dim, p.num_output), "weights")
    bias = blob(spec, weights, 1, (p.num_output,), "bias") if p.bias_term else None

    def forward(x: Tensor) -> Tensor:
        rows = F.embedding(_indices(spec, x, p.input_dim, "rows of the table"), table)
        return rows if bias is None else rows + bias

    return Op(forward)


@layer_type("BatchReindex", bottoms=(2, 2))
def batch_reindex(spec: LayerSpec, weights: Weights) -> Op:
    """y[m] = x[index[m]]: the first bottom's items in the order, and as often, as the second bottom names them.

    Shapes: (N, ...), (M,) -> (M, ...). Gradient: the sum over the copies of each item; none to the indices.
    Source: Caffe's batch_reindex_layer.cpp.
    """

    def forward(x: Tensor, index: Tensor) -> Tensor:
        return x.index_select(0, _indices(spec, index.reshape(-1), x.shape[0], "items of the batch"))

    return Op(forward)


@layer_type("Filter", bottoms=(2, MANY), tops=(1, MANY), fewer_tops=1)
def filter_(spec: LayerSpec, weights: Weights) -> Op:
    """y[i] = the items of bottom i whose value in the last bottom, the selector, is not 0, in order.

    Shapes: (N, ...) each, selector (N,) or (N, 1, 1, 1) -> (M, ...) each, with M the number of items chosen.
    Gradient: g at the chosen items, zeros elsewhere; none to the selector.
    Caffe's surprises: the size depends on the values; before the first pass the tops have the bottoms' shapes.
    Source: Caffe's filter_layer.cpp.
    """
    if len(spec.bottoms) != len(spec.tops) + 1:
        raise fault(
            spec, f"{len(spec.bottoms)} bottoms, {len(spec.tops)} tops", "one bottom more than tops: the selector"
        )

    def forward(*bottoms: Tensor):
        *data, selector = bottoms
        if selector.numel() != selector.shape[0] or any(x.shape[0] != selector.shape[0] for x in data):
            raise fault(
                spec, f"bottoms of {[list(x.shape) for x in bottoms]}", "a selector with one value for each item"
            )
        index = selector.reshape(selector.shape[0], -1)[:, 0].nonzero()[:, 0]
        return tuple(x.index_select(0, index) for x in data)

    return Op(forward, shapes=lambda *shapes: shapes[:-1])
