"""The embedded default is what its folder says it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from default_model.photos import PhotoFolder, list_photos
from default_model.report import Accuracy, accuracy_page
from default_model.session import accuracy_of
from PIL import Image

from deepvis.core.unit_files import unit_image_paths
from deepvis.models.zoo import load_model
from deepvis.network.net import GraphNet


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    return root / "models" / "caffenet-mini"


@pytest.fixture(scope="module")
def photos(shared: Path) -> PhotoFolder:
    return list_photos(shared / "photos" / "caltech101")


@pytest.fixture(scope="module")
def measured(folder: Path, photos: PhotoFolder) -> Accuracy:
    """Of the files in the repository, on every held-out photo."""
    return accuracy_of(folder, photos, lambda things, total, what: things)


def test_it_is_small_and_knows_faces(folder: Path) -> None:
    model = load_model("caffenet-mini")
    assert (folder / "caffenet-mini.caffemodel").stat().st_size <= 16e6
    assert len(model.labels) == 100 and "Faces" in model.labels
    assert model.label_layers == {"fc8", "prob"} and model.prob_layer == "prob"


@pytest.mark.shared
def test_it_keeps_its_promise_on_held_out_photos(measured: Accuracy, photos: PhotoFolder) -> None:
    assert measured.mean_per_class >= 0.62
    assert (len(photos.classes), photos.held_out.sum(), (~photos.held_out).sum()) == (100, 1683, 6559)


@pytest.mark.shared
def test_page_and_record_tell_what_is_measured(folder: Path, measured: Accuracy) -> None:
    """To three photos in a thousand: another processor's sums may turn one."""
    record = json.loads((folder / "training.json").read_text())["accuracy"]
    for name in ("mean_per_class", "top1", "top5"):
        assert getattr(measured, name) == pytest.approx(record[name], abs=0.003)
    shares = r"\| ([\d.]+)%"
    told, made = ((folder / "accuracy.md").read_text(), accuracy_page(measured, folder.name, ""))
    for row in ("| top-1, mean of the classes ", "| top-1, all photos ", "| top-5, all photos "):
        one, other = (float(re.search(re.escape(row) + shares, page)[1]) for page in (told, made))
        assert one == pytest.approx(other, abs=0.3), row
    classes = [re.findall(r"^\| (\w+) \| (\d+) \| \d+% \|$", page, re.M) for page in (told, made)]
    assert classes[0] == classes[1] and len(classes[0]) == 100


def test_it_names_the_pictures_that_were_made_for_its_classes() -> None:
    """The shipped preferred inputs, four of each class, one of each preset: random weights name one in a hundred."""
    model = load_model("caffenet-mini")
    net, right = GraphNet(model.graph), []
    for channel in range(100):
        with Image.open(unit_image_paths(model.unit_image_dir, "fc8", channel).montage) as montage:
            rgb = np.asarray(montage.convert("RGB"))
        side, pitch = 117, len(rgb) // 6  # six rows of six
        tiles = [rgb[row : row + side, col : col + side] for row in (0, 3 * pitch) for col in (0, 3 * pitch)]
        x = np.stack([model.preprocessor.to_input(tile) for tile in tiles])
        said = net.forward({model.data_blob: x}, keep={"fc8"}, until="fc8").blobs["fc8"].reshape(4, -1).argmax(1)
        right.append((said == channel).float().mean())
    assert np.mean(right) > 0.85


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
    scores = GraphNet(model.graph).forward({model.data_blob: x[np.newaxis]}, keep="prob").blobs["prob"].flatten()
    assert model.labels[int(scores.argmax())] == "Faces"
