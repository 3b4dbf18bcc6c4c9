"""One forward pass of a pycaffe net, and the ops that are kept from pass to pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from deepvis.caffe.blob import Blob
from deepvis.caffe.synced import storage_of
from deepvis.network.op import Op


@dataclass(eq=False)
class Pass:
    """What a forward pass has computed and not yet put into the blobs.

    fresh: blob -> values, in the layout that the next layer likes. memories: where the users' arrays lie that layers
    have read: a top that is a view of one must be copied, for the array can be written to. rectified: names of ReLU
    layers that the layer before them has done.
    """

    blobs: Mapping[str, Blob]
    device: torch.device
    training: bool
    fresh: dict[str, Tensor] = field(default_factory=dict)
    memories: set[int] = field(default_factory=set)
    rectified: set[str] = field(default_factory=set)

    def take(self, name: str, *, in_place: bool) -> Tensor:
        """The newest values of a bottom; a copy where they lie in memory that the layer's top will overwrite."""
        x = self.fresh.get(name)
        if x is not None:
            return x
        x = self.blobs[name].tensor(self.device)
        if in_place:
            return x.clone()
        self.memories.add(storage_of(x))
        return x

    def give(self, name: str, value: Tensor) -> None:
        """Enter a top."""
        if storage_of(value) in self.memories and not self.blobs[name].shares_data:
            value = value.clone()
        self.fresh[name] = value

    def settle(self) -> None:
        """Put what has been computed into the blobs, and forget it."""
        for name, value in self.fresh.items():
            self.blobs[name].put(value)
        self.fresh.clear()


@dataclass(eq=False)
class Ready:
    """A layer's op, and the weights that it was built for.

    stamps: of the weights' blobs at that time, None where somebody held their arrays. copies: the weights as they
    were, where the op has laid them out anew and somebody held them; then it was built of the copies.
    """

    op: Op
    device: torch.device
    training: bool
    stamps: list[int | None]
    copies: list[Tensor] | None = None

    def suits(self, now: Pass, stamps: list[int | None]) -> bool:
        is_alike = self.device == now.device and self.training == now.training
        return is_alike and stamps == self.stamps and None not in stamps

    def has(self, now: Pass, weights: Sequence[Tensor]) -> bool:
        """Are the weights what they were?"""
        if self.copies is None or self.device != now.device or self.training != now.training:
            return False
        return all(a.device == b.device and torch.equal(a, b) for a, b in zip(weights, self.copies, strict=True))
