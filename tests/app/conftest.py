"""A small network of real layers, and small photos: enough for whole runs in a second."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from deepvis.model.weights import write_weights

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
    folder = tmp_path_factory.mktemp("photos")
    noise = np.random.default_rng(1)
    for i, (height, width) in enumerate([(40, 60), (90, 30), (50, 50)]):
        Image.fromarray(noise.integers(0, 255, (height, width, 3), np.uint8)).save(folder / f"photo{i}.png")
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own cache is read or written."""
    monkeypatch.setenv("DEEPVIS_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of moving stripes, 25 frames per second."""
    path = tmp_path_factory.mktemp("video") / "stripes.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (96, 64))
    columns = np.arange(96)
    for i in range(25):
        row = ((columns + 4 * i) % 32 * 8).astype(np.uint8)
        writer.write(np.repeat(np.tile(row, (64, 1))[:, :, None], 3, axis=2))
    writer.release()
    return path
