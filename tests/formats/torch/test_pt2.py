"""Archives of torch.export.save: opened as the module is, and nothing in them run unless they are trusted."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim

from deepvis.cli.main import main
from deepvis.formats.torch.archive import is_arithmetic
from deepvis.formats.torch.module_input import InputOptions
from deepvis.formats.torch.opener import opened_module
from deepvis.models.zoo import open_model
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.network.ref import NetworkRef


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2)
        self.bn = nn.BatchNorm2d(4)
        self.act = nn.ReLU(inplace=True)
        self.fc = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc((self.act(self.bn(self.conv(x))) * torch.tensor([2.0])).mean((2, 3)))


class Two(Small):
    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        return super().forward(x) + bias


AUTO = {0: Dim.AUTO}


def module() -> Small:
    torch.manual_seed(0)
    return Small().eval()


def saved(file: Path, made: nn.Module, *shapes: tuple[int, ...], dims: object = AUTO) -> Path:
    inputs = tuple(torch.rand(shape) for shape in shapes)
    dynamic = None if dims is None else (dims,) * len(shapes)
    torch.export.save(torch.export.export(made, inputs, dynamic_shapes=dynamic), file)
    return file


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("pt2") / "small.pt2", module(), (2, 3, 20, 24))


def rewritten(archive: Path, target: Path, change: Callable[[str, bytes], bytes | None], **more: bytes) -> Path:
    """A copy of the archive; change: an entry's name and content -> its content, None to leave it out."""
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as made:
        root = source.namelist()[0].split("/")[0]
        for name in source.namelist():
            content = change(name, source.read(name))
            if content is not None:
                made.writestr(name, content)
        for name, content in more.items():
            made.writestr(f"{root}/{name}", content)
    return target


def test_it_is_the_module(archive: Path) -> None:
    model = open_model(NetworkRef(network=str(archive)))
    own = open_model(NetworkRef(network="small"), opened_module(module(), "small", InputOptions(input_size=(20, 24))))
    assert model.layer_names == own.layer_names and model.preprocessor.input_shape == (3, 20, 24)
    assert model.name == "small" and model.assumed == ("mean", "std", "order", "scale")
    x = torch.rand(3, 3, 20, 24)
    tapes = [GraphNet(each.graph).forward({"x": x}) for each in (model, own)]
    for layer in model.layer_names:
        assert torch.allclose(tapes[0].blobs[layer], tapes[1].blobs[layer], atol=1e-6)
    assert torch.allclose(tapes[0].blobs["fc"], module()(x), atol=1e-6)
    assert model.identity == own.identity


def test_several_inputs(tmp_path: Path) -> None:
    torch.manual_seed(0)
    made = Two().eval()
    file = saved(tmp_path / "two.pt2", made, (2, 3, 20, 24), (2, 5))
    model = open_model(NetworkRef(network=str(file)))
    assert model.notes[-1].startswith("the input 'bias' is given zeros of 1 x 5; give other values with --input bias=")
    assert not model.other_inputs()["bias"].any() and model.data_blob == "x"
    np.save(tmp_path / "bias.npy", np.arange(5))
    said = (("inputs", (f"bias={tmp_path / 'bias.npy'}",)),)
    given = open_model(NetworkRef(network=str(file), options=said))
    assert given.other_inputs()["bias"].tolist() == [[0, 1, 2, 3, 4]] and not given.notes
    np.save(tmp_path / "bias.npy", np.arange(4))
    with pytest.raises(ModelError, match=r"bias\.npy: found the shape \(4,\), expected \(1, 5\)"):
        open_model(NetworkRef(network=str(file), options=said))
    with pytest.raises(ModelError, match=r"--input names 'bais', .*did you mean 'bias'"):
        open_model(NetworkRef(network=str(file), options=(("inputs", ("bais=x.npy",)),)))


