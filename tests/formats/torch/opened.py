"""The small architectures opened as a user's module, each once for all tests."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.network.net import GraphNet
from tests.formats.networks import architectures

FILE = Path(architectures.__file__)


@lru_cache(maxsize=16)
def model_of(name: str) -> Model:
    return load_model(prototxt=f"{FILE}:{name}")


@lru_cache(maxsize=16)
def net_of(name: str) -> GraphNet:
    return GraphNet(model_of(name).graph)


@lru_cache(maxsize=16)
def module_of(name: str) -> nn.Module:
    module: nn.Module = getattr(architectures, name)()
    return module


def picture(name: str, batch: int = 1) -> Tensor:
    shape = module_of(name).input_shape
    return torch.rand(batch, *shape, generator=torch.Generator().manual_seed(3))  # type: ignore[misc]


def eager_values(name: str, x: Tensor) -> dict[str, Tensor]:
    """What each module of the network returns at its last call."""
    module, values, hooks = module_of(name), {}, []
    for path, part in module.named_modules():
        hooks.append(part.register_forward_hook(lambda part, given, made, path=path: values.update({path: made})))
    with torch.no_grad():
        module(x)
    for hook in hooks:
        hook.remove()
    return values
