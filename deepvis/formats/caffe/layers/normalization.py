"""BatchNorm and MVN: subtract a mean, divide by a deviation; stored ones or those of the blob itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepvis.formats.caffe.layer import NO_FILLER, WeightRule, blob, fault, layer_type
from deepvis.formats.caffe.schema import FillerParameter
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_rules import WHOLE_WINDOW, NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import SAME, Op, Weights


def batch_norm_in_training(spec: LayerSpec, weights: Weights) -> Op:
    """y = (x - mean of the batch) / sqrt(its variance + eps), unless use_global_stats says otherwise.

    Shapes: (N, C, ...) -> the same. The running sums are not updated. Source: Caffe's batch_norm_layer.cpp.
    """
    op = _with_stored_statistics(spec, weights) if spec.param.use_global_stats else _with_batch_statistics(spec)
    return _scaled(spec, op, weights) if len(weights) == 5 else op


def batchnorm_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window:
    return WHOLE_WINDOW if _takes_the_batch(spec) else window


def statistics_shapes(spec: LayerSpec, bottoms: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    channels = bottoms[0][1] if len(bottoms[0]) > 1 else 1
    sizes = (channels, channels, 1, channels, channels)
    return [(size,) for size in sizes[: statistics_count(spec.message)]]


def statistics_count(message: Any) -> int:
    """3, and with scale_bias a scale and a bias more."""
    return 5 if message.batch_norm_param.scale_bias else 3


def statistics_filler(spec: LayerSpec, index: int, shape: tuple[int, ...]) -> Any:
    """0 for mean, variance and factor; scale_filler (or filler), by default 1, and bias_filler."""
    p = spec.param
    if index == 3:
        names = [name for name in ("scale_filler", "filler") if p.HasField(name)]
        return getattr(p, names[0]) if names else FillerParameter(value=1.0)
    return p.bias_filler if index == 4 else NO_FILLER


def _takes_the_batch(spec: LayerSpec) -> bool:
    p = spec.param
    return p.HasField("use_global_stats") and not p.use_global_stats


@layer_type(
    "BatchNorm",
    kind=Kind.NORMALIZATION,
    weights=WeightRule(statistics_count, statistics_shapes, statistics_filler, other_counts=(3, 5)),
    field=batchnorm_field,
    training=batch_norm_in_training,
)
def batch_norm(spec: LayerSpec, weights: Weights) -> Op:
    """y = (x - m[c]) / sqrt(v[c] + eps), channel by channel; with scale_bias of NVIDIA's fork times s[c] plus b[c].

    Shapes: (N, C, ...) -> the same (a bottom of one axis is one channel); weights: mean (C,), variance (C,) and a
    factor of one value; scale and bias (C,) where the file has five.
    Gradient: g / sqrt(v + eps) with stored statistics; with those of the batch, which depend on x, also
    minus the mean of g and minus y times the mean of g y.
    Caffe's surprises: the stored blobs are sums: m and v are they divided by the factor blob (0 where the factor
    is 0); there is no scale and no shift (a Scale layer follows); use_global_stats false takes mean
    and (biased) variance of the batch even in the TEST phase.
    Source: Caffe's batch_norm_layer.cpp; default eps 1e-5. scale_bias: NVIDIA/caffe, batch_norm_layer.cpp.
    """
    op = _with_batch_statistics(spec) if _takes_the_batch(spec) else _with_stored_statistics(spec, weights)
    return _scaled(spec, op, weights) if len(weights) == 5 else op


def _scaled(spec: LayerSpec, op: Op, weights: Weights) -> Op:
    """The op with a scale and a bias for each channel after it."""

    def vector(x: Tensor, index: int, what: str) -> Tensor:
        channels = x.shape[1] if x.dim() > 1 else 1
        shape = (1, channels) + (1,) * (x.dim() - 2) if x.dim() > 1 else (1,)
        return blob(spec, weights, index, (channels,), what).reshape(shape)

    def forward(x: Tensor) -> Tensor:
        return op.forward(x) * vector(x, 3, "scale") + vector(x, 4, "bias")

    return Op(forward)


def _with_stored_statistics(spec: LayerSpec, weights: Weights) -> Op:
    eps = spec.param.eps

    def statistics(x: Tensor) -> tuple[Tensor, Tensor]:
        channels = x.shape[1] if x.dim() > 1 else 1
        factor = blob(spec, weights, 2, (1,), "factor")
        share = torch.where(factor == 0, 0.0, 1 / torch.where(factor == 0, 1.0, factor))
        mean = blob(spec, weights, 0, (channels,), "mean") * share
        deviation = (blob(spec, weights, 1, (channels,), "variance") * share + eps).sqrt()
        shape = (1, channels) + (1,) * (x.dim() - 2) if x.dim() > 1 else (1,)
        return mean.reshape(shape), deviation.reshape(shape)

    def forward(x: Tensor) -> Tensor:
        mean, deviation = statistics(x)
        return (x - mean) / deviation

    def backward(ran, grads):
        return [grads[0] / statistics(ran.bottoms[0])[1]]

    def shapes(shape: Sequence[int]):
        channels = shape[1] if len(shape) > 1 else 1
        for i, (size, what) in enumerate(((channels, "mean"), (channels, "variance"), (1, "factor"))):
            blob(spec, weights, i, (size,), what)
        return (shape,)

    return Op(forward, backward=backward, shapes=shapes)


def _with_batch_statistics(spec: LayerSpec) -> Op:
    eps = spec.param.eps

    def forward(x: Tensor) -> Tensor:
        axes = [d for d in range(x.dim()) if d != 1 or x.dim() == 1]
        centred = x - x.mean(axes, keepdim=True)
        return centred / (centred.square().mean(axes, keepdim=True) + eps).sqrt()

    return Op(forward, shapes=SAME)


@layer_type("MVN", kind=Kind.NORMALIZATION)
def mvn(spec: LayerSpec, weights: Weights) -> Op:
    """y = (x - mean) / (deviation + eps) of each channel of each item, or only x - mean (normalize_variance false).

    Shapes: (N, C, H, W) -> the same; fewer axes are filled up to four with 1. The mean is taken over H x W, with
    across_channels over C x H x W.
    Gradient: (g - mean of g - y * mean of g y) / (deviation + eps); without the variance g - mean of g.
    Caffe's surprises: eps is added to the deviation, not to the variance under the root; its gradient leaves
    that eps out of the middle term, as here.
    Source: Caffe's mvn_layer.cpp; defaults true, false, eps 1e-9.
    """
    p = spec.param

    def rows(x: Tensor) -> Tensor:
        """One row for each mean."""
        channels = 1 if p.across_channels or x.dim() < 2 else x.shape[1]
        return x.reshape(x.shape[0] * channels, -1)

    def parts(x: Tensor) -> tuple[Tensor, Tensor | None]:
        centred = rows(x)
        centred = centred - centred.mean(1, keepdim=True)
        if not p.normalize_variance:
            return centred, None
        return centred, centred.square().mean(1, keepdim=True).sqrt() + p.eps

    def forward(x: Tensor) -> Tensor:
        centred, deviation = parts(x)
        return (centred if deviation is None else centred / deviation).reshape(shapes(x.shape)[0])

    def shapes(shape: Sequence[int]):
        if len(shape) > 4:
            raise fault(spec, f"a bottom of {len(shape)} dimensions", "at most 4: number, channels, height, width")
        return ((*shape, *(1,) * (4 - len(shape))),)

    def backward(ran, grads):
        (x,), (y,) = ran.bottoms, ran.tops
        g, y = rows(grads[0]), rows(y)
        below = g - g.mean(1, keepdim=True)
        _, deviation = parts(x)
        if deviation is not None:
            below = (below - y * (g * y).mean(1, keepdim=True)) / deviation
        return [below.reshape(x.shape)]

    return Op(forward, backward=backward, shapes=shapes)
