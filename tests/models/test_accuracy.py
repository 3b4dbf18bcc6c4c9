"""The command that measures top-1 on photos whose class is in their name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from deepvis.formats.caffe.weights import write_weights
from deepvis.models.labels import read_synsets
from deepvis.models.zoo import load_model
from deepvis.network.net import GraphNet
from deepvis.sources.photos import load_rgb

NET = """
input: "data" input_shape { dim: [1, 3, 8, 8] }
layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" pooling_param { pool: AVE global_pooling: true } }
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc" inner_product_param { num_output: 3 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""


def run(root: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, root / "scripts" / "measure_accuracy.py", *arguments]
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120)


def test_counts_right_answers(tmp_path: Path, root: Path) -> None:
    """A network that names a photo by its strongest colour channel."""
    (tmp_path / "net.prototxt").write_text(NET)
    bgr_to_rgb = np.eye(3, dtype=np.float32)[::-1] * 0.1
    write_weights(tmp_path / "net.caffemodel", {"fc": [bgr_to_rgb.copy(), np.zeros(3, np.float32)]})
    (tmp_path / "labels.txt").write_text("n00000001 red\nn00000002 green\nn00000003 blue\n")
    photos = tmp_path / "photos"
    for name, channel in {
        "n00000001_a.png": 0,
        "green/b.png": 1,
        "n00000003_c.png": 2,
        "n00000003_wrong.png": 0,
    }.items():
        rgb = np.zeros((20, 10, 3), np.uint8)
        rgb[..., channel] = 200
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rgb).save(photos / name)
    Image.new("RGB", (9, 9)).save(photos / "unknown.png")
    files = ["--prototxt", tmp_path / "net.prototxt", "--weights", tmp_path / "net.caffemodel"]
    files += ["--labels", tmp_path / "labels.txt", "--device", "cpu"]
    done = run(root, *files, "--images", photos, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        **{"model": tmp_path.name, "photos": 4},
        **{"caffe": {"top1": 0.75, "top5": 1.0}, "window": {"top1": 0.75, "top5": 1.0}},
    }
    wrong = run(root, *files, "--images", tmp_path / "none")
    assert wrong.returncode == 2 and "found no such folder" in wrong.stderr


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(("name", "top1"), [("bvlc-googlenet", 0.786), ("squeezenet", 0.657)])
def test_published_networks_on_the_probe_photos(name: str, top1: float, root: Path, shared: Path) -> None:
    files = shared / "models" / name
    network = ["--prototxt", files / "deploy.prototxt", "--weights", next(files.glob("*.caffemodel"))]
    network += ["--mean", "104,117,123", "--labels", files / "synset_words.txt"]
    command = [root / "scripts" / "measure_accuracy.py", *network, "--images", shared / "photos" / "imagenet-probe"]
    done = subprocess.run([sys.executable, *map(str, command), "--json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["caffe"]["top1"] == pytest.approx(top1, abs=0.01)


@pytest.mark.shared
def test_answers_as_opencv_does_and_as_often_right(root: Path, shared: Path) -> None:
    """A hundred photos, evenly spread, through another engine that reads the same files."""
    files, photos = shared / "models" / "squeezenet", shared / "photos" / "imagenet-probe"
    prototxt, weights = files / "deploy.prototxt", next(files.glob("*.caffemodel"))
    network = ["--prototxt", prototxt, "--weights", weights, "--mean", "104,117,123"]
    done = run(root, *network, "--labels", files / "synset_words.txt", "--images", photos, "--count", 100, "--json")
    assert done.returncode == 0, done.stderr
    model = load_model(prototxt=prototxt, weights=weights, mean=(104, 117, 123), labels=files / "synset_words.txt")
    net, theirs = GraphNet(model.graph), cv2.dnn.readNetFromCaffe(str(prototxt), str(weights))
    synsets, apart, right = read_synsets(files / "synset_words.txt"), [], 0
    for path in sorted(photos.glob("*.jpg"))[::10]:
        x = model.preprocessor.normalised(model.preprocessor.caffe_crop(load_rgb(path)))
        ours = net.forward({model.data_blob: x[np.newaxis]}, keep={"prob"}).blobs["prob"].numpy().ravel()
        whole = cv2.resize(cv2.imread(str(path)), (256, 256), interpolation=cv2.INTER_LINEAR)
        middle = np.ascontiguousarray(whole[14:241, 14:241])  # 227 x 227
        theirs.setInput(cv2.dnn.blobFromImage(middle, 1.0, (227, 227), (104, 117, 123)))
        apart.append(float(np.abs(ours - theirs.forward().ravel()).max()))
        right += synsets[int(ours.argmax())] == path.name[:9]
    found = json.loads(done.stdout)
    assert np.median(apart) < 1e-4 and np.mean(np.array(apart) < 1e-3) > 0.95  # probabilities; JPEG decoders round
    assert found["photos"] == 100 and found["caffe"]["top1"] * 100 == pytest.approx(right)
    assert 50 < right < 100 * found["caffe"]["top5"]
