"""BN: the batch normalisation of forks, SegNet's and ENet's with two weight blobs and PSPNet's with four."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepvis.formats.caffe.layer import WeightRule, blob, check_channels, fault, layer_type, option
from deepvis.formats.caffe.schema import FillerParameter
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor
from deepvis.network.op import SAME, Op, Weights

SEGNETS_EPS = 1e-9
_OF_PSPNET = ("slope_filler", "bias_filler", "momentum", "eps", "frozen", "engine")


def bn_count(message: Any) -> int:
    """2, or 4 where a field of PSPNet's fork is there."""
    return 4 if any(message.bn_param.HasField(name) for name in _OF_PSPNET) else 2


def bn_shapes(spec: LayerSpec, bottoms: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    check_channels(spec, bottoms[0])
    return [(bottoms[0][1],)] * bn_count(spec.message)


def bn_filler(spec: LayerSpec, index: int, shape: tuple[int, ...]) -> Any:
    """The file's, else 1 for scale and variance, 0 for shift and mean."""
    p, is_pspnets = spec.param, bn_count(spec.message) == 4
    names = ("slope_filler", "bias_filler") if is_pspnets else ("scale_filler", "shift_filler")
    if index < 2 and p.HasField(names[index]):
        return getattr(p, names[index])
    return FillerParameter(value=float(index in (0, 3)))


def bn_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window:
    is_batchs = bn_count(spec.message) == 2 and option(spec, "bn_mode") == "LEARN"
    return WHOLE_WINDOW if is_batchs else window


@layer_type(
    "BN",
    kind=Kind.NORMALIZATION,
    tops=(1, 3),
    weights=WeightRule(bn_count, bn_shapes, bn_filler, other_counts=(2, 4)),
    field=bn_field,
)
def bn(spec: LayerSpec, weights: Weights) -> Op:
    """y = s[c] * x + b[c] (bn_mode INFERENCE), or with x - mean over its deviation in place of x.

    With two weight blobs, scale and shift: bn_mode LEARN, the default, takes mean and (biased) variance of the batch,
    in the TEST phase too; the deviation is sqrt(variance + 1e-9). With four, slope, bias, mean and variance: those
    stored; the deviation is sqrt(variance + eps), eps 1e-5.
    Shapes: (N, C, ...) -> the same; weights (C,) or (1, C, 1, 1). Gradient: g s, over the deviation where there is
    one; where mean and variance are the batch's, autograd's through both.
    Caffe's surprises: files for training leave bn_mode out, so that their answer depends on the whole batch.
    Source: SegNet's fork (alexgkendall/caffe-segnet), bn_layer.cpp; PSPNet's (hszhao/PSPNet), bn_layer.cpp.
    """
    if len(spec.tops) > 1:
        raise fault(spec, f"{len(spec.tops)} tops", "1: mean and variance of the batch are not given out")
    is_stored = len(weights) == 4
    of_batch = not is_stored and option(spec, "bn_mode") == "LEARN"

    def vector(x: Tensor, index: int, what: str) -> Tensor:
        check_channels(spec, x.shape)
        values = blob(spec, weights, index, (x.shape[1],), what)
        return values.reshape(1, -1, *(1,) * (x.dim() - 2))

    def normalised(x: Tensor) -> Tensor:
        if is_stored:
            return (x - vector(x, 2, "mean")) / (vector(x, 3, "variance") + spec.param.eps).sqrt()
        if not of_batch:
            return x
        axes = [d for d in range(x.dim()) if d != 1]
        centred = x - x.mean(axes, keepdim=True)
        return centred / (centred.square().mean(axes, keepdim=True) + SEGNETS_EPS).sqrt()

    def forward(x: Tensor) -> Tensor:
        return normalised(x) * vector(x, 0, "scale") + vector(x, 1, "shift")

    def backward(ran, grads):
        x = ran.bottoms[0]
        below = grads[0] * vector(x, 0, "scale")
        return [below / (vector(x, 3, "variance") + spec.param.eps).sqrt() if is_stored else below]

    return Op(forward, backward=None if of_batch else backward, shapes=SAME if not weights else None)
