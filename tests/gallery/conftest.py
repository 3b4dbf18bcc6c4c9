"""A gallery of the embedded model from its committed pictures, and a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deepvis.cli.main import main

SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-quic"),
]


@pytest.fixture(scope="session")
def own_pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder of the user's own pictures, in place of the one at home."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEEPVIS_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def top_of_mini(own_pictures: Path, photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan of three photos over two layers of the embedded model, with crops of some units."""
    folder = tmp_path_factory.mktemp("top")
    output = ["--output", str(folder)]
    assert main(["scan", "--images", str(photos), "--layers", "conv1", "fc8", "--device", "cpu", *output]) == 0
    for layer in ("conv1", "fc8"):
        assert main(["crops", "--scan", str(folder), "--layers", layer, "--units", "3", "4", "--no-report"]) == 0
    return folder


@pytest.fixture(scope="session")
def mini(top_of_mini: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the embedded model's gallery."""
    output = tmp_path_factory.mktemp("mini") / "gallery"
    assert main(["gallery", "--pictures", str(top_of_mini), "--output", str(output)]) == 0
    return output


ODD = """name: "odd" input: "data" input_dim: 1 input_dim: 3 input_dim: 12 input_dim: 20
layer { name: "a/b #1 %20 'q' é" type: "Convolution" bottom: "data" top: "a/b #1 %20 'q' é"
  convolution_param { num_output: 3 kernel_h: 3 kernel_w: 5 } }
layer { name: "a-b #1 %20 'q' é" type: "Convolution" bottom: "a/b #1 %20 'q' é" top: "a-b #1 %20 'q' é"
  convolution_param { num_output: 1 kernel_size: 3 } }
"""
ODD_LAYERS = ("a/b #1 %20 'q' é", "a-b #1 %20 'q' é")


@pytest.fixture(scope="session")
def odd(own_pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery of a network with names that are no words, of which two get one folder; one layer has one unit."""
    folder = tmp_path_factory.mktemp("odd")
    network, output = folder / "odd.prototxt", folder / "the gallery #2"
    network.write_text(ODD)
    words, pictures = ["--network", str(network), "--fill"], [folder / "first", folder / "second"]
    climb = ["--max-iter", "1", "--presets", "3", "--rand-seed", "0", "--device", "cpu"]
    for layer, place in zip(ODD_LAYERS, pictures, strict=True):
        assert main(["optimize-layer", *words, "--push-layer", layer, *climb, "--output", str(place)]) == 0
    assert main(["gallery", *words, "--pictures", *map(str, pictures), "--output", str(output)]) == 0
    return output


@pytest.fixture(scope="session")
def chromium(launch_chromium: Callable[..., Any]) -> Iterator[object]:
    """A headless Chromium."""
    browser = launch_chromium(SWITCHES)
    yield browser
    browser.close()
