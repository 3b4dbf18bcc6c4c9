"""Files that people take for networks: one sentence that says what to give instead."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from deepvis.cli.main import main
from deepvis.models.zoo import load_model
from deepvis.network.foreign import foreign
from deepvis.network.model_error import ModelError


class Scaled(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2


def test_what_torch_saves(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    torch.save(module.state_dict(), tmp_path / "state.pth")
    torch.save({"model": module.state_dict(), "epoch": 3}, tmp_path / "checkpoint.ckpt")
    torch.save(module, tmp_path / "module.pt")
    torch.jit.script(Scaled()).save(str(tmp_path / "scripted.pt"))
    assert "state.pth: found weights, which alone cannot run; give FILE.py:NAME" in foreign(tmp_path / "state.pth")
    assert "found weights, " in foreign(tmp_path / "checkpoint.ckpt")
    said = foreign(tmp_path / "module.pt")
    assert "found a pickle of torch.nn.modules.container.Sequential, as of a whole module, which is code" in said
    assert "torch.save(module.state_dict(), FILE)" in said
    assert "found TorchScript, which holds compiled code and no module; give" in foreign(tmp_path / "scripted.pt")


@pytest.mark.parametrize("name", ["net.h5", "net.keras", "net.pb", "net.tflite"])
def test_tensorflow(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert "found a network of TensorFlow or Keras, which nothing here opens; give" in foreign(tmp_path / name)


def test_a_saved_model_of_tensorflow_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"x")
    assert "TensorFlow or Keras" in foreign(tmp_path)


def test_others_may_be_opened(tmp_path: Path) -> None:
    for name in ("deploy.prototxt", "net.py", "net.pt2", "net.onnx", "net"):
        assert foreign(tmp_path / name) == ""


@pytest.mark.parametrize("option", ["--network", "--prototxt"])
@pytest.mark.parametrize("name", ["net.pth", "net.safetensors", "net.tflite"])
def test_exit_code_2(tmp_path: Path, option: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert main([option, str(tmp_path / name), "--list-layers"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and f"{option} " in said and "FILE.py:NAME" in said


PROTOTXT = """# 网络 of py-faster-rcnn
name: "net"
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layer { name: "c" type: "Pooling" bottom: "data" top: "c" pooling_param { kernel_size: 2 } }
"""


@pytest.mark.parametrize("name", ["test.pt", "train.pt", "net.bin"])
def test_text_may_be_caffes(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(PROTOTXT, encoding="utf-8")
    assert foreign(tmp_path / name) == ""
    assert list(load_model(prototxt=tmp_path / name, overrides={"fill": True}).graph.versions) == ["data", "c"]
    (tmp_path / name).write_text("train_net: 'train.pt'\nbase_lr: 0.1\n")
    with pytest.raises(ModelError, match=r"a field of a solver's file, expected a network; .*'train\.pt'"):
        load_model(prototxt=tmp_path / name)


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (b"\xef\xbb\xbf\n<!DOCTYPE html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "a Git LFS pointer"),
        (b'{"message": "Not Found"}', "JSON"),
        (b"404: Not Found", "no such file"),
    ],
)
@pytest.mark.parametrize("name", ["net.prototxt", "net.pt", "net.onnx", "net.pt2"])
def test_a_download_that_brought_something_else_is_named(tmp_path: Path, held: bytes, words: str, name: str) -> None:
    (tmp_path / name).write_bytes(held)
    with pytest.raises(ModelError, match=f"{words}.*, expected a network; download"):
        load_model(prototxt=tmp_path / name, overrides={"fill": True})
    (tmp_path / "good.prototxt").write_text(PROTOTXT, encoding="utf-8")
    (tmp_path / "net.caffemodel").write_bytes(held)
    with pytest.raises(ModelError, match=f"{words}.*, expected weights; download"):
        load_model(prototxt=tmp_path / "good.prototxt", weights=tmp_path / "net.caffemodel")


def test_what_is_no_caffemodel_is_named(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(PROTOTXT, encoding="utf-8")
    torch.save({"a": torch.zeros(2)}, tmp_path / "w.pth")
    (tmp_path / "net.caffemodel").write_text(PROTOTXT, encoding="utf-8")
    (tmp_path / "x.solverstate").write_bytes(b"\x08\x01")
    (tmp_path / "mean.binaryproto").write_bytes(b"\x08\x01")
    for name, words in (
        ("w.pth", "a zip archive, as PyTorch's weights are"),
        ("net.caffemodel", "holds text, .* are the two files swapped"),
        ("x.solverstate", "a solver's state and no weights; give the .caffemodel"),
        ("mean.binaryproto", "goes with --mean"),
    ):
        with pytest.raises(ModelError, match=words):
            load_model(prototxt=tmp_path / "net.prototxt", weights=tmp_path / name).graph  # noqa: B018
