"""Robustness beyond the paper: the network sees the picture shifted, scaled or turned, anew each time.

What only works in one exact place is washed out. The shift of an image in an iteration depends on its seed
and that iteration alone, so a run can be resumed, and the rest of the batch changes nothing.

Source: Mordvintsev et al. 2015 (jitter); Olah, Mordvintsev & Schubert 2017, "transformation robustness".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.regularizers import SETTINGS, Setting, Step

if TYPE_CHECKING:  # the settings are options of the command line, whose help needs no torch
    from torch import Tensor

SHAKES = (
    Setting("jitter", 1e9, "show the picture shifted by up to so many pixels each way"),
    Setting("scale_jitter", 0.9, "show the picture scaled by up to this share, larger or smaller"),
    Setting("rotate_jitter", 180, "show the picture turned by up to so many degrees"),
)
for _setting in SHAKES:
    SETTINGS.put(_setting.name, _setting)


def is_shaken(strengths: Mapping[str, float]) -> bool:
    """Does the network see the picture anew each time? Then the seed says how, not only where to start."""
    return any(strengths[setting.name] for setting in SHAKES)


def check_shift(strengths: Mapping[str, float], size: tuple[int, int]) -> None:
    """Raise OptimizeError where the shift is as large as the picture, which is then mostly out of view.

    size: (height, width) of the picture.
    """
    if strengths["jitter"] >= min(size):
        raise OptimizeError(
            f"jitter is {strengths['jitter']:g} pixels and the network's picture {size[0]} x {size[1]}; "
            f"give a --jitter of less than {min(size)}"
        )


def look(x: Tensor, step: Step) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """The batch as the network sees it now, and the way of a gradient at that back to x.

    x: (N, C, H, W), mean-subtracted: what comes into view from outside is the mean.
    """
    shakes = list(zip(step["jitter"], step["scale_jitter"], step["rotate_jitter"], strict=True))
    rows = [n for n, shake in enumerate(shakes) if any(shake)]
    if not rows:
        return x, lambda grad: grad
    import torch
    import torch.nn.functional as F

    height, width = x.shape[-2:]
    matrices = [_matrix(*shakes[n], step.seeds[n], step.iterations[n], height, width) for n in rows]
    theta = torch.tensor(np.stack(matrices), dtype=x.dtype).to(x.device)
    grid = F.affine_grid(theta, [len(rows), *x.shape[1:]], align_corners=False)
    with torch.enable_grad():
        some = x[rows].detach().requires_grad_()
        turned = F.grid_sample(some, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    seen = x.clone()
    seen[rows] = turned.detach()

    def back(grad: Tensor) -> Tensor:
        (below,) = torch.autograd.grad(turned, some, grad[rows])
        result = grad.clone()
        result[rows] = below
        return result

    return seen, back


def _matrix(
    jitter: float, scale: float, degrees: float, seed: int, iteration: int, height: int, width: int
) -> np.ndarray:
    """(2, 3): from a place in what is seen to the place in the picture, in affine_grid's units of -1..1."""
    random = np.random.default_rng([seed, iteration])
    down, across = random.integers(-round(jitter), round(jitter), size=2, endpoint=True)
    factor = 1.0 / (1.0 + random.uniform(-scale, scale))
    angle = math.radians(random.uniform(-degrees, degrees))
    cos, sin = factor * math.cos(angle), factor * math.sin(angle)
    return np.array(
        [
            [cos, -sin * height / width, 2.0 * across / width],
            [sin * width / height, cos, 2.0 * down / height],
        ]
    )
