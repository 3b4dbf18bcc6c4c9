"""Transforms: the network sees the picture shifted, scaled, turned, cropped or noisy, anew in each iteration.

What only works in one exact place is washed out. The transform of an image in an iteration depends on its seed
and that iteration alone, so a run can be resumed, and the rest of the batch changes nothing.

Source: Mordvintsev et al. 2015 (jitter); Olah, Mordvintsev & Schubert 2017, "transformation robustness"; Fel et al.
2023 (random crops and noise, several views a step).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.regularizers import SETTINGS, Setting, Step

if TYPE_CHECKING:  # the settings are options of the command line, whose help needs no torch
    from torch import Tensor

TRANSFORMS = (
    Setting("jitter", 1e9, "show the picture shifted by up to so many pixels each way"),
    Setting("scale_jitter", 0.9, "show the picture scaled by up to this share, larger or smaller"),
    Setting("rotate_jitter", 180, "show the picture turned by up to so many degrees"),
    Setting("crop", 1, "show crops of this share of each side or more, anywhere in the picture", is_later=True),
    Setting("noise", 255, "show the picture with noise of this standard deviation, in grey levels", is_later=True),
)
MOVES = ("jitter", "scale_jitter", "rotate_jitter", "crop")  # those that say from where in the picture a place comes
VIEWS = Setting(
    "views", 64, "look so many times in each step, each transformed anew", whole=True, is_later=True, is_count=True
)
for _setting in (*TRANSFORMS, VIEWS):
    SETTINGS.put(_setting.name, _setting)


def is_transformed(strengths: Mapping[str, float]) -> bool:
    """Does the network see the picture anew each time? Then the seed says how, not only where to start."""
    return any(strengths[setting.name] for setting in TRANSFORMS)


def check_shift(strengths: Mapping[str, float], size: tuple[int, int]) -> None:
    """Raise OptimizeError where the shift is as large as the picture, which is then mostly out of view.

    size: (height, width) of the picture.
    """
    if strengths["jitter"] >= min(size):
        raise OptimizeError(
            f"jitter is {strengths['jitter']:g} pixels and the network's picture {size[0]} x {size[1]}; "
            f"give a --jitter of less than {min(size)}"
        )


def within_field(strengths: Mapping[str, float], field: int, size: int) -> dict[str, float]:
    """The strengths, shifts and crops no larger than a quarter of what the unit sees: else it would see another place.

    field: the side of its receptive field; size: that of the picture, in pixels.
    """
    reach = field / 4.0
    crop = strengths["crop"] and max(strengths["crop"], 1.0 - 2.0 * reach / size)
    return {**strengths, "jitter": min(strengths["jitter"], reach), "crop": crop}


@dataclass(frozen=True, eq=False)
class Views:
    """What the network sees in an iteration.

    seen: (M, C, H, W), mean-subtracted: every image once, or as often as its setting ``views`` says.
    owners: of each row, the number of its image. pulled_back: from a gradient by ``seen``, (M, C, H, W), to that by the
    images, (N, C, H, W): the mean over an image's views.
    """

    seen: Tensor
    owners: Sequence[int]
    pulled_back: Callable[[Tensor], Tensor]

    def mean_of(self, values: Tensor) -> Tensor:
        """(N,): of a number for each row, (M,), the mean over an image's views."""
        if self._is_once:
            return values
        import torch

        owners = torch.tensor(self.owners, device=values.device)
        return torch.stack([values[owners == n].mean() for n in range(max(self.owners) + 1)])

    def first_of(self, values: Tensor) -> Tensor:
        """(N,): of something for each row, (M,), that of an image's first view."""
        return values if self._is_once else values[[self.owners.index(n) for n in range(max(self.owners) + 1)]]

    @property
    def _is_once(self) -> bool:
        return len(set(self.owners)) == len(self.owners)


def look(x: Tensor, step: Step, grey_level: Tensor | None = None) -> Views:
    """The batch as the network sees it now.

    x: (N, C, H, W), mean-subtracted: what comes into view from outside is the mean. grey_level: as of AscentNetwork.
    """
    import torch
    import torch.nn.functional as F

    counts = [max(int(views), 1) for views in step["views"]]
    owners = [n for n, count in enumerate(counts) for _ in range(count)]
    looks = [(n, view) for n, count in enumerate(counts) for view in range(count)]
    whole = x if len(owners) == len(x) else x[owners]
    seen = whole
    rows = [row for row, (n, _) in enumerate(looks) if any(step[name][n] for name in MOVES)]
    if rows:
        height, width = x.shape[-2:]
        matrices = [_matrix(step, *looks[row], height, width) for row in rows]
        theta = torch.tensor(np.stack(matrices), dtype=x.dtype).to(x.device)
        grid = F.affine_grid(theta, [len(rows), *x.shape[1:]], align_corners=False)
        with torch.enable_grad():
            some = whole[rows].detach().requires_grad_()
            moved = F.grid_sample(some, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        seen = whole.clone()
        seen[rows] = moved.detach()
    for row, (n, view) in enumerate(looks):
        if step["noise"][n]:
            seen = seen.clone() if seen is x or seen is whole else seen
            noise = torch.from_numpy(_noise(step, n, view, tuple(x.shape[1:]))).to(x.device)
            seen[row] += noise if grey_level is None else noise * grey_level

    def pulled_back(grad: Tensor) -> Tensor:
        if rows:
            (below,) = torch.autograd.grad(moved, some, grad[rows])
            grad = grad.clone()
            grad[rows] = below
        if len(owners) == len(x):
            return grad
        return torch.stack([part.mean(0) for part in grad.split(counts)])

    return Views(seen, owners, pulled_back)


def _matrix(step: Step, n: int, view: int, height: int, width: int) -> np.ndarray:
    """(2, 3): from a place in what is seen to the place in the picture, in affine_grid's units of -1..1."""
    random = _random(step, n, view)
    jitter, scale, degrees, crop = (step[name][n] for name in MOVES)
    down, across = random.integers(-round(jitter), round(jitter), size=2, endpoint=True)
    factor = 1.0 / (1.0 + random.uniform(-scale, scale))
    angle = math.radians(random.uniform(-degrees, degrees))
    cos, sin = factor * math.cos(angle), factor * math.sin(angle)
    matrix = np.array(
        [
            [cos, -sin * height / width, 2.0 * across / width],
            [sin * width / height, cos, 2.0 * down / height],
        ]
    )
    if not crop:
        return matrix
    share = random.uniform(crop, 1.0)
    left, top = random.uniform(share - 1.0, 1.0 - share, size=2)
    return matrix @ np.array([[share, 0.0, left], [0.0, share, top], [0.0, 0.0, 1.0]])


def _noise(step: Step, n: int, view: int, shape: tuple[int, ...]) -> np.ndarray:
    random = np.random.default_rng([step.seeds[n], step.iterations[n], view, 1])
    return random.standard_normal(shape, np.float32) * np.float32(step["noise"][n])


def _random(step: Step, n: int, view: int) -> np.random.Generator:
    start = [step.seeds[n], step.iterations[n]]
    return np.random.default_rng([*start, view] if view else start)
