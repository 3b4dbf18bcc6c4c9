"""In what numbers a module is computed: float32, unless its own code needs other types of some parts."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import nn


def own_types(module: nn.Module) -> list[str]:
    """Its floating point types but float32, as "float16"."""
    tensors = [*module.parameters(), *module.buffers()]
    found = {tensor.dtype for tensor in tensors if tensor.is_floating_point()} - {torch.float32}
    return sorted(str(dtype).removeprefix("torch.") for dtype in found)


def computable(module: nn.Module, does_run: Callable[[nn.Module], bool]) -> tuple[nn.Module, list[str]]:
    """(the module, or a copy, on the CPU and in float32; notes on it).

    Where it runs in its own types alone, as with a part in double that is given x.double(), they are kept.
    """
    types = own_types(module)
    if not types and all(tensor.device.type == "cpu" for tensor in (*module.parameters(), *module.buffers())):
        return module, []
    single = copy.deepcopy(module).float().cpu()
    if not types:
        return single, []
    words = " and ".join(types)
    if not does_run(single):
        own = copy.deepcopy(module).cpu()
        if does_run(own):
            return own, [f"parts of the module are computed in {words}, as its own code has them"]
    return single, [f"weights are {words}: they are computed as float32"]
