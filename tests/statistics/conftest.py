"""A small network with a branch and planted dead units, and a few dozen small photos."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))

from networks import PROTOTXT

from deepvis.formats.caffe.weights import write_weights
from deepvis.network.ref import NetworkRef

COUNT = 37
DEAD = (1, 4)  # of conv1: their bias is far below anything that the weights can reach


@pytest.fixture(scope="session")
def ref(tmp_path_factory) -> NetworkRef:
    """The network, with weights of its own; units DEAD of relu1 are dead."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "own.prototxt").write_text(PROTOTXT)
    rng = np.random.default_rng(0)
    shapes = {"conv1": (6, 3, 3, 3), "mixed/a": (4, 6, 1, 1), "mixed/b": (4, 6, 3, 3), "fc": (5, 8 * 49)}
    weights = {n: [rng.normal(0, 0.2, s).astype(np.float32), np.zeros(s[0], np.float32)] for n, s in shapes.items()}
    weights["conv1"][1][list(DEAD)] = -1e4
    write_weights(folder / "own.caffemodel", weights)
    return NetworkRef(
        network=str(folder / "own.prototxt"), weights=str(folder / "own.caffemodel"), mean=(90.0, 100.0, 110.0)
    )


@pytest.fixture(scope="session")
def photos(tmp_path_factory) -> Path:
    """37 noise photos of different shapes, and a file that is none."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(5)
    for index in range(COUNT):
        height, width = rng.integers(16, 40, 2)
        pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:03d}.png")
    (folder / "020_none.png").write_bytes(b"no picture")
    return folder
