"""torch's own exports of small networks, by both exporters: numbers and gradient are the module's."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.network.kinds import Kind
from deepvis.network.net import GraphNet
from tests.formats.onnx.architectures import ARCHITECTURES, SIZE, made

pytest.importorskip("onnxscript")


def export(module: nn.Module, file: Path, *, dynamo: bool, is_open: bool, opset: int) -> None:
    """With any number of pictures, or one."""
    example = torch.rand(2 if is_open else 1, 3, *SIZE)
    if dynamo:
        shapes = ({0: torch.export.Dim.DYNAMIC},) if is_open else None
        how = {"dynamo": True, "dynamic_shapes": shapes, "external_data": False, "verbose": False}
    else:
        how = {"dynamo": False, "dynamic_axes": {"x": {0: "n"}} if is_open else None}
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            torch.onnx.export(module, (example,), str(file), opset_version=opset, input_names=["x"], **how)
    finally:
        logging.disable(logging.NOTSET)


def check(model: Model, module: nn.Module) -> None:
    """Three pictures together: values and gradient of the network's output."""
    graph = model.graph
    assert graph.batch is None and not any("left out" in note for note in graph.notes)
    x = torch.rand(3, 3, *SIZE, generator=torch.Generator().manual_seed(1)).requires_grad_()
    wanted = module(x)
    seed = torch.randn(wanted.shape, generator=torch.Generator().manual_seed(2))
    (gradient,) = torch.autograd.grad(wanted, x, seed)
    (output,) = graph.outputs
    tape = GraphNet(graph).forward({model.data_blob: x.detach()})
    assert (tape.blobs[output] - wanted).abs().max() < 1e-5
    found = tape.backward(output, seed)[model.data_blob]
    assert (found - gradient).abs().max() < 1e-4 * max(float(gradient.abs().max()), 1e-3)


@pytest.mark.parametrize("is_open", [True, False], ids=["any", "one"])
@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_numbers_and_gradient_of_a_traced_export(name: str, is_open: bool, tmp_path: Path) -> None:
    module = made(name)
    export(module, tmp_path / "net.onnx", dynamo=False, is_open=is_open, opset=13)
    check(load_model(prototxt=tmp_path / "net.onnx"), module)


@pytest.mark.slow
@pytest.mark.parametrize("opset", [9, 11, 17, 18])
@pytest.mark.parametrize("name", ["resnet", "mobilenet", "vit"])
def test_other_operator_sets(name: str, opset: int, tmp_path: Path) -> None:
    if (name, opset) == ("mobilenet", 9):
        pytest.skip("torch writes no Hardswish into operator set 9")
    module = made(name)
    export(module, tmp_path / "net.onnx", dynamo=False, is_open=True, opset=opset)
    check(load_model(prototxt=tmp_path / "net.onnx"), module)


@pytest.mark.slow
@pytest.mark.parametrize("is_open", [True, False], ids=["any", "one"])
@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_numbers_and_gradient_of_a_captured_export(name: str, is_open: bool, tmp_path: Path) -> None:
    module = made(name)
    export(module, tmp_path / "net.onnx", dynamo=True, is_open=is_open, opset=18)
    check(load_model(prototxt=tmp_path / "net.onnx"), module)


NAMES = ("maxpool", "layer1.0.relu", "layer1.0.relu@1", "layer1.1.relu", "layer2.0.relu@1", "avgpool", "fc")


def test_names_are_those_of_modules(tmp_path: Path) -> None:
    module = made("resnet")
    export(module, tmp_path / "traced.onnx", dynamo=False, is_open=True, opset=13)
    export(module, tmp_path / "captured.onnx", dynamo=True, is_open=True, opset=18)
    traced, captured = (load_model(prototxt=tmp_path / f"{name}.onnx") for name in ("traced", "captured"))
    check(captured, module)
    for model in (traced, captured):
        names = model.graph.versions
        for name in NAMES:
            assert name in names, name
        kinds = {name: model.graph.first_maker(name).kind for name in ("relu", "avgpool", "fc")}
        assert kinds == {"relu": Kind.RELU, "avgpool": Kind.POOLING, "fc": Kind.LINEAR}
    assert "layer1.0.conv1" in traced.graph.versions  # batch normalization is folded into it
    assert "layer1.0.bn1" in captured.graph.versions
