"""One unit over photos: values, maps and order against passes one by one, on networks of every format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from deepvis.core.interventions import scaled, switched_off
from deepvis.core.photo_answers import BestPhotos
from deepvis.core.types import Fit, NetRequest, Unit
from deepvis.live.backend import open_backend
from deepvis.models.model import Model
from deepvis.models.zoo import load_model, open_model
from deepvis.network.ref import NetworkRef
from deepvis.scan.network import ScanNetwork
from deepvis.scan.photo_passes import PhotoPasses
from deepvis.scan.scan_error import ScanError
from deepvis.sources.base import new_frame
from deepvis.sources.photos import load_rgb
from tests.formats.torch.test_contributions import NETS
from tests.helpers.networks import small_model


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Seven photos, the third of which is none, and the last is the first once more."""
    folder, noise = tmp_path_factory.mktemp("photos"), np.random.default_rng(5)
    for number in range(6):
        rgb = noise.integers(0, 255, (8, 11, 3), np.uint8).repeat(6, axis=0).repeat(6, axis=1)
        Image.fromarray(rgb).save(folder / f"{number}.png")
    (folder / "2.png").write_bytes(b"no photo")
    (folder / "6.png").write_bytes((folder / "0.png").read_bytes())
    return [str(folder / f"{number}.png") for number in range(7)]


class Waves(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 6, 3, 2), nn.Conv2d(6, 4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x).relu()).mean((2, 3))


@pytest.fixture(scope="module", params=["caffe", "onnx", "tokens", "in_fours"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "caffe":
        return small_model(folder)
    if request.param == "onnx":
        torch.manual_seed(0)
        torch.onnx.export(Waves(), (torch.zeros(1, 3, 24, 24),), str(folder / "net.onnx"), dynamo=False)
        return load_model(prototxt=folder / "net.onnx")
    (folder / "nets.py").write_text(NETS)
    return open_model(NetworkRef(network=f"{folder}/nets.py:{request.param}", options=(("input_size", (32, 32)),)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the exporter
@pytest.mark.parametrize("fit", list(Fit))
def test_values_maps_and_order_are_those_of_passes_one_by_one(model: Model, paths: list[str], fit: Fit) -> None:
    backend = open_backend("engine", model)
    for layer in (backend.info.live[0], backend.info.live[-1]):
        unit, found = Unit(layer.name, layer.channels - 1), BestPhotos(3)
        passes = PhotoPasses(ScanNetwork(model, (layer.name,), "cpu"), unit)
        for first in range(0, len(paths), 4):
            found.add(*passes.run(paths[first : first + 4], first, fit))
        alone = {}
        for path in (each for each in paths if not each.endswith("2.png")):
            maps = backend.run(NetRequest(new_frame(load_rgb(path)), fit=fit)).activations[layer.name]
            alone[path] = np.array(maps[unit.channel])
        best = sorted(alone, key=lambda path: (-float(alone[path].max()), paths.index(path)))
        assert len(found.values) == len(alone) and found.done == len(paths)
        np.testing.assert_allclose([-each[0] for each in found.values], [alone[path].max() for path in best], rtol=1e-4)
        for answer in found.best:
            np.testing.assert_allclose(answer.map_hw, alone[answer.path], rtol=1e-4, atol=1e-5)
            assert answer.map_hw[answer.place] == answer.value == answer.map_hw.max()
        values = [answer.value for answer in found.best]
        assert values == sorted(values, reverse=True) and len(values) == 3
        assert len(found.skipped) == 1 and "2.png" in found.skipped[0]


def test_equal_values_stand_in_the_order_of_the_photos(tmp_path: Path, paths: list[str]) -> None:
    model, found = small_model(tmp_path), BestPhotos(7)
    passes = PhotoPasses(ScanNetwork(model, ("conv1",), "cpu"), Unit("conv1", 0))
    found.add(*passes.run([paths[6]], 6))
    found.add(*passes.run([paths[0]], 0))
    assert [answer.path for answer in found.best] == [paths[0], paths[6]]
    assert [each[2] for each in found.values] == [paths[0], paths[6]]


def test_a_unit_that_is_not_there_is_refused(tmp_path: Path) -> None:
    network = ScanNetwork(small_model(tmp_path), ("conv1",), "cpu")
    with pytest.raises(ScanError, match="there is no unit 999"):
        PhotoPasses(network, Unit("conv1", 999))


def test_what_is_done_to_units_is_done_in_every_photo(model: Model, paths: list[str]) -> None:
    backend = open_backend("engine", model)
    first, middle, last = backend.info.live[0], backend.info.live[-2], backend.info.live[-1]
    done = (scaled(Unit(first.name, 0), 3.0), switched_off(Unit(first.name, 1)))
    later = (*done, switched_off(Unit(last.name, 0))) if last.name != backend.info.prob_layer else done
    for layer, asked in ((middle, later), (first, done)):
        unit = Unit(layer.name, 0)
        passes = PhotoPasses(ScanNetwork(model, (layer.name,), "cpu"), unit, asked)
        found, _ = passes.run(paths[:2], 0)
        for path, answer in zip(paths[:2], found, strict=True):
            alone = backend.run(NetRequest(new_frame(load_rgb(path)), interventions=done)).activations[layer.name]
            np.testing.assert_allclose(answer.map_hw, alone[0], rtol=1e-4, atol=1e-5)
