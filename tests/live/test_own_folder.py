"""Where the user's own pictures of a network are kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from deepvis.formats.caffe.weights import write_weights
from deepvis.live.own_folder import own_folder
from deepvis.models.zoo import load_model
from tests.helpers.networks import small_model


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPVIS_CACHE", str(tmp_path / "cache"))


def test_networks_of_one_name_have_a_folder_each(tmp_path: Path) -> None:
    model = small_model(tmp_path)
    other = load_model(prototxt=model.file, mean=(1, 2, 3), overrides={"fill": True})
    assert own_folder(model) == tmp_path / "cache" / f"small-{model.identity}"
    assert own_folder(other).name.startswith("small-") and own_folder(other) != own_folder(model)


def test_where_the_weights_cannot_be_read_the_name_has_to_do(tmp_path: Path) -> None:
    weights = tmp_path / "w.caffemodel"
    write_weights(weights, {"of another network": [np.zeros(3, np.float32)]})
    model = load_model(prototxt=small_model(tmp_path).file, weights=weights)
    assert own_folder(model) == tmp_path / "cache" / "small"


def test_the_embedded_default_s_pictures_were_made_in_it() -> None:
    """Trained anew, it needs new pictures: the window would show none."""
    model = load_model()
    told = [json.loads(path.read_text()) for path in model.unit_image_dir.glob("regularized_opt/*/how.json")]
    assert {how["network"] for how in told} == {model.identity} and len(told) == 8
