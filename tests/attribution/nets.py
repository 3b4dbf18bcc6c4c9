"""Small networks whose weights follow from a formula: the same on every machine, without a file."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

LINEAR = """
name: "linear"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 16 dim: 16 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 5 kernel_size: 3 bias_term: false weight_filler { type: "gaussian" std: 0.2 } } }
layer { name: "gap" type: "Pooling" bottom: "conv" top: "gap" pooling_param { pool: AVE global_pooling: true } }
layer { name: "fc" type: "InnerProduct" bottom: "gap" top: "fc"
  inner_product_param { num_output: 4 bias_term: false weight_filler { type: "gaussian" std: 0.3 } } }
"""


class Waves(nn.Module):
    """Two convolutions with rectifiers, a pooling, the mean over places, a linear layer: no symmetry anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.relu1 = nn.Conv2d(3, 6, 3, padding=1), nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.conv2, self.relu2 = nn.Conv2d(6, 8, 3, padding=1), nn.ReLU()
        self.fc = nn.Linear(8, 5)
        with torch.no_grad():
            for number, weights in enumerate(self.parameters()):
                places = torch.arange(weights.numel(), dtype=torch.float64).reshape(weights.shape)
                weights.copy_(torch.sin(places * 1.7 + number) * 0.4)
        self.eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.relu1(self.conv1(x)))
        return self.fc(self.relu2(self.conv2(x)).mean((2, 3)))


class NormalizedWaves(nn.Module):
    """The same with batch normalization after each convolution, both poolings, and a linear layer more."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.norm1, self.relu1 = nn.Conv2d(3, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU()
        self.max = nn.MaxPool2d(2)
        self.conv2, self.norm2, self.relu2 = nn.Conv2d(6, 8, 3), nn.BatchNorm2d(8), nn.ReLU()
        self.mean, self.flat = nn.AvgPool2d(2), nn.Flatten()
        self.fc1, self.relu3, self.fc2 = nn.Linear(32, 7), nn.ReLU(), nn.Linear(7, 5)
        with torch.no_grad():
            for number, weights in enumerate([*self.parameters(), *self.buffers()]):
                if weights.is_floating_point():
                    places = torch.arange(weights.numel(), dtype=torch.float64).reshape(weights.shape)
                    weights.copy_(torch.sin(places * 1.7 + number) * 0.4)
            for norm in (self.norm1, self.norm2):
                norm.running_var.copy_(norm.running_var.abs() + 0.5)
        self.eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.max(self.relu1(self.norm1(self.conv1(x))))
        x = self.flat(self.mean(self.relu2(self.norm2(self.conv2(x)))))
        return self.fc2(self.relu3(self.fc1(x)))


def waves_input() -> np.ndarray:
    """(3, 12, 12) float32."""
    places = np.arange(3 * 12 * 12, dtype=np.float64).reshape(3, 12, 12)
    return (np.cos(places * 0.37) + 0.2 * np.sin(places)).astype(np.float32)
