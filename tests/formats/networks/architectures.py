"""Architectures that people have, written small, with random weights: a ResNet, a MobileNet, a ViT, a Swin, others.

Names of modules are those of torchvision and timm, on which layer lists depend.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def seeded(module: nn.Module, shape: tuple[int, int, int]) -> nn.Module:
    module.input_shape = shape  # type: ignore[assignment]
    return module.eval()


class BasicBlock(nn.Module):
    """Of a ResNet: one rectifier, called twice."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride > 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class ResNet(nn.Module):
    """blocks: of each stage; width: channels of the first stage, twice as many in each further one."""

    def __init__(self, blocks: tuple[int, ...], width: int, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = width
        for stage, count in enumerate(blocks, 1):
            outputs = width * 2 ** (stage - 1)
            made = [
                BasicBlock(inputs if i == 0 else outputs, outputs, 2 if i == 0 and stage > 1 else 1)
                for i in range(count)
            ]
            setattr(self, f"layer{stage}", nn.Sequential(*made))
            inputs = outputs
        self.stages = len(blocks)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in range(1, self.stages + 1):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


def resnet18() -> nn.Module:
    torch.manual_seed(0)
    return seeded(ResNet((2, 2, 2, 2), 16), (3, 96, 96))


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1, self.fc2 = nn.Conv2d(channels, 4, 1), nn.Conv2d(4, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * F.hardsigmoid(self.fc2(F.relu(self.fc1(self.avgpool(x)))))


class Inverted(nn.Module):
    def __init__(self, channels: int, outputs: int, stride: int, squeezes: bool) -> None:
        super().__init__()
        wide = channels * 3
        parts: list[nn.Module] = [conv_norm(channels, wide, 1), conv_norm(wide, wide, 3, stride, groups=wide)]
        parts += [SqueezeExcite(wide)] if squeezes else []
        parts += [nn.Sequential(nn.Conv2d(wide, outputs, 1, bias=False), nn.BatchNorm2d(outputs))]
        self.block = nn.Sequential(*parts)
        self.joins = stride == 1 and channels == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x) if self.joins else self.block(x)


def conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.Hardswish())


class MobileNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            conv_norm(3, 8, 3, 2),
            Inverted(8, 8, 1, False),
            Inverted(8, 16, 2, False),
            Inverted(16, 16, 1, True),
            Inverted(16, 24, 2, True),
            Inverted(24, 24, 1, True),
            conv_norm(24, 48, 1),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Linear(48, 64), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(64, 10))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


def mobilenet() -> nn.Module:
    torch.manual_seed(0)
    return seeded(MobileNet(), (3, 64, 64))


class Attention(nn.Module):
    """fused: through scaled_dot_product_attention."""

    def __init__(self, width: int, heads: int, fused: bool = True) -> None:
        super().__init__()
        self.heads, self.fused = heads, fused
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.attn_drop = nn.Dropout(0.0)

    def forward(self, x: Tensor) -> Tensor:
        n, tokens, width = x.shape
        qkv = self.qkv(x).reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v)
        else:
            y = self.attn_drop((q * q.shape[-1] ** -0.5 @ k.transpose(-2, -1)).softmax(-1)) @ v
        return self.proj(y.transpose(1, 2).reshape(n, tokens, width))


class Mlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.act(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, fused: bool) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width), Attention(width, heads, fused)
        self.norm2, self.mlp = nn.LayerNorm(width), Mlp(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, width: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x).flatten(2).transpose(1, 2)


