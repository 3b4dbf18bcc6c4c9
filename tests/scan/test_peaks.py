"""Peaks of blobs of any shape and memory order, against NumPy's argmax."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.scan.peaks import peaks_of


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 7, 1, 6), (3, 2, 6, 1), (2, 4), (2, 3, 5), (2, 3, 2, 4, 5)])
@pytest.mark.parametrize("channels_last", [False, True])
def test_values_and_places(shape, channels_last) -> None:
    rng = np.random.default_rng(0)
    blob = torch.from_numpy(rng.integers(-2, 3, shape).astype(np.float32))  # many ties
    if channels_last and blob.dim() == 4:
        blob = blob.to(memory_format=torch.channels_last)
    elif channels_last and blob.dim() > 2:
        blob = blob.movedim(1, -1).contiguous().movedim(-1, 1)
    flat = blob.numpy().reshape(*shape[:2], -1)
    limits = rng.integers(-2, 3, shape[1]).astype(np.float32)
    peaks = peaks_of(blob, limits)
    assert (peaks.values == flat.max(axis=2)).all() and peaks.values.dtype == np.float32
    assert (peaks.places == np.where(peaks.values > limits, flat.argmax(axis=2), 0)).all()
    assert peaks.places.dtype == np.int32


def test_a_slice_of_a_blob() -> None:
    blob = torch.randn(2, 8, 4, 4)[:, 2:5]
    peaks, flat = peaks_of(blob, np.full(3, -np.inf, np.float32)), blob.numpy().reshape(2, 3, -1)
    assert (peaks.values == flat.max(axis=2)).all() and (peaks.places == flat.argmax(axis=2)).all()
