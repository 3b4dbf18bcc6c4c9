"""Products with matrices."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import onnx_op
from deepvis.formats.open_arguments import Shape
from deepvis.network.batch_invariance import linear_op
from deepvis.network.field_axes import whole_along
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.op import Op, Weights


def matmul_kind(call: OnnxCall) -> Kind:
    """LINEAR with a matrix that was learned."""
    return Kind.LINEAR if len(call.weight_shape(1) or ()) == 2 and call.bottom_places == [0] else Kind.OTHER


def contracted(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    """The last axis of the first, the last but one of the second."""
    return (len(shape) - 1 if place == 0 or len(shape) == 1 else len(shape) - 2,)


def matmul_field(call: OnnxCall, edge: NodeEdge, window: Window) -> Window | None:
    """Of maps (N, C, H, W) times a matrix: whole rows."""
    if matmul_kind(call) is Kind.LINEAR and len(edge.below) >= 4:
        return whole_along((len(edge.below) - 1,), edge, window)
    return WHOLE_WINDOW


@onnx_op("MatMul", since=1, kind=matmul_kind, field=matmul_field, mixes=contracted)
def matmul(call: OnnxCall, weights: Weights) -> Op:
    """y = a b, over the last two axes, those before them repeated where they are 1.

    Shapes: (..., M, K), (..., K, N) -> (..., M, N). Gradient: g b^T, a^T g.
    """
    if matmul_kind(call) is Kind.LINEAR:
        return linear_op(weights[call.inputs[1].place].t(), None)
    return call.op_of(torch.matmul, weights)


def gemm_kind(call: OnnxCall) -> Kind:
    is_linear = call.bottom_places == [0] and not call.attr("transA", 0) and len(call.weight_shape(1) or ()) == 2
    return Kind.LINEAR if is_linear else Kind.OTHER


def gemm_contracted(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    turned = call.attr("transA" if place == 0 else "transB", 0)
    return ((0 if turned else 1) if place == 0 else (1 if turned else 0),) if place < 2 else ()


@onnx_op("Gemm", since=7, kind=gemm_kind, mixes=gemm_contracted)
def gemm(call: OnnxCall, weights: Weights) -> Op:
    """y = alpha a b + beta c, a and b turned around with transA and transB; c is repeated to y's shape.

    Shapes: (M, K), (K, N), c -> (M, N). Gradient: alpha g b^T, alpha a^T g, beta g.
    """
    alpha, beta = call.attr("alpha", 1.0), call.attr("beta", 1.0)
    is_turned = call.attr("transB", 0)

    def forward(a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
        y = torch.mm(a.t() if call.attr("transA", 0) else a, b.t() if is_turned else b)
        y = y if alpha == 1 else alpha * y
        return y if c is None else y + (c if beta == 1 else beta * c)

    if gemm_kind(call) is not Kind.LINEAR:
        return call.op_of(forward, weights)
    w, c = weights[call.inputs[1].place], call.weight(2, weights)
    w = w if is_turned else w.t()
    w = w if alpha == 1 else alpha * w
    if c is not None and beta != 1:
        c = beta * c
    if c is None or c.shape == (w.shape[0],):
        return linear_op(w, c)
    if c.numel() == 1 or c.shape == (1, w.shape[0]):
        return linear_op(w, c.reshape(-1).expand(w.shape[0]))
    return call.op_of(forward, weights)


def summed_over(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    """The axes whose letters are not in the result."""
    taken, _, made = call.attr("equation", "").replace(" ", "").partition("->")
    letters = taken.split(",")[place] if place < len(taken.split(",")) else ""
    if not made or "." in letters:
        return range(1, len(shape))
    return [axis for axis, letter in enumerate(letters) if letter not in made]


@onnx_op("Einsum", since=12, mixes=summed_over)
def einsum(call: OnnxCall, weights: Weights) -> Op:
    """y = the sum over the letters of ``equation`` that the result lacks, of the products. Gradient: autograd's."""
    equation = call.attr("equation", "")
    return call.op_of(lambda *values: torch.einsum(equation, *values), weights)


def last_two(call: OnnxCall, place: int, shape: Shape) -> Collection[int]:
    return (len(shape) - 2, len(shape) - 1)


@onnx_op("Det", since=11, mixes=last_two)
def det(call: OnnxCall, weights: Weights) -> Op:
    """y = the determinant of each matrix. Shapes: (..., M, M) -> (...). Gradient: autograd's."""
    return call.op_of(torch.linalg.det, weights)