class ViT(nn.Module):
    """With a class token, and register tokens where asked for, as in timm."""

    def __init__(self, depth: int, width: int = 24, heads: int = 3, registers: int = 0, fused: bool = True) -> None:
        super().__init__()
        self.patch_embed = PatchEmbed(width, 8)
        self.cls_token = nn.Parameter(torch.randn(1, 1, width))
        self.reg_token = nn.Parameter(torch.randn(1, registers, width)) if registers else None
        self.pos_embed = nn.Parameter(torch.randn(1, 24 + 1 + registers, width) * 0.5)
        self.blocks = nn.Sequential(*[Block(width, heads, fused) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed(x)
        first = [self.cls_token.expand(x.shape[0], -1, -1)]
        first += [] if self.reg_token is None else [self.reg_token.expand(x.shape[0], -1, -1)]
        x = torch.cat([*first, x], 1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


VIT_SHAPE = (3, 32, 48)  # 4 x 6 tokens


def vit() -> nn.Module:
    torch.manual_seed(0)
    return seeded(ViT(6), VIT_SHAPE)


def vit_registers() -> nn.Module:
    torch.manual_seed(0)
    return seeded(ViT(2, registers=2, fused=False), VIT_SHAPE)


class TorchViT(nn.Module):
    """As torchvision writes it: nn.MultiheadAttention, the class token a parameter of the root."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_proj = nn.Conv2d(3, 24, 8, 8)
        self.class_token = nn.Parameter(torch.randn(1, 1, 24))
        self.encoder = nn.Sequential(
            *[nn.TransformerEncoderLayer(24, 3, 48, batch_first=True, norm_first=True) for _ in range(2)]
        )
        self.heads = nn.Sequential(nn.Linear(24, 10))

    def forward(self, x: Tensor) -> Tensor:
        n = x.shape[0]
        x = self.conv_proj(x)
        x = x.reshape(n, 24, x.shape[2] * x.shape[3]).permute(0, 2, 1)
        x = torch.cat([self.class_token.expand(n, -1, -1), x], 1)
        return self.heads(self.encoder(x)[:, 0])


def torch_vit() -> nn.Module:
    torch.manual_seed(0)
    return seeded(TorchViT(), VIT_SHAPE)


class WindowBlock(nn.Module):
    """Attention in windows of 4 x 4, shifted by 2 in every other block; values are (N, H, W, C)."""

    def __init__(self, width: int, shift: int) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width), Attention(width, 2, fused=False)
        self.norm2, self.mlp, self.shift = nn.LayerNorm(width), Mlp(width), shift

    def windows(self, x: Tensor) -> Tensor:
        x = F.pad(x, (0, 0, 0, -x.shape[2] % 4, 0, -x.shape[1] % 4))  # to whole windows: by nothing here
        n, h, w, c = x.shape
        y = torch.roll(x, (-self.shift, -self.shift), (1, 2)) if self.shift else x
        y = y.view(n, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, c)
        y = self.attn(y).view(n, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)
        return torch.roll(y, (self.shift, self.shift), (1, 2)) if self.shift else y

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.windows(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Merging(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.reduction = nn.LayerNorm(4 * width), nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        parts = [x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]]
        return self.reduction(self.norm(torch.cat(parts, -1)))


class Swin(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.patch_embed = nn.Conv2d(3, width, 4, 4)
        self.layers = nn.Sequential(
            nn.Sequential(WindowBlock(width, 0), WindowBlock(width, 2)),
            nn.Sequential(Merging(width), WindowBlock(2 * width, 0), WindowBlock(2 * width, 0)),
        )
        self.norm, self.head = nn.LayerNorm(2 * width), nn.Linear(2 * width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layers(self.patch_embed(x).permute(0, 2, 3, 1))
        return self.head(self.norm(x).mean((1, 2)))


def swin() -> nn.Module:
    torch.manual_seed(0)
    return seeded(Swin(), (3, 32, 64))


class Mixer(nn.Module):
    """Patches cut out by reshapes and a Linear; tokens mixed by a Linear over them; no class token."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(3 * 8 * 8, 12)
        self.norm, self.mix, self.act = nn.LayerNorm(12), nn.Linear(24, 24), nn.GELU()
        self.head = nn.Linear(12, 10)

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        x = x.reshape(n, c, h // 8, 8, w // 8, 8).permute(0, 2, 4, 3, 5, 1).reshape(n, (h // 8) * (w // 8), -1)
        x = self.embed(x)
        x = x + self.act(self.mix(self.norm(x).transpose(1, 2)).transpose(1, 2))
        return self.head(x.mean(1))


def mixer() -> nn.Module:
    torch.manual_seed(0)
    return seeded(Mixer(), VIT_SHAPE)


class ConvNext(nn.Module):
    """Depthwise convolution, then the channels last for norm and Linear, and back."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.depthwise = nn.Conv2d(3, 8, 4, 4), nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.norm, self.wide, self.narrow = nn.LayerNorm(8), nn.Linear(8, 16), nn.Linear(16, 8)
        self.gamma = nn.Parameter(torch.rand(8))
        self.head = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.narrow(F.gelu(self.wide(y))) * self.gamma
        x = x + y.permute(0, 3, 1, 2)
        return self.head(x.mean((2, 3)))


def convnext() -> nn.Module:
    torch.manual_seed(0)
    return seeded(ConvNext(), (3, 32, 48))


class FireNet(nn.Module):
    """A classifier whose head is a convolution, as SqueezeNet's."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(inplace=True), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(
            nn.Dropout(0.5), nn.Conv2d(8, 10, 1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((1, 1))
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.flatten(self.classifier(self.features(x)), 1)


def conv_head() -> nn.Module:
    torch.manual_seed(0)
    return seeded(FireNet(), (3, 32, 32))
