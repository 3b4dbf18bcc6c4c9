"""Small networks of the kinds that people export: what their operators look like in an ONNX file is what counts."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.formats.networks.architectures import ResNet

SIZE = (32, 40)


class Squeeze(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels: int, scale: nn.Module) -> None:
        super().__init__()
        self.fc1, self.fc2, self.scale = nn.Conv2d(channels, 4, 1), nn.Conv2d(4, channels, 1), scale

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale(self.fc2(F.relu(self.fc1(F.adaptive_avg_pool2d(x, 1)))))


def depthwise(channels: int, activation: nn.Module, scale: nn.Module) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, 2 * channels, 1), nn.BatchNorm2d(2 * channels), activation,
        nn.Conv2d(2 * channels, 2 * channels, 5, 2, 2, groups=2 * channels), nn.BatchNorm2d(2 * channels),
        Squeeze(2 * channels, scale), nn.Conv2d(2 * channels, channels, 1),
    )  # fmt: skip


def mobilenet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.Hardswish(), depthwise(8, nn.ReLU6(), nn.Hardsigmoid()),
        depthwise(8, nn.Hardswish(), nn.Hardsigmoid()), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(),
        nn.Linear(8, 10),
    )  # fmt: skip


def efficientnet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.SiLU(), depthwise(8, nn.SiLU(), nn.Sigmoid()), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(8, 10),
    )  # fmt: skip


class ConvNeXtBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.pwconv1, self.pwconv2 = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(torch.rand(channels))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


def convnext() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 4, 4), ConvNeXtBlock(8), nn.Conv2d(8, 12, 2, 2), ConvNeXtBlock(12), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(1), nn.LayerNorm(12), nn.Linear(12, 10),
    )  # fmt: skip


class ViT(nn.Module):
    """A class token, positions, attention written out."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 16, 8, 8)
        count = (SIZE[0] // 8) * (SIZE[1] // 8)
        self.token, self.positions = nn.Parameter(torch.randn(1, 1, 16)), nn.Parameter(torch.randn(1, count + 1, 16))
        self.norm1, self.norm2 = nn.LayerNorm(16), nn.LayerNorm(16)
        self.qkv, self.proj = nn.Linear(16, 48), nn.Linear(16, 16)
        self.mlp = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16))
        self.head = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        n = x.shape[0]
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(n, -1, -1), x], 1) + self.positions
        y = self.norm1(x)
        q, k, v = self.qkv(y).reshape(n, y.shape[1], 3, 4, 4).permute(2, 0, 3, 1, 4)
        shares = (q @ k.transpose(-2, -1) / math.sqrt(4)).softmax(-1)
        x = x + self.proj((shares @ v).transpose(1, 2).reshape(n, y.shape[1], 16))
        return self.head((x + self.mlp(self.norm2(x)))[:, 0])


class Detector(nn.Module):
    """A backbone with a pyramid: maps made larger to the size of others, and joined."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.down1, self.down2 = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 2, 1)
        self.lateral, self.head = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 6, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        c1 = F.leaky_relu(self.stem(x), 0.1)
        c2 = F.leaky_relu(self.down1(c1), 0.1)
        c3 = F.silu(self.down2(c2))
        p2 = self.lateral(c2) + F.interpolate(c3, size=c2.shape[-2:], mode="nearest")
        p1 = c1 + F.interpolate(p2, scale_factor=2.0, mode="nearest")
        heads = [self.head(p).flatten(2) for p in (p1, p2, c3)]
        joined = torch.cat(heads, 2)
        boxes, scores = joined.split([4, 2], 1)
        return torch.cat([boxes.exp(), scores.sigmoid()], 1)


class Decoder(nn.Module):
    """Of a segmentation: dilated branches, an average of the whole, maps made larger in three ways."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.PReLU(8), nn.Conv2d(8, 8, 3, 2, 1), nn.ELU())
        self.branches = nn.ModuleList([nn.Conv2d(8, 4, 3, padding=d, dilation=d) for d in (1, 2)])
        self.pooled = nn.Conv2d(8, 4, 1)
        self.up = nn.ConvTranspose2d(12, 8, 4, 2, 1)
        self.norm = nn.GroupNorm(2, 8)
        self.shuffle = nn.Sequential(nn.Conv2d(8, 12, 1), nn.PixelShuffle(2))

    def forward(self, x: Tensor) -> Tensor:
        y = self.stem(x)
        pooled = F.interpolate(self.pooled(F.adaptive_avg_pool2d(y, 1)), size=y.shape[-2:], mode="bilinear")
        y = torch.cat([*(branch(y) for branch in self.branches), pooled], 1)
        y = self.shuffle(F.relu(self.norm(self.up(y))))
        return F.interpolate(F.pad(y, (1, 1, 1, 1)), size=x.shape[-2:], mode="bilinear", align_corners=False)


ARCHITECTURES = {
    "resnet": lambda: ResNet((2, 1), 8), "mobilenet": mobilenet, "efficientnet": efficientnet, "convnext": convnext,
    "vit": ViT, "detector": Detector, "decoder": Decoder,
}  # fmt: skip


def made(name: str) -> nn.Module:
    """With random weights and statistics, in evaluation mode."""
    torch.manual_seed(0)
    module = ARCHITECTURES[name]()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.uniform_(-0.3, 0.3)
            part.running_var.uniform_(0.5, 1.5)
    return module.eval()
