"""Rectifiers: ReLU, its capped form, PReLU and ELU."""

from __future__ import annotations

from collections.abc import Sequence

from deepvis.formats.caffe.layer import WeightRule, blob, check_channels, elementwise, layer_type, learned_filler
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.lazy import F, Tensor, torch
from deepvis.network.op import SAME, Op, Weights, by_slope, leaky_relu_back, relu_back


def relu_kind(spec: LayerSpec) -> Kind:
    return Kind.LEAKY_RELU if spec.param.negative_slope else Kind.RELU


@layer_type("ReLU", kind=relu_kind, field=elementwise)
def relu(spec: LayerSpec, weights: Weights) -> Op:
    """y = max(x, 0) + negative_slope * min(x, 0), element by element.

    Shapes: any -> the same. Gradient: g where x > 0, negative_slope * g elsewhere.
    Caffe's surprises: the gradient at 0 is negative_slope; nearly always in place, so that the blob shows y.
    Its back modes are in ``back_modes.py``.
    Source: Caffe's relu_layer.cpp; default slope 0.
    """
    slope = spec.param.negative_slope
    if slope == 0:
        return Op(torch.relu, backward=relu_back, shapes=SAME)
    return Op(lambda x: x.clamp(min=0) + slope * x.clamp(max=0), backward=leaky_relu_back(slope), shapes=SAME)


@layer_type("ReLU6", kind=Kind.CAPPED_RELU, field=elementwise)
def relu6(spec: LayerSpec, weights: Weights) -> Op:
    """y = min(max(x, 0), 6), element by element.

    Shapes: any -> the same. Gradient: g strictly between 0 and 6, else 0.
    Source: the MobileNet forks of Caffe, relu6_layer.cpp.
    """
    return Op(lambda x: x.clamp(0, 6), backward=by_slope(lambda x, y: (x > 0) & (x < 6)), shapes=SAME)


def slope_shapes(spec: LayerSpec, bottoms: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    x = bottoms[0]
    check_channels(spec, x)
    return [(1,) if spec.param.channel_shared else (x[1],)]


@layer_type(
    "PReLU",
    kind=Kind.ACTIVATION,
    weights=WeightRule(lambda message: 1, slope_shapes, learned_filler(0.25)),
    field=elementwise,
)
def prelu(spec: LayerSpec, weights: Weights) -> Op:
    """y = max(x, 0) + a[c] * min(x, 0), with a learned slope for each channel, or one for all (channel_shared).

    Shapes: (N, C, ...) -> the same; weights (C,), or one value with channel_shared.
    Gradient: g where x > 0, a[c] * g elsewhere (at 0 too).
    Caffe's surprises: the bottom must have two axes or more; the slope blob of channel_shared has no axes.
    Source: Caffe's prelu_layer.cpp; He et al. 2015.
    """
    shared = spec.param.channel_shared

    def forward(x: Tensor) -> Tensor:
        return F.prelu(x, slopes(x.shape))

    def slopes(shape: Sequence[int]) -> Tensor:
        check_channels(spec, shape)
        return blob(spec, weights, 0, (1,) if shared else (shape[1],), "slopes")

    def shapes(shape: Sequence[int]):
        slopes(shape)
        return (shape,)

    return Op(forward, shapes=shapes)


@layer_type("ELU", kind=Kind.ACTIVATION, field=elementwise)
def elu(spec: LayerSpec, weights: Weights) -> Op:
    """y = x where x > 0, alpha * (exp(x) - 1) elsewhere, element by element.

    Shapes: any -> the same. Gradient: g where x > 0, g * (y + alpha) elsewhere.
    Source: Caffe's elu_layer.cpp; Clevert et al. 2015; default alpha 1.
    """
    alpha = spec.param.alpha

    def forward(x: Tensor) -> Tensor:
        return x.clamp(min=0) + alpha * torch.expm1(x.clamp(max=0))

    return Op(forward, backward=by_slope(lambda x, y: torch.where(x > 0, 1.0, y + alpha)), shapes=SAME)
