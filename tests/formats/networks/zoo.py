"""Small modules with one trap each, and their forward passes written out plainly: the slow reference.

``plain(x, r)`` computes what ``forward(x)`` does, without the trap; its rectifiers are ``r.relu(x)``,
``r.leaky(x, slope)`` and ``r.capped(x, cap)``, whose way back is that of a back mode. All take pictures of 3 x 16 x 16
unless ``input_shape`` says otherwise.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrizations


class Trap(nn.Module):
    input_shape = (3, 16, 16)
    middle = "conv"  # a module whose value is looked at

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        self.end = nn.Conv2d(4, 2, 3)


class FunctionalReLU(Trap):
    def forward(self, x: Tensor) -> Tensor:
        return self.end(F.relu(torch.relu(self.conv(x)) - 0.2))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.end(r.relu(r.relu(self.conv(x)) - 0.2))


class ClampAsReLU(Trap):
    def forward(self, x: Tensor) -> Tensor:
        return self.end((self.conv(x).clamp(min=0) - 0.1).clip(0) - 0.1).clamp_min(0.0)

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return r.relu(self.end(r.relu(r.relu(self.conv(x)) - 0.1) - 0.1))


class MaximumAsReLU(Trap):
    def forward(self, x: Tensor) -> Tensor:
        y = torch.maximum(self.conv(x), torch.zeros(1)) - 0.1
        y = torch.max(torch.zeros_like(y), y) - 0.1
        return torch.maximum(self.end(y), torch.tensor(0.0))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        y = r.relu(self.conv(x)) - 0.1
        return r.relu(self.end(r.relu(y) - 0.1))


class WhereAsReLU(Trap):
    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        y = torch.where(y > 0, y, 0) - 0.1
        y = torch.where(y <= 0, torch.zeros_like(y), y) - 0.1
        y = y.masked_fill(y < 0, 0) - 0.1
        y = y * (y > 0)
        y = self.end(y)
        return torch.where(y > 0, y, 0.1 * y)

    def plain(self, x: Tensor, r: Any) -> Tensor:
        y = r.relu(self.conv(x)) - 0.1
        y = r.relu(r.relu(r.relu(y) - 0.1) - 0.1)
        return r.leaky(self.end(y), 0.1)


class MaskedReLU(Trap):
    """Written into with a mask."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        y[y < 0] = 0
        return self.end(y)

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.end(r.relu(self.conv(x)))


class OtherRectifiers(Trap):
    def __init__(self) -> None:
        super().__init__()
        self.learned = nn.PReLU(4, 0.3)
        self.leaky = nn.LeakyReLU(0.2, inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.leaky(self.conv(x))
        y = F.hardtanh(3 * y, 0, 1)
        y = self.learned(2 * y - 1)
        return F.relu6(9 * self.end(y), inplace=True)

    def plain(self, x: Tensor, r: Any) -> Tensor:
        y = r.capped(3 * r.leaky(self.conv(x), 0.2), 1.0)
        return r.capped(9 * self.end(r.leaky(2 * y - 1, 0.3)), 6.0)


class SmoothActivations(Trap):
    """Back modes pass them as the gradient does."""

    def forward(self, x: Tensor) -> Tensor:
        y = F.hardswish(F.silu(F.gelu(self.conv(x)) + 0.1))
        return F.elu(self.end(torch.tanh(y) * F.hardsigmoid(y)))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.forward(x)


class InplaceAdd(Trap):
    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        z = y * 2
        z += F.relu(y)
        z.mul_(0.5)
        return self.end(z)

    def plain(self, x: Tensor, r: Any) -> Tensor:
        y = self.conv(x)
        return self.end((y * 2 + r.relu(y)) * 0.5)


class InplaceActivation(Trap):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.act = nn.BatchNorm2d(4), nn.ReLU(inplace=True)

    middle = "norm"

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.act(self.norm(self.conv(x))))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.end(r.relu(self.norm(self.conv(x))))


class ReusedModule(Trap):
    def __init__(self) -> None:
        super().__init__()
        self.act, self.again = nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.act(self.again(self.act(self.again(self.act(self.conv(x)))))))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.end(r.relu(self.again(r.relu(self.again(r.relu(self.conv(x)))))))


