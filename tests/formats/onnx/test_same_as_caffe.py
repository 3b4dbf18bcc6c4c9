"""Trained networks, from Caffe's files and from ONNX: all that is done with them gives the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis.models.model import Model
from deepvis.models.zoo import open_model
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.field import receptive_field
from deepvis.network.net import GraphNet
from deepvis.network.ref import NetworkRef
from deepvis.optimize.ascend import begin, finish
from deepvis.optimize.ascent_network import ascent_net_of
from deepvis.optimize.climb import Job
from deepvis.optimize.objective import unit
from deepvis.optimize.presets import preset
from deepvis.scan.results import read_scan
from deepvis.scan.resumable_scan import ScanOrder, run_scan

ROOT = Path(__file__).resolve().parents[3]
MEAN = (104.0, 117.0, 123.0)
PIXELS = (("channel_order", "BGR"), ("input_scale", 255.0))
LAYERS = ("conv1", "fire2/concat", "fire6/concat", "pool10", "prob")


@dataclass(frozen=True, eq=False)
class Pair:
    """The same network, opened twice."""

    caffe: Model
    onnx: Model

    @property
    def both(self) -> tuple[Model, Model]:
        return self.caffe, self.onnx


@pytest.fixture(scope="module")
def pair(shared: Path) -> Pair:
    models = shared / "models"
    caffe = NetworkRef(
        network=str(models / "squeezenet/deploy.prototxt"),
        weights=str(models / "squeezenet/squeezenet_v1.1.caffemodel"),
        mean=MEAN,
        options=PIXELS,
    )
    onnx = replace(caffe, network=str(models / "onnx/squeezenet_v1.1.onnx"), weights=None)
    return Pair(open_model(caffe), open_model(onnx))


@pytest.fixture(scope="module")
def cat(shared: Path) -> np.ndarray:
    return np.asarray(Image.open(shared / "photos/cat.jpg").convert("RGB"))


def tapes(pair: Pair, cat: np.ndarray):
    for model in pair.both:
        yield model, GraphNet(model.graph).forward({model.data_blob: model.preprocessor.to_input(cat)[None]})


def near(a: torch.Tensor, b: torch.Tensor, tolerance: float = 1e-4) -> bool:
    return bool((a - b).abs().max() <= tolerance * max(float(b.abs().max()), 1e-12))


def test_activations_and_the_top_class(pair: Pair, cat: np.ndarray) -> None:
    (_, a), (_, b) = tapes(pair, cat)
    rectified = {"conv1": "conv1/v2"}  # in place in Caffe's files
    for name in LAYERS:
        assert near(b.blobs[rectified.get(name, name)], a.blobs[name]), name
    assert int(b.blobs["prob"].argmax()) == int(a.blobs["prob"].argmax())
    assert pair.onnx.prob_layer == pair.caffe.prob_layer == "prob"
    assert {"pool10", "prob"} <= set(pair.onnx.label_layers)


@pytest.mark.parametrize("mode", list(BACK_MODES))
@pytest.mark.parametrize("layer", ["fire6/concat", "pool10", "prob"])
def test_every_back_mode(pair: Pair, cat: np.ndarray, layer: str, mode: str) -> None:
    found = []
    for model, tape in tapes(pair, cat):
        seed = torch.zeros(tape.blobs[layer].shape)
        seed[0, 281] = 1.0
        if layer == "fire6/concat":
            seed = torch.zeros(seed.shape)
            seed.reshape(-1)[tape.blobs[layer].argmax()] = 1.0
        found.append(tape.backward(layer, seed, mode)[model.data_blob])
    assert near(found[1], found[0], 1e-3) and found[0].any()


def test_fields(pair: Pair) -> None:
    shapes = [GraphNet(model.graph).shapes for model in pair.both]
    for name in ("conv1", "pool1", "fire2/concat", "fire6/concat", "pool10"):
        row, col = (size // 2 for size in shapes[0][name][2:])
        a, b = (receptive_field(m.graph, s, name, row, col) for m, s in zip(pair.both, shapes, strict=True))
        assert a == b, name


def test_optimized_pictures_of_the_same_seed(pair: Pair) -> None:
    a, b = optimized(pair, "fire6/concat", 8)
    assert near(b, a, 1e-3)


def optimized(pair: Pair, layer: str, iterations: int) -> list[torch.Tensor]:
    pictures = []
    for model in pair.both:
        ascent_net = ascent_net_of(model)
        recipe = replace(preset("3"), max_iter=iterations)
        (climb,) = finish(ascent_net, [begin(ascent_net, Job(unit(layer, 5), recipe, 1))])
        assert climb.best is not None
        pictures.append(climb.best.x)
    return pictures


def test_top_nine(pair: Pair, shared: Path, tmp_path: Path) -> None:
    units = (("fire6/concat", range(0, 384, 24)), ("pool10", range(0, 1000, 100)))
    check_top_nine(pair, shared, tmp_path, 50, units)


def check_top_nine(pair: Pair, shared: Path, tmp_path: Path, every: int, units: Sequence[tuple[str, range]]) -> None:
    """Of so many photos: one in ``every``. units: layer -> channels to look at."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for path in sorted((shared / "photos/imagenet-probe").glob("*.jpg"))[::every]:
        (photos / path.name).symlink_to(path)
    scans = []
    for word, model in zip(("caffe", "onnx"), pair.both, strict=True):
        is_caffe = word == "caffe"
        ref = NetworkRef(
            network=str(model.file), weights=str(model.weights) if is_caffe else None, mean=MEAN, options=PIXELS
        )
        run_scan(ScanOrder(ref, str(photos), tmp_path / word))
        scans.append(read_scan(tmp_path / word))
    for layer, channels in units:
        for channel in channels:
            a, b = (scan.patches(layer, channel) for scan in scans)
            assert len(a) == len(b) and a
            for one, other in zip(a, b, strict=True):
                assert one.value == pytest.approx(other.value, rel=1e-4, abs=1e-4)
            if a[0].value > a[1].value + 1e-3:
                assert (a[0].path, a[0].row, a[0].col) == (b[0].path, b[0].row, b[0].col)


