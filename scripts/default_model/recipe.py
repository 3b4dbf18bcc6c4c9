"""Every number that decides a training run, in one frozen value; it is written into training.json."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from default_model.light import LightRanges
from default_model.views import ViewRanges


@dataclass(frozen=True)
class Recipe:
    """epochs: each draws as many photos as there are to train on, a class with n of them in proportion to
    n ** balance, times its factor in ``favour``. rate: the highest of the learning rate, reached after ``warmup``
    epochs, then a cosine to 0. decay: AdamW's, of weights (conv1_decay: of the first layer). conv1_smooth: how
    strongly each first filter is drawn to its own blurred self, per step and rate, as decay draws to 0: noise
    fades, edges stay. average: of the weights, per step. soften: temperature of the distillation. label_weight and
    those after it: of the terms of the loss, which are the labels (smoothed by ``smoothing``), the teacher's
    scores, its maps, its feature vector; without a teacher the labels alone count. small, small_until: the first
    epochs, up to this share of all, see pictures of only ``small`` pixels. cut, inset: probabilities that a batch's
    pictures are cut into one another, or carry one another made small. fast: bfloat16 arithmetic where it is safe.
    """

    epochs: int = 80
    batch: int = 64
    seed: int = 1
    rate: float = 2e-3
    warmup: float = 3.0
    decay: float = 0.1
    conv1_decay: float = 0.2
    conv1_smooth: float = 3.0
    average: float = 0.998
    balance: float = 0.5
    favour: tuple[tuple[str, float], ...] = (("Faces", 2.0),)
    smoothing: float = 0.1
    soften: float = 2.0
    label_weight: float = 0.5
    score_weight: float = 0.5
    maps_weight: float = 1.0
    vector_weight: float = 0.5
    small: int = 77
    small_until: float = 0.7
    cut: float = 0.2
    inset: float = 0.25
    fast: bool = True
    views: ViewRanges = field(default_factory=ViewRanges)
    light: LightRanges = field(default_factory=LightRanges)

    def size_at(self, epoch: int, full: int) -> int:
        """Side of the pictures in the epoch, counted from 0; ``full`` is the network's own."""
        return min(self.small, full) if epoch < self.epochs * self.small_until else full

    def rate_at(self, epoch: float) -> float:
        """The learning rate after ``epoch`` epochs (a fraction within an epoch)."""
        if epoch < self.warmup:
            return self.rate * epoch / self.warmup
        done = (epoch - self.warmup) / max(self.epochs - self.warmup, 1e-9)
        return self.rate * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
