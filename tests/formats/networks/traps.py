"""Modules with one trap each that users' modules hold; all take pictures of 3 x 16 x 16."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Trap(nn.Module):
    input_shape = (3, 16, 16)

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)


class ClassToken(Trap):
    """A parameter repeated for every picture, positions, attention, a token picked out."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.places = nn.Parameter(torch.randn(1, 17, 8))
        self.patches = nn.Conv2d(4, 8, 4, stride=4)
        self.block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(self.conv(x)).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(x.size(0), -1, -1), tokens], 1) + self.places
        return self.block(tokens)[:, 0]


class Inplace(Trap):
    """Views that are written to, operators in place."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        y[:, 1] *= 2
        y.view(len(y), -1)[:, :3].add_(1)
        y.add_(0.1).mul_(0.5)
        return F.relu_(y)


class Pieces(Trap):
    """Values cut up, some of the pieces not used; several outputs in a dict."""

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        a, _, c = self.conv(x).split([1, 1, 2], 1)
        low, high = c.chunk(2, 1)
        return {"sum": a + low, "pair": torch.stack([high, a], 1).flatten(1, 2)}


class Blocks(Trap):
    """A block with functional parts that is called twice."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            return F.relu(self.conv(x) + x)

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(self.Block(), self.Block())

    def forward(self, x: Tensor) -> Tensor:
        x = self.layers(self.conv(x))
        return F.relu(self.layers[1](x) - 1)


class Tied(Trap):
    """Weights of two names, and one that the module works out itself."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4, bias=False)
        self.second.weight = self.first.weight
        self.normed = nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 4, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(self.normed(self.conv(x)).mean((2, 3))))


class Statistics(Trap):
    """Batch norm without scale, instance and group norm; training mode is switched on at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.batch, self.instance, self.group = (
            nn.BatchNorm2d(4, affine=False),
            nn.InstanceNorm2d(4),
            nn.GroupNorm(2, 4),
        )
        self.batch.running_var.uniform_(0.5, 2)
        self.batch.running_mean.uniform_(-1, 1)
        self.drop = nn.Dropout2d()
        self.train()

    def forward(self, x: Tensor) -> Tensor:
        return self.group(self.instance(self.drop(self.batch(self.conv(x)))))


class GradientModes(Trap):
    """Blocks without gradient, and a value cut off from it."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        with torch.no_grad():
            scale = y.abs().mean((1, 2, 3), keepdim=True)
        return y / scale.detach()


class Indices(Trap):
    """Integer buffers, positions made on the way, masks."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("order", torch.tensor([3, 1, 0, 2, 2]), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)[:, self.order]
        y = y + torch.arange(16, device=x.device) / 16
        return torch.where(y > 0, y, 0.1 * y)


class Windows(Trap):
    """Sizes that are multiples of the batch, as in windowed attention."""

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = self.conv(x).shape
        y = self.conv(x).view(n, c, 2, h // 2, 2, w // 2).permute(0, 2, 4, 1, 3, 5).reshape(-1, c, h // 2, w // 2)
        y = y * y.amax((2, 3), keepdim=True)
        return y.view(n, 4, c, h // 2, w // 2).sum(1)


class FixedBatch(Trap):
    """A loop over the batch, whose length is written into the program."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.conv(one[None]) for one in x])


class Padded(Trap):
    """Convolutions of other kinds: padding by name, dilation, groups, one axis; poolings."""

    def __init__(self) -> None:
        super().__init__()
        self.same = nn.Conv2d(4, 4, (3, 4), padding="same", dilation=2)
        self.depthwise = nn.Conv2d(4, 8, 3, groups=4, stride=2, dilation=2, padding=2)
        self.line = nn.Conv1d(8, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.depthwise(self.same(self.conv(x)))
        y = F.max_pool2d(y, 3, 2, padding=1, ceil_mode=True)
        y = F.adaptive_avg_pool2d(y, (3, 2))
        return self.line(y.flatten(2))


class PicksOut(Trap):
    """A size that depends on what is in the picture."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return y[y > 0] + 1


class Chooses(Trap):
    """Control flow that torch.export takes in, as functions."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cond(x.sum() > 0, lambda y: y + 1, lambda y: y - 1, (self.conv(x),))


class DropsAlways(Trap):
    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(self.conv(x))


class OtherUnits(Trap):
    """Operators between whose bottoms and tops the channels change places."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(4, 4, 2, stride=2)
        self.norm = nn.BatchNorm2d(4)
        nn.init.constant_(self.norm.weight, -1)
        self.register_buffer("mixes", torch.randn(4, 4))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm(self.conv(x))).flip(1)
        y = self.up(F.max_pool2d(y, 2))
        y = torch.matmul(self.mixes, y.flatten(2)).view(y.shape)
        low, high = y.tanh().split(2, 1)
        return F.relu(torch.cat([high, low[:, :1], low[:, [1]]], 1)).roll(1, 1)


TRAPS = [ClassToken, Inplace, Pieces, Blocks, Tied, Statistics, GradientModes, Indices, Windows, Padded, OtherUnits]
