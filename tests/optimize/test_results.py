"""Files of results."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from deepvis.optimize.results import Origin, write_jpeg


@pytest.mark.parametrize("quality", [1, 40, 80, 81, 90, 93, 95])
def test_noise_can_be_written_at_any_quality(tmp_path, quality):
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3)).astype(np.uint8)
    write_jpeg(tmp_path / "noise.jpg", noise, quality)
    with Image.open(tmp_path / "noise.jpg") as found:
        assert found.size == (300, 300)


@pytest.mark.parametrize(
    ("recorded", "is_made"),
    [
        ({"model": "net", "network": "0123456789ab"}, True),
        ({"model": "the same under another name", "network": "0123456789ab"}, True),
        ({"model": "net", "network": "ba9876543210"}, False),
        ({"model": "net"}, True),  # of an earlier version
        ({"model": "other"}, False),
        ({}, True),
    ],
)
def test_networks_are_told_apart_by_their_identity(recorded, is_made):
    origin = Origin("net", "0123456789ab")
    assert origin.matches(recorded) is is_made
    assert origin.matches_all(recorded, {"size": (2, 3)}) is is_made
    assert origin.matches_all({**recorded, "size": [2, 3]}, {"size": (2, 3)}) is is_made
    assert not origin.matches_all({**recorded, "size": [3, 3]}, {"size": (2, 3)})
    assert not origin.matches_all({**recorded, "more": 1}, {"size": (2, 3)})
