"""Attributions by the library: of a module, of its ONNX file, and of a Caffe network beside both."""

from __future__ import annotations

import contextlib
import doctest
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

import deepvis
from deepvis.core.attributions import ATTRIBUTIONS
from deepvis.network.model_error import ModelError
from tests.attribution.nets import Waves, waves_input

ONE_PASS = ["grad_cam", "layer_cam", "input_x_gradient"]


@pytest.fixture(scope="module")
def module() -> deepvis.Network:
    return deepvis.open(Waves(), input_size=12)


@pytest.fixture(scope="module")
def onnx(tmp_path_factory: pytest.TempPathFactory) -> deepvis.Network:
    path, quiet = tmp_path_factory.mktemp("onnx") / "waves.onnx", io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        warnings.simplefilter("ignore")
        torch.onnx.export(Waves(), (torch.zeros(1, 3, 12, 12),), str(path), dynamo=False, opset_version=17)
    return deepvis.open(path)


@pytest.mark.parametrize("method", list(ATTRIBUTIONS))
def test_an_onnx_file_says_the_same_as_its_module(module: deepvis.Network, onnx: deepvis.Network, method: str) -> None:
    ours = module.attribution(waves_input(), "fc", 2, method)
    layer = next(name for name in onnx.layers if onnx.shapes[name] == (5, 1, 1))
    other = onnx.attribution(waves_input(), layer, 2, method)
    scale = float(np.abs(ours.values).max())
    assert scale > 0
    np.testing.assert_allclose(other.values, ours.values, atol=1e-4 * scale)


def test_what_comes_back(module: deepvis.Network) -> None:
    found = module.attribution(waves_input(), "prob", 1, "layer_cam", maps="pool")
    assert (found.layer, found.channel, found.maps, found.method) == ("fc", 1, "pool", "layer_cam")
    assert found.values.shape == (6, 6) and found.values.dtype == np.float32 and found.values.min() >= 0
    assert found.rgb.shape == (12, 12, 3) and found.rgb.dtype == np.uint8
    assert repr(found) == "<AttributionMap 6x6 of fc 1 by layer_cam>"
    assert found._repr_png_().startswith(b"\x89PNG")
    several = module.attribution(np.stack([waves_input(), -waves_input()]), "fc", 1)
    assert isinstance(several, list) and len(several) == 2


def test_a_position_is_one_cell(module: deepvis.Network) -> None:
    cell = module.attribution(waves_input(), "conv1", 0, "input_x_gradient", (5, 6)).values
    assert cell[4:7, 5:8].any() and not np.delete(cell, [4, 5, 6], axis=0).any()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("fc", 1, "gradcam"), "no attribution method 'gradcam'; did you mean 'grad_cam'"),
        (("fc", 9), "channel 9"),
        (("nowhere", 0), "no layer 'nowhere'"),
        (("conv1", 0), "no layer with maps below conv1"),
    ],
)
def test_what_is_not_there_is_refused_in_words(module: deepvis.Network, asked: tuple[object, ...], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        module.attribution(waves_input(), *asked)
    with pytest.raises(ModelError, match="no layer 'poool'"):
        module.attribution(waves_input(), "fc", 1, maps="poool")


def test_tokens_whose_class_token_alone_is_read_have_maps_before() -> None:
    """A transformer's last block reads patches, but what it writes to them nobody reads."""

    class Tokens(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.patches = torch.nn.Conv2d(3, 8, 4, 4)
            self.first = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
            self.second = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
            self.cls = torch.nn.Parameter(torch.randn(1, 1, 8))
            self.head = torch.nn.Linear(8, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            tokens = self.patches(x).flatten(2).transpose(1, 2)
            tokens = torch.cat([self.cls.expand(len(x), -1, -1), tokens], dim=1)
            return self.head(self.second(self.first(tokens))[:, 0])

    network = deepvis.open(Tokens().eval(), input_size=16)
    found = network.attribution(np.random.default_rng(0).random((3, 16, 16), np.float32), "head", 1, "layer_cam")
    assert (found.maps, found.values.shape) == ("first", (4, 4))


def test_the_document_says_what_happens(root: Path) -> None:
    failed, tried = doctest.testfile(str(root / "docs" / "attribution.md"), module_relative=False)
    assert tried >= 5 and failed == 0


def test_the_document_has_a_row_for_every_method(root: Path) -> None:
    said = (root / "docs" / "attribution.md").read_text(encoding="utf-8")
    for name in ATTRIBUTIONS:
        row = next(line for line in said.splitlines() if f"`{name}` |" in line)
        assert row.count("|") == 7 and ATTRIBUTIONS[name].source.split(",")[0] in row


@pytest.mark.shared
@pytest.mark.parametrize("method", ONE_PASS)
def test_a_real_network_finds_the_cat(shared: Path, method: str) -> None:
    """SqueezeNet's tabby is where the cat is: more of the attribution lies in the middle than elsewhere."""
    folder = shared / "models" / "squeezenet"
    network = deepvis.open(
        folder / "deploy.prototxt", folder / "squeezenet_v1.1.caffemodel", mean=(104.0, 117.0, 123.0)
    )
    found = network.attribution(shared / "photos" / "cat.jpg", "prob", 281, method)
    strength = np.abs(found.values)
    height, width = strength.shape
    middle = strength[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4]
    assert middle.mean() > 1.3 * strength.mean()
