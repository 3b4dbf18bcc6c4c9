"""Values that no picture makes, and changes of type."""

from __future__ import annotations

import math
from math import prod

import torch
from torch import Tensor

from deepvis.formats.onnx.call import OnnxCall
from deepvis.formats.onnx.onnx_ops import elementwise, everything, onnx_op
from deepvis.formats.onnx.tensors import DTYPES, type_name
from deepvis.network.kinds import Kind
from deepvis.network.op import MOST_VALUES, Op, Weights, without_gradient


def _checked(call: OnnxCall, shape: list[int]) -> list[int]:
    if any(d < 0 for d in shape) or prod(shape) > MOST_VALUES:
        raise call.fault(f"a shape of {shape}", f"at most {MOST_VALUES} values")
    return shape


@onnx_op("Constant", since=1)
def constant(call: OnnxCall, weights: Weights) -> Op:
    """y = the value that the file gives: a tensor, a number, or some. Gradient: none."""
    types = {"value_float": torch.float32, "value_floats": torch.float32}
    types.update({"value_int": torch.int64, "value_ints": torch.int64})
    made = call.attr("value")
    for name, kind in types.items():
        if name in call.attributes:
            made = torch.tensor(call.attributes[name], dtype=kind)
    if isinstance(made, Tensor):
        return Op(lambda: made)
    raise call.fault(f"a constant of {', '.join(call.attributes) or 'nothing'}", "numbers")


@onnx_op("ConstantOfShape", since=9, arguments={"shape": 0})
def constant_of_shape(call: OnnxCall, weights: Weights) -> Op:
    """y = one value everywhere, in the shape asked for. It takes no memory until something is done with it.

    Gradient: none.
    """
    shape, value = _checked(call, call.ints("shape") or []), call.attr("value", torch.zeros(1))
    if not isinstance(value, Tensor) or value.numel() != 1:
        raise call.fault("a value of several numbers", "one")
    return Op(lambda: value.reshape(()).expand(shape))


@onnx_op("Range", since=11, arguments={"start": 0, "limit": 1, "delta": 2})
def range_(call: OnnxCall, weights: Weights) -> Op:
    """y = start, start + delta, ... below limit. Gradient: none."""
    numbers = [call.number(name) for name in ("start", "limit", "delta")]
    start, limit, delta = (0.0 if n is None else n for n in numbers)
    if not delta or not all(map(math.isfinite, (start, limit, delta))):
        raise call.fault(f"from {start} to {limit} by {delta}", "finite numbers, steps other than 0")
    count = max(math.ceil((limit - start) / delta), 0)
    _checked(call, [count])
    given = call.arguments.get("start")
    kind = given.dtype if isinstance(given, Tensor) else torch.int64
    if kind.is_floating_point:
        return Op(lambda: (torch.arange(count, dtype=torch.float64) * delta + start).to(kind))
    return Op(lambda: torch.arange(count, dtype=kind) * int(delta) + int(start))


@onnx_op("EyeLike", since=9)
def eye_like(call: OnnxCall, weights: Weights) -> Op:
    """y = ones on the k-th diagonal of a matrix of x's shape, zeros elsewhere. Gradient: none."""
    kind, k = call.attr("dtype"), call.attr("k", 0)

    def forward(x: Tensor) -> Tensor:
        ones = torch.ones(tuple(x.shape), dtype=x.dtype if kind is None else DTYPES[kind])
        return ones.triu(k).tril(k)

    return without_gradient(forward)


@onnx_op("NonZero", since=9, mixes=everything)
def non_zero(call: OnnxCall, weights: Weights) -> Op:
    """y = the places of all values other than 0, an axis a row. Of what no picture decides alone. Gradient: none."""

    def forward(x: Tensor) -> Tensor:
        if x.device.type == "meta":
            raise call.not_here("a size that depends on what is in the picture", "one that follows from the file")
        return x.nonzero().t()

    return without_gradient(call.bind(forward, weights))


# --- types ----------------------------------------------------------------------------------------


def cast_kind(call: OnnxCall) -> Kind:
    return Kind.IDENTITY if DTYPES.get(call.attr("to")) is torch.float32 else Kind.OTHER


@onnx_op("Cast", since=6, kind=cast_kind, field=elementwise)
def cast(call: OnnxCall, weights: Weights) -> Op:
    """y = x as numbers of the type ``to``; every float is one of 32 bits. Gradient: g between floats."""
    wanted = DTYPES.get(call.attr("to"))
    if wanted is None:
        raise call.fault(f"the type {type_name(call.attr('to', 0))}", "numbers")
    return call.op_of(lambda x: x.to(wanted), weights)


@onnx_op("CastLike", since=15, kind=Kind.IDENTITY, field=elementwise)
def cast_like(call: OnnxCall, weights: Weights) -> Op:
    """y = x as numbers of the second input's type. Gradient: g between floats, else none."""
    return call.op_of(lambda x, like: x.to(like.dtype), weights)
