"""The settings files hold for every subcommand that names a network; the command line overrides them."""

from __future__ import annotations

import argparse
import pickle
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepvis.cli import subcommand
from deepvis.cli.main import main
from deepvis.core.program import ROOT
from deepvis.models.network_options import NETWORK, network_of
from deepvis.models.zoo import open_model
from deepvis.network.ref import NetworkRef
from deepvis.settings import loading

NETWORK_OPTIONS = {"--network", "--prototxt", "--weights", "--model"}
DESTINATIONS = {name: {each.dest for each in subcommand.find(name).parser()._actions} for name in subcommand.names()}
OF_A_NETWORK = [name for name, there in DESTINATIONS.items() if there & {*NETWORK.rows, "device"}]


@pytest.fixture
def settings(tiny: list[str], tmp_path: Path) -> Path:
    """A settings_local.py that names the tiny network, in a folder of its own."""
    said = dict(zip(tiny[::2], tiny[1::2], strict=True))
    file = tmp_path / "settings_local.py"
    file.write_text(
        f"prototxt = {said['--prototxt']!r}\nweights = {said['--weights']!r}\nmean = (104, 117, 123)\n"
        f"labels = {said['--labels']!r}\ninput_scale = 255.0\ndevice = 'cpu'\nunit_image_dir = 'mine'\n"
        "remap = {'conv2': 'conv1'}\nlayer_filter = lambda name: name == 'conv2'\nshort_name = str.upper\n"
    )
    return file


def taken(name: str, *words: object) -> argparse.Namespace:
    """The arguments that the function of a subcommand is called with: those of an example, and these words."""
    found: list[argparse.Namespace] = []
    command = replace(subcommand.find(name), run=lambda arguments: found.append(arguments) or 0)
    assert command.main([*without_network(shlex.split(command.examples[-1])), *map(str, words)]) == 0
    return found[0]


def without_network(words: list[str]) -> list[str]:
    """Of ``check``, whose words alone are networks, none is left."""
    words = [word for word in words if word != "~/caffe/models"]
    names = [n for n, word in enumerate(words) if word in NETWORK_OPTIONS]
    return [word for n, word in enumerate(words) if n not in names and n - 1 not in names]


@pytest.mark.parametrize("name", OF_A_NETWORK)
def test_every_subcommand_that_names_a_network_or_a_device(name: str, settings: Path) -> None:
    assert "settings" in DESTINATIONS[name], f"{name} has no --settings: see deepvis/cli/chosen_settings.py"
    found = taken(name, "--settings", settings)
    if "device" in DESTINATIONS[name]:
        assert found.device == "cpu"
    if "network" not in DESTINATIONS[name]:
        return
    ref = network_of(vars(found))
    said = dict(ref.options)
    assert (ref.network, ref.mean) == (found.prototxt, (104.0, 117.0, 123.0)) and ref.weights and ref.labels
    assert said["unit_image_dir"] == str(settings.parent / "mine") and said["input_scale"] == 255.0
    other = network_of(vars(taken(name, "--settings", settings, "--model", "squeezenet")))
    assert other == NetworkRef(model="squeezenet")
    more = network_of(vars(taken(name, "--settings", settings, "--labels", "/l.txt")))
    assert more.as_dict() == {**ref.as_dict(), "labels": "/l.txt"}


def test_without_a_file_named_it_is_settings_local(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "settings_files", lambda: [settings])
    assert taken("scan").prototxt and taken("scan", "--device", "cuda:1").device == "cuda:1"


def test_what_the_settings_say_beyond_the_network_is_the_model_s(settings: Path) -> None:
    ref = network_of(vars(taken("scan", "--settings", settings)))
    model = open_model(ref)
    assert "conv1" in model.layer_names and "conv2" not in model.layer_names
    assert model.short_names["conv1"] == "CONV1" and model.remap["conv2"] == "conv1"
    assert model.unit_image_dir == settings.parent / "mine" and len(model.labels) == 10


