"""The plain loop beside preset lucid: the same total variation, and all of the batch."""

from __future__ import annotations

import pytest
import torch

from benchmarks.lucid import shares, smoother
from deepvis.optimize.regularizers import roughness_slope


@pytest.mark.parametrize("batch, workers", [(8, 2), (7, 2), (1, 4), (10, 3)])
def test_every_image_of_the_batch_has_a_worker(batch: int, workers: int) -> None:
    parts = shares(batch, workers)
    assert sorted(n for part in parts for n in part) == list(range(batch))
    assert len(parts) <= workers and max(map(len, parts)) - min(map(len, parts)) <= 1


def test_total_variation_takes_a_share_of_each_gradient_s_length() -> None:
    random = torch.Generator().manual_seed(0)
    x = 50 * torch.randn(2, 3, 8, 8, generator=random)
    grad = torch.randn(2, 3, 8, 8, generator=random) * torch.tensor([1.0, 100.0])[:, None, None, None]
    taken = grad - smoother(grad, x, 0.1)
    for n in range(2):  # as ascend does, one image at a time
        slope = roughness_slope(x[n])
        torch.testing.assert_close(taken[n], 0.1 * grad[n].norm() / slope.norm() * slope, rtol=1e-4, atol=1e-4)
    assert torch.equal(smoother(grad, x, 0.0), grad)
