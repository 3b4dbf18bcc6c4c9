"""What a layer is to the engine: a pure function of its bottoms, and the table of layer types.

To add a Caffe layer type, write one file in ``deepvis/formats/caffe/layers`` with::

    @LAYERS.add("Power")
    def power(spec: LayerSpec, weights: Weights) -> Op | Callable: ...

The function reads the parameters once and returns what runs. A plain callable
``bottoms -> top`` (or a tuple of tops) is enough: its gradient then comes from
autograd, by running the layer once more with gradients enabled. A layer that is worth
a quicker gradient returns an ``Op`` with a rule of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor

from deepvis.core.registry import Registry
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.errors import ModelError

Tensors = tuple[Tensor, ...]
Gradients = Sequence[Any]  # Tensor | None: the layer's rule knows which it can meet
Weights = Sequence[Tensor]


class Ran(NamedTuple):
    """One layer's run: what went in, what came out, and what it kept for its backward rule."""

    bottoms: Tensors
    tops: Tensors
    saved: Any = None


@dataclass(frozen=True, eq=False)
class Op:
    """A layer ready to run.

    forward: bottoms -> top or tuple of tops; pure, and differentiable by autograd.
    fast: bottoms -> (top or tops, saved); the same numbers, without autograd, where a quicker way exists.
    backward: (Ran, gradients of the tops) -> gradients of the bottoms, None where there is none.
        A top that nothing below the start depends on has the gradient None; one top at least has a gradient.
        Without it autograd differentiates ``forward``.
    shapes: shapes of the bottoms -> shapes of the tops, for layers whose shapes cannot be had by running
        ``forward`` on tensors without data.
    fault_in_place: what Caffe's own backward pass gives for the layer in place, where it reads values that
        it has overwritten; only ``Tape.backward_all`` repeats it.
    resume: what a run saved -> the layer that goes on from there, where Caffe's keeps a state from pass to pass.
    with_relu: the same layer with max(y, 0) in place of y, where that costs less than a ReLU layer after it.
    """

    forward: Callable[..., Any]
    fast: Callable[..., Any] | None = None
    backward: Callable[[Ran, Gradients], Gradients] | None = None
    shapes: Callable[..., Sequence[Sequence[int]]] | None = None
    fault_in_place: Callable[[Ran, Gradients], Gradients] | None = None
    resume: Callable[[Any], Op] | None = None
    with_relu: Op | None = None


def SAME(*shapes: Sequence[int]) -> Sequence[Sequence[int]]:
    """The ``shapes`` of a layer with one top that has the first bottom's shape."""
    return (shapes[0],)


Builder = Callable[[LayerSpec, Weights], "Op | Callable[..., Any]"]
LAYERS: Registry[Builder] = Registry("layer type")
TRAINING: Registry[Builder] = Registry("layer type that differs in training")


def build(spec: LayerSpec, weights: Weights, *, training: bool = False) -> Op:
    """The layer's Op. ``training``: with the behaviour of Caffe's TRAIN phase (dropout drops)."""
    table = TRAINING if training and spec.type in TRAINING else LAYERS
    made = table[spec.type](spec, weights)
    return made if isinstance(made, Op) else Op(made)


def run(op: Op, bottoms: Tensors) -> Ran:
    """Run the layer without gradients, the quick way where it has one."""
    if op.fast is not None:
        tops, saved = op.fast(*bottoms)
        return Ran(bottoms, as_tuple(tops), saved)
    return Ran(bottoms, as_tuple(op.forward(*bottoms)))


def pull_back(op: Op, ran: Ran, grads: Gradients) -> Gradients:
    """Gradients of the bottoms from those of the tops: the layer's own rule, or autograd's."""
    if op.backward is not None:
        return op.backward(ran, grads)
    return by_autograd(op, ran, grads)


def by_autograd(op: Op, ran: Ran, grads: Gradients) -> Gradients:
    """Run ``op.forward`` once more with gradients enabled and differentiate it."""
    with torch.enable_grad():
        leaves = [x.detach().requires_grad_(x.is_floating_point()) for x in ran.bottoms]
        tops = as_tuple(op.forward(*leaves))
        pairs = [(y, g) for y, g in zip(tops, grads, strict=True) if g is not None and y.requires_grad]
        if not pairs:
            return [None] * len(leaves)
        return torch.autograd.grad([y for y, _ in pairs], leaves, [g for _, g in pairs], allow_unused=True)


