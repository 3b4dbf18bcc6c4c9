"""Operators of aten that share cases: a function calls several of them, one after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

aten = torch.ops.aten
Case = Callable[[Tensor], Tensor]


def _positive(x: Tensor) -> Tensor:
    return x.square() + 0.5


def arithmetic(x: Tensor) -> Tensor:
    return (1 - (x - 0.5 * x[:, :1]) / (2 + x.square())) ** 2 - x.mean((2, 3), keepdim=True) * x


def larger_and_smaller(x: Tensor) -> Tensor:
    return torch.maximum(x, x[:, :1]) + torch.minimum(x, 0.5 * x.flip(1)) + torch.max(x, x + x[:, 1:2])


def more_arithmetic(x: Tensor) -> Tensor:
    y = torch.addcdiv(torch.addcmul(x, x, x), x, _positive(x))
    return torch.lerp(y, torch.atan2(x, _positive(x)), 0.3)


def of_one_value(x: Tensor) -> Tensor:
    y = (-x).abs().exp().log1p() + _positive(x).log() + _positive(x).sqrt() + _positive(x).rsqrt()
    y = y + _positive(x).reciprocal() + x.sin() * x.cos() + torch.erf(x) + x.expm1()
    return y + x * x.sign() + x * x.floor() + x * x.round()


def masks(x: Tensor) -> Tensor:
    y = torch.where((x > 0.1) & (x <= 1), x * 2, x.square())
    y = y.masked_fill((x < -1) | ((x >= 0.5) & ~(x != 2)), 0.3)
    y = torch.where(torch.logical_and(x.isfinite(), torch.logical_not(x.isnan())), y, 0 * y)
    return torch.where(torch.logical_or(x == 7, x < 9), y, x)


def constants(x: Tensor) -> Tensor:
    y = x + torch.zeros_like(x) + torch.ones_like(x) * 2 + torch.full_like(x, 0.5)
    y = y + x.new_zeros(x.shape) + x.new_ones(4, 1, 1) + x.new_full((1, 10), 2.0)
    return y + torch.empty_like(x).fill_(1) + aten.detach(x) * 0


def moved_axes(x: Tensor) -> Tensor:
    y = F.layer_norm(x.permute(0, 2, 3, 1), (4,)).transpose(1, 3).transpose(2, 3)
    return y.unsqueeze(2).squeeze(2)


def turned_over(x: Tensor) -> Tensor:
    return x + x.mean((1, 2, 3))[:, None][:, :, None, None] + aten.t(x[:, 0, 0])[0].mean()


def cut_up(x: Tensor) -> Tensor:
    a, b = x.chunk(2, 1)
    c = torch.stack([part.select(1, 0) for part in (a, b)], 1)
    d, e = x[:, :, 1:-1:2].split([1, 3], 1)
    return c[:, :1] + b.unbind(1)[1][:, None] + torch.cat([e[:, :1], d, e[:, 1:2]], 2)[:, :, :8]


def repeated(x: Tensor) -> Tensor:
    return x[:, :1].expand(-1, 4, -1, -1) + x[:, :, :1].expand_as(x) + x.repeat(1, 1, 2, 1)[:, :, 4:12]


def tiled(x: Tensor) -> Tensor:
    return (
        x.tile((1, 1, 2, 1)) + x.repeat_interleave(2, 2) + x.flip(3).repeat(1, 1, 2, 1) + x[:, :1].roll(1, 2).tile(2, 1)
    )


def picked(x: Tensor) -> Tensor:
    return (
        x[:, torch.tensor([2, 0])]
        + x.index_select(1, torch.tensor([1, 1]))
        + x[:, :, torch.tensor([0, 1, 1, 0] * 2)][:, :2]
    )


def reduced(x: Tensor) -> Tensor:
    y = x.amax(1, keepdim=True) + x.amin(1, keepdim=True) + x.sum((2, 3), keepdim=True)
    y = y + x.std(1, keepdim=True) + x.var(1, keepdim=True) + x.logsumexp(1, keepdim=True)
    y = y + torch.linalg.vector_norm(x, dim=1, keepdim=True) + x.max(1, keepdim=True)[0] + x.min(1, keepdim=True)[0]
    return y + x.prod(1, keepdim=True) + torch.var_mean(x, 1, keepdim=True)[0]


def places(x: Tensor) -> Tensor:
    return x + x.argmax(1, keepdim=True) * 0 + x.argmin(1, keepdim=True) * 0


def pools(x: Tensor) -> Tensor:
    y = F.avg_pool2d(x, 3, 1, 1) + F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
    y = (
        y
        + F.max_pool2d(x, 3, 1, 1, return_indices=True)[0]
        + F.adaptive_max_pool2d(x, (4, 5)).repeat_interleave(2, 2).repeat_interleave(2, 3)
    )
    return (
        y
        + F.avg_pool3d(x[:, None], (1, 3, 3), 1, (0, 1, 1))[:, 0]
        + F.max_pool3d(x[:, None], (1, 3, 3), 1, (0, 1, 1))[:, 0]
    )


def lines(x: Tensor) -> Tensor:
    y = x.flatten(2)
    y = F.max_pool1d(F.avg_pool1d(y, 3, 1, 1), 3, 1, 1) + F.adaptive_avg_pool1d(y, 80) + F.adaptive_max_pool1d(y, 80)
    return y.unflatten(2, (8, 10)).contiguous()


def interpolations(x: Tensor) -> Tensor:
    y = F.interpolate(x, scale_factor=2) + F.interpolate(x, (16, 20), mode="bilinear")
    y = (
        y
        + F.interpolate(x, scale_factor=2, mode="bicubic")
        + F.interpolate(x, (16, 20), mode="bilinear", align_corners=True)
    )
    return y + F.interpolate(x, scale_factor=2.0, mode="nearest-exact")


def smaller(x: Tensor) -> Tensor:
    y = F.interpolate(x, (5, 7)) + F.interpolate(x, (5, 7), mode="bilinear") + F.interpolate(x, (5, 7), mode="bicubic")
    return (
        y
        + F.interpolate(x, (5, 7), mode="bilinear", antialias=True)
        + F.interpolate(x, (5, 7), mode="bicubic", antialias=True)
    )


def interpolated_lines(x: Tensor) -> Tensor:
    y = F.interpolate(x.flatten(2), 40) + F.interpolate(x.flatten(2), 40, mode="linear")
    z = F.interpolate(x[:, None], (4, 4, 10)) + F.interpolate(x[:, None], (4, 4, 10), mode="trilinear")
    return y.unflatten(2, (4, 10)) + z[:, 0]


def shuffled(x: Tensor) -> Tensor:
    return (
        F.channel_shuffle(x, 2) + F.pixel_shuffle(F.pixel_unshuffle(x, 2), 2) + F.pixel_shuffle(x, 2)[:, :, 4:12, 5:15]
    )


def padded(x: Tensor) -> Tensor:
    y = F.pad(x, (1, 2, 0, 1)) + F.pad(x, (1, 2, 0, 1), mode="reflect") + F.pad(x, (1, 2, 0, 1), mode="replicate")
    return y + F.pad(x, (1, 2, 0, 1), mode="circular") + aten.constant_pad_nd(x, [1, 2, 0, 1], 0.5)


def norms(x: Tensor) -> Tensor:
    y = F.layer_norm(x, (10,), x.new_ones(10) * 2) + F.layer_norm(x, (8, 10)) + F.rms_norm(x, (10,))
    return y + F.group_norm(x, 2) + F.instance_norm(x)


def products(x: Tensor) -> Tensor:
    y = x @ x.transpose(2, 3) @ x + torch.einsum("nchw,nchv->ncwv", x, x)[:, :, :8]
    y = y + torch.bmm(x[:, 0], x[:, 1].transpose(1, 2))[:, None, :, :1]
    rows = x[:, 0].reshape(-1, 10)
    y = y + torch.addmm(x.new_ones(3), rows, x.new_ones(10, 3)).reshape(-1, 1, 8, 3)[..., :1]
    y = y + torch.mm(rows, x.new_ones(10, 1)).reshape(-1, 1, 8, 1)
    y = y + torch.baddbmm(x[:, 0, :, :8], x[:, 0], x[:, 1].transpose(1, 2))[:, None, :, :1]
    return y + torch.addbmm(x.new_zeros(8, 8), x[:, 0], x[:, 1].transpose(1, 2)).sum() * 0


def attention(x: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(x, x * 2, x + 1) + x.log_softmax(1) + aten._log_softmax(x, 2, False)


def other_activations(x: Tensor) -> Tensor:
    return x.double().exp().float()


def _shared(case: Case, names: str) -> dict[str, list[Case]]:
    return {name: [case] for name in names.split()}


MORE: Mapping[str, list[Case]] = {
    **_shared(arithmetic, "sub rsub mul div pow"),
    **_shared(larger_and_smaller, "maximum minimum"),
    **_shared(more_arithmetic, "atan2 addcmul addcdiv lerp"),
    **_shared(of_one_value, "neg abs exp log log1p sqrt rsqrt reciprocal square sin cos erf sign floor round expm1"),
    **_shared(masks, "where masked_fill gt ge lt le eq ne logical_and logical_or logical_not"),
    **_shared(masks, "bitwise_not isnan isfinite"),
    **_shared(constants, "zeros_like ones_like full_like empty_like new_zeros new_ones new_full detach"),
    **_shared(moved_axes, "permute transpose unsqueeze squeeze"),
    **_shared(turned_over, "t"),
    **_shared(cut_up, "slice select split split_with_sizes unbind stack"),
    **_shared(repeated, "expand repeat"),
    **_shared(tiled, "tile repeat_interleave flip roll"),
    **_shared(picked, "index index_select"),
    **_shared(reduced, "amax amin sum std var logsumexp linalg_vector_norm max min prod var_mean"),
    **_shared(places, "argmax argmin"),
    **_shared(pools, "avg_pool2d max_pool2d_with_indices adaptive_max_pool2d avg_pool3d max_pool3d"),
    **_shared(lines, "max_pool1d avg_pool1d adaptive_avg_pool1d adaptive_max_pool1d"),
    **_shared(interpolations, "upsample_nearest2d upsample_bilinear2d upsample_bicubic2d _upsample_nearest_exact2d"),
    **_shared(smaller, "_upsample_bilinear2d_aa _upsample_bicubic2d_aa"),
    **_shared(interpolated_lines, "upsample_nearest1d upsample_linear1d upsample_nearest3d upsample_trilinear3d"),
    **_shared(shuffled, "channel_shuffle pixel_shuffle pixel_unshuffle"),
    **_shared(padded, "pad constant_pad_nd"),
    **_shared(norms, "layer_norm rms_norm group_norm instance_norm"),
    **_shared(products, "matmul bmm addmm mm baddbmm addbmm einsum"),
    **_shared(attention, "scaled_dot_product_attention log_softmax _log_softmax"),
    **_shared(other_activations, "_to_copy"),
}  # fmt: skip
