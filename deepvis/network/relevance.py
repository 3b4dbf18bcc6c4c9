"""Layer-wise relevance propagation: a unit's value handed back to the input, layer by layer, in shares.

Each node splits the relevance R of its tops among its bottoms. The rules are those of the composite that is usual for
networks of convolutions ("epsilon plus flat": Kohlbrenner et al. 2020, section 3, with Lapuschkin et al. 2019):

- convolutions: z+ (Montavon et al. 2017, equation 9 and its supplement for inputs of both signs): in proportion to what
  adds to the top, x+ w+ + x- w- and a bias above 0;
- the first layer with weights: flat, equal shares for the whole field (Lapuschkin et al. 2019);
- linear layers, pooling, sums: epsilon, in proportion to x w, over y + epsilon sign(y) (Bach et al. 2015, equation 60);
- rectifiers and other functions of one value, normalizations: R is passed through. A batch normalization or scale right
  after a convolution or a linear layer is one layer with it, as the network could be written;
- products: all to the signal, none to its gate (Arras et al. 2017, section 3.1); halves for two of one shape;
- any other node: in proportion to x times its gradient (the epsilon rule of its linear part).

A bias takes its share, so the sum at the input is below the value; elsewhere the sum is kept, other than through
products within attention and the like.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from deepvis.network.graph import Node
from deepvis.network.kinds import Kind
from deepvis.network.op import Gradients, Op, Ran, as_tuple
from deepvis.network.tape import Tape

EPSILON = 1e-6
WEIGHTED = frozenset((Kind.CONVOLUTION, Kind.TRANSPOSED_CONVOLUTION, Kind.LINEAR))
MERGED = frozenset((Kind.NORMALIZATION, Kind.SCALE))  # may be one layer with a convolution or a linear layer before it
PASSED = MERGED | {
    Kind.RELU,
    Kind.LEAKY_RELU,
    Kind.CAPPED_RELU,
    Kind.ACTIVATION,
    Kind.SIGMOID,
    Kind.NORMALIZATION_DECONV_IGNORES,
}
BY_SHARES = frozenset((Kind.POOLING, Kind.ADD, Kind.OTHER))


def relevance(tape: Tape, blob: str, mask: Tensor, to: str) -> Tensor:
    """The relevance at the input ``to`` of the values of a blob where the mask, of its shape, is 1.

    Nodes in place count. Raises ModelError where the pass has not what is asked.
    """
    value = tape.blobs[blob]
    return tape.gradients(blob, mask.to(value) * value, to=to, instead=lambda own: _Rules(own).of)[to]


@dataclass(frozen=True, eq=False)
class _Affine:
    """y = factor x + shift, a number a channel each, of what comes after a layer as part of it."""

    factor: Tensor
    shift: Tensor


@dataclass(eq=False)
class _Rules:
    """The rules of one walk. after: value -> what comes after it as part of the layer that makes it."""

    tape: Tape
    after: dict[int, _Affine] = field(default_factory=dict)

    def of(self, node: Node, op: Op) -> Callable[[Ran, Gradients], Gradients] | None:
        """The node's rule; None: its gradient, which moves values and changes none."""
        if node.kind in WEIGHTED and node.weights and len(node.bottoms) == 1:
            return lambda ran, grads: [self._weighted(node, grads[0])]
        if node.kind in PASSED and len(node.bottoms) == 1:
            return lambda ran, grads: [self._passed(node, grads[0])]
        if node.kind in BY_SHARES | PASSED | WEIGHTED and len(node.tops) == 1:
            return lambda ran, grads: self._shared(node, grads[0])
        return None

    def _weighted(self, node: Node, relevance: Tensor) -> Any:
        x, after = self.tape.value(node.bottoms[0]), self.after.get(node.tops[0])
        weights = [_on(x, w) for w in node.weights]
        if self._is_first(node):
            largest = max(weights, key=lambda w: w.numel())  # what is not is a bias
            flat = node.make([torch.ones_like(w) if w is largest else torch.zeros_like(w) for w in weights])
            return _by_shares(flat, [torch.ones_like(x)], relevance)[0]
        if node.kind is Kind.CONVOLUTION:
            return _by_positive_parts(node, x, *_merged(weights, after), relevance)
        return _by_shares(node.make(weights), [x], relevance, after)[0]

    def _passed(self, node: Node, relevance: Tensor) -> Tensor:
        """Unchanged. A normalization or scale by channel right after a layer is noted for that layer."""
        below = node.bottoms[0]
        if node.kind in MERGED and self._ends_a_layer(below):
            affine = _affine(node, self.tape.value(below))
            if affine is not None:
                self.after[below] = _joined(affine, self.after.get(node.tops[0]))
        return relevance

    def _shared(self, node: Node, relevance: Tensor) -> Gradients:
        bottoms = [self.tape.value(value) for value in node.bottoms]
        top = self.tape.value(node.tops[0])
        if len(bottoms) == 2 and all(x.is_floating_point() for x in bottoms) and _is_product(bottoms, top):
            return _of_product(bottoms, relevance)
        return _by_shares(node.make([_on(top, w) for w in node.weights]), bottoms, relevance)

    def _ends_a_layer(self, value: int) -> bool:
        """True for what a layer with weights makes, scaled or not, for one node alone."""
        graph = self.tape.graph
        maker = graph.maker[value]
        if maker < 0 or sum(value in node.bottoms for node in graph.nodes if not node.is_view) != 1:
            return False
        node = graph.nodes[maker]
        if node.kind in MERGED and len(node.bottoms) == 1:
            return self._ends_a_layer(node.bottoms[0])
        return node.kind in (Kind.CONVOLUTION, Kind.LINEAR) and bool(node.weights)

    def _is_first(self, node: Node) -> bool:
        """True if there is no layer with weights between the network's inputs and the node."""
        behind = self.tape.graph.behind([node.bottoms[0]])
        return not any(self.tape.graph.nodes[index].kind in WEIGHTED for index in behind)


