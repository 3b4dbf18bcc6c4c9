"""Files of results."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from deepvis.optimize.results import write_jpeg


@pytest.mark.parametrize("quality", [1, 40, 80, 81, 90, 93, 95])
def test_noise_can_be_written_at_any_quality(tmp_path, quality):
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3)).astype(np.uint8)
    write_jpeg(tmp_path / "noise.jpg", noise, quality)
    with Image.open(tmp_path / "noise.jpg") as found:
        assert found.size == (300, 300)
