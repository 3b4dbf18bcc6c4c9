"""What a node runs: a pure function of its bottoms, with a rule for the way back where autograd's is not the best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from deepvis.network.lazy import Tensor, torch
from deepvis.network.model_error import ModelError

Tensors = tuple[Tensor, ...]
Gradients = Sequence[Any]  # Tensor | None: the node's rule knows which it can meet
Weights = Sequence[Tensor]
MOST_VALUES = 2**31 - 1  # of one value; Caffe's counts are 32-bit too


class Ran(NamedTuple):
    """One node's run: what went in, what came out, and what it kept for its backward rule."""

    bottoms: Tensors
    tops: Tensors
    saved: Any = None


@dataclass(frozen=True, eq=False)
class Op:
    """A node ready to run.

    forward: bottoms -> top or tuple of tops; pure, and differentiable by autograd.
    fast: bottoms -> (top or tops, saved); the same numbers, without autograd, where a quicker way exists.
    backward: (Ran, gradients of the tops) -> gradients of the bottoms, None where there is none.
        A top that nothing below the start depends on has the gradient None; one top at least has a gradient.
        Without it autograd differentiates ``forward``.
    shapes: shapes of the bottoms -> shapes of the tops, for nodes whose shapes cannot be had by running
        ``forward`` on tensors without data.
    with_relu: the same with max(y, 0) in place of y, where that costs less than a ReLU after it.
    affine: (factor, shift), one number a channel each, of an op that is y = factor[c] x + shift[c] and no more.
    with_affine: (factor, shift) -> the same op with that done to its top; it may have a ``with_relu`` of its own.
        For ops whose backward rule does not look at their tops.
    between: for a node that is many operations: like ``backward``, but gives (gradients of the bottoms, of the tops
        that lie on the way to those that have one; None elsewhere).
    with_changes: for a node that is many operations: {place of a top: what is done to it} -> the same op, in which what
        comes after these values takes the changed ones.
    gradient_alone: why no back mode but the gradient holds for it, in one sentence; "": all do.
    """

    forward: Callable[..., Any]
    fast: Callable[..., Any] | None = None
    backward: Callable[[Ran, Gradients], Gradients] | None = None
    shapes: Callable[..., Sequence[Sequence[int]]] | None = None
    with_relu: Op | None = None
    affine: tuple[Tensor, Tensor] | None = None
    with_affine: Callable[[Tensor, Tensor], Op] | None = None
    between: Callable[[Ran, Gradients], tuple[Gradients, Gradients]] | None = None
    with_changes: Callable[[Mapping[int, Callable[[Tensor], Tensor]]], Op] | None = None
    gradient_alone: str = ""


def SAME(*shapes: Sequence[int]) -> Sequence[Sequence[int]]:
    """The ``shapes`` of an op with one top that has the first bottom's shape."""
    return (shapes[0],)


# --- gradient rules that operators share -------------------------------------------------------


def same_back(ran: Ran, grads: Gradients) -> Gradients:
    """Of y = x."""
    return [grads[0]]


def reshaped_back(ran: Ran, grads: Gradients) -> Gradients:
    """Of the same values in another shape."""
    return [grads[0].reshape(ran.bottoms[0].shape)]


def relu_back(ran: Ran, grads: Gradients) -> Gradients:
    """Of y = max(x, 0): g where y > 0, 0 elsewhere, in one pass."""
    return [torch.ops.aten.threshold_backward(grads[0], ran.tops[0], 0)]


def leaky_relu_back(slope: float) -> Callable[[Ran, Gradients], Gradients]:
    """Of y = x where x > 0, slope x elsewhere."""
    return lambda ran, grads: [torch.where(ran.bottoms[0] > 0, grads[0], slope * grads[0])]


def softmax_back(ran: Ran, grads: Gradients, axes: int | tuple[int, ...]) -> Gradients:
    """Of softmax along the axes: y (g - sum of g y)."""
    y, g = ran.tops[0], grads[0]
    return [y * (g - (g * y).sum(axes, keepdim=True))]


