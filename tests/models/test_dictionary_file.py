"""The file of a dictionary, and models that are opened with one: lists, names, identities, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import deepvis
from deepvis.models.dictionary_file import Dictionary, read_dictionary, write_dictionary
from deepvis.models.listing import entries
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.network.model_error import ModelError
from tests.formats.networks.small import make

MINI = "caffenet-mini"


def dictionary_of(model: Model, layer: str, channels: int, count: int = 4) -> Dictionary:
    atoms = np.random.default_rng(0).random((count, channels), np.float32)
    return Dictionary(model.identity, layer, "nmf", 0, "0" * 24, atoms, np.linalg.pinv(atoms).T.astype(np.float32))


@pytest.fixture(scope="module")
def mini() -> Model:
    return load_model(MINI)


@pytest.fixture
def written(mini: Model, tmp_path: Path) -> Path:
    write_dictionary(tmp_path / "c3.npz", dictionary_of(mini, "conv3", 256))
    return tmp_path / "c3.npz"


def with_file(path: Path) -> Model:
    return load_model(MINI, overrides={"dictionary": str(path)})


def test_the_file_is_read_as_it_was_written_and_its_bytes_are_the_same(written: Path, mini: Model, tmp_path: Path):
    before = dictionary_of(mini, "conv3", 256)
    after = read_dictionary(written)
    assert after.name == "conv3~4"
    for name, value in vars(before).items():
        assert np.array_equal(value, getattr(after, name)), name
    write_dictionary(tmp_path / "again.npz", after)
    assert (tmp_path / "again.npz").read_bytes() == written.read_bytes()


def test_the_atoms_are_a_layer_behind_their_own(written: Path, mini: Model) -> None:
    model = with_file(written)
    at = model.layer_names.index("conv3")
    assert model.layer_names[at + 1] == "conv3~4"
    assert [name for name in model.layer_names if name != "conv3~4"] == list(mini.layer_names)
    assert model.groups[at] == model.groups[at + 1] and len(model.groups) == len(model.layer_names)
    assert model.short_names["conv3~4"] == f"{mini.short_names.get('conv3', 'conv3')}~4"
    assert [each.name for each in entries(model.structure, model.layer_names) if not each.is_minor] == list(
        model.layer_names
    )


def test_without_their_layer_in_the_list_atoms_stand_where_they_are_made(written: Path, mini: Model) -> None:
    options = {"dictionary": str(written), "layer_filter": lambda name: name == "conv3"}
    names = [name for name in mini.layer_names if name != "conv3"]
    names.insert(names.index("conv4"), "conv3~4")
    assert load_model(MINI, overrides=options).layer_names == tuple(names)
    named = {"dictionary": str(written), "layers": ("fc8", "conv3~4")}
    assert load_model(MINI, overrides=named).layer_names == ("fc8", "conv3~4")


def test_pictures_of_the_network_alone_are_shown_and_those_of_atoms_lie_apart(written: Path, mini: Model) -> None:
    model = with_file(written)
    assert model.identity != mini.identity and model.is_named(mini.identity) and model.is_named(model.identity)
    assert not mini.is_named(model.identity)
    assert model.unit_image_dir == written.with_name("c3_unit_jpg_vis")
    assert model.further_images == (mini.unit_image_dir,)
    own = load_model(MINI, overrides={"dictionary": str(written), "unit_image_dir": "mine"})
    assert (own.unit_image_dir, own.further_images) == (Path("mine"), ())


def test_in_the_tree_of_a_module_too_and_while_it_trains(tmp_path: Path) -> None:
    module = make()
    network = deepvis.open(module, device="cpu")
    write_dictionary(tmp_path / "d.npz", replace(dictionary_of(network._model, "cat", 16)))
    names = network.layers
    both = deepvis.open(module, device="cpu", dictionary=str(tmp_path / "d.npz"))
    assert [name for name in both.layers if name != "cat~4"] == list(names)
    assert both.layers.index("cat~4") == both.layers.index("cat") + 1
    before = both.activations(np.zeros((40, 48, 3), np.uint8), ["cat~4"])["cat~4"]
    module.conv1.weight.data *= 0.5
    both.refresh()
    after = both.activations(np.zeros((40, 48, 3), np.uint8), ["cat~4"])["cat~4"]
    assert before.shape == after.shape and not np.array_equal(before, after)


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda each: replace(each, network="0" * 12), "a dictionary of another network"),
        (lambda each: replace(each, layer="conv9"), "of layer 'conv9', which this network has not"),
        (lambda each: replace(each, layer="conv2"), "atoms of 256 channels, but layer 'conv2' has 128"),
        (lambda each: replace(each, layer="data"), "'data' is an input"),
        (lambda each: replace(each, encoder=each.encoder[:2]), r"its atoms have the shape \(4, 256\)"),
        (lambda each: replace(each, atoms=each.atoms * np.nan), "not all of its numbers are finite"),
        (lambda each: replace(each, atoms=each.atoms[:0], encoder=each.encoder[:0]), r"shape \(0, 256\)"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    mini: Model, tmp_path: Path, change: Callable[[Dictionary], Dictionary], words: str
) -> None:
    write_dictionary(tmp_path / "d.npz", change(dictionary_of(mini, "conv3", 256)))
    with pytest.raises(ModelError, match=words) as error:
        _ = with_file(tmp_path / "d.npz").graph
    assert "\n" not in str(error.value)


def test_what_is_no_dictionary_is_refused(written: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nothing\.npz holds no dictionary \(there is no such file\)"):
        with_file(tmp_path / "nothing.npz")
    (tmp_path / "text.npz").write_text("no npz")
    with pytest.raises(ModelError, match="it is no npz file"):
        with_file(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", version=np.array(1), something=np.zeros(3))
    with pytest.raises(ModelError, match="it has no seed"):
        with_file(tmp_path / "other.npz")
    (tmp_path / "cut.npz").write_bytes(written.read_bytes()[:-200])
    with pytest.raises(ModelError, match="holds no dictionary"):
        with_file(tmp_path / "cut.npz")
    table = dict(np.load(written))
    np.savez(tmp_path / "later.npz", **{**table, "version": np.array(9)})
    with pytest.raises(ModelError, match="its version is 9, expected 1"):
        with_file(tmp_path / "later.npz")
    np.savez(tmp_path / "pickle.npz", **{**table, "atoms": np.array([{}], object)}, allow_pickle=True)
    with pytest.raises(ModelError, match="broken, or its values are of another kind"):
        with_file(tmp_path / "pickle.npz")
