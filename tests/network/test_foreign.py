"""Files that people take for networks: one sentence that says what to give instead."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from deepvis.cli.window import main
from deepvis.network.foreign import foreign


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
