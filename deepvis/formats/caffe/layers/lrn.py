"""LRN: local response normalisation, across channels or within each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deepvis.formats.caffe.layer import check_image, fault, layer_type, option
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_rules import NodeEdge, Window, sliding
from deepvis.network.kinds import Kind
from deepvis.network.lazy import F, Tensor
from deepvis.network.op import Op, Weights
from deepvis.network.response_normalization import across_channels, power


def lrn_kind(spec: LayerSpec) -> Kind:
    return Kind.NORMALIZATION_DECONV_IGNORES if spec.param.deconv_ignore else Kind.NORMALIZATION


def lrn_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    if option(spec, "norm_region") == "ACROSS_CHANNELS":
        return window
    size = spec.param.local_size
    return sliding(window, [(size, 1, (size - 1) // 2, 1)] * 2)


@layer_type("LRN", kind=lrn_kind, field=lrn_field)
def lrn(spec: LayerSpec, weights: Weights) -> Op:
    """y = x * s ** -beta, with s = k + alpha / n * (sum of x^2 over a window of n values centred on x).

    ACROSS_CHANNELS: the window is n = local_size channels at the same place; outside are zeros.
    WITHIN_CHANNEL: it is local_size x local_size places of the same channel, n = local_size^2, zeros outside.
    Shapes: (N, C, H, W) -> the same. Gradient: g s^-beta - 2 alpha beta / n * x * (window sum of g y / s).
    Caffe's surprises: alpha is divided by the window's size; WITHIN_CHANNEL always takes k = 1; local_size
    must be odd. Deconv passes the gradient through unchanged where the file says deconv_ignore (the
    toolbox's fork only).
    Source: Caffe's lrn_layer.cpp; defaults local_size 5, alpha 1, beta 0.75, k 1.
    """
    p = spec.param
    size, beta = p.local_size, p.beta
    if size % 2 == 0:
        raise fault(spec, f"local_size {size}", "an odd number")
    is_across = option(spec, "norm_region") == "ACROSS_CHANNELS"
    op = across_channels(size, p.alpha, beta, p.k) if is_across else within_channel(size, p.alpha, beta)

    def shapes(shape: Sequence[int]):
        check_image(spec, shape)
        return (shape,)

    return replace(op, shapes=shapes)


def within_channel(size: int, alpha: float, beta: float) -> Op:
    """The window is size x size places of the same channel; Caffe takes k = 1."""
    share = alpha / (size * size)

    def window_sum(v: Tensor) -> Tensor:
        """Sum over the window of places, zeros outside."""
        return F.avg_pool2d(v, size, 1, (size - 1) // 2, divisor_override=1)

    def fast(x: Tensor):
        s = window_sum(x * x).mul_(share).add_(1.0)
        factor = power(s, beta)
        return x * factor, (s, factor)

    def backward(ran, grads):
        (x,), (y,), (s, factor), g = ran.bottoms, ran.tops, ran.saved, grads[0]
        spread = window_sum((g * y).div_(s))
        return [(g * factor).addcmul_(x, spread, value=-2 * share * beta)]

    return Op(lambda x: x * (window_sum(x * x) * share + 1.0) ** -beta, fast=fast, backward=backward)
