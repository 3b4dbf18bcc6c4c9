"""Layer types that no golden case covers, beside OpenCV's own reading of the same file."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.formats.caffe.weights import write_weights

pytestmark = pytest.mark.skipif(
    not hasattr(cv2, "dnn") or not hasattr(cv2.dnn, "readNetFromCaffe"), reason="this OpenCV reads no Caffe files"
)

INPUT = 'layer {{ name: "{0}" type: "Input" top: "{0}" input_param {{ shape {{ {1} }} }} }}\n'


def both(tmp_path, inputs: dict[str, np.ndarray], layer: str, weights=None) -> tuple[np.ndarray, np.ndarray]:
    """(the engine's, OpenCV's) value of the blob "y"."""
    text = "".join(INPUT.format(b, " ".join(f"dim: {d}" for d in x.shape)) for b, x in inputs.items()) + layer
    write_weights(tmp_path / "w.caffemodel", weights or {})
    ours = caffe_net(load_net(text, weights)).forward(inputs).blobs["y"].numpy()
    (tmp_path / "n.prototxt").write_text(text)
    net = cv2.dnn.readNetFromCaffe(str(tmp_path / "n.prototxt"), str(tmp_path / "w.caffemodel"))
    for blob, x in inputs.items():
        net.setInput(x, blob)
    return ours, net.forward("y")


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(0, 1, shape).astype(np.float32)


@pytest.mark.parametrize(
    "name, shape, params",
    [
        ("Permute", (2, 3, 4, 5), "permute_param { order: 0 order: 2 order: 3 order: 1 }"),
        ("ShuffleChannel", (2, 6, 4, 5), "shuffle_channel_param { group: 3 }"),
        ("ReLU6", (2, 3, 4, 5), ""),
        ("Interp", (2, 3, 4, 5), "interp_param { height: 9 width: 7 }"),
        ("Interp", (1, 3, 4, 5), "interp_param { zoom_factor: 3 }"),
    ],
)
def test_without_weights(tmp_path, name: str, shape: tuple[int, ...], params: str) -> None:
    ours, theirs = both(
        tmp_path, {"x": 4 * noise(*shape)}, f'layer {{ name: "y" type: "{name}" bottom: "x" top: "y" {params} }}'
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("across, scales", [("true", 1), ("false", 5)])
def test_normalize(tmp_path, across: str, scales: int) -> None:
    shared = str(scales == 1).lower()
    params = f"norm_param {{ across_spatial: {across} channel_shared: {shared} }}"
    layer = f'layer {{ name: "y" type: "Normalize" bottom: "x" top: "y" {params} }}'
    weights = {"y": [np.arange(1, scales + 1, dtype=np.float32)]}
    ours, theirs = both(tmp_path, {"x": noise(2, 5, 3, 4)}, layer, weights)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(
    "params",
    [
        "min_size: 30 max_size: 60 aspect_ratio: 2 aspect_ratio: 3 flip: true clip: false "
        "variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2",
        "min_size: 30 aspect_ratio: 2 aspect_ratio: 2 flip: false clip: true variance: 0.1 step: 16 offset: 0.3",
        "min_size: 20 min_size: 40 max_size: 30 max_size: 70 aspect_ratio: 2 variance: 0.1 clip: true",
    ],
)
def test_prior_box(tmp_path, params: str) -> None:
    layer = (
        f'layer {{ name: "y" type: "PriorBox" bottom: "f" bottom: "image" top: "y" prior_box_param {{ {params} }} }}'
    )
    ours, theirs = both(tmp_path, {"f": noise(1, 2, 4, 5), "image": noise(1, 3, 60, 90)}, layer)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("code", ["CORNER", "CENTER_SIZE"])
@pytest.mark.parametrize("keep", [200, 4])
def test_detection_output(tmp_path, code: str, keep: int) -> None:
    random = np.random.default_rng(5)
    count, classes = 30, 4
    low = random.uniform(0, 0.6, (count, 2))
    boxes = np.concatenate([low, low + random.uniform(0.1, 0.4, (count, 2))], 1)
    priors = np.stack([boxes.reshape(-1), np.tile([0.1, 0.1, 0.2, 0.2], count)])[None].astype(np.float32)
    scores = random.dirichlet(np.ones(classes), count).reshape(1, -1).astype(np.float32)
    layer = (
        'layer { name: "y" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "prior" top: "y" '
        f"detection_output_param {{ num_classes: {classes} share_location: true background_label_id: 0 "
        f"nms_param {{ nms_threshold: 0.45 top_k: 20 }} code_type: {code} keep_top_k: {keep} "
        "confidence_threshold: 0.2 } }"
    )
    inputs = {"loc": (noise(1, count * 4) * 0.3), "conf": scores, "prior": priors}
    ours, theirs = both(tmp_path, inputs, layer)
    ours, theirs = ours[0, 0], theirs[0, 0]  # OpenCV sorts by score and may fill up with zeros; Caffe sorts by label
    assert (np.diff(ours[:, 1]) >= 0).all()
    theirs = theirs[theirs[:, 2] > 0]
    np.testing.assert_allclose(ours[ours[:, 2].argsort()], theirs[theirs[:, 2].argsort()], atol=1e-5)