def by_slope(slope: Callable[[Tensor, Tensor], Any]) -> Callable[[Ran, Gradients], Gradients]:
    """Of y = f(x), element by element: g f'(x). slope: (x, y) -> f'(x)."""
    return lambda ran, grads: [grads[0] * slope(ran.bottoms[0], ran.tops[0])]


# --- running ------------------------------------------------------------------------------------


def run(op: Op, bottoms: Tensors) -> Ran:
    """Run it without gradients, the quick way where it has one."""
    if op.fast is not None:
        tops, saved = op.fast(*bottoms)
        return Ran(bottoms, as_tuple(tops), saved)
    return Ran(bottoms, as_tuple(op.forward(*bottoms)))


def pull_back(op: Op, ran: Ran, grads: Gradients) -> Gradients:
    """Gradients of the bottoms from those of the tops: the op's own rule, or autograd's."""
    if op.backward is not None:
        return op.backward(ran, grads)
    return by_autograd(op, ran, grads)


def by_autograd(op: Op, ran: Ran, grads: Gradients) -> Gradients:
    """Run ``op.forward`` once more with gradients enabled and differentiate it."""
    with torch.enable_grad():
        leaves = [x.detach().requires_grad_(x.is_floating_point() or x.is_complex()) for x in ran.bottoms]
        tops = as_tuple(op.forward(*leaves))
        pairs = [(y, g) for y, g in zip(tops, grads, strict=True) if g is not None and y.requires_grad]
        needs_grad = [x for x in leaves if x.requires_grad]  # a mask or an index has no gradient
        if not pairs or not needs_grad:
            return [None] * len(leaves)
        found = iter(torch.autograd.grad([y for y, _ in pairs], needs_grad, [g for _, g in pairs], allow_unused=True))
        return [next(found) if x.requires_grad else None for x in leaves]


def without_gradient(forward: Callable[..., Any], shapes: Callable[..., Any] | None = None) -> Op:
    """An Op whose bottoms get no gradient."""
    return Op(forward, backward=lambda ran, grads: [None] * len(ran.bottoms), shapes=shapes)


def as_tuple(tops: Any) -> Tensors:
    return tuple(tops) if isinstance(tops, (tuple, list)) else (tops,)


def tops_shapes(op: Op, bottoms: Sequence[Sequence[int]]) -> Sequence[Sequence[int]]:
    """Shapes of the tops: the op's own rule, or a run on tensors that have a shape but no data."""
    if op.shapes is not None:
        return op.shapes(*bottoms)
    return [y.shape for y in run(op, tuple(torch.empty(tuple(shape), device="meta") for shape in bottoms)).tops]


# --- what goes wrong ----------------------------------------------------------------------------

COMPLAINTS = (RuntimeError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError)


def complaint(title: str, error: Exception) -> ModelError:
    """The one sentence that names the node, made from an error of PyTorch's; a ModelError is that already."""
    if isinstance(error, ModelError):
        return error
    sentence = str(error).strip().split("\n")[0]
    return ModelError(f"{title}: found what cannot be computed: {sentence}, expected bottoms and parameters that fit")


@contextmanager
def naming(title: str) -> Iterator[None]:
    """Turn a complaint of PyTorch's into one sentence that names the node; title: "layer 'conv1' (Convolution)"."""
    try:
        yield
    except ModelError:
        raise
    except COMPLAINTS as error:
        raise complaint(title, error) from error


def check_size(title: str, shape: Sequence[int], what: str = "a top") -> None:
    """Refuse a value of more than MOST_VALUES numbers. Raises ModelError."""
    size = 1
    for d in shape:
        size *= d
    if size > MOST_VALUES or any(d < 0 for d in shape):
        found = "x".join(str(d) for d in shape)
        raise ModelError(f"{title}: found {what} of {found}, expected at most {MOST_VALUES} values")
