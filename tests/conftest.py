"""Fixtures for every room: ../shared, a virtual X server, a small network, photos and a video; the --slow switch."""

from __future__ import annotations

import os
import shutil

# before torch and numpy are imported: the tests share few cores
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.helpers.screen import Screen

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow too")
    parser.addoption("--screenshots", metavar="DIR", help="keep the pictures for docs/screenshots there")


def pytest_configure(config: pytest.Config) -> None:
    """Hypothesis draws the same examples each time, so that two runs of one code agree; with --slow it draws new ones.

    An example may take as long as a busy machine needs.
    """
    from hypothesis import settings

    settings.register_profile("suite", deadline=None, derandomize=not config.getoption("--slow"))
    settings.load_profile("suite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    skip_slow = pytest.mark.skip(reason="slow; run with --slow")
    skip_shared = pytest.mark.skip(reason=f"the big data folder {SHARED} is not here")
    for item in items:
        if "slow" in item.keywords and not config.getoption("--slow"):
            item.add_marker(skip_slow)
        if "shared" in item.keywords and not SHARED.is_dir():
            item.add_marker(skip_shared)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ../shared; the test is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip(f"the big data folder {SHARED} is not here")
    return SHARED


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """A virtual X server of 1600 x 1000 pixels; the test is skipped where there can be none."""
    from tests.helpers.screen import NoScreenError, virtual_screen

    try:
        with virtual_screen(tmp_path_factory.mktemp("xvfb")) as started:
            yield started
    except NoScreenError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def display(screen: Screen) -> str:
    """The name of the virtual X server's display, ":7"."""
    return screen.display


NET = """
name: "tiny"
input: "data"
input_dim: 1 input_dim: 3 input_dim: 24 input_dim: 32
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 12 kernel_size: 5 stride: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2"
  convolution_param { num_output: 7 kernel_size: 3 pad: 1 } }
layer { name: "relu2" type: "ReLU" bottom: "conv2" top: "conv2" }
layer { name: "fc3" type: "InnerProduct" bottom: "conv2" top: "fc3"
  inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "fc3" top: "prob" }
"""


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Arguments that name a network of four layers, 24 x 32 input, with labels."""
    import numpy as np

    from deepvis.formats.caffe.weights import write_weights

    folder = tmp_path_factory.mktemp("tiny")
    prototxt, weights, labels = folder / "tiny.prototxt", folder / "tiny.caffemodel", folder / "labels.txt"
    prototxt.write_text(NET)
    noise = np.random.default_rng(0)
    shapes = {"conv1": (12, 3, 5, 5), "conv2": (7, 12, 3, 3), "fc3": (10, 7 * 5 * 7)}
    write_weights(
        weights,
        {
            name: [noise.normal(0, 0.1, shape).astype(np.float32), np.zeros(shape[0], np.float32)]
            for name, shape in shapes.items()
        },
    )
    labels.write_text("".join(f"class {i}\n" for i in range(10)))
    return ["--prototxt", str(prototxt), "--weights", str(weights), "--mean", "104,117,123", "--labels", str(labels)]


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three photos of different shapes."""
    import numpy as np
    from PIL import Image

    folder = tmp_path_factory.mktemp("photos")
    noise = np.random.default_rng(1)
    for i, (height, width) in enumerate([(40, 60), (90, 30), (50, 50)]):
        Image.fromarray(noise.integers(0, 255, (height, width, 3), np.uint8)).save(folder / f"photo{i}.png")
    return folder


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of moving stripes, 25 frames per second."""
    import cv2
    import numpy as np

    path = tmp_path_factory.mktemp("video") / "stripes.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (96, 64))
    columns = np.arange(96)
    for i in range(25):
        row = ((columns + 4 * i) % 32 * 8).astype(np.uint8)
        writer.write(np.repeat(np.tile(row, (64, 1))[:, :, None], 3, axis=2))
    writer.release()
    return path


@pytest.fixture(scope="session")
def launch_chromium() -> Iterator[Callable[..., Any]]:
    """Launches a headless Chromium with switches; the test is skipped where there is none, or nothing to drive it.

    One playwright for all tests: a second one in the same thread is refused.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install -r requirements-test.txt")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(names)} is installed; scripts/test.sh installs chromium")
    with sync_api.sync_playwright() as playwright:
        yield lambda switches: playwright.chromium.launch(executable_path=path, headless=True, args=list(switches))