class Attention(Trap):
    """nn.MultiheadAttention, and scaled_dot_product_attention by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        tokens = F.max_pool2d(F.relu(self.conv(x)), 4).flatten(2).transpose(1, 2)
        tokens = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        tokens = F.scaled_dot_product_attention(tokens, tokens, 2 * tokens)
        return self.end(tokens.transpose(1, 2).unflatten(2, (4, 4)))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        tokens = F.max_pool2d(r.relu(self.conv(x)), 4).flatten(2).transpose(1, 2)
        w, b = self.attention.in_proj_weight, self.attention.in_proj_bias
        q, k, v = (part.unflatten(2, (2, 2)).transpose(1, 2) for part in F.linear(tokens, w, b).chunk(3, 2))
        mixed = ((q @ k.transpose(2, 3)) / 2**0.5).softmax(3) @ v
        tokens = tokens + self.attention.out_proj(mixed.transpose(1, 2).flatten(2))
        tokens = ((tokens @ tokens.transpose(1, 2)) / 2).softmax(2) @ (2 * tokens)
        return self.end(tokens.transpose(1, 2).reshape(-1, 4, 4, 4))


class DictOutput(Trap):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        y = F.relu(self.conv(x))
        return {"early": y, "out": self.end(y)}

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.end(r.relu(self.conv(x)))


class TupleOutput(Trap):
    """Nested."""

    def forward(self, x: Tensor) -> tuple[Any, ...]:
        y = F.relu(self.conv(x))
        return y, [y.mean((2, 3)), (self.end(y),)]

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.end(r.relu(self.conv(x)))


class TwoInputs(Trap):
    def forward(self, x: Tensor, shift: Tensor) -> Tensor:
        return self.end(F.relu(self.conv(x) + shift[:, :, None, None]))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.end(r.relu(self.conv(x) + self.others["shift"][:, :, None, None]))

    others: ClassVar = {"shift": torch.tensor([[0.3, -0.2, 0.1, 0.4]])}


class ChannelShuffle(Trap):
    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        n, c, h, w = y.shape
        y = F.relu(y).view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, -1, h, w)
        return self.end(F.channel_shuffle(F.relu(y - 0.1), 2))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        y = r.relu(r.relu(self.conv(x))[:, [0, 2, 1, 3]] - 0.1)
        return self.end(y[:, [0, 2, 1, 3]])


class SqueezeExcite(Trap):
    def __init__(self) -> None:
        super().__init__()
        self.squeeze, self.excite = nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return self.end(y * self.excite(F.relu(self.squeeze(F.adaptive_avg_pool2d(y, 1)))).sigmoid())

    def plain(self, x: Tensor, r: Any) -> Tensor:
        y = self.conv(x)
        return self.end(y * self.excite(r.relu(self.squeeze(y.mean((2, 3), keepdim=True)))).sigmoid())


class Decoder(Trap):
    """Down and up again, with skips."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.deep = nn.Conv2d(4, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1)
        self.up = nn.ConvTranspose2d(4, 4, 3, 2, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        top = F.relu(self.conv(x))
        middle = F.relu(self.down(top))
        up = self.up(F.relu(self.deep(middle))) + middle
        return self.end(F.interpolate(up, size=top.shape[2:], mode="bilinear") + F.interpolate(middle, scale_factor=2))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        top = r.relu(self.conv(x))
        middle = r.relu(self.down(top))
        up = self.up(r.relu(self.deep(middle))) + middle
        doubled = middle.repeat_interleave(2, 2).repeat_interleave(2, 3)
        return self.end(F.interpolate(up, size=(16, 16), mode="bilinear") + doubled)


class OneChannel(Trap):
    input_shape = (1, 16, 16)

    def __init__(self) -> None:
        super().__init__(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.end(F.relu(self.conv(x)))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.end(r.relu(self.conv(x)))


class BatchView(Trap):
    """Views that name the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4 * 16 * 16, 8)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.conv(x)).view(x.size(0), -1)
        return F.relu(self.fc(y)).view(x.shape[0] * 2, 4).reshape(-1, 8)

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return r.relu(self.fc(r.relu(self.conv(x)).flatten(1)))


class BakedOne(Trap):
    """A batch of one picture is written into the program."""

    def forward(self, x: Tensor) -> Tensor:
        return self.end(F.relu(self.conv(x)).view(1, 4, 16, 16))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return torch.cat([self.end(r.relu(self.conv(one[None]))) for one in x])


class BakedFour(Trap):
    """A batch of four."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4 * 16 * 16, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(F.relu(self.conv(x)).view(4, -1))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.fc(r.relu(self.conv(x)).flatten(1))


class TrainingLeftOn(Trap):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(4)
        self.norm.running_mean.uniform_(-0.5, 0.5)
        self.norm.running_var.uniform_(0.5, 2)
        self.train()

    def forward(self, x: Tensor) -> Tensor:
        return self.end(F.dropout(F.relu(self.norm(self.conv(x))), 0.5, self.training))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        m = self.norm
        mean, scale = m.running_mean[:, None, None], (m.weight / (m.running_var + m.eps).sqrt())[:, None, None]
        return self.end(r.relu((self.conv(x) - mean) * scale + m.bias[:, None, None]))


class SharedWeights(Trap):
    def __init__(self) -> None:
        super().__init__()
        self.other = nn.Conv2d(4, 4, 3, padding=1)
        self.third = nn.Conv2d(4, 4, 3, padding=1)
        self.third.weight = self.other.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.end(F.relu(self.third(F.relu(self.other(self.conv(x))))))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.end(r.relu(self.third(r.relu(self.other(self.conv(x))))))


class PixelShuffle(Trap):
    def forward(self, x: Tensor) -> Tensor:
        y = F.pixel_unshuffle(F.relu(self.conv(x)), 2)
        return self.end(F.relu(F.pixel_shuffle(y - 0.1, 2)))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.end(r.relu(r.relu(self.conv(x)) - 0.1))


class OtherConvolutions(Trap):
    def __init__(self) -> None:
        super().__init__()
        self.grouped = nn.Conv2d(4, 8, 3, padding=1, groups=2)
        self.dilated = nn.Conv2d(8, 8, 3, padding=2, dilation=2, bias=False)
        self.depthwise = nn.Conv2d(8, 8, (3, 5), padding=(1, 2), groups=8)
        self.point = nn.Conv2d(8, 4, 1, stride=2)
        self.line = nn.Conv1d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.dilated(F.relu(self.grouped(self.conv(x)))))
        y = F.relu(self.point(F.relu(self.depthwise(y))))
        return self.end(self.line(y.flatten(2)).view(-1, 4, 8, 8))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        y = r.relu(self.dilated(r.relu(self.grouped(self.conv(x)))))
        y = r.relu(self.point(r.relu(self.depthwise(y))))
        return self.end(self.line(y.flatten(2)).view(-1, 4, 8, 8))


class Norms(Trap):
    def __init__(self) -> None:
        super().__init__()
        self.group, self.instance = nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True)
        self.layer = nn.LayerNorm(4)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.instance(F.relu(self.group(self.conv(x)))))
        return self.end(self.layer(y.permute(0, 2, 3, 1)).permute(0, 3, 1, 2))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        y = r.relu(self.instance(r.relu(self.group(self.conv(x)))))
        mean, variance = y.mean(1, keepdim=True), y.var(1, unbiased=False, keepdim=True)
        return self.end((y - mean) / (variance + 1e-5).sqrt())


