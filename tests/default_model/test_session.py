"""From a folder of photos to a model's folder that the toolbox opens."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from default_model.distil import Teacher, TeacherBlobs, open_lesson
from default_model.photos import list_photos, open_cache
from default_model.session import Place, open_session

from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.models.preprocess import Preprocessor
from deepvis.models.zoo import load_model
from deepvis.network.model_error import ModelError


def no_bars(things, total=None, what=""):
    return things


@pytest.fixture
def place(photos_folder: Path, tiny_prototxt: Path, tmp_path: Path) -> Place:
    return Place(photos_folder, tiny_prototxt, tmp_path / "mini", tmp_path / "work", tmp_path / "docs")


@pytest.fixture
def teacher(tiny_prototxt: Path) -> Teacher:
    empty = caffe_net(load_net(tiny_prototxt, on_missing="fill"))
    rng = np.random.default_rng(4)
    weights = {
        layer: [rng.normal(size=tuple(blob.shape)).astype(np.float32) for blob in blobs]
        for layer, blobs in empty.parameters().items()
    }
    return Teacher(
        "tiny",
        caffe_net(load_net(tiny_prototxt, weights)),
        Preprocessor((3, 25, 25)),
        TeacherBlobs("conv5", "pool5", size=4),
    )


def test_a_session_ends_in_a_model_that_opens(place: Place, teacher: Teacher, recipe) -> None:
    session = open_session(place, recipe, lambda: teacher, no_bars)
    rows: list[dict] = []
    session.train(2, rows.append)
    again = open_session(place, recipe, lambda: teacher, no_bars)
    assert again.run.epoch == 2
    again.train(None, rows.append)
    accuracy = again.export()
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    model = load_model(place.out)
    assert model.labels == ("apple", "leaf", "sea") and model.prob_layer == "prob"
    assert model.graph.nodes[-2].weights[0].shape == (3, 16)
    record = json.loads((place.out / "training.json").read_text())
    assert (record["data"]["trained_on"], record["data"]["held_out"], record["epochs_done"]) == (24, 6, 4)
    assert record["accuracy"]["top1"] == round(accuracy.top1, 4)
    assert record["teacher"]["name"] == "tiny" and len(record["curve"]) == 4 and record["seconds"] >= 0
    assert (place.docs / "mini-conv1.png").read_bytes()[:4] == b"\x89PNG"
    assert "| sea | 2 |" in (place.out / "accuracy.md").read_text()


def test_the_script_trains_without_a_teacher(place: Place, root: Path, capsys, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(root / "scripts"))
    import train_default_model

    folders = ["--out", str(place.out), "--work", str(place.work), "--prototxt", str(place.prototxt)]
    numbers = ["--epochs", "2", "--batch", "8", "--rate", "0.01", "--device", "cpu", "--quiet"]
    assert train_default_model.main([str(place.photos), *folders, *numbers]) == 0
    out = capsys.readouterr().out
    assert out.startswith("epoch 1: labels") and "mean of the classes" in out.splitlines()[-1]
    assert train_default_model.main([str(place.photos / "nowhere"), *folders, *numbers]) == 2
    assert "no directory" in capsys.readouterr().err
    sys.modules.pop("train_default_model")


def test_a_card_with_another_mean_is_not_written_over(place: Place, recipe) -> None:
    session = open_session(place, recipe, lambda: None, no_bars)
    session.export()
    card = yaml.safe_load((place.out / "model.yaml").read_text())
    (place.out / "model.yaml").write_text(yaml.safe_dump(card | {"mean": [1, 2, 3]}))
    with pytest.raises(ModelError, match="found the mean"):
        session.export()


def test_a_lesson_is_made_once_and_leaves_held_out_photos_alone(place: Place, teacher: Teacher) -> None:
    photos = list_photos(place.photos)
    place.work.mkdir()
    cache = open_cache(photos, place.work)
    asked: list[int] = []

    def count(parts):
        asked.append(1)
        return parts

    lesson = open_lesson(teacher, cache, photos.labels, photos.held_out, place.work, progress=count)
    first = len(asked)
    again = open_lesson(teacher, cache, photos.labels, photos.held_out, place.work, progress=count)
    assert first > 0 and len(asked) == first
    assert 0 <= lesson.top1 <= 1 and lesson.top1 == again.top1
    for side in (0, 1):
        assert not np.asarray(lesson.maps.scores[side])[photos.held_out].any()
        assert np.asarray(lesson.maps.scores[side])[~photos.held_out].any((1, 2, 3)).all()
    assert lesson.maps.middle[0].shape[1:] == (5, 5, 4)
    assert not list(place.work.glob("raw_*"))
