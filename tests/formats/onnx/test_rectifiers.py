"""Deconv and guided backprop of an exported network are those of the module that it was exported from."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import deepvis

pytest.importorskip("onnxscript")


class Of(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


NAMED: dict[str, Callable[[], nn.Module]] = {
    "prelu": nn.PReLU, "prelu6": lambda: nn.PReLU(6), "leaky": lambda: nn.LeakyReLU(0.2), "elu": nn.ELU,
    "selu": nn.SELU, "celu": nn.CELU, "relu6": nn.ReLU6, "hardtanh": lambda: nn.Hardtanh(0, 1),
    "threshold": lambda: nn.Threshold(0, 0), "hardswish": nn.Hardswish, "hardsigmoid": nn.Hardsigmoid,
    "gelu": nn.GELU, "mish": nn.Mish, "softplus": nn.Softplus, "silu": nn.SiLU,
    "clamp": lambda: Of(lambda x: x.clamp(min=0)),
}  # fmt: skip


def exported(module: nn.Module, path: Path) -> Path:
    quiet = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (torch.zeros(1, 3, 16, 16),), str(path), dynamo=False, opset_version=17)
    return path


def check_same(activation: nn.Module, folder: Path) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 6, 3), activation, nn.Conv2d(6, 4, 3)).eval()
    x = np.random.default_rng(0).standard_normal((3, 16, 16)).astype(np.float32)
    nets = [deepvis.open(module, input_size=16), deepvis.open(str(exported(module, folder / "net.onnx")))]
    for mode in ("gradient", "deconv", "guided"):
        wanted, found = (net.project(x, net.layers[-1], 0, mode=mode) for net in nets)
        assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max(), mode


@pytest.mark.parametrize("name", list(NAMED))
def test_named(name: str, tmp_path: Path) -> None:
    check_same(NAMED[name](), tmp_path)


WRITTEN: dict[str, Callable[[Tensor], Tensor]] = {
    "where": lambda x: torch.where(x > 0, x, torch.zeros_like(x)),
    "where below": lambda x: torch.where(x < 0, torch.zeros_like(x), x),
    "maximum": lambda x: torch.maximum(x, torch.zeros_like(x)),
    "times its sign": lambda x: x * (x > 0),
    "leaky where": lambda x: torch.where(x > 0, x, x * 0.1),
    "leaky maximum": lambda x: torch.maximum(x, x * 0.1),
}


@pytest.mark.parametrize("name", list(WRITTEN))
def test_written_with_other_operators(name: str, tmp_path: Path) -> None:
    check_same(Of(WRITTEN[name]), tmp_path)
