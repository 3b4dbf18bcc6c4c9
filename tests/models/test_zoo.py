"""Models by name, by folder, and networks of one's own without a card."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from deepvis.cli.main import main
from deepvis.formats.caffe.weights import write_weights
from deepvis.models import zoo
from deepvis.models.fetch import fetch_model
from deepvis.models.labels import read_labels
from deepvis.models.zoo import find_card, load_model
from deepvis.network.model_error import ModelError

NET = """
name: "own" input: "pixels" input_shape { dim: [10, 1, 6, 8] }
layer { name: "conv1" type: "Convolution" bottom: "pixels" top: "conv1"
  convolution_param { num_output: 2 kernel_size: 3 } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "pool1" top: "fc" inner_product_param { num_output: 3 } }
layer { name: "out" type: "Softmax" bottom: "fc" top: "out" }
"""
WEIGHTS = {
    "conv1": [np.ones((2, 1, 3, 3), np.float32), np.zeros(2, np.float32)],
    "fc": [np.ones((3, 12), np.float32), np.zeros(3, np.float32)],
}
CARD = """
version: 1
prototxt: deploy.prototxt
weights: w.caffemodel
labels: labels.txt
mean: [7]
channel_order: RGB
input_scale: 1
groups: [[conv1, pool1], [fc, out]]
short_names: {conv1: c}
remap: {out: out}
panes: {jpgvis: null}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "own"
    made.mkdir()
    (made / "deploy.prototxt").write_text(NET)
    write_weights(made / "w.caffemodel", WEIGHTS)
    (made / "labels.txt").write_text("n00000001 a thing, something\nb\nc\n")
    return made


def own(folder: Path, **more) -> object:
    return load_model(prototxt=folder / "deploy.prototxt", weights=folder / "w.caffemodel", **more)


def test_a_network_of_ones_own(folder: Path) -> None:
    model = own(folder, mean=(5,), labels=folder / "labels.txt")
    assert (model.name, model.data_blob, model.prob_layer) == ("own", "pixels", "out")
    assert model.preprocessor.input_shape == (1, 6, 8) and model.preprocessor.mean_chw.max() == 5
    assert model.layer_names == ("conv1", "pool1", "fc", "out") and model.groups == (0, 0, 0, 0)
    assert model.label_layers == {"fc", "out"} and model.labels == ("a thing, something", "b", "c")
    assert model.remap == {"pool1": "conv1", "out": "fc"} and model.unit_image_dir == folder / "unit_jpg_vis"
    assert model.graph.inputs == {"pixels": (1, 1, 6, 8)} and len(model.graph.nodes[0].weights) == 2
    assert model.graph is model.graph and model.notes == ()


def test_a_folder_with_a_card(folder: Path) -> None:
    (folder / "model.yaml").write_text(CARD)
    model = load_model(folder)
    assert model.preprocessor.channel_order == "RGB" and model.preprocessor.scale == 1
    assert model.groups == (0, 0, 1, 1) and model.short_names["conv1"] == "c" and model.short_names["fc"] == "fc"
    assert model.remap["out"] == "out" and model.panes == {"jpgvis": None} and len(model.labels) == 3
    assert load_model(folder / "model.yaml").name == "own"


def test_overrides(folder: Path) -> None:
    model = own(
        folder,
        overrides={
            **{"input_size": (12, 10), "channel_order": None, "input_scale": 2.0, "prob_layer": "fc"},
            **{"label_layers": ("fc",), "layer_filter": lambda name: "pool" in name},
            **{"short_name": str.upper, "unit_image_dir": "elsewhere", "remap": {"fc": "conv1"}},
        },
    )
    assert model.preprocessor.input_shape == (1, 12, 10) and model.preprocessor.scale == 2
    assert model.prob_layer == "fc" and model.label_layers == {"fc"}
    assert model.layer_names == ("conv1", "fc", "out") and model.short_names["conv1"] == "CONV1"
    assert model.unit_image_dir == Path("elsewhere") and model.remap == {"fc": "conv1", "out": "fc"}
    assert own(folder, overrides={"prob_layer": ""}).prob_layer == ""
    assert own(folder, overrides={"layers": ["fc", "conv1"]}).layer_names == ("fc", "conv1")


def test_data_layers_take_size_and_channels_from_elsewhere(folder: Path) -> None:
    text = NET.replace('input: "pixels" input_shape { dim: [10, 1, 6, 8] }', "")
    data = 'layer {{ name: "d" type: "Data" top: "pixels" top: "label" {} }}\n'
    (folder / "deploy.prototxt").write_text(data.format("transform_param { crop_size: 7 }") + text)
    assert own(folder).preprocessor.input_shape == (1, 7, 7)
    transform = "transform_param { crop_size: 7 mean_value: 50 scale: 0.00390625 mirror: true }"
    (folder / "deploy.prototxt").write_text(data.format(transform) + text)
    pre = own(folder).preprocessor
    assert pre.scale == 255 / 256 and pre.mean_chw[0, 0, 0] == np.float32(50 / 256)
    assert own(folder, mean=(0,), overrides={"input_scale": 1.0}).preprocessor.scale == 1
    (folder / "deploy.prototxt").write_text(data.format('transform_param { crop_size: 7 mean_file: "m" }') + text)
    assert "was trained with the mean 'm'; give it with --mean" in own(folder).notes[-1]
    (folder / "deploy.prototxt").write_text(data.format("") + text)
    with pytest.raises(ModelError, match="found neither crop_size"):
        own(folder)
    model = own(folder, overrides={"input_size": (6, 8)})
    assert model.preprocessor.input_shape == (1, 6, 8) and model.graph.inputs["pixels"] == (1, 1, 6, 8)


