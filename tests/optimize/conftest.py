"""Small networks to climb on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from deepvis.engine.net import Net
from deepvis.model.graph import load_net
from deepvis.optimize.specimen import Specimen

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True, scope="session")
def _few_threads() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Path]:
    """part -> that file or folder of the golden data, of the repository's own copy or else of ../shared's."""

    def find(part: str) -> Path:
        for base in (ROOT / "tests" / "golden", ROOT.parent / "shared" / "golden"):
            if (base / part).exists():
                return base / part
        pytest.skip(f"golden/{part} is neither in tests/golden nor in ../shared/golden")

    return find


@pytest.fixture(scope="session")
def caffenet_like(golden: Callable[[str], Path]) -> Specimen:
    """The network of the golden traces: CaffeNet's shape at 67 px."""
    folder = golden("nets/caffenet_like_a")
    net = Net(load_net(folder / "net.prototxt", folder / "weights.caffemodel"))
    mean = torch.tensor([104.0, 117.0, 123.0])[:, None, None].expand(3, 67, 67)
    return Specimen(net, mean.contiguous())