class Transformer(Trap):
    """A block of a vision transformer, with a class token and a register."""

    middle = "patches"

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(4, 8, 4, 4)
        self.tokens, self.places = nn.Parameter(torch.randn(1, 2, 8)), nn.Parameter(torch.randn(1, 18, 8))
        self.norms = nn.ModuleList([nn.LayerNorm(8), nn.LayerNorm(8)])
        self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        y = self.patches(F.relu(self.conv(x))).flatten(2).transpose(1, 2)
        y = torch.cat([self.tokens.expand(len(x), -1, -1), y], 1) + self.places
        n, length, c = y.shape
        q, k, v = self.qkv(self.norms[0](y)).reshape(n, length, 3, 2, c // 2).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, length, c)
        y = y + self.proj(mixed)
        return self.head((y + self.mlp(self.norms[1](y)))[:, 0])

    def plain(self, x: Tensor, r: Any) -> Tensor:
        y = self.patches(r.relu(self.conv(x))).flatten(2).transpose(1, 2)
        y = torch.cat([self.tokens.repeat(len(x), 1, 1), y], 1) + self.places
        q, k, v = (part.unflatten(2, (2, 4)).transpose(1, 2) for part in self.qkv(self.norms[0](y)).chunk(3, 2))
        mixed = ((q @ k.transpose(2, 3)) / 2).softmax(3) @ v
        y = y + self.proj(mixed.transpose(1, 2).flatten(2))
        return self.head((y + self.mlp(self.norms[1](y)))[:, 0])


class Buffers(Trap):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("order", torch.tensor([2, 0, 3, 1]), persistent=False)
        self.register_buffer("mean", torch.randn(3, 1, 1))
        self.steps = [torch.tensor(0.5), torch.tensor(-0.25)]  # neither parameters nor buffers

    def forward(self, x: Tensor) -> Tensor:
        return self.end(F.relu(self.conv(x - self.mean)[:, self.order] * self.steps[0] + self.steps[1]))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.end(r.relu(self.conv(x - self.mean)[:, [2, 0, 3, 1]] * 0.5 - 0.25))


class Parametrized(Trap):
    def __init__(self) -> None:
        super().__init__()
        self.weight_normed = parametrizations.weight_norm(nn.Conv2d(4, 4, 3, padding=1))
        self.spectral = parametrizations.spectral_norm(nn.Conv2d(4, 4, 3, padding=1))
        self.orthogonal = parametrizations.orthogonal(nn.Linear(4, 4))
        self.old = nn.utils.weight_norm(nn.Conv2d(4, 4, 1))

    middle = "weight_normed"

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.spectral(F.relu(self.weight_normed(self.conv(x)))))
        return self.end(self.orthogonal(self.old(y).transpose(1, 3)).transpose(1, 3))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        y = r.relu(self.spectral(r.relu(self.weight_normed(self.conv(x)))))
        return self.end(self.orthogonal(self.old(y).transpose(1, 3)).transpose(1, 3))


