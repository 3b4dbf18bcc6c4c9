"""Networks of the tests as PyTorch modules: ``modules.py:NAME``."""

from __future__ import annotations

import torch
from torch import Tensor, nn

SIDE = 24


def mobile() -> nn.Module:
    """Convolution, batch norm, rectifier, a depth-wise convolution, then one that mixes."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2, padding=2, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU6(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
        nn.BatchNorm2d(8),
        nn.ReLU6(),
        nn.Conv2d(8, 12, 1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, 4),
    )
    return net.eval()


class Branches(nn.Module):
    """Two convolutions read the first, one in two groups; the rectifier is x * sigmoid(x)."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.pool = nn.Conv2d(3, 6, 3, padding=1), nn.MaxPool2d(2)
        self.a, self.b = nn.Conv2d(6, 4, 3, padding=1, groups=2), nn.Conv2d(6, 4, 1)
        self.last = nn.Conv2d(4, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        x = self.pool(x * torch.sigmoid(x))
        return self.last(torch.relu(self.a(x) + self.b(x)))


def branches() -> nn.Module:
    torch.manual_seed(1)
    return Branches().eval()


def dense() -> nn.Module:
    """No convolution at all."""
    torch.manual_seed(2)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 7), nn.ReLU(), nn.Linear(7, 3)).eval()


class Infinite(nn.Module):
    """Answers bright pictures with infinities."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        found = torch.relu(self.first(x))
        bright = (x.mean((1, 2, 3)) > 0.9).reshape(-1, 1, 1, 1)
        return torch.where(bright, torch.inf, found)


def infinite() -> nn.Module:
    torch.manual_seed(3)
    return Infinite().eval()
