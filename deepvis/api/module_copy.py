"""A copy of a module that goes on training: its own tensors, and nothing that reaches back into the original."""

from __future__ import annotations

import copy
import functools
import types
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from deepvis.formats.torch.wrapped import check_is_no_script
from deepvis.network.model_error import ModelError

# the names under which torch keeps what a module calls by the way
_HOOKS = (
    "_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called",
    "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs",
    "_backward_hooks", "_backward_pre_hooks", "_non_full_backward_hook",
    "_state_dict_hooks", "_state_dict_pre_hooks", "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks",
)  # fmt: skip
_TORCHS_OWN = "torch.nn.utils"  # weight norm, spectral norm and pruning make weights in hooks: those are kept
_PLAIN = (bool, int, float, str, type(None))


def copied(module: nn.Module) -> nn.Module:
    """The module in evaluation mode, on the CPU, with copies of all its tensors. Raises ModelError.

    The original is only read: its mode, hooks, gradients and tensors stay as they are. Hooks of the user's are left
    out of the copy. What is neither a module, nor a tensor, nor a container of such, both share.
    """
    check_is_no_script(module, type(module).__name__)
    try:
        with torch.inference_mode(False), torch.no_grad():
            twin: nn.Module = _Copying().value(module)
            return twin.eval()
    except (RuntimeError, ValueError, NotImplementedError) as error:
        first = str(error).strip().split("\n")[0]
        raise ModelError(
            f"{type(module).__name__}: its weights cannot be copied ({first}); run it once, on one device, so that "
            "all of its weights are there"
        ) from error


def fingerprint(module: nn.Module) -> tuple[Any, ...]:
    """What the way of the values through it follows from, its weights apart; equal as long as nothing has changed."""
    tensors = [
        (name, tuple(tensor.shape), str(tensor.dtype))
        for name, tensor in (*module.named_parameters(), *module.named_buffers())
    ]
    return tuple(tensors), tuple((path, type(part), *_settings(part)) for path, part in module.named_modules())


def without_settings(found: tuple[Any, ...]) -> tuple[Any, ...]:
    """Of a fingerprint the tensors, and the parts with their classes."""
    tensors, parts = found
    return tensors, tuple(part[:2] for part in parts)


def left_out_hooks(module: nn.Module) -> list[str]:
    """The paths of the parts that have forward hooks of the user's own."""
    return [path or type(module).__name__ for path, part in module.named_modules() if _has_own_hooks(part)]


def _settings(part: nn.Module) -> Iterator[tuple[str, Any]]:
    for name, value in part.__dict__.items():
        if name == "training":
            continue
        if isinstance(value, _PLAIN):
            yield name, value
        elif isinstance(value, (tuple, list)) and all(isinstance(each, _PLAIN) for each in value):
            yield name, tuple(value)


def _has_own_hooks(part: nn.Module) -> bool:
    return any(
        not _is_torchs(hook)
        for name in ("_forward_hooks", "_forward_pre_hooks")
        for hook in part.__dict__.get(name, {}).values()
    )


def _is_torchs(hook: Any) -> bool:
    return type(hook).__module__.startswith(_TORCHS_OWN)


class _Copying:
    """One copy in the making. done: id of what was copied -> (its copy, itself, so that the id stays its own)."""

    def __init__(self) -> None:
        self.done: dict[int, tuple[Any, Any]] = {}

    def value(self, value: Any) -> Any:
        if id(value) in self.done:
            return self.done[id(value)][0]
        if isinstance(value, torch.jit.ScriptModule):  # its parts are torch's own, not Python's
            return self._remembered(value, copy.deepcopy(value).cpu())
        if isinstance(value, nn.Module):
            return self._module(value)
        if isinstance(value, Tensor):
            return self._remembered(value, _tensor(value))
        if isinstance(value, types.MethodType) and isinstance(value.__self__, nn.Module):
            return types.MethodType(value.__func__, self.value(value.__self__))
        if isinstance(value, functools.partial):
            return functools.partial(self.value(value.func), *map(self.value, value.args), **self.value(value.keywords))
        if isinstance(value, (dict, list, tuple, set)):
            return self._container(value)
        return value

    def _remembered(self, original: Any, twin: Any) -> Any:
        self.done[id(original)] = twin, original
        return twin

    def _module(self, module: nn.Module) -> nn.Module:
        twin = self._remembered(module, type(module).__new__(type(module)))
        for name, value in module.__dict__.items():
            if name in _HOOKS:
                is_forward = name in ("_forward_hooks", "_forward_pre_hooks")
                own = {key: hook for key, hook in value.items() if _is_torchs(hook)} if is_forward else {}
                twin.__dict__[name] = None if value is None else OrderedDict(own)
            else:
                twin.__dict__[name] = self.value(value)
        if "_is_full_backward_hook" in twin.__dict__:
            twin.__dict__["_is_full_backward_hook"] = None
        return twin

    def _container(self, value: Any) -> Any:
        if isinstance(value, dict):
            twin = self._remembered(value, _empty(value))
            for key, each in value.items():
                dict.__setitem__(twin, key, self.value(each))
            return twin
        if isinstance(value, list):
            twin = self._remembered(value, value[:0] if type(value) is not list else [])
            twin.extend(map(self.value, value))
            return twin
        parts = [self.value(each) for each in value]
        if all(a is b for a, b in zip(parts, value, strict=True)):
            return value
        return self._remembered(value, type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts))


def _empty(value: dict[Any, Any]) -> dict[Any, Any]:
    """A dictionary of the same class with nothing in it: what its class wants at the start is not known."""
    twin = type(value).__new__(type(value))
    twin.__dict__.update(value.__dict__) if hasattr(value, "__dict__") else None
    if hasattr(value, "default_factory"):
        twin.default_factory = value.default_factory  # type: ignore[attr-defined]
    return twin


def _tensor(tensor: Tensor) -> Tensor:
    """Its values, in memory of their own."""
    values = tensor.detach().to("cpu", copy=True).contiguous()
    return nn.Parameter(values, requires_grad=False) if isinstance(tensor, nn.Parameter) else values
