"""A tiny network, a tiny folder of photos that can be told apart, and a recipe of seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from default_model.recipe import Recipe
from PIL import Image

TINY = """
name: "tiny"
input: "data"
input_shape { dim: 1 dim: 3 dim: 25 dim: 25 }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 8 kernel_size: 5 stride: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "norm1" type: "LRN" bottom: "pool1" top: "norm1" lrn_param { local_size: 5 alpha: 0.1 beta: 0.75 } }
layer { name: "conv5" type: "Convolution" bottom: "norm1" top: "conv5"
  convolution_param { num_output: 8 kernel_size: 3 pad: 1 group: 2 } }
layer { name: "relu5" type: "ReLU" bottom: "conv5" top: "conv5" }
layer { name: "pool5" type: "Pooling" bottom: "conv5" top: "pool5"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "fc7" type: "InnerProduct" bottom: "pool5" top: "fc7" inner_product_param { num_output: 16 } }
layer { name: "relu7" type: "ReLU" bottom: "fc7" top: "fc7" }
layer { name: "drop7" type: "Dropout" bottom: "fc7" top: "fc7" dropout_param { dropout_ratio: 0.2 } }
layer { name: "fc8" type: "InnerProduct" bottom: "fc7" top: "fc8" inner_product_param { num_output: 100 } }
layer { name: "prob" type: "Softmax" bottom: "fc8" top: "prob" }
"""
COLOURS = {"apple": (200, 40, 40), "leaf": (40, 180, 60), "sea": (40, 60, 200)}


@pytest.fixture(scope="session")
def photos_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of 10 photos, each of its own colour with noise, of different shapes."""
    root = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(3)
    for name, colour in COLOURS.items():
        (root / name).mkdir()
        for number in range(10):
            height, width = rng.integers(30, 60, 2)
            rgb = np.clip(np.array(colour) + rng.normal(0, 25, (height, width, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(rgb).save(root / name / f"image_{number:04d}.png")
    return root


@pytest.fixture(scope="session")
def tiny_prototxt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("net") / "tiny.prototxt"
    path.write_text(TINY)
    return path


@pytest.fixture
def recipe() -> Recipe:
    return Recipe(epochs=4, batch=8, rate=5e-3, warmup=0.5, average=0.8, small=19, small_until=0.5)
