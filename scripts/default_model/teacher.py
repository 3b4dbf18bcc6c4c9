"""What a larger network says of every view of a photo, without running it again for each view.

The teacher (GoogLeNet) sees each training photo once as it is and once mirrored, stretched to its own square
input. Its maps are kept. What it would say of a view is read from the maps where the view lies: the average of the
linear classifier's scores over the view's cells, and the maps themselves, resampled to the student's grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, eq=False)
class Maps:
    """The teacher's answer to photos, per side: [as it is, mirrored].

    middle: 2 x (N, h, w, C) float16, a projection of an inner layer to C dimensions of similar weight.
    scores: 2 x (N, h, w, classes) float16, the linear classifier applied to every cell of the last maps.
    last: 2 x (N, h, w, D) float16, the last maps projected to D dimensions.
    """

    middle: tuple[np.ndarray, np.ndarray]
    scores: tuple[np.ndarray, np.ndarray]
    last: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Targets:
    """scores (N, classes), softened probabilities; maps (N, C, grid, grid); vector (N, D); float32."""

    scores: Tensor
    maps: Tensor
    vector: Tensor


MIRROR = np.array([[-1.0], [1.0]])


def targets_of(maps: Maps, rows: np.ndarray, views: np.ndarray, grid: int, soften: float) -> Targets:
    """What the teacher says of views of photos.

    rows: (N,) the photos' rows in ``maps``. views: (N, 2, 3), as ``views.random_view`` makes them. grid: the
    student's map has grid x grid cells. soften: temperature of the probabilities. Mirrored views are read from
    the maps of the mirrored photo.
    """
    sides = (np.linalg.det(views[:, :, :2]) < 0).astype(int)
    views = np.where(sides[:, None, None], views * MIRROR, views)

    def read(pair: tuple[np.ndarray, np.ndarray], cells: int) -> Tensor:
        stack = np.stack([pair[side][row] for row, side in zip(rows, sides, strict=True)])
        source = torch.from_numpy(stack).float().permute(0, 3, 1, 2)
        theta = torch.from_numpy(views).float()
        where = F.affine_grid(theta, [len(rows), 1, cells, cells], align_corners=False)
        return F.grid_sample(source, where, padding_mode="border", align_corners=False)

    scores = F.softmax(read(maps.scores, 7).mean((2, 3)) / soften, 1)
    return Targets(scores, read(maps.middle, grid), read(maps.last, 7).mean((2, 3)))


@dataclass(frozen=True, eq=False)
class Projection:
    """y = (x - mean) @ matrix; matrix (C, D)."""

    mean: np.ndarray
    matrix: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return (x - self.mean) @ self.matrix


def fit_projection(samples: np.ndarray, size: int) -> Projection:
    """Principal directions of samples (n, C), scaled so that large ones do not drown the small.

    A direction of variance v keeps sqrt(v) of it; all together have variance 1 on average.
    """
    mean = samples.mean(0)
    values, vectors = np.linalg.eigh(np.cov((samples - mean).T))
    values, vectors = np.maximum(values[::-1][:size], 1e-12), vectors[:, ::-1][:, :size]
    scale = values**-0.25
    scale /= np.sqrt(np.mean(values * scale**2))
    return Projection(mean.astype(np.float32), (vectors * scale).astype(np.float32))


def fit_classifier(
    features: np.ndarray, labels: np.ndarray, classes: int, decay: float = 2e-4, steps: int = 300
) -> tuple[np.ndarray, np.ndarray]:
    """Multinomial logistic regression, every class of the same weight: (weights (D, classes), bias (classes,)).

    features: (n, D) float32, of training photos only. decay: of the squared weights, per unit of mean loss.
    """
    x, y = torch.from_numpy(features), torch.from_numpy(labels)
    scale = x.std()
    x = x / scale
    share = 1.0 / torch.bincount(y, minlength=classes).clamp(min=1).float()
    weights = torch.zeros(x.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=steps, history_size=20)

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(x @ weights + bias, y, weight=share) + decay * (weights**2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    return (weights.detach() / scale).numpy(), bias.detach().numpy()
