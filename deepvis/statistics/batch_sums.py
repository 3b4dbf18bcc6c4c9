"""The sums of one batch of photos in one layer, taken from the values of a forward pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from deepvis.statistics.unit_sums import JointSums, UnitSums

MOST_PLACES = 1024  # of a map that enter the correlations, in a regular grid


def maps_of(blob: torch.Tensor) -> torch.Tensor:
    """(N, U, ...) -> (N, U, H, W); a vector has maps of one place."""
    shape = blob.shape if blob.dim() > 3 else (*blob.shape, 1, 1)[:4]
    return blob.reshape(*shape[:2], -1, shape[-1])


def unit_sums(maps: torch.Tensor) -> UnitSums:
    """(N, U, H, W) float32 -> the sums of its photos."""
    count = maps.shape[0] * maps.shape[2] * maps.shape[3]
    places = (0, 2, 3)
    mean = maps.sum(places, dtype=torch.float64) / count
    rounded = mean.float()
    apart = maps - rounded[:, None, None]
    squares = (apart * apart).sum(places, dtype=torch.float64) - count * (mean - rounded.double()) ** 2
    highest, lowest = maps.amax((2, 3)), maps.amin((2, 3))
    return UnitSums(
        maps.shape[0],
        count,
        _array(mean),
        np.maximum(_array(squares), 0.0),
        _array(highest.amax(0).double()),
        _array(lowest.amin(0).double()),
        _array((highest > 0).sum(0)),
    )


def joint_sums(maps: torch.Tensor) -> JointSums:
    """(N, U, H, W) float32 -> how its units vary together, over at most ``MOST_PLACES`` places of each map."""
    step = step_of(*maps.shape[2:])
    rows = maps[:, :, ::step, ::step].transpose(0, 1).flatten(1)  # (U, observations)
    mean = rows.mean(1, dtype=torch.float64)
    apart = rows - mean.float()[:, None]
    return JointSums(rows.shape[1], _array(mean), _array((apart @ apart.T).double()))


def step_of(height: int, width: int) -> int:
    """Every so manieth row and column of a map of this size enters the correlations."""
    step = 1
    while -(-height // step) * -(-width // step) > MOST_PLACES:
        step += 1
    return step


def unusable_rows(maps: torch.Tensor, rows: Sequence[int]) -> list[int]:
    """Those of ``rows`` (photos of the batch) that hold a value that is not finite."""
    extent = maps[list(rows)].flatten(1)
    finite = torch.isfinite(extent.amax(1)) & torch.isfinite(extent.amin(1))
    return [row for row, fine in zip(rows, finite.tolist(), strict=True) if not fine]


def absent_rows(maps: torch.Tensor) -> list[int]:
    """Photos that do not come by the layer, in a network with paths: their values are NaN throughout."""
    return torch.nonzero(torch.isnan(maps).flatten(1).all(1)).flatten().tolist()


def _array(values: torch.Tensor) -> np.ndarray:
    found: np.ndarray = values.cpu().numpy()
    return found
