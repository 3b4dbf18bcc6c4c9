"""A small network with a branch, and a few dozen small photos."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from networks import PROTOTXT

from deepvis.network.ref import NetworkRef
from deepvis.scan import plan

COUNT = 45


@pytest.fixture(scope="session")
def ref(tmp_path_factory) -> NetworkRef:
    """The network, its weights from its fillers."""
    path = tmp_path_factory.mktemp("small") / "small.prototxt"
    path.write_text(PROTOTXT)
    return NetworkRef(network=str(path), mean=(90.0, 100.0, 110.0), options=(("fill", True),))


@pytest.fixture(scope="session")
def collection(tmp_path_factory) -> Path:
    """45 noise photos of different shapes, two of them alike, in two folders."""
    folder = tmp_path_factory.mktemp("collection")
    rng = np.random.default_rng(5)
    for index in range(COUNT):
        height, width = rng.integers(12, 40, 2)
        pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
        place = folder / ("cats" if index % 3 else "dogs") / f"{index:03d}.png"
        place.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(place)
    (folder / "cats" / "zz_twin.png").write_bytes((folder / "cats" / "001.png").read_bytes())
    return folder


@pytest.fixture
def small_chunks(monkeypatch) -> None:
    """Chunks of 16 images."""
    monkeypatch.setattr(plan, "LEAST_CHUNK", 16)