def test_in_other_processes_the_network_is_without_functions(settings: Path) -> None:
    ref = network_of(vars(taken("scan", "--settings", settings)))
    there = pickle.loads(pickle.dumps(ref))
    gone = {"layer_filter", "short_name"}
    assert dict(there.options) == {name: value for name, value in ref.options if name not in gone}
    assert NetworkRef.from_dict(there.as_dict()) == there and hash(there)


def test_a_photo_through_the_network_of_the_settings(
    settings: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = next(photos.iterdir())
    words = ["why", "--settings", str(settings), "--image", str(photo), "--layer", "conv1", "--class", "class 3"]
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("tiny, ")
    assert main(["check", "--settings", str(settings)]) == 0
    assert "3 x 24 x 32" in capsys.readouterr().out
    assert main(["check", "caffenet-mini", "--settings", str(settings)]) == 0
    assert "tiny" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("network = 'gone.onnx'", "gone.onnx: found no such file"),
        ("scale = 'big'", "scale is 'big': expected a number above 0"),
        ("device = 'cuda:77'", "the device 'cuda:77' is not there"),
        (
            "\ncaffevis_layer_pretty_name_fn = lambda name: 1 / 0",
            "mine.py, line 2: the function short_name ended with Zero",
        ),
        ("caffevis_filter_layers = lambda a, b: True", "layer_filter ended with TypeError"),
        (
            "def layer_filter(name): raise SystemExit(name)",
            "layer_filter ended with SystemExit (conv1) for the layer 'conv1'",
        ),
        ("def layer_filter(name):\n    class Odd:\n        __bool__ = None\n    return Odd()", "line 1: the function"),
    ],
)
def test_a_wrong_value_is_one_sentence(
    text: str, words: str, tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text(text)
    photo = str(next(photos.iterdir()))
    assert main(["what-if", "--image", photo, "--off", "conv5:1", "--settings", str(tmp_path / "mine.py")]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


def test_a_dictionary_of_the_settings_is_not_learned_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It adds atoms for the window; a new one is learned from the network's own layers."""
    (tmp_path / "mine.py").write_text("dictionary = 'atoms.npz'")
    asked: list[Any] = []

    def learn(order: Any, bar: object) -> None:
        asked.append(order)
        raise KeyboardInterrupt

    monkeypatch.setattr("deepvis.scan.dictionary.learn", learn)
    words = ["dictionary", "--layer", "conv3", "--images", ".", "--output", str(tmp_path / "a.npz")]
    assert main([*words, "--settings", str(tmp_path / "mine.py")]) == 130
    assert asked[0].network == NetworkRef()
    assert main([*words, "--dictionary", "atoms.npz"]) == 2


@pytest.mark.parametrize(("name", "words"), [("mean", "has 2 channels"), ("std", "has the shape (2,)")])
def test_a_mean_that_does_not_fit_is_named_by_what_says_it(
    name: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(f"{name} = [1.0, 2.0]\n")
    for line in (["layers"], ["--list-layers"]):
        assert main([*line, "--settings", str(file)]) == 2
        assert f"{file}: {name}: the {name} {words}" in capsys.readouterr().err
        assert main([*line, f"--{name}", "1,2"]) == 2
        assert f"--{name}: the {name} {words}" in capsys.readouterr().err


def test_a_mean_that_a_card_says_is_not_blamed_on_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = ROOT / "models" / "caffenet-mini"
    for name in ("deploy.prototxt", "caffenet-mini.caffemodel"):
        (tmp_path / name).symlink_to(shipped / name)
    (tmp_path / "model.yaml").write_text(
        "version: 1\nprototxt: deploy.prototxt\nweights: caffenet-mini.caffemodel\nmean: [1, 2]\n"
    )
    (tmp_path / "mine.py").write_text("mean = [1.0, 2.0, 3.0]\n")
    assert main(["layers", "--model", str(tmp_path), "--settings", str(tmp_path / "mine.py")]) == 2
    said = capsys.readouterr().err
    assert "the mean has 2 channels" in said and ".py" not in said