def _by_shares(op: Op, bottoms: Sequence[Tensor], relevance: Tensor, after: _Affine | None = None) -> Gradients:
    """Epsilon: x times the gradient of R / (y + epsilon sign(y))."""
    linear = _Linear(op, bottoms)
    if after is None:
        share = relevance / _stable(linear.top)
    else:
        factor, shift = _along(after.factor, linear.top), _along(after.shift, linear.top)
        share = relevance / _stable(linear.top * factor + shift) * factor
    return [None if g is None else x * g for x, g in zip(bottoms, linear.gradients(share), strict=True)]


def _by_positive_parts(node: Node, x: Tensor, w: Tensor, bias: Tensor | None, relevance: Tensor) -> Any:
    """z+: of what adds to the top alone, x+ w+ and x- w-; a bias above 0 takes its share."""
    without_bias = [torch.zeros_like(_on(x, each)) for each in node.weights[1:]]
    parts = [(x.clamp(min=0), w.clamp(min=0))]
    if bool((x < 0).any()):
        parts.append((x.clamp(max=0), w.clamp(max=0)))
    linear = [_Linear(node.make([its, *without_bias]), [part]) for part, its in parts]
    total = sum((each.top for each in linear[1:]), linear[0].top)
    if bias is not None:
        total = total + _along(bias.clamp(min=0), total)
    share = relevance / _stable(total)
    products = [part * each.gradients(share)[0] for (part, _), each in zip(parts, linear, strict=True)]
    return sum(products[1:], products[0])


class _Linear:
    """One run of an op, and its gradients."""

    def __init__(self, op: Op, bottoms: Sequence[Tensor]) -> None:
        self._bottoms = [x.detach().requires_grad_(x.is_floating_point()) for x in bottoms]
        with torch.enable_grad():
            self._top = as_tuple(op.forward(*self._bottoms))[0]
        self.top = self._top.detach()

    def gradients(self, share: Tensor) -> Gradients:
        """Of the sum of share times the top, by each bottom; None where there is none."""
        asked = [x for x in self._bottoms if x.requires_grad]
        if not asked or not self._top.requires_grad:
            return [None] * len(self._bottoms)
        found = iter(torch.autograd.grad(self._top, asked, share, allow_unused=True))
        return [next(found) if x.requires_grad else None for x in self._bottoms]


def _is_product(bottoms: Sequence[Tensor], top: Tensor) -> bool:
    try:
        return torch.broadcast_shapes(*(x.shape for x in bottoms)) == top.shape and torch.allclose(
            bottoms[0] * bottoms[1], top
        )
    except RuntimeError:  # shapes that no product takes
        return False


def _of_product(bottoms: Sequence[Tensor], relevance: Tensor) -> Gradients:
    if bottoms[0].shape == bottoms[1].shape:
        return [relevance / 2, relevance / 2]
    signal = max(bottoms, key=lambda x: x.numel())
    return [relevance if x is signal else torch.zeros_like(x) for x in bottoms]


def _affine(node: Node, x: Tensor) -> _Affine | None:
    """Of a node that multiplies each channel by a number and adds one; None for any other."""
    op = node.make([_on(x, w) for w in node.weights])
    with torch.no_grad():
        shift, one, top = (as_tuple(op.forward(each))[0] for each in (torch.zeros_like(x), torch.ones_like(x), x))
        factor = one - shift
        is_affine = torch.allclose(top, factor * x + shift, rtol=1e-3, atol=1e-4)
    found = [each[:1].flatten(2)[0] if each.ndim > 2 else each[0, :, None] for each in (factor, shift)]
    if not is_affine or any(not torch.allclose(each, each[:, :1].expand_as(each)) for each in found):
        return None
    return _Affine(*(each[:, 0] for each in found))


def _joined(first: _Affine, then: _Affine | None) -> _Affine:
    return first if then is None else _Affine(first.factor * then.factor, first.shift * then.factor + then.shift)


def _merged(weights: Sequence[Tensor], after: _Affine | None) -> tuple[Tensor, Tensor | None]:
    """The weights and the bias of a convolution, with what comes after it."""
    w, bias = weights[0], weights[1].flatten() if len(weights) > 1 else None
    if after is None:
        return w, bias
    scaled = w * after.factor.reshape(-1, *[1] * (w.ndim - 1))
    return scaled, after.shift if bias is None else bias * after.factor + after.shift


def _stable(top: Tensor) -> Tensor:
    """Away from 0 by EPSILON, with its sign."""
    return top + torch.where(top < 0, -EPSILON, EPSILON).to(top.dtype)


def _along(numbers: Tensor, top: Tensor) -> Tensor:
    """One number a channel, to be multiplied with a value."""
    return numbers.reshape(1, -1, *[1] * (top.ndim - 2))


def _on(x: Tensor, weight: object) -> Tensor:
    return torch.as_tensor(weight).to(x.device)