def test_labels_that_do_not_fit_are_a_note(folder: Path) -> None:
    (folder / "labels.txt").write_text("a\nb\n\n")
    assert own(folder, labels=folder / "labels.txt").notes == ("the labels file names 2 classes, the network has 3",)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name_or_folder": "bvlc-gogglenet"}, "no model is named 'bvlc-gogglenet'.*did you mean 'bvlc-googlenet'"),
        ({"name_or_folder": "???"}, "there are: .*squeezenet"),
        ({"prototxt": "none.prototxt"}, "none.prototxt: cannot be read"),
        ({"overrides": {"label_layer": 1}}, "the override 'label_layer' is unknown; did you mean 'label_layers'"),
    ],
)
def test_wrong_asks(arguments: dict, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        load_model(**arguments)


def test_wrong_names_in_a_network(folder: Path) -> None:
    with pytest.raises(ModelError, match="prob_layer names 'outt', which the network has not; did you mean 'out'"):
        own(folder, overrides={"prob_layer": "outt"})
    with pytest.raises(ModelError, match=r"layers names 'x', which the network has not; see scripts/run\.sh layers"):
        own(folder, overrides={"layers": ["x"]})
    with pytest.raises(ModelError, match="no layer is left to show"):
        own(folder, overrides={"layer_filter": lambda name: True})
    with pytest.raises(ModelError, match=r"w2\.caffemodel: found no such file, expected the network's weights"):
        load_model(prototxt=folder / "deploy.prototxt", weights=folder / "w2.caffemodel")
    with pytest.raises(ModelError, match=r"found no weights, expected a \.caffemodel"):
        _ = load_model(prototxt=folder / "deploy.prototxt").graph


def test_wrong_names_in_settings_and_cards(folder: Path) -> None:
    for overrides, said in (
        ({"label_layers": ("porb", "out")}, "label_layers names 'porb', which the network has not"),
        ({"label_layers": ("pixels",)}, "label_layers names 'pixels', which the network has not"),
        ({"remap": {"pool1": "conv9"}}, "remap names 'conv9', which the network has not; did you mean 'conv1'"),
        ({"remap": {"pool9": "conv1"}}, "remap names 'pool9', which the network has not; did you mean 'pool1'"),
        ({"unit_image_layers": ["conv9"]}, "unit_image_layers names 'conv9', which"),
        ({"layers": ["conv1", "conv1"]}, "model own: layers names 'conv1' twice, expected each layer once"),
        ({"short_name": lambda name: None}, r"test_zoo.py, line \d+: the function short_name gave None for the layer"),
    ):
        with pytest.raises(ModelError, match=said):
            own(folder, overrides=overrides)
    for text, said in (
        ("label_layers: porb", "label_layers names 'porb'"),
        ("short_names: {conv9: a}", "short_names names 'conv9', which the network has not; did you mean 'conv1'"),
        ("groups: [[conv1x]]", "model own: groups names 'conv1x', which the network has not; did you mean 'conv1'"),
        ("groups: [[conv1], [fc, conv1]]", "groups names 'conv1' twice"),
        ("layers: [fc]\ngroups: [[conv9]]", "groups names 'conv9'"),
    ):
        (folder / "model.yaml").write_text("version: 1\nprototxt: deploy.prototxt\nweights: w.caffemodel\n" + text)
        with pytest.raises(ModelError, match=said):
            load_model(folder)


def test_pictures_of_a_layer_of_another_network_may_be_borrowed(folder: Path, tmp_path: Path) -> None:
    named = {"remap": {"pool1": "conv9"}, "unit_image_dir": str(tmp_path / "theirs")}
    (tmp_path / "theirs" / "max_im" / "conv9").mkdir(parents=True)
    assert own(folder, overrides=named).remap["pool1"] == "conv9"


def test_layers_in_place_may_be_named(folder: Path) -> None:
    """As settings of the 2015 toolbox do."""
    relu = 'layer { name: "relu" type: "ReLU" bottom: "conv1" top: "conv1" }'
    (folder / "deploy.prototxt").write_text(f"{NET}{relu}")
    named = {"label_layers": ("relu", "fc"), "remap": {"relu": "conv1"}, "unit_image_layers": ("relu",)}
    assert own(folder, overrides=named).label_layers == {"fc"}


def test_missing_files_say_how_to_get_them(folder: Path) -> None:
    remote = (
        "files: [{path: w.caffemodel, url: 'http://x'}, {path: words, url: 'http://x', extract: {a: labels.txt}}]\n"
    )
    (folder / "model.yaml").write_text(CARD + remote)
    (folder / "w.caffemodel").unlink()
    (folder / "labels.txt").unlink()
    with pytest.raises(ModelError, match=r"w.caffemodel is missing; get it with: scripts/run.sh fetch own"):
        load_model(folder)
    model = load_model(folder, overrides={"fill": True})
    assert not model.graph.nodes[0].has_own_weights
    assert model.notes == (
        f"class names are missing: {folder / 'labels.txt'} is not there; get it with: scripts/run.sh fetch own",
    )


def test_missing_files_that_nothing_brings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mend = r"put it there, or mend '{}' in .*own/model\.yaml, none of whose 'files' brings it"
    (folder / "model.yaml").write_text(CARD.replace("labels.txt", "nope.txt"))
    (note,) = load_model(folder).notes
    assert re.fullmatch(r"class names are missing: .*nope\.txt is not there; " + mend.format("labels"), note)
    assert main(["fetch", str(folder)]) == 0
    said = capsys.readouterr()
    assert "nope.txt is not there; put it there, or mend 'labels' in" in said.err and "complete" not in said.out
    (folder / "model.yaml").write_text(CARD.replace("[7]", "m.npy"))
    with pytest.raises(ModelError, match=r"m\.npy is missing; " + mend.format("mean")):
        load_model(folder)
    (folder / "model.yaml").write_text(CARD.replace("w.caffemodel", "v.caffemodel"))
    with pytest.raises(ModelError, match=r"v\.caffemodel is missing; " + mend.format("weights")):
        load_model(folder)
    (folder / "model.yaml").write_text(CARD + "files: [{path: labels.txt, url: 'http://x', optional: true}]")
    (folder / "labels.txt").unlink()
    assert load_model(folder).notes[0].endswith("get it with: scripts/run.sh fetch own --all")


def test_the_entries_agree_with_their_networks() -> None:
    for name in ("bvlc-googlenet", "squeezenet", "lenet", "bvlc-reference-caffenet"):
        model = load_model(name, overrides={"fill": True}, **({"mean": (1,)} if "reference" in name else {}))
        assert model.prob_layer == "prob" and model.folder == find_card(name).folder
        assert len(model.groups) == len(model.layer_names) == len(model.short_names)
        assert len(set(model.short_names.values())) == len(model.short_names)
        assert max(map(len, model.short_names.values())) <= 8


def test_labels(tmp_path: Path) -> None:
    path = tmp_path / "l.txt"
    path.write_bytes("\ufeffa\r\nn01440764 tench, Tinca\r\n\r\nn1 d\n".encode())
    assert read_labels(path) == ("a", "tench, Tinca", "", "n1 d")
    for raw, said in ((b"", "is empty"), (b"\0\1", "holds binary data")):
        path.write_bytes(raw)
        with pytest.raises(ModelError, match=said):
            read_labels(path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_labels(tmp_path / "none")


@pytest.fixture
def installed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model ``own`` without its weights as a part of an installed package; the user's folder is ``user``."""
    package = tmp_path / "site-packages" / "deepvis" / "_models"
    package.mkdir(parents=True)
    (folder / "w.caffemodel").unlink()
    (folder / "model.yaml").write_text(CARD + "files: [{path: w.caffemodel, note: nobody publishes it}]\n")
    monkeypatch.setattr(zoo, "MODELS_FOLDERS", (tmp_path / "none", package))
    monkeypatch.setenv("DEEPVIS_MODELS", str(tmp_path / "user"))
    return folder.rename(package / "own")


def test_files_of_an_installed_model_are_put_in_the_users_folder(installed: Path, tmp_path: Path) -> None:
    files, before = tmp_path / "files", sorted(installed.rglob("*"))
    files.mkdir()
    write_weights(files / "w.caffemodel", WEIGHTS)
    with pytest.raises(ModelError, match=r"user/own/w\.caffemodel is missing; get it with: .* fetch own"):
        load_model("own")
    for word in ("copied", "already there"):
        assert [each.word for each in fetch_model(find_card("own"), source=files)] == [word]
    model = load_model("own")
    assert model.weights == tmp_path / "user" / "own" / "w.caffemodel" and model.file == installed / "deploy.prototxt"
    assert model.labels == ("a thing, something", "b", "c") and model.graph.nodes
    assert model.unit_image_dir == tmp_path / "user" / "own" / "unit_jpg_vis"
    assert model.further_images == (installed / "unit_jpg_vis",)
    assert sorted(installed.rglob("*")) == before


def test_a_model_in_a_folder_of_ones_own_has_all_its_files_there(folder: Path) -> None:
    (folder / "model.yaml").write_text(CARD)
    assert find_card(folder).files_folder == folder
    assert load_model(folder).further_images == ()


def test_the_users_folder_of_models(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEPVIS_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert find_card("own").data_folder == tmp_path / "data" / "deepvis" / "models" / "own"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_card("own").data_folder == tmp_path / ".local" / "share" / "deepvis" / "models" / "own"