class ComplexConstants(Trap):
    """A filter in the frequency domain: operators that no row knows, and complex numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filter", torch.randn(16, 9, dtype=torch.complex64))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.fft.rfft2(F.relu(self.conv(x))) * self.filter
        return self.end(F.relu(torch.fft.irfft2(y, s=(16, 16))))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        y = torch.fft.rfft2(r.relu(self.conv(x))) * self.filter
        return self.end(r.relu(torch.fft.irfft2(y, s=(16, 16))))


class OtherPrecision(Trap):
    """A part in float64, a part in float16."""

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.conv(x).double() - 0.1).float()
        return self.end(F.relu((y * 0.5).half()).to(y.dtype) + y)

    def plain(self, x: Tensor, r: Any) -> Tensor:
        y = r.relu(self.conv(x) - 0.1)
        return self.end(r.relu(y * 0.5) + y)


class ModifiesInput(Trap):
    def forward(self, x: Tensor) -> Tensor:
        x -= 0.1
        x.mul_(2)
        return self.end(F.relu_(self.conv(x)))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        return self.end(r.relu(self.conv((x - 0.1) * 2)))


class NestedLists(Trap):
    def __init__(self) -> None:
        super().__init__()
        inner = [nn.ModuleList([nn.Conv2d(4, 4, 1), nn.ReLU()]) for _ in range(2)]
        self.stages = nn.ModuleList(inner)
        self.named = nn.ModuleDict({"head": nn.Sequential(nn.Conv2d(4, 4, 1), nn.Sequential(nn.ReLU()))})

    middle = "stages.1.0"

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        for stage in self.stages:
            for part in stage:
                x = part(x)
        return self.end(self.named["head"](x))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        x = self.conv(x)
        for stage in self.stages:
            x = r.relu(stage[0](x))
        return self.end(r.relu(self.named["head"][0](x)))


class Pieces(Trap):
    """Split, chunk, slice, select, pad, stack, amax."""

    def forward(self, x: Tensor) -> Tensor:
        a, b = F.relu(self.conv(x)).chunk(2, 1)
        first, _, last = torch.cat([b, a, b], 1).split([2, 2, 2], 1)
        y = torch.stack([first, last], 1).flatten(1, 2)[:, :, 1:, ::2]
        y = (
            F.pad(y, (1, 1, 2, 0), mode="reflect")
            + y.amax((2, 3), keepdim=True)
            + y[:, 1].mean((1, 2))[:, None, None, None]
        )
        return self.end(F.relu(y - 0.2))

    def plain(self, x: Tensor, r: Any) -> Tensor:
        b = r.relu(self.conv(x))[:, 2:]
        y = torch.cat([b, b], 1)[:, :, 1:, ::2]
        padded = torch.cat([y[:, :, [2, 1]], y], 2)
        padded = torch.cat([padded[..., [1]], padded, padded[..., [-2]]], 3)
        y = padded + y.amax((2, 3), keepdim=True) + y[:, 1].mean((1, 2))[:, None, None, None]
        return self.end(r.relu(y - 0.2))


ZOO = [
    FunctionalReLU, ClampAsReLU, MaximumAsReLU, WhereAsReLU, MaskedReLU, OtherRectifiers, SmoothActivations, InplaceAdd,
    InplaceActivation, ReusedModule, Attention, DictOutput, TupleOutput, TwoInputs, ChannelShuffle, SqueezeExcite,
    Decoder, OneChannel, BatchView, BakedOne, BakedFour, TrainingLeftOn, SharedWeights, PixelShuffle,
    OtherConvolutions, Norms, Transformer, Buffers, Parametrized, ComplexConstants, OtherPrecision, ModifiesInput,
    NestedLists, Pieces,
]  # fmt: skip


class Refused(Trap):
    """A path that depends on what is in the picture: torch.export refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.bright, self.dark = nn.Conv2d(4, 4, 1), nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.conv(x))
        y = self.bright(y) if x.mean() > 0 else self.dark(y)
        return self.end(F.relu(y))
