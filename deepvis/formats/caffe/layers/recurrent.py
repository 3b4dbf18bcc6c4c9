"""RNN and LSTM over sequences of several streams at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from deepvis.formats.caffe.layer import CaffeOp, WeightRule, blob, fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.lazy import F, Tensor, torch
from deepvis.network.op import Op, Tensors, Weights, by_autograd


class _Parts:
    """The bottoms of a recurrent layer by what they are, and its weights in Caffe's order.

    Bottoms: x (T, N, ...), cont (T, N), then a static input (N, ...) if there is one more than the exposed
    hidden states, then these with expose_hidden, (1, N, num_output) each.
    """

    def __init__(self, spec: LayerSpec, weights: Weights, gates: int, states: int) -> None:
        self.spec, self.weights, self.gates = spec, weights, gates
        self.units = spec.param.num_output
        self.exposed = states if spec.param.expose_hidden else 0
        self.states = states
        if self.units < 1:
            raise fault(spec, f"num_output {self.units}", "1 or more")
        extra = len(spec.bottoms) - 2 - self.exposed
        if extra not in (0, 1):
            raise fault(spec, f"{len(spec.bottoms)} bottoms", f"{2 + self.exposed}, and one more for a static input")
        self.has_static = extra == 1
        if len(spec.tops) != 1 + self.exposed:
            raise fault(spec, f"{len(spec.tops)} tops", f"{1 + self.exposed}")

    def inputs(self, bottoms: Tensors, kept: Tensors) -> tuple[Tensor, Tensor, list[Tensor]]:
        """(what x and the static input add to the gates (T, N, gates * units), cont (T, N, 1), first states).

        kept: the states (N, units) that an earlier run ended with; zeros take the place of those that do not fit.
        """
        x, cont, *rest = bottoms
        if x.dim() < 2 or tuple(cont.shape) != tuple(x.shape[:2]):
            raise fault(
                self.spec, f"bottoms of {list(x.shape)} and {list(cont.shape)}", "(T, N, ...) and cont of (T, N)"
            )
        steps, streams = x.shape[:2]
        wide = self.gates * self.units
        x = x.reshape(steps, streams, -1)
        w = blob(self.spec, self.weights, 0, (wide, x.shape[2]), "weights of x")
        driven = F.linear(x, w, blob(self.spec, self.weights, 1, (wide,), "bias"))
        if self.has_static:
            static = rest.pop(0)
            if static.shape[0] != streams:
                raise fault(
                    self.spec, f"a static input of {list(static.shape)}", f"one item for each of {streams} streams"
                )
            static = static.reshape(streams, -1)
            driven = driven + F.linear(
                static, blob(self.spec, self.weights, 2, (wide, static.shape[1]), "static weights")
            )
        first = (1, streams, self.units)
        for state in rest:
            if tuple(state.shape) != first:
                raise fault(self.spec, f"a hidden state of {list(state.shape)}", f"{list(first)}")
        states = [s[0] for s in rest] or list(kept)
        if not states or states[0].shape != (streams, self.units):
            states = [x.new_zeros(streams, self.units) for _ in range(self.states)]
        return driven, cont[..., None], states

    def weight(self, place: int, shape: tuple[int, ...], what: str) -> Tensor:
        """The weights after those of the inputs, counted from 0."""
        return blob(self.spec, self.weights, 2 + int(self.has_static) + place, shape, what)

    def op(self, unroll: Callable[[Tensors, Tensors], tuple[Tensors, Tensors]], kept: Tensors = ()) -> Op:
        """The layer from ``unroll``: (bottoms, kept states) -> (outputs with the exposed states, last states)."""
        op = CaffeOp(lambda *bottoms: unroll(bottoms, kept)[0], fast=lambda *bottoms: unroll(bottoms, kept))
        resume = None if self.exposed else lambda last: self.op(unroll, last)
        return replace(op, backward=self.backward(op), resume=resume)

    def backward(self, op: Op):
        """Autograd's gradients as far as Caffe lets them through: to x and the static input, from the outputs."""

        def rule(ran, grads):
            if grads[0] is None:
                return [None] * len(ran.bottoms)
            below = list(by_autograd(op, ran, [grads[0], *[None] * self.exposed]))
            reached = 3 if self.has_static else 2
            return [g if i != 1 and i < reached else None for i, g in enumerate(below)]

        return rule


def weight_count(message: Any) -> int:
    """3 blobs, or 5 of an RNN; one more with a static input: beyond sequence, markers and exposed hidden states."""
    is_lstm = message.type == "LSTM"
    exposed = 1 + is_lstm if message.recurrent_param.expose_hidden else 0
    return (3 if is_lstm else 5) + (len(message.bottom) - 2 - exposed > 0)


