"""The module behind a graph that was captured from it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from deepvis.formats.torch.module_input import ModuleInput, adapted


@dataclass(frozen=True, eq=False)
class Captured:
    """The module whose tensors a graph has, in evaluation mode, and how it takes pictures."""

    module: nn.Module
    entry: ModuleInput

    @property
    def taking(self) -> nn.Module:
        """The module as one that takes pictures (N, C, H, W) alone."""
        return adapted(self.module, self.entry)
