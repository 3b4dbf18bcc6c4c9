"""The small inputs of ../shared/cases, each of a kind that once failed: opened as the window opens them, and run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepvis.live.backends.engine import GraphBackend
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.scan.network import ScanNetwork
from deepvis.settings.loading import load


@pytest.fixture
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip("../shared has no cases here")
    return folder


def opened(folder: Path, text: str = "net.prototxt", weights: str | None = "net.caffemodel", **said: Any) -> Model:
    return load_model(prototxt=folder / text, weights=folder / weights if weights else None, overrides=said)


def shown(model: Model) -> set[str]:
    """The layers of the window, once the backend has looked at the network."""
    return {layer.name for layer in GraphBackend(model).info.layers}


def blobs(model: Model, seed: int = 0) -> dict[str, np.ndarray]:
    net = GraphNet(model.graph)
    shape = net.graph.inputs[model.data_blob]
    picture = np.random.default_rng(seed).normal(0, 50, shape).astype(np.float32)
    found = net.forward({**model.other_inputs(), model.data_blob: picture}).blobs
    return {name: value.numpy() for name, value in found.items()}


def test_autoencoder_tells_its_channels_and_its_size(cases: Path) -> None:
    assert opened(cases / "autoencoder").preprocessor.input_shape == (1, 28, 28)
    assert opened(cases / "autoencoder", input_size=(28, 28)).preprocessor.input_shape == (1, 28, 28)


def test_batchnorm_scale_fields(cases: Path) -> None:
    """Its weights file has none of the layer: the fillers that the fields name begin it."""
    assert "prob" in shown(opened(cases / "batchnorm_scale_fields", fill=True))


def test_ceil_mode_is_round_mode(cases: Path) -> None:
    ours, same = (
        blobs(opened(cases / "ceil_mode", text)) for text in ("net.prototxt", "same_with_round_mode.prototxt")
    )
    assert {name: value.shape for name, value in ours.items()} == {name: value.shape for name, value in same.items()}
    for name, value in ours.items():
        np.testing.assert_array_equal(value, same[name])


def test_data_without_a_size_names_the_option(cases: Path) -> None:
    with pytest.raises(ModelError, match="--input-size"):
        opened(cases / "data_no_size")
    assert "prob" in shown(opened(cases / "data_no_size", input_size=(32, 32)))


def test_fixed_batch(cases: Path) -> None:
    model = opened(cases / "fixed_batch")
    assert model.structure.batch == 4 and model.structure.inputs["data"] == (1, 3, 32, 32)
    assert any("4 pictures at a time" in note for note in model.notes)
    if importlib.util.find_spec("deepvis.network.passes") is not None:
        assert blobs(model)["conv1"].shape[0] == 1


def test_a_scan_leaves_priors_out_and_says_so(cases: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = opened(cases / "max_acts_priorbox")
    network = ScanNetwork(model)
    assert [layer.name for layer in network.layers] == ["conv1", "pool1"]
    assert "mbox_priorbox left out" in caplog.text


def test_mean_of_one_number_a_channel(cases: Path) -> None:
    folder = cases / "mean_3_1_1"
    model = load_model(
        prototxt=folder / "plain.prototxt", weights=folder / "plain.caffemodel", mean=folder / "m_311.npy"
    )
    wanted = np.load(folder / "m_311.npy").ravel()
    np.testing.assert_allclose(model.preprocessor.mean_chw[:, 0, 0], wanted, rtol=1e-6)


def test_missing_layer(cases: Path) -> None:
    with pytest.raises(ModelError, match=r"'fc_new'.*--fill"):
        opened(cases / "missing_layer").graph  # noqa: B018
    assert {"conv1", "fc_new"} <= shown(opened(cases / "missing_layer", fill=True))


def test_no_weights(cases: Path) -> None:
    with pytest.raises(ModelError, match="--fill"):
        opened(cases / "no_weights", weights=None).graph  # noqa: B018
    assert "prob" in shown(opened(cases / "no_weights", weights=None, fill=True))


def test_one_by_one_is_a_place_holder(cases: Path) -> None:
    model = opened(cases / "one_by_one")
    assert model.preprocessor.input_shape == (3, 224, 224)
    assert any("--input-size" in note for note in model.notes)
    assert opened(cases / "one_by_one", input_size=(40, 30)).preprocessor.input_shape == (3, 40, 30)


def test_python_data_is_an_input(cases: Path) -> None:
    with pytest.raises(ModelError, match="--input-size"):
        opened(cases / "python_data")
    assert "prob" in shown(opened(cases / "python_data", input_size=(32, 32)))


def test_regions_are_the_whole_picture(cases: Path) -> None:
    model = opened(cases / "rois_zero")
    np.testing.assert_array_equal(model.other_inputs()["rois"].ravel(), [0, 0, 0, 31, 31])
    assert any("'rois'" in note and "whole picture" in note for note in model.notes)
    assert np.ptp(blobs(model)["roi"]) > 0


def test_settings_of_the_fork(cases: Path) -> None:
    settings = load([cases / "settings_fork" / "settings_x.py"])
    assert settings.prototxt is not None and settings.prototxt.endswith("net.prototxt")
    assert settings.layer_filter is not None
    assert not settings.layer_filter("conv1") and settings.layer_filter("pool1")


def test_two_losses_are_two_outputs(cases: Path) -> None:
    model = opened(cases / "two_losses")
    probs = [node.name for node in model.graph.nodes if node.type == "Softmax"]
    assert len(set(probs)) == 2 and "prob" in probs
    values = blobs(model)
    assert all(values[name].sum() == pytest.approx(1, abs=1e-5) for name in probs)


@pytest.mark.parametrize(("text", "hidden"), [("fork.prototxt", "w"), ("python.prototxt", "post")])
def test_an_unknown_tail_leaves_the_rest(cases: Path, text: str, hidden: str) -> None:
    model = opened(cases / "unknown_tail", text)
    info = GraphBackend(model).info
    assert {"conv1", "prob"} <= {layer.name for layer in info.live} and info.missing == {hidden}
    assert set(model.graph.unavailable) == {hidden}
    assert "prob" in blobs(model)


@pytest.mark.parametrize("name", ["lab_uni.txt", "latin1.txt", "utf16.txt"])
def test_class_names_in_any_encoding(cases: Path, name: str) -> None:
    folder = cases / "labels"
    model = load_model(prototxt=folder / "plain.prototxt", weights=folder / "plain.caffemodel", labels=folder / name)
    assert len(model.labels) == 5 and not any("\ufffd" in label or "\0" in label for label in model.labels)
