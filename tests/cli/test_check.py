"""``check FILES...``: a line a network, all that is known of a single one, and a bad one stops no other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deepvis.cli.checking import Asked, networks_in
from deepvis.cli.main import main
from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.weights import write_weights
from tests.helpers.networks import PROTOTXT

WARP = 'layer { name: "warp" type: "Warp" bottom: "pool1" top: "warp" }\n'
MORE = WARP + 'layer { name: "more" type: "ReLU" bottom: "warp" top: "more" }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.prototxt").write_text(PROTOTXT)
    write_weights(tmp_path / "small.caffemodel", fill_net(load_net(PROTOTXT, on_missing="fill")))
    (tmp_path / "warped.prototxt").write_text(PROTOTXT + MORE)
    (tmp_path / "solver.prototxt").write_text('net: "train_val.prototxt"\nbase_lr: 0.01\n')
    (tmp_path / "page.prototxt").write_text("<!DOCTYPE html><html>404</html>")
    (tmp_path / "nets.py").write_text(
        "from torch import nn\ndef make():\n    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())\n"
        "def wrong():\n    raise KeyError('no such block')\n"
    )
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *names: object, code: int = 0) -> list[str]:
    assert main(["check", *map(str, names)]) == code
    return capsys.readouterr().out.splitlines()


def test_a_line_a_network_and_a_bad_one_stops_no_other(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["page.prototxt", "small.prototxt", "small.caffemodel", "warped.prototxt", "solver.prototxt", "gone.onnx"]
    lines = said(
        capsys, *(folder / name for name in names), f"{folder}/nets.py:make", f"{folder}/nets.py:wrong", code=2
    )
    words = [line.split("  ")[0] for line in lines]
    refused = "refused"
    assert words == [refused, "opened", "opened in part", refused, refused, "opened", refused]
    assert "web page" in lines[0] and "solver" in lines[3] and "no such file" in lines[4]
    assert lines[1].endswith("3 x 16 x 16, 10 layers")
    assert lines[2].endswith("with made-up weights; without warp (its type Warp is unknown), and 1 value that needs it")


def test_all_that_is_known_of_a_single_network(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, folder / "warped.prototxt")
    text = "\n".join(lines)
    for word in (
        "input     data: input 3 x 16 x 16, BGR, 0..255, no mean (mean, order, scale assumed)",
        "weights   made up",
        "kB of weights",
        "in layer prob, without names (--labels FILE)",
        "unknown   more: needs layer 'warp' of unknown type Warp",
        "sees 3 × 3 pixels",
    ):
        assert word in text
    (line,) = [line.split() for line in lines if line.startswith("layer     conv1 ")]
    assert line[1:4] == ["conv1", "Convolution", "6x14x14"]
    assert said(capsys, folder / "small.prototxt", "--weights", folder / "small.caffemodel", "--mean", "1,2,3")[
        1
    ].endswith("mean 1 2 3 (order, scale assumed)")


def test_a_folder_is_searched_and_models_go_by_their_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, folder, "caffenet-mini", code=2)
    opened = [Path(line[16:].split("  ")[0]).name for line in lines if line.startswith("opened ")]
    assert opened == ["small.prototxt", "warped.prototxt", "caffenet-mini"]


def test_weights_belong_to_the_network_beside_them() -> None:
    assert networks_in(["a/x.prototxt", "a/x.caffemodel", "b.onnx"]) == [
        Asked("a/x.prototxt", "a/x.caffemodel"), Asked("b.onnx"),
    ]  # fmt: skip
    assert networks_in(["a/x.caffemodel", "a/x.prototxt"]) == [Asked("a/x.prototxt", "a/x.caffemodel")]
    assert networks_in(["a/x.caffemodel", "b/x.prototxt"]) == [Asked("a/x.caffemodel"), Asked("b/x.prototxt")]


def test_weights_that_do_not_fit_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "other.prototxt").write_text(PROTOTXT.replace("num_output: 6", "num_output: 7"))
    (line,) = said(capsys, folder / "other.prototxt", folder / "small.caffemodel", code=2)
    assert "'conv1'" in line and "found bias of 6, expected 7" in line
    (line,) = said(capsys, folder / "small.caffemodel", code=2)
    assert "holds weights alone" in line


def test_nothing_to_look_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [
                "check",
            ]
        )
        == 2
    )
    assert capsys.readouterr().err.count("\n") == 1


def test_the_script_is_the_same(folder: Path, root: Path) -> None:
    import subprocess

    run = [sys.executable, str(root / "scripts" / "check.py"), str(folder / "small.prototxt")]
    done = subprocess.run(run, capture_output=True, text=True, cwd=folder, timeout=300)
    assert done.returncode == 0 and done.stdout.startswith("opened "), done.stderr
