from __future__ import annotations

import numpy as np
import pytest

from deepvis.core.back_modes import GRADIENT
from deepvis.core.types import BackRequest, NetRequest, Unit
from deepvis.live.showing import deepest
from deepvis.network.maps import as_maps, from_maps, maps_shape, position_seed
from tests.helpers.networks import noise_frame

SHAPES = {
    (1, 6, 4, 5): (6, 4, 5),
    (2, 6, 4, 5): (6, 8, 5),
    (1, 10): (10, 1, 1),
    (300, 21): (21, 300, 1),
    (1, 2, 40): (2, 40, 1),
    (2, 3, 4, 5, 6): (3, 40, 6),
    (7,): (7, 1, 1),
    (): (1, 1, 1),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_any_blob_is_shown_as_maps_by_channel(shape):
    blob = np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape)
    maps = as_maps(blob)
    assert maps.shape == maps_shape(shape) == SHAPES[shape]
    assert np.array_equal(from_maps(maps, shape), blob)
    if len(shape) == 4:
        assert np.array_equal(maps[3, :4], blob[0, 3]) and np.array_equal(maps[3, -4:], blob[-1, 3])
        assert np.shares_memory(maps, blob) == (shape[0] == 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_seed_at_a_position_shows_there(shape):
    channels, height, _ = maps_shape(shape)
    maps = as_maps(position_seed(shape, channels - 1, height - 1, 0))
    assert maps.sum() == 1 and maps[channels - 1, height - 1, 0] == 1


def test_how_deep_an_ask_goes():
    blobs = ("data", "conv1", "pool1", "fc")
    frame = noise_frame()
    back = BackRequest(Unit("pool1", 0), GRADIENT)
    assert deepest(NetRequest(frame), blobs) is None
    assert deepest(NetRequest(frame, shown=frozenset({"conv1"})), blobs) == "conv1"
    assert deepest(NetRequest(frame, back, shown=frozenset({"conv1"})), blobs) == "pool1"
    assert deepest(NetRequest(frame, back, shown=frozenset({"fc", "conv1"})), blobs) == "fc"
