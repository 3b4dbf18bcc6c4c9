"""An operator of aten -> functions of pictures (N, 4, 8, 10) that call it. Each row of ATEN_OPS has at least one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.formats.torch.more_op_cases import MORE

aten = torch.ops.aten
_RANDOM = torch.Generator().manual_seed(0)
Case = Callable[[Tensor], Tensor]


def some(*shape: int) -> Tensor:
    """Weights."""
    return torch.randn(*shape, generator=_RANDOM)


W1, W2, W2_GROUPS, W3, BIAS, MATRIX = (
    some(6, 4, 3),
    some(6, 4, 3, 2),
    some(8, 2, 3, 3),
    some(5, 1, 2, 3, 3),
    some(6),
    some(7, 10),
)
W1_UP, W2_UP, W3_UP = some(4, 3, 3), some(4, 6, 3, 2), some(1, 2, 2, 3, 3)
MEAN, VARIANCE, SCALE, SHIFT = some(4), some(4).abs() + 0.5, some(4), some(4)

CASES: Mapping[str, list[Case]] = {
    "relu": [F.relu, lambda x: (x * 1).relu_()],
    "leaky_relu": [lambda x: F.leaky_relu(x, 0.2), lambda x: F.leaky_relu_(x * 1)],
    "rrelu": [F.rrelu],
    "hardtanh": [F.hardtanh, lambda x: F.relu6(x * 1, inplace=True), lambda x: F.hardtanh(x, 0, 1)],
    "clamp": [
        lambda x: x.clamp(min=0),
        lambda x: x.clamp(0, 6),
        lambda x: x.clamp(max=0.5),
        lambda x: x.clamp(min=SHIFT[:, None, None]),
        lambda x: x.clamp(max=x.mean((2, 3), keepdim=True)),
    ],
    "clip": [lambda x: x.clip(0), lambda x: x.clip(-0.5, 0.5)],
    "clamp_min": [lambda x: torch.clamp_min(x, 0), lambda x: torch.clamp_min(x, 0.1)],
    "clamp_max": [lambda x: torch.clamp_max(x, 0)],
    "relu6": [lambda x: F.relu6(4 * x)],
    "threshold": [lambda x: F.threshold(x, 0, 0), lambda x: F.threshold(x, 0.5, -1)],
    "prelu": [lambda x: F.prelu(x, SHIFT), lambda x: F.prelu(x, SHIFT[:1]), lambda x: F.prelu(x, x.mean((0, 2, 3)))],
    "sigmoid": [torch.sigmoid, lambda x: (x * 1).sigmoid_()],
    "tanh": [torch.tanh],
    "elu": [F.elu, lambda x: F.elu_(x * 1, 0.5)],
    "selu": [F.selu],
    "celu": [lambda x: F.celu(x, 0.5)],
    "gelu": [F.gelu, lambda x: F.gelu(x, approximate="tanh")],
    "silu": [F.silu],
    "mish": [F.mish],
    "hardswish": [F.hardswish],
    "hardsigmoid": [F.hardsigmoid],
    "softplus": [F.softplus, lambda x: F.softplus(x, 2, 1)],
    "log_sigmoid": [F.logsigmoid],
    "conv_transpose1d": [lambda x: F.conv_transpose1d(x.flatten(2), W1_UP, BIAS, 2, 1, 1, 2, 1)],
    "conv_transpose2d": [
        lambda x: F.conv_transpose2d(x, W2_UP, stride=2),
        lambda x: F.conv_transpose2d(x, W2_UP, BIAS, (2, 1), (1, 0), (1, 0), dilation=(1, 2)),
        lambda x: F.conv_transpose2d(x, W2_UP, None, 3, 1, groups=2),
        lambda x: F.conv_transpose2d(x, x.mean((0, 2, 3)).view(4, 1, 1, 1)),
    ],
    "conv_transpose3d": [lambda x: F.conv_transpose3d(x.unsqueeze(1), W3_UP, None, 1, (0, 1, 1)).flatten(1, 2)],
    "conv1d": [lambda x: F.conv1d(x.flatten(2), W1, BIAS, 2, 1, 2)],
    "conv2d": [
        lambda x: F.conv2d(x, W2, BIAS),
        lambda x: F.conv2d(x, W2, None, stride=(2, 1), padding=(0, 1)),
        lambda x: F.conv2d(x, W2_GROUPS, None, 1, 2, 2, 2),
        lambda x: F.conv2d(x, W2, BIAS, padding="same"),
        lambda x: F.conv2d(x, W2, BIAS, padding="valid", dilation=(1, 2)),
        lambda x: F.conv2d(x, x.mean((0, 2, 3)).view(1, 4, 1, 1)),
    ],
    "conv3d": [lambda x: F.conv3d(x.unsqueeze(1), W3, None, 1, (0, 1, 1)).flatten(1, 2)],
    "max_pool2d": [
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.max_pool2d(x, (3, 2), (2, 3), (1, 0), ceil_mode=True),
        lambda x: F.max_pool2d(x, 2, 1, dilation=2),
    ],
    "adaptive_avg_pool2d": [
        lambda x: F.adaptive_avg_pool2d(x, (3, 4)),
        lambda x: F.adaptive_avg_pool2d(x, 1),
        lambda x: F.adaptive_avg_pool2d(x, (None, 2)),
    ],
    "mean": [
        lambda x: x.mean((2, 3)),
        lambda x: x.mean(3, keepdim=True),
        lambda x: x.mean(-2, keepdim=True),
        lambda x: x.mean(1, keepdim=True),
        lambda x: x - x.mean(),
    ],
    "_native_batch_norm_legit_no_training": [
        lambda x: F.batch_norm(x, MEAN, VARIANCE, SCALE, SHIFT, False, 0.1, 1e-3),
        lambda x: F.batch_norm(x, MEAN, VARIANCE),
        lambda x: F.batch_norm(x.flatten(2), MEAN, VARIANCE, None, SHIFT),
        lambda x: F.batch_norm(x, MEAN, VARIANCE, x.mean((0, 2, 3)), SHIFT),
    ],
    "linear": [
        lambda x: F.linear(x, MATRIX),
        lambda x: F.linear(x, MATRIX, MATRIX[:, 0]),
        lambda x: F.linear(x, x[0, 0]),
    ],
    "softmax": [lambda x: x.softmax(1), lambda x: x.softmax(-1), lambda x: x.softmax(2)],
    "_softmax": [lambda x: aten._softmax(x, 1, False)],
    "add": [
        lambda x: x + x,
        lambda x: x + 2.5,
        lambda x: torch.add(x, x * x, alpha=-3),
        lambda x: x + SHIFT[:, None, None],
        lambda x: x + x.amax((2, 3), keepdim=True),
        lambda x: x[:, :1] + x[:, :, :1],
    ],
    "cat": [
        lambda x: torch.cat([x, F.relu(x)], 1),
        lambda x: torch.cat([x, x * 2, x[:, :1]], 1),
        lambda x: torch.cat([x, x[:, :, :3]], 2),
        lambda x: torch.cat([x[..., 5:], x], -1),
        lambda x: torch.cat([x, W2[:1, :, :1, :1].expand(x.shape[0], 4, 8, 1)], 3),
    ],
    "view": [lambda x: x.flatten(1), lambda x: x.view(-1, 2, 2, 8, 10).mean(1), lambda x: x.reshape(-1, 8, 10)],
    "_unsafe_view": [lambda x: aten._unsafe_view(x, [x.shape[0], 4, 80])],
    "native_dropout": [F.dropout],
    "clone": [lambda x: x.clone() + 0, lambda x: F.dropout(x, training=False) + 0],
    "alias": [lambda x: aten.alias(x) + 0],
    **MORE,
    "copy": [lambda x: written(x, x[:, 1] * 2), lambda x: written(x, x[:, :, :1, 0].mean(1)[:, :, None])],
}  # fmt: skip


def written(x: Tensor, values: Tensor) -> Tensor:
    y = x * 1
    y[:, 0] = values
    return y
