"""A small module with the traps that users' modules have; its twin in Caffe's format is made in conformance.py.

Batch norm, functional rectifiers and one in place, a module that is called twice, branches that are joined, a sum in
place, global average pooling, a dropout that is left in training mode.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INPUT_SHAPE = (3, 40, 48)


class Small(nn.Module):
    input_shape = INPUT_SHAPE

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 5, stride=2, padding=2, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.pool1 = nn.MaxPool2d(2)
        self.left = nn.Conv2d(8, 6, 1)
        self.right = nn.Conv2d(8, 10, 3, padding=1)
        self.act = nn.ReLU(inplace=True)  # called twice
        self.again = nn.Conv2d(16, 16, 3, padding=1)  # called twice
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(16, 10)

    def values(self, x: Tensor, relu=F.relu) -> dict[str, Tensor]:
        """All values by name. relu: in place of every rectifier that is not the module ``act``."""
        v: dict[str, Tensor] = {}
        v["conv1"] = self.conv1(x)
        v["bn1"] = self.bn1(v["conv1"])
        v["relu"] = relu(v["bn1"])
        v["pool1"] = self.pool1(v["relu"])
        left, right = self.left(v["pool1"]), self.right(v["pool1"])
        v["left"], v["right"] = left.clone(), right.clone()  # as they are before the rectifier in place
        act = self.act if relu is F.relu else relu
        v["act"], v["act@1"] = act(left), act(right)
        v["cat"] = torch.cat([v["act"], v["act@1"]], 1)
        v["again"] = self.again(v["cat"])
        v["relu@1"] = relu(v["again"])
        total = self.again(v["relu@1"])
        v["again@1"] = total.clone()
        total += v["cat"]
        v["add"] = total
        v["relu@2"] = relu(v["add"])
        v["mean"] = v["relu@2"].mean((2, 3))
        v["fc"] = self.fc(self.drop(v["mean"]))
        v["softmax"] = F.softmax(v["fc"], 1)
        return v

    def forward(self, x: Tensor) -> Tensor:
        return self.values(x)["softmax"]


def make(seed: int = 0) -> Small:
    """The module with random weights and running statistics, left in training mode."""
    random = torch.Generator().manual_seed(seed)
    module = Small()
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name.endswith("running_var") or name == "bn1.weight":
                tensor.copy_(torch.rand(tensor.shape, generator=random) + 0.5)
            elif tensor.is_floating_point():
                size = tensor[0].numel() if tensor.dim() > 1 else 16
                tensor.copy_(torch.randn(tensor.shape, generator=random) * (2 / size) ** 0.5)
    return module.train()


def changed() -> Small:
    """The same with one weight a little larger."""
    module = make()
    with torch.no_grad():
        module.fc.weight[3, 5] += 1e-4
    return module
