"""The network and the scan of tests/scan/from_0_1_0, which version 0.1.0 made.

Made there with: python made_by_0_1_0.py FOLDER OUTPUT, run by deepvis 0.1.0 with chunks of 16 images; FOLDER is the
collection of conftest.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

NET = """
name: "old"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 16 dim: 16 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 3 kernel_size: 3 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "pool1" top: "fc" inner_product_param { num_output: 4 } }
"""
MEAN = (90.0, 100.0, 110.0)
SHAPES = {"conv1": (3, 3, 3, 3), "fc": (4, 3 * 49)}


def weights(seed: int = 0) -> dict[str, list[np.ndarray]]:
    """Whole numbers over 64: the same bits everywhere."""
    rng = np.random.default_rng(seed)

    def drawn(shape: tuple[int, ...]) -> np.ndarray:
        return (rng.integers(-32, 33, shape) / 64).astype(np.float32)

    return {name: [drawn(shape), drawn(shape[:1])] for name, shape in SHAPES.items()}


def write_network(folder: Path, write_weights, seed: int = 0) -> tuple[Path, Path]:
    """(deploy.prototxt, its weights) in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    prototxt, caffemodel = folder / "old.prototxt", folder / f"old_{seed}.caffemodel"
    prototxt.write_text(NET)
    write_weights(caffemodel, weights(seed))
    return prototxt, caffemodel


def scan_with_0_1_0(images: Path, output: Path) -> None:
    from deepvis.model.weights import write_weights
    from deepvis.top_activations import layout, plan
    from deepvis.top_activations.run import ScanOrder, run_scan

    plan.LEAST_CHUNK = 16
    prototxt, caffemodel = write_network(output / "network", write_weights)
    ref = plan.ModelRef(prototxt=str(prototxt), weights=str(caffemodel), mean=MEAN)
    run_scan(ScanOrder(ref, str(images), output / "unit_jpg_vis", layers=("fc",)))
    layout.run_crops(layout.CropOrder(output / "unit_jpg_vis", output / "unit_jpg_vis"))


if __name__ == "__main__":
    import sys

    scan_with_0_1_0(Path(sys.argv[1]), Path(sys.argv[2]))