GOOGLENET = ("pool1/norm1", "inception_3a/output", "inception_4c/output", "pool5/7x7_s1", "loss3/classifier", "prob")


@pytest.fixture(scope="module")
def googlenet(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = shared / "models/bvlc-googlenet"
    files = [str(folder / "deploy.prototxt"), str(folder / "bvlc_googlenet.caffemodel")]
    file = tmp_path_factory.mktemp("googlenet") / "googlenet.onnx"
    tool = [sys.executable, str(shared / "tools/caffe_to_onnx.py"), *files, "224", str(file)]
    subprocess.run(tool, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    caffe = NetworkRef(network=files[0], weights=files[1], mean=MEAN, options=PIXELS)
    return Pair(open_model(caffe), open_model(replace(caffe, network=str(file), weights=None)))


def test_googlenet_forward_and_back(googlenet: Pair, cat: np.ndarray) -> None:
    (_, a), (_, b) = tapes(googlenet, cat)
    for name in GOOGLENET:
        assert near(b.blobs[name], a.blobs[name]), name
    layer = "inception_4c/output"
    for mode in BACK_MODES:
        seed = torch.zeros(a.blobs[layer].shape)
        seed.reshape(-1)[a.blobs[layer].argmax()] = 1.0
        found = [t.backward(layer, seed, mode)[m.data_blob] for m, t in zip(googlenet.both, (a, b), strict=True)]
        assert near(found[1], found[0], 1e-3) and found[0].any(), mode


def test_googlenet_fields(googlenet: Pair) -> None:
    shapes = [GraphNet(model.graph).shapes for model in googlenet.both]
    for name in GOOGLENET[:3]:
        a, b = (receptive_field(m.graph, s, name, 3, 3) for m, s in zip(googlenet.both, shapes, strict=True))
        assert a == b, name


def test_googlenet_optimized_pictures_of_the_same_seed(googlenet: Pair) -> None:
    a, b = optimized(googlenet, "inception_4c/output", 4)
    assert near(b, a, 1e-3)


def test_googlenet_top_nine(googlenet: Pair, shared: Path, tmp_path: Path) -> None:
    units = (("inception_4c/output", range(0, 512, 64)), ("loss3/classifier", range(0, 1000, 200)))
    check_top_nine(googlenet, shared, tmp_path, 200, units)
