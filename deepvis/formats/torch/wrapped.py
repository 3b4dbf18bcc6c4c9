"""Modules that hold another: torch.compile's, DataParallel's, and TorchScript, which holds no Python any more."""

from __future__ import annotations

import torch
from torch import nn

from deepvis.network.model_error import ModelError


def inner(module: nn.Module) -> nn.Module:
    """The module within torch.compile's, DataParallel's or DistributedDataParallel's; others as they are."""
    while True:
        compiled = getattr(module, "_orig_mod", None)
        is_parallel = isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel))
        within = compiled if isinstance(compiled, nn.Module) else module.module if is_parallel else None
        if not isinstance(within, nn.Module):
            return module
        module = within


def check_is_no_script(module: nn.Module, title: str) -> None:
    """Raises ModelError for a TorchScript module."""
    if isinstance(module, torch.jit.ScriptModule):
        raise ModelError(
            f"{title}: found a TorchScript module, which holds compiled code, expected a torch.nn.Module; give the "
            "module that it was made from"
        )


def scripted_parts(module: nn.Module) -> dict[str, nn.Module]:
    """Path -> part in TorchScript; not the parts of such a part."""
    found: dict[str, nn.Module] = {}
    for path, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule) and not is_within(path, found):
            found[path] = part
    return found


def is_within(path: str, parts: dict[str, nn.Module]) -> bool:
    """Is it the path of something in one of the parts, but for the part itself?"""
    return any(path.startswith(f"{each}.") for each in parts)
