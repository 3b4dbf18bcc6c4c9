"""The embedded default is what its folder says it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from default_model.photos import list_photos
from default_model.session import accuracy_of

from deepvis.models.zoo import load_model
from deepvis.network.net import Net


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    return root / "models" / "caffenet-mini"


@pytest.fixture(scope="module")
def record(folder: Path) -> dict:
    return json.loads((folder / "training.json").read_text())


def test_it_is_small_and_knows_faces(folder: Path) -> None:
    model = load_model("caffenet-mini")
    assert (folder / "caffenet-mini.caffemodel").stat().st_size <= 16e6
    assert len(model.labels) == 100 and "Faces" in model.labels
    assert model.label_layers == {"fc8", "prob"} and model.prob_layer == "prob"


def test_it_keeps_its_promise_on_held_out_photos(record: dict) -> None:
    assert record["accuracy"]["mean_per_class"] >= 0.62
    assert record["data"] == record["data"] | {"classes": 100, "trained_on": 6559, "held_out": 1683}


def test_the_page_and_the_record_agree(folder: Path, record: dict) -> None:
    page = (folder / "accuracy.md").read_text()
    assert f"| top-1, mean of the classes | {record['accuracy']['mean_per_class']:.1%} |" in page
    pairs = page.split("## The ten most confused pairs")[1].split("## Each class")[0]
    assert pairs.count("\n| ") == 11
    assert page.split("## Each class")[1].count("\n| ") == 101


def test_first_filters_are_edges_and_colours_not_noise() -> None:
    """Of noise a 3 x 3 blur keeps a seventh of the energy, of edges and blobs nearly all."""
    filters = next(node.weights[0] for node in load_model("caffenet-mini").graph.nodes if node.name == "conv1")
    taps = np.array([1, 2, 1]) / 4
    blurred = filters[:, :, :-2] * taps[0] + filters[:, :, 1:-1] * taps[1] + filters[:, :, 2:] * taps[2]
    blurred = blurred[..., :-2] * taps[0] + blurred[..., 1:-1] * taps[1] + blurred[..., 2:] * taps[2]
    kept = np.square(blurred).sum((1, 2, 3)) / np.square(filters[:, :, 1:-1, 1:-1]).sum((1, 2, 3))
    assert np.median(kept) > 0.5


def test_the_astronaut_is_a_face() -> None:
    model = load_model("caffenet-mini")
    x = model.preprocessor.to_input(skimage.data.astronaut())
    scores = Net(model.graph).forward({model.data_blob: x[np.newaxis]}, keep="prob").blobs["prob"].flatten()
    assert model.labels[int(scores.argmax())] == "Faces"


@pytest.mark.shared
@pytest.mark.slow
def test_the_accuracy_is_measured_on_these_very_files(folder: Path, record: dict, shared: Path) -> None:
    photos = list_photos(shared / "photos" / "caltech101")
    accuracy = accuracy_of(folder, photos, lambda things, total, what: things)
    for name in ("mean_per_class", "top1", "top5"):
        assert getattr(accuracy, name) == pytest.approx(record["accuracy"][name], abs=0.003)
