"""TorchScript is refused by name, or looked at from outside where a part is; wrappers are taken off."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import deepvis
from deepvis.formats.torch.opener import opened_module
from deepvis.formats.torch.wrapped import inner
from deepvis.network.model_error import ModelError

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit")


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3))


def test_torchscript_is_named() -> None:
    with pytest.raises(ModelError, match=r"^net: found a TorchScript module.* give the module that it was made from"):
        opened_module(torch.jit.script(small()), "net")


def test_a_part_in_torchscript_is_looked_at_from_outside() -> None:
    module = nn.Sequential(nn.Conv2d(3, 3, 3), torch.jit.script(small())).eval()
    network = deepvis.open(module, input_size=12, device="cpu")
    assert network.layers == ("0", "1", "output") and "'1' in TorchScript" in network.model.notes[0]
    x = torch.randn(3, 12, 12)
    wanted = module(x[None])[0].detach().numpy()
    assert np.allclose(network.activations(x, "1")["1"], wanted, atol=1e-5)
    assert network.project(x, "1", 0).any()


def test_wrappers_are_taken_off() -> None:
    module = small()
    assert inner(torch.compile(module)) is module and inner(nn.DataParallel(module)) is module
