"""torch, loaded when first used: ``from deepvis.network.lazy import F, Tensor, torch``.

Loading torch takes more than a second. What reads a network's files and lists its layers needs the tables of layer
types, but computes nothing; so the window is there, with the layers' names, before torch is.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch as torch
    from torch import Tensor as Tensor
    from torch.nn import functional

    F = functional
else:

    class Lazy:
        """A module that is imported with the first name that is asked of it; names are kept once found."""

        def __init__(self, module: str) -> None:
            self.__dict__["_module"] = module

        def __getattr__(self, name: str) -> Any:
            value = getattr(importlib.import_module(self._module), name)
            self.__dict__[name] = value
            return value

    torch, F = Lazy("torch"), Lazy("torch.nn.functional")
    Tensor = Any  # for annotations alone: isinstance wants torch.Tensor
