"""Weights of modules: what holds them, how they are named there, and what is said where they do not fit."""

from __future__ import annotations

import json
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deepvis.formats.torch.safetensors_file import read_safetensors
from deepvis.formats.torch.weights import load_weights
from deepvis.network.model_error import ModelError


def module(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    parts = {"conv": nn.Conv2d(1, 2, 3), "bn": nn.BatchNorm2d(2), "head": nn.Linear(2, 3)}
    return nn.Sequential(OrderedDict(parts)).eval()


def safetensors(file: Path, tensors: dict[str, Tensor], change: object = None, metadata: bool = True) -> Path:
    """Written by hand, as the format's description has it."""
    header, data = {}, b""
    names = {torch.float32: "F32", torch.int64: "I64", torch.float16: "F16", torch.bfloat16: "BF16"}
    for name, tensor in tensors.items():
        content = tensor.contiguous().view(torch.uint8).numpy().tobytes() if tensor.dim() else tensor.numpy().tobytes()
        offsets = [len(data), len(data) + len(content)]
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": offsets}
        data += content
    if metadata:
        header["__metadata__"] = {"format": "pt"}
    if callable(change):
        change(header)
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return file


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"model": {"state_dict": state}, "optimizer": {"lr": 0.1}},
        lambda state: {"state_dict_ema": state},
        lambda state: {"net": state, "acc": 0.9},
        lambda state: {f"module.{name}": value for name, value in state.items()},
        lambda state: {"model": {f"module._orig_mod.{name}": value for name, value in state.items()}},
        lambda state: {"state_dict": {**{f"model.{n}": v for n, v in state.items()}, "n_averaged": torch.tensor(3)}},
        lambda state: {name: value for name, value in state.items() if "num_batches" not in name},
        lambda state: {name: value.half() if value.is_floating_point() else value for name, value in state.items()},
    ],
)
def test_however_a_training_script_saves_them(tmp_path: Path, wrapped: object) -> None:
    torch.save(wrapped(module(1).state_dict()), tmp_path / "w.pth")
    made = module(0)
    assert load_weights(made, tmp_path / "w.pth") == []
    for name, value in module(1).named_parameters():
        assert torch.allclose(made.get_parameter(name), value, atol=1e-3)


def test_from_safetensors(tmp_path: Path) -> None:
    state = module(1).state_dict()
    made = module(0)
    assert load_weights(made, safetensors(tmp_path / "w.safetensors", state)) == []
    assert all(torch.equal(value, made.state_dict()[name]) for name, value in state.items())
    others = {"a": torch.arange(6).reshape(2, 3), "b": torch.tensor([1.5, -2]).bfloat16(), "c": torch.empty(0, 3)}
    found = read_safetensors(safetensors(tmp_path / "x.safetensors", others, metadata=False))
    assert all(torch.equal(found[name], value) and found[name].dtype == value.dtype for name, value in others.items())


def offsets(first: int, last: int) -> object:
    return lambda header: header["a"].update(data_offsets=[first, last])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (offsets(0, 16), "has 16 bytes, which do not fit its shape"),
        (offsets(8, 32), r"said to lie at 8 to 32 of 24 bytes"),
        (offsets(-8, 16), r"lies at \[-8, 16\]"),
        (lambda header: header["a"].update(shape=[2, -3]), r"has the shape \[2, -3\]"),
        (lambda header: header["a"].update(shape="2x3"), r"has the shape '2x3'"),
        (lambda header: header["a"].update(dtype="F8_E9"), "is of the type 'F8_E9', expected one of F64"),
        (lambda header: header.update(a=3), "is of the type None"),
        (lambda header: header.update(b={"dtype": "F32", "shape": [6], "data_offsets": [0, 24]}), "are said to lie at"),
        (lambda header: header.clear(), "has 24 bytes of values, and its header names 0"),
    ],
)
def test_damaged_safetensors(tmp_path: Path, change: object, said: str) -> None:
    file = safetensors(tmp_path / "x.safetensors", {"a": torch.zeros(2, 3)}, change)
    with pytest.raises(ModelError, match=rf"x\.safetensors: is no \.safetensors file \(.*{said}"):
        read_safetensors(file)


@pytest.mark.parametrize(
    "content",
    [b"", b"\1\0", struct.pack("<Q", 2**63) + b"{}", struct.pack("<Q", 2) + b"[]", struct.pack("<Q", 3) + b"{a}"],
)
def test_no_safetensors(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=r"is no \.safetensors file"):
        read_safetensors(tmp_path / "x.safetensors")


def test_what_is_missing_and_too_much_is_named(tmp_path: Path) -> None:
    torch.save({"conv.weight": torch.zeros(2, 1, 3, 3), "neck.0": torch.zeros(1)}, tmp_path / "w.pth")
    with pytest.raises(ModelError) as raised:
        load_weights(module(), tmp_path / "w.pth")
    said = str(raised.value)
    assert "found no 'conv.bias', 'bn.weight', 'bn.bias' and 4 more, and 'neck.0', which the module has not" in said
    assert "--fill lets what is missing keep its initial values" in said


def test_fill_keeps_the_initial_values(tmp_path: Path) -> None:
    state = {"conv.weight": torch.ones(2, 1, 3, 3), "neck.0": torch.zeros(1)}
    torch.save(state, tmp_path / "w.pth")
    made = module()
    notes = load_weights(made, tmp_path / "w.pth", fill=True)
    assert (made.get_parameter("conv.weight") == 1).all()
    assert torch.equal(made.get_parameter("head.weight"), module().get_parameter("head.weight"))
    assert notes[0].startswith("w.pth has no 'conv.bias', 'bn.weight', 'bn.bias' and 4 more: initial values are used")
    assert notes[1] == "w.pth holds 'neck.0', which the module has not: left out"


def test_fill_is_not_for_another_networks_weights(tmp_path: Path) -> None:
    torch.save({"layer.0": torch.zeros(1)}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"found none of the module's weights, but 'layer\.0', expected 'conv"):
        load_weights(module(), tmp_path / "w.pth", fill=True)
    torch.save({"conv.weight": torch.zeros(2, 1, 5, 5)}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"found 'conv\.weight' of shape \(2, 1, 5, 5\), expected \(2, 1, 3, 3\)"):
        load_weights(module(), tmp_path / "w.pth", fill=True)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for name in ("w.pth", "w.safetensors"):
        with pytest.raises(ModelError, match="found no such file, expected the network's weights"):
            load_weights(module(), tmp_path / name)


def test_numbers_are_not_shared_with_the_file(tmp_path: Path) -> None:
    file = safetensors(tmp_path / "w.safetensors", {"a": torch.zeros(3)})
    read_safetensors(file)["a"] += 1
    assert not read_safetensors(file)["a"].any() and np.isfinite(file.stat().st_size)
