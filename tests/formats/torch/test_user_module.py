"""What can be wrong with a user's file, its module and its weights: one sentence that names the thing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from deepvis.formats.torch.user_module import module_of
from deepvis.formats.torch.weights import load_weights
from deepvis.models.zoo import open_model
from deepvis.network.model_error import ModelError
from deepvis.network.ref import NetworkRef, file_and_callable, format_of

FILE = """
import torch
from torch import nn
from beside import CHANNELS

class Net(nn.Sequential):
    input_shape = (1, 8, 12)

    def __init__(self):
        super().__init__(nn.Conv2d(1, CHANNELS, 3), nn.ReLU())

class Nested:
    @staticmethod
    def make():
        return Net().train().double()

net = Net()
number = 3

def needs(x):
    return Net()

def raises():
    raise OSError("no weights here\\nat all")

def leaves():
    import sys
    sys.exit("enough")

def tensor():
    return torch.zeros(3)

def odd():
    made = Net()
    made.input_shape = (3, "wide")
    return made

class Branching(Net):
    def forward(self, x):
        return super().forward(x) if x.sum() > 0 else x

class Missing(Net):
    def forward(self, x):
        return super().forward(x) * {}["scale"]

class NoLayer(Net):
    def forward(self, x):
        return self.head(x)

class TooSmall(Net):
    def forward(self, x):
        return torch.nn.functional.linear(super().forward(x).flatten(1), torch.zeros(3, 100))

class Counts(Net):
    def forward(self, x):
        return x.numpy()

"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("CHANNELS = 4")
    (tmp_path / "mine.py").write_text(FILE)
    return tmp_path / "mine.py"


@pytest.mark.parametrize("name", ["Net", "Nested.make", "net"])
def test_a_class_a_function_or_a_module_is_taken(file: Path, name: str) -> None:
    module = module_of(f"{file}:{name}")
    assert not module.training
    model = open_model(NetworkRef(network=f"{file}:{name}"))
    assert model.preprocessor.input_shape == (1, 8, 12)
    assert (model.name, model.folder) == ("mine", file.parent)
    wide = open_model(NetworkRef(network=f"{file}:{name}", options=(("input_size", (9, 20)),)))
    assert wide.preprocessor.input_shape == (1, 9, 20)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", r"mine\.py: found no name after the file, expected mine\.py:NAME, where NAME is a function or class"),
        (":nett", r"mine\.py: found no 'nett', expected .*; did you mean 'net'\?"),
        (":number", r"mine\.py:number: found a int, expected a function or class"),
        (
            ":needs",
            r"mine\.py:needs: found the arguments x, which must be given, .* def make\(\): return needs\(\.\.\.\)",
        ),
        (":raises", r"mine\.py:raises: calling it ended with OSError: no weights here; expected a function"),
        (":leaves", r"mine\.py:leaves: calling it ended with SystemExit: enough"),
        (":tensor", r"mine\.py:tensor: found a result of type Tensor, expected a torch\.nn\.Module"),
        (":odd", r"mine\.py:odd: found input_shape \(3, 'wide'\), expected \(channels, height, width\)"),
        (":Missing", r"at line 44 of mine\.py \(.*\): found KeyError: 'scale', .* put that right in the file$"),
        (":NoLayer", r"at line 48 of mine\.py \(.*\): found AttributeError: .*'head', .* put that right in the file$"),
        (":TooSmall", r"at line 52 of mine\.py \(.*\): found RuntimeError: .*; give another --input-size, or put"),
        (
            ":Counts",
            r"mine\.py:Counts: found a forward pass that returns a ndarray, expected tensors",
        ),
    ],
)
def test_what_makes_no_network(file: Path, name: str, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelError, match=said) as raised:
        open_model(NetworkRef(network=f"{file}{name}"))
    assert "\n" not in str(raised.value)
    assert capfd.readouterr() == ("", "")  # torch's loggers say nothing of their own


def test_a_file_that_is_not_there_or_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.py: found no such file, expected a Python file with 'make'"):
        module_of(tmp_path / "gone.py:make")
    (tmp_path / "broken.py").write_text("import nothing_of_that_name")
    with pytest.raises(ModelError, match=r"broken\.py: running it ended with ModuleNotFoundError: No module named"):
        module_of(tmp_path / "broken.py:make")
    (tmp_path / "broken.py").write_text("def make(:")
    with pytest.raises(ModelError, match=r"broken\.py: running it ended with SyntaxError"):
        module_of(tmp_path / "broken.py:make")


def test_weights_from_a_state_dict(file: Path, tmp_path: Path) -> None:
    other = module_of(f"{file}:Net")
    torch.save(other.state_dict(), tmp_path / "w.pth")
    model = open_model(NetworkRef(network=f"{file}:Net", weights=str(tmp_path / "w.pth")))
    own = open_model(NetworkRef(network=f"{file}:Net"))
    weights = model.graph.nodes[0].weights[0]
    assert torch.equal(weights, other.state_dict()["0.weight"]) and not weights.requires_grad
    assert model.identity != own.identity


@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_weights_from_a_checkpoint(file: Path, tmp_path: Path, key: str) -> None:
    state = module_of(f"{file}:Net").state_dict()
    torch.save({"epoch": 3, key: state, "optimizer": {"lr": 0.1}}, tmp_path / "w.pth")
    module = module_of(f"{file}:Net")
    load_weights(module, tmp_path / "w.pth")
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())


class Code:
    def __reduce__(self):
        return print, ("a pickle is run",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"0.weight": torch.zeros(4, 1, 3, 3)}, r"found no '0\.bias', expected the state_dict of this very module"),
        (
            {"0.weight": torch.zeros(4, 1, 3, 3), "0.bias": torch.zeros(4), "head": torch.zeros(1)},
            r"found 'head', which the module has not, expected the state_dict",
        ),
        (
            {"0.weight": torch.zeros(4, 1, 5, 5), "0.bias": torch.zeros(4)},
            r"found '0\.weight' of shape \(4, 1, 5, 5\), expected \(4, 1, 3, 3\)",
        ),
        ([torch.zeros(3)], r"found a list that holds more than tensors by name, expected a state_dict"),
        (Code(), r"found no plain tensors, expected a state_dict; save one with torch\.save"),
    ],
)
def test_weights_that_do_not_fit(
    file: Path, tmp_path: Path, content: object, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=said):
        load_weights(module_of(f"{file}:Net"), tmp_path / "w.pth")
    assert "a pickle is run" not in capsys.readouterr().out


def test_weights_that_are_no_file_of_torch(file: Path, tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="found no plain tensors"):
        load_weights(module_of(f"{file}:Net"), tmp_path / "w.pth")


@pytest.mark.parametrize(
    ("named", "file", "callable_name"),
    [
        ("net.py:make", "net.py", "make"),
        ("a:b/net.py:models.Small", "a:b/net.py", "models.Small"),
        ("C:\\nets\\net.py:make", "C:\\nets\\net.py", "make"),
        ("C:\\nets\\deploy.prototxt", "C:\\nets\\deploy.prototxt", ""),
        ("net.py", "net.py", ""),
    ],
)
def test_a_file_and_what_is_called_in_it(named: str, file: str, callable_name: str) -> None:
    assert file_and_callable(named) == (Path(file), callable_name)
    assert format_of(named) == ("caffe" if named.endswith("prototxt") else "torch")