def weight_shapes(spec: LayerSpec, bottoms: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Input weights, bias, (static input weights,) hidden weights; for RNN the output's weights and bias too."""
    n, is_lstm = spec.param.num_output, spec.type == "LSTM"
    rows = 4 * n if is_lstm else n
    shapes: list[tuple[int, ...]] = [(rows, prod(bottoms[0][2:])), (rows,)]
    if weight_count(spec.message) in (4, 6):
        shapes.append((rows, prod(bottoms[2][1:])))
    shapes.append((rows, n))
    return shapes if is_lstm else [*shapes, (n, n), (n,)]


WEIGHTS = WeightRule(weight_count, weight_shapes)


@layer_type("RNN", kind=Kind.RECURRENT, bottoms=(2, 5), tops=(1, 3), weights=WEIGHTS)
def rnn(spec: LayerSpec, weights: Weights) -> Op:
    """h[t] = tanh(W_xh x[t] + b_h + W_s s + W_hh (cont[t] h[t-1])); y[t] = tanh(W_ho h[t] + b_o).

    Shapes: x (T, N, ...), cont (T, N), optionally s (N, ...) and, with expose_hidden, h[0] (1, N, D) ->
    y (T, N, D), and with expose_hidden h[T] (1, N, D); D = num_output. Weights in order: W_xh (D, K), b_h,
    [W_s (D, K_s)], W_hh (D, D), W_ho (D, D), b_o.
    Caffe's surprises: the output passes through a second tanh; cont is 0 at the first step of a sequence and
    cuts the past off; Caffe goes on from the last pass's state where cont[0] is 1 (here ``CaffeOp.resume`` does, a
    ``Net``'s passes start from zeros); no gradient reaches cont or leaves through hidden states.
    Source: Caffe's recurrent_layer.cpp, rnn_layer.cpp.
    """
    parts = _Parts(spec, weights, gates=1, states=1)
    d = parts.units

    def unroll(bottoms: Tensors, kept: Tensors) -> tuple[Tensors, Tensors]:
        driven, cont, (h,) = parts.inputs(bottoms, kept)
        w_hh = parts.weight(0, (d, d), "weights of h")
        hidden = []
        for drive, go_on in zip(driven, cont, strict=True):
            h = torch.tanh(drive + F.linear(go_on * h, w_hh))
            hidden.append(h)
        w_ho, b_o = parts.weight(1, (d, d), "weights of the output"), parts.weight(2, (d,), "bias of the output")
        y = torch.tanh(F.linear(torch.stack(hidden), w_ho, b_o))
        return (y, h[None])[: 1 + parts.exposed], (h,)

    return parts.op(unroll)


@layer_type("LSTM", kind=Kind.RECURRENT, bottoms=(2, 5), tops=(1, 3), weights=WEIGHTS)
def lstm(spec: LayerSpec, weights: Weights) -> Op:
    """c[t] = cont f c[t-1] + i g; h[t] = o tanh(c[t]); i, f, o = sigmoid and g = tanh of the four parts of
    W_xc x[t] + b_c + W_s s + W_hc (cont[t] h[t-1]).

    Shapes: x (T, N, ...), cont (T, N), optionally s (N, ...) and, with expose_hidden, h[0] and c[0] (1, N, D) each ->
    h (T, N, D), and with expose_hidden h[T] and c[T] (1, N, D); D = num_output. Weights in order: W_xc (4 D, K), b_c,
    [W_s (4 D, K_s)], W_hc (4 D, D); their rows are i, f, o, g.
    Caffe's surprises: no peepholes; cont is 0 at the first step of a sequence and cuts the past off; Caffe goes on
    from the last pass's state where cont[0] is 1 (here ``CaffeOp.resume`` does, a ``Net``'s passes start from zeros);
    no gradient reaches cont or leaves through hidden states.
    Source: Caffe's recurrent_layer.cpp, lstm_layer.cpp, lstm_unit_layer.cpp.
    """
    parts = _Parts(spec, weights, gates=4, states=2)
    d = parts.units

    def unroll(bottoms: Tensors, kept: Tensors) -> tuple[Tensors, Tensors]:
        driven, cont, (h, c) = parts.inputs(bottoms, kept)
        w_hc = parts.weight(0, (4 * d, d), "weights of h")
        hidden = []
        for drive, go_on in zip(driven, cont, strict=True):
            c, h = _unit(c, drive + F.linear(go_on * h, w_hc), go_on)
            hidden.append(h)
        y = torch.stack(hidden)
        return (y, h[None], c[None])[: 1 + parts.exposed], (h, c)

    return parts.op(unroll)


@layer_type("LSTMUnit", bottoms=(3, 3), tops=(2, 2))
def lstm_unit(spec: LayerSpec, weights: Weights) -> Op:
    """c = cont f c' + i g; h = o tanh(c); i, f, o = sigmoid and g = tanh of the four parts of the gates.

    Shapes: c' (1, N, D), gates (1, N, 4 D) in the order i, f, o, g, cont (1, N) -> c and h (1, N, D). Gradient:
    autograd's to c' and the gates, none to cont.
    Source: Caffe's lstm_unit_layer.cpp: the step that an LSTM layer repeats, for nets that unroll one themselves.
    """

    def forward(c: Tensor, gates: Tensor, cont: Tensor) -> Tensors:
        streams = c.shape[1] if c.dim() == 3 else 0
        if tuple(gates.shape) != (1, streams, 4 * c.shape[-1]) or tuple(cont.shape) != (1, streams):
            found = f"bottoms of {[list(x.shape) for x in (c, gates, cont)]}"
            raise fault(spec, found, "(1, N, D), (1, N, 4 D) and (1, N)")
        return _unit(c, gates, cont[..., None])

    op = Op(forward)
    return Op(forward, backward=lambda ran, grads: [*by_autograd(op, ran, grads)[:2], None])


def _unit(c: Tensor, gates: Tensor, cont: Tensor) -> tuple[Tensor, Tensor]:
    """(cell, hidden state) after a step from the cell (..., D), the gates (..., 4 D) and cont (..., 1)."""
    i, f, o, g = gates.chunk(4, -1)
    c = cont * torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return c, torch.sigmoid(o) * torch.tanh(c)
