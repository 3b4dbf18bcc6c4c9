"""An operator of ONNX as an Op of the engine: chosen outputs, sizes that follow the number of pictures, shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import OnnxOp
from deepvis.formats.open_arguments import BatchAt, Shape
from deepvis.network.op import Op, Tensors, Weights, as_tuple, pull_back, run


def op_of(row: OnnxOp, call: OnnxCall, types: Sequence[torch.dtype], batch: BatchAt | None, weights: Weights) -> Op:
    """What runs. types: of the bottoms. batch: None where nothing depends on the number of pictures."""
    op = by_batch(row, call, batch, weights) if batch is not None else chosen(row.build(call, weights), call)
    if op.shapes is not None:
        return op
    return replace(op, shapes=lambda *shapes: shapes_of(op, shapes, types))


SEVERAL = frozenset(("TopK", "Split", "DynamicQuantizeLinear"))  # always give several


def chosen(op: Op, call: OnnxCall) -> Op:
    """With the outputs that anything takes, of those that the operator gives."""
    if call.outputs == (True,) and call.op not in SEVERAL:
        return op
    kept = [place for place, is_taken in enumerate(call.outputs) if is_taken]
    run_all, fast = op.forward, op.fast

    def some(tops: Any) -> Tensors:
        made = as_tuple(tops)
        if kept[-1] >= len(made):
            raise call.fault(f"{len(call.outputs)} outputs", f"at most {len(made)}")
        return tuple(made[place] for place in kept)

    def quick(*bottoms: Tensor) -> tuple[Tensors, Any]:
        tops, saved = fast(*bottoms)  # type: ignore[misc]
        return some(tops), saved

    chosen_fast = None if fast is None else quick
    return replace(op, forward=lambda *bottoms: some(run_all(*bottoms)), fast=chosen_fast, shapes=None)


def by_batch(row: OnnxOp, call: OnnxCall, batch: BatchAt, weights: Weights) -> Op:
    """An op for each number of pictures, made when it is first met."""

    @lru_cache(maxsize=32)
    def made(count: int) -> Op:
        return chosen(row.build(call.at(count), weights), call)

    def op_for(bottoms: Sequence[Tensor]) -> Op:
        return made(batch.of([x.shape for x in bottoms]))

    return Op(
        lambda *bottoms: op_for(bottoms).forward(*bottoms),
        backward=lambda ran, grads: pull_back(op_for(ran.bottoms), ran, grads),
    )


def shapes_of(op: Op, shapes: Sequence[Shape], types: Sequence[torch.dtype]) -> list[Shape]:
    """Of the tops, by a run on tensors that have a shape but no data."""
    pairs = zip(shapes, types, strict=True)
    ran = run(op, tuple(torch.empty(tuple(shape), dtype=kind, device="meta") for shape, kind in pairs))
    return [tuple(top.shape) for top in ran.tops]