@pytest.mark.parametrize(
    ("shape", "dims", "said"),
    [
        ((2, 3, 20, 24), None, "found a program for 2 pictures at a time, expected any number, or one"),
        ((2, 3, 20, 24), {0: Dim.AUTO, 2: Dim.AUTO}, "found pictures of any size, expected one fixed size"),
    ],
)
def test_programs_that_do_not_do(tmp_path: Path, shape: tuple[int, ...], dims: object, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        open_model(NetworkRef(network=str(saved(tmp_path / "odd.pt2", module(), shape, dims=dims))))


def test_one_picture_at_a_time_does(tmp_path: Path) -> None:
    model = open_model(NetworkRef(network=str(saved(tmp_path / "one.pt2", module(), (1, 3, 20, 24), dims=None))))
    assert "one picture at a time" in model.notes[0]


def test_options_that_do_not_go_with_it(archive: Path, tmp_path: Path) -> None:
    torch.save(module().state_dict(), tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"small\.pt2: brings its own weights, and --weights w\.pth names others"):
        open_model(NetworkRef(network=str(archive), weights=str(tmp_path / "w.pth")))
    with pytest.raises(ModelError, match=r"is for pictures of 20x24, found --input-size 9x9; export it anew"):
        open_model(NetworkRef(network=str(archive), options=(("input_size", (9, 9)),)))


# --- hostile archives -----------------------------------------------------------------------------


class Code:
    """A pickle that makes a file when it is read."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.trace,)


def torch_pickle(trace: Path) -> bytes:
    buffer = io.BytesIO()
    torch.save(Code(trace), buffer)
    return buffer.getvalue()


def of_weights(change: Callable[[dict], None]) -> Callable[[str, bytes], bytes]:
    def changed(name: str, content: bytes) -> bytes:
        if not name.endswith("weights_config.json"):
            return content
        table = json.loads(content)
        change(table["config"])
        return json.dumps(table).encode()

    return changed


def hostile(kind: str, archive: Path, target: Path, trace: Path) -> Path:
    """An archive that makes the file ``trace`` where torch.export.load reads it carelessly."""
    same = lambda name, content: content  # noqa: E731
    if kind == "sample inputs":
        bad = torch_pickle(trace)
        return rewritten(archive, target, lambda name, content: bad if "sample_inputs" in name else content)
    if kind == "weight":

        def pickled(config: dict) -> None:
            config["fc.bias"].update({"use_pickle": True, "path_name": "weight_x"})

        return rewritten(archive, target, of_weights(pickled), **{"data/weights/weight_x": torch_pickle(trace)})
    if kind == "weight elsewhere":

        def away(config: dict) -> None:
            config["fc.bias"].update({"use_pickle": True, "path_name": "../extra/w"})

        return rewritten(archive, target, of_weights(away), **{"data/extra/w": torch_pickle(trace)})
    if kind == "legacy weights":
        return rewritten(archive, target, same, **{"data/weights/model.pt": torch_pickle(trace)})
    if kind in ("opaque", "opaque in a folder"):
        path = "opaque_obj_0" if kind == "opaque" else "opaque_obj_0/x"

        def constants(name: str, content: bytes) -> bytes:
            if not name.endswith("constants_config.json"):
                return content
            table = json.loads(content)
            table["config"]["bad"] = {**next(iter(table["config"].values())), "path_name": path, "use_pickle": True}
            return json.dumps(table).encode()

        return rewritten(archive, target, constants, **{f"data/constants/{path}": pickle.dumps(Code(trace))})
    assert kind == "size"
    code = f"Integer(1) + __import__('pathlib').Path({str(trace)!r}).touch()"

    def size(name: str, content: bytes) -> bytes:
        if not name.endswith("models/model.json"):
            return content
        text = json.dumps(evil_sizes(json.loads(content), code))
        return text.encode()

    return rewritten(archive, target, size)


def evil_sizes(value: object, code: str) -> object:
    if isinstance(value, dict):
        return {k: code if k == "expr_str" else evil_sizes(v, code) for k, v in value.items()}
    return [evil_sizes(v, code) for v in value] if isinstance(value, list) else value


KINDS = ["sample inputs", "weight", "weight elsewhere", "legacy weights", "opaque", "opaque in a folder", "size"]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_run(kind: str, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "it was run"
    file = hostile(kind, archive, tmp_path / "bad.pt2", trace)
    assert main(["--network", str(file), "--list-layers"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "reading it may run code; give --trust-file" in said
    assert not trace.exists()


@pytest.mark.parametrize("kind", ["sample inputs", "size"])
def test_torch_alone_would_run_it(kind: str, archive: Path, tmp_path: Path) -> None:
    """The archives above are hostile indeed: with trust, what they bring is run."""
    trace = tmp_path / "it was run"
    file = hostile(kind, archive, tmp_path / "bad.pt2", trace)
    with pytest.raises(ModelError, match="torch cannot read it"):
        open_model(NetworkRef(network=str(file), options=(("trust_file", True),)))
    assert trace.exists()


def test_trust_opens_what_is_sound(archive: Path) -> None:
    assert open_model(NetworkRef(network=str(archive), options=(("trust_file", True),))).layer_names


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pt2").write_bytes(content)
    with pytest.raises(ModelError, match=r"x\.pt2: is no \.pt2 archive .* expected one that torch\.export\.save"):
        open_model(NetworkRef(network=str(tmp_path / "x.pt2")))
    with pytest.raises(ModelError, match=r"gone\.pt2: found no such file"):
        open_model(NetworkRef(network=str(tmp_path / "gone.pt2")))


def test_a_damaged_archive_is_one_sentence(archive: Path, tmp_path: Path) -> None:
    file = rewritten(archive, tmp_path / "cut.pt2", lambda name, c: None if name.endswith("model.json") else c)
    with pytest.raises(ModelError, match=r"cut\.pt2: torch cannot read it .*; save it anew with"):
        open_model(NetworkRef(network=str(file)))


@pytest.mark.parametrize(
    ("text", "is_fine"),
    [
        ("Symbol('s77', positive=True, integer=True)", True),
        ("Mul(Integer(4), Symbol('s0', integer=True))", True),
        ("FloorDiv(Add(Symbol('s0'), Integer(-1)), Integer(2)) + 1", True),
        ("2*s0 + 1", True),
        ("__import__('os').system('x')", False),
        ("sympify('open')", False),
        ("Integer('print(1)')", False),
        ("Function('f')", False),
        ("(lambda: 1)()", False),
        ("[x for x in (1,)]", False),
        ("Symbol('a').name", False),
        ("Symbol('a b')", False),
        ("open", False),
        (3, False),
    ],
)
def test_sizes_are_arithmetic(text: object, is_fine: bool) -> None:
    assert is_arithmetic(text) is is_fine