def without_gradient(forward: Callable[..., Any], shapes: Callable[..., Any] | None = None) -> Op:
    """An Op whose bottoms get no gradient, as where Caffe has no backward."""
    return Op(forward, backward=lambda ran, grads: [None] * len(ran.bottoms), shapes=shapes)


def with_gradient(op: Op | Callable[..., Any], backward: Callable[[Ran, Gradients], Gradients]) -> Op:
    """The same layer with a backward rule of its own."""
    return replace(op, backward=backward) if isinstance(op, Op) else Op(op, backward=backward)


def as_tuple(tops: Any) -> Tensors:
    return tuple(tops) if isinstance(tops, (tuple, list)) else (tops,)


# --- what layers check about themselves --------------------------------------------------------


def fault(spec: LayerSpec, found: str, expected: str) -> ModelError:
    """The error of a layer that cannot run: one sentence with layer, what was found, what was expected."""
    return ModelError(f"layer {spec.name!r} ({spec.type}): found {found}, expected {expected}")


COMPLAINTS = (RuntimeError, IndexError, ValueError, TypeError, ArithmeticError)


def complaint(spec: LayerSpec, error: Exception) -> ModelError:
    """The one sentence that names the layer, made from an error of PyTorch's; a ModelError is that already."""
    if isinstance(error, ModelError):
        return error
    sentence = str(error).strip().split("\n")[0]
    return fault(spec, f"what cannot be computed: {sentence}", "bottoms and parameters that fit")


@contextmanager
def naming(spec: LayerSpec) -> Iterator[None]:
    """Turn a complaint of PyTorch's into one sentence that names the layer."""
    try:
        yield
    except ModelError:
        raise
    except COMPLAINTS as error:
        raise complaint(spec, error) from error


def option(spec: LayerSpec, field: str) -> str:
    """The name of an enum field's value: option(spec, "pool") -> "MAX"."""
    message = spec.param
    return message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number[getattr(message, field)].name


def canonical_axis(spec: LayerSpec, axis: int, dims: int, *, end: bool = False) -> int:
    """Caffe's axis, counted from the end where negative. ``end``: one past the last is allowed too."""
    high = dims if end else dims - 1
    if not -dims - int(end) <= axis <= high:
        raise fault(spec, f"axis {axis} on a bottom of {dims} dimensions", f"an axis from {-dims} to {high}")
    return axis if axis >= 0 else axis + dims + int(end)


def blob(spec: LayerSpec, weights: Weights, index: int, shape: Sequence[int] | None, what: str) -> Tensor:
    """The layer's ``index``-th weight blob in ``shape``. Raises ModelError where it is missing or has another shape."""
    wanted = "x".join(str(d) for d in shape) if shape is not None else "any shape"
    if index >= len(weights):
        raise fault(
            spec, f"{len(weights)} weight blobs", f"its {what}, blob {index}, of {wanted}: give the weights file"
        )
    w = weights[index]
    if shape is None:
        return w
    if not fits(w.shape, shape):
        raise fault(spec, f"{what} of {'x'.join(str(d) for d in w.shape)}", f"{wanted} from its bottom and parameters")
    return w if tuple(w.shape) == tuple(shape) else w.reshape(tuple(shape))


def fits(found: Sequence[int], wanted: Sequence[int]) -> bool:
    """True if a weight blob of the shape ``found`` can serve as one of ``wanted``: the same values in the same order.

    As in Caffe axes of 1 may stand in front, as legacy files have them; beyond Caffe a vector may have axes of 1
    anywhere, and the rows of a matrix may be images.
    Source: Caffe's Blob::ShapeEquals.
    """
    found, wanted = tuple(found), tuple(wanted)
    if found == wanted:
        return True
    if prod(found) != prod(wanted):
        return False
    if len(wanted) < 2:
        return sum(d != 1 for d in found) < 2
    extra = len(found) - len(wanted)
    ones_in_front = found[:extra] == (1,) * extra and found[extra:] == wanted if extra > 0 else False
    return ones_in_front or (len(wanted) == 2 and found[:1] == wanted[:1])


MOST_VALUES = 2**31 - 1


def check_size(spec: LayerSpec, shape: Sequence[int], what: str = "a top") -> None:
    """Refuse a blob that Caffe could not hold either (its counts are 32-bit)."""
    size = 1
    for d in shape:
        size *= d
    if size > MOST_VALUES or any(d < 0 for d in shape):
        raise fault(spec, f"{what} of {'x'.join(str(d) for d in shape)}", f"at most {MOST_VALUES} values")
