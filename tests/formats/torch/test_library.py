"""torchvision:NAME, timm:NAME, package.module:NAME: with stand-ins for the libraries, written small."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from deepvis.cli.main import main
from deepvis.core.program import pip_install
from deepvis.formats.torch.user_module import module_of
from deepvis.models.zoo import open_model
from deepvis.network.model_error import ModelError
from deepvis.network.ref import NetworkRef
from tests.models.test_card import TORCHVISION

STAND_INS = ("torchvision", "timm", "mine", "needy", "bad", "parts_of_it")
MODELS = """
from collections import OrderedDict
from torch import nn

def tiny(*, weights="DEFAULT", num_classes=5):
    assert weights is None, "would download"
    parts = {"conv": nn.Conv2d(3, 4, 7, stride=8), "relu": nn.ReLU(), "pool": nn.AdaptiveAvgPool2d(1)}
    return nn.Sequential(OrderedDict(parts, flatten=nn.Flatten(), fc=nn.Linear(4, num_classes)))

def broken(*, weights=None):
    raise ValueError("no such layer")

BUILDERS = {"tiny": tiny, "broken": broken}

def list_models(**filters):
    return list(BUILDERS)

def get_model_builder(name):
    return BUILDERS[name]

def create_model(name, pretrained):
    assert pretrained is False
    made = tiny(weights=None)
    made.pretrained_cfg = {"input_size": (3, 64, 64), "mean": (0.5,) * 3, "std": (0.5,) * 3}
    return made
"""


@pytest.fixture
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that imports come from, where stand-ins are put; those that are installed are out of the way."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in STAND_INS}
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] in STAND_INS]:
        del sys.modules[name]
    sys.modules.update(before)


def stand_in(folder: Path) -> None:
    (folder / "torchvision" / "models").mkdir(parents=True)
    (folder / "torchvision" / "__init__.py").write_text("")
    (folder / "torchvision" / "models" / "__init__.py").write_text(MODELS)
    (folder / "timm").mkdir()
    (folder / "timm" / "__init__.py").write_text(MODELS)
    importlib.invalidate_caches()


def test_a_library_makes_it(libraries: Path) -> None:
    stand_in(libraries)
    model = open_model(NetworkRef(network="torchvision:tiny"))
    assert model.name == "tiny" and model.preprocessor.input_shape == (3, 224, 224)
    assert model.notes[0] == "no weights are given: those of tiny are random; give them with --weights FILE"
    assert model.folder == Path("tiny") and model.unit_image_dir == Path("tiny/unit_jpg_vis")
    timm = open_model(NetworkRef(network="timm:tiny.of_somebody"))
    assert timm.preprocessor.input_shape == (3, 64, 64) and "mean 0.5 0.5 0.5, std 0.5 0.5 0.5" in timm.input_words


def test_its_weights(libraries: Path, tmp_path: Path) -> None:
    stand_in(libraries)
    state = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 7), torch.nn.Linear(4, 5)).state_dict()
    torch.save({n.replace("0.", "conv.").replace("1.", "fc."): t for n, t in state.items()}, tmp_path / "w.pth")
    model = open_model(NetworkRef(network="torchvision:tiny", weights=str(tmp_path / "w.pth")))
    assert not any("random" in note for note in model.notes)
    assert torch.equal(model.graph.nodes[0].weights[0], state["0.weight"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("torchvision:tinny", "torchvision:tinny: torchvision has no model of that name; did you mean 'tiny'"),
        ("torchvision:broken", "torchvision:broken: making it ended with ValueError: no such layer"),
    ],
)
def test_what_a_library_does_not_make(libraries: Path, name: str, said: str) -> None:
    stand_in(libraries)
    with pytest.raises(ModelError, match=said):
        open_model(NetworkRef(network=name))


def test_a_library_that_cannot_be_loaded(libraries: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (libraries / "torchvision.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    (libraries / "timm.py").write_text("import torchvision")
    importlib.invalidate_caches()
    for library in ("torchvision", "timm"):
        assert main(["--network", f"{library}:resnet18", "--list-layers"]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and f"{library} cannot be loaded (RuntimeError: operator torchvision::nms" in said
        assert "install the torchvision that belongs to this torch" in said


@pytest.mark.skipif(importlib.util.find_spec("timm") is not None, reason="timm is installed")
def test_a_library_that_is_not_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--network", "timm:resnet18", "--list-layers"]) == 2
    assert f"timm is not installed; install it with: {pip_install('timm')}" in capsys.readouterr().err


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is not None, reason="torchvision is installed")
def test_the_list_of_models_needs_no_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-models"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert set(TORCHVISION) <= set(lines)
    assert lines["resnet18"].endswith(f"needs torchvision: {pip_install('torchvision')}")
    assert "needs" not in lines["squeezenet"]


# --- the user's own packages and files --------------------------------------------------------------

NET = """
from torch import nn
{more}

class Net(nn.Sequential):
    input_shape = (3, 8, 8)

    def __init__(self):
        super().__init__(nn.Conv2d(3, {outputs}, 3))

def kind():
    return Net
"""


def test_a_package_of_the_current_folder(
    libraries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("")
    (tmp_path / "mine" / "nets.py").write_text(NET.format(more="", outputs=4))
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.INFO):
        model = open_model(NetworkRef(network="mine.nets:Net"))
    assert model.name == "nets" and "mine.nets is imported and run: it is your own code" in caplog.text
    assert isinstance(module_of("mine.nets:kind"), torch.nn.Sequential)  # a function that returns a class


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (
            "no.such:Net",
            r"no\.such:Net: found no module 'no' here or among the installed packages, expected",
        ),
        (
            "needy:Net",
            r"needy: importing it ended with ModuleNotFoundError: No module named 'gone'; install what",
        ),
        ("bad:Net", r"bad: importing it ended with ZeroDivisionError: division by zero; put that right in it"),
        ("math:Net", r"math: found no 'Net', expected a function or class"),
    ],
)
def test_packages_that_do_not_do(
    libraries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, said: str
) -> None:
    (tmp_path / "needy.py").write_text("import gone")
    (tmp_path / "bad.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=said):
        module_of(named)


def test_files_of_one_name_in_two_folders(libraries: Path, tmp_path: Path) -> None:
    """Each finds what lies beside it, not what another file's neighbour was imported as."""
    for folder, outputs in (("a", 4), ("b", 6)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "net.py").write_text(NET.format(more="from parts_of_it import OUT", outputs="OUT"))
        (tmp_path / folder / "parts_of_it.py").write_text(f"OUT = {outputs}")
    for folder, outputs in (("a", 4), ("b", 6), ("a", 4)):
        made = module_of(tmp_path / folder / "net.py:Net")
        assert made[0].out_channels == outputs
