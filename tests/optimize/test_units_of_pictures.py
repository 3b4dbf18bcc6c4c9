"""The same network fed in two ways, Caffe's and PyTorch's, makes the same pictures, whatever the steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from deepvis.core.types import Fit
from deepvis.formats.caffe.weights import write_weights
from deepvis.models.model import Model
from deepvis.models.zoo import open_model
from deepvis.network.ref import NetworkRef
from deepvis.optimize.ascend import begin, finish
from deepvis.optimize.ascent_network import AscentNetwork, ascent_net_of
from deepvis.optimize.climb import Climb, Job
from deepvis.optimize.field_only import field_only
from deepvis.optimize.objective import unit
from deepvis.optimize.pictures import pictures_of, shown
from deepvis.optimize.presets import preset

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])  # the module's, RGB

CAFFE = """
name: "two" input: "data" input_shape { dim: [1, 3, 20, 24] }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 5 pad: 2 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "relu" }
layer { name: "last" type: "Convolution" bottom: "relu" top: "last"
  convolution_param { num_output: 3 kernel_size: 3 } }
"""
MODULE = """
from collections import OrderedDict
from torch import nn

class Two(nn.Sequential):
    input_shape = (3, 20, 24)

    def __init__(self):
        parts = {"conv": nn.Conv2d(3, 4, 5, padding=2), "relu": nn.ReLU(), "last": nn.Conv2d(4, 3, 3)}
        super().__init__(OrderedDict(parts))
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Model]:
    """(as Caffe's files, as a module): BGR and RGB, 0 to 255 and 0 to 1 divided by std."""
    folder = tmp_path_factory.mktemp("two")
    random = np.random.default_rng(0)
    first = random.normal(0, 0.02, (4, 3, 5, 5)).astype(np.float32)  # BGR, 0 to 255
    last = random.normal(0, 0.2, (3, 4, 3, 3)).astype(np.float32)
    zeros = [np.full(4, 0.3, np.float32), np.zeros(3, np.float32)]
    (folder / "two.prototxt").write_text(CAFFE)
    write_weights(folder / "two.caffemodel", {"conv": [first, zeros[0]], "last": [last, zeros[1]]})
    (folder / "two.py").write_text(MODULE)
    scaled = first[:, ::-1] * (255 * STD)[:, None, None]
    arrays = {"conv.weight": scaled, "conv.bias": zeros[0], "last.weight": last, "last.bias": zeros[1]}
    torch.save({name: torch.tensor(array.copy()).float() for name, array in arrays.items()}, folder / "two.pth")
    mean = tuple(float(value) for value in 255 * MEAN[::-1])
    caffe = NetworkRef(network=str(folder / "two.prototxt"), weights=str(folder / "two.caffemodel"), mean=mean)
    module = NetworkRef(network=f"{folder / 'two.py'}:Two", weights=str(folder / "two.pth"))
    return open_model(caffe), open_model(module)


@pytest.fixture(scope="module")
def ascent_nets(models: tuple[Model, Model]) -> tuple[AscentNetwork, AscentNetwork]:
    return ascent_net_of(models[0]), ascent_net_of(models[1])


def climbed(ascent_net: AscentNetwork, name: str, start: str = "mean_plus_rand") -> Climb:
    job = Job(unit("last", 1), replace(preset(name), max_iter=12), seed=3, start_at=start)
    (climb,) = finish(ascent_net, [begin(ascent_net, job)])
    return climb


@pytest.mark.parametrize("name", ["1", "2", "3", "4", "3+", "robust"])
def test_the_same_pictures(
    models: tuple[Model, Model], ascent_nets: tuple[AscentNetwork, AscentNetwork], name: str
) -> None:
    climbs = [climbed(ascent_net, name) for ascent_net in ascent_nets]
    assert np.allclose(climbs[0].objective, climbs[1].objective, rtol=1e-3)
    pictures = [shown(climb.x, model.preprocessor).astype(int) for climb, model in zip(climbs, models, strict=True)]
    assert np.abs(pictures[0] - pictures[1]).max() <= 2 and pictures[0].std() > 5
    pairs = [pictures_of(climb.x, model.preprocessor) for climb, model in zip(climbs, models, strict=True)]
    assert all(np.abs(pairs[0][key].astype(int) - pairs[1][key]).max() <= 2 for key in pairs[0])


@pytest.mark.parametrize("start", ["mean_plus_rand", "randu", "mean"])
def test_the_same_starts(ascent_nets: tuple[AscentNetwork, AscentNetwork], start: str) -> None:
    caffe, module = (begin(each, Job(unit("last", 1), preset("3"), 5, start)).x.numpy() for each in ascent_nets)
    assert np.allclose(module[::-1] * 255 * STD[::-1, None, None], caffe, atol=1e-3)


def test_clipping_and_the_field_alone(ascent_nets: tuple[AscentNetwork, AscentNetwork]) -> None:
    _, module = ascent_nets
    high = module.clip(torch.full_like(module.mean_chw, 99.0))
    assert np.allclose(high[:, 0, 0], (1 - MEAN) / STD) and module.grey_level is not None
    small = field_only(module, "last")
    assert small is not module and small.is_rgb and torch.equal(small.grey_level, module.grey_level)


def test_a_photo_and_the_way_back_to_it(models: tuple[Model, Model]) -> None:
    """The same pixels in, the same gradient out, seen at the picture."""
    rgb = np.random.default_rng(1).integers(0, 256, (20, 24, 3)).astype(np.uint8)
    caffe, module = (model.preprocessor for model in models)
    x = module.to_input(rgb, Fit.CROP)
    assert np.allclose(x, (rgb.transpose(2, 0, 1) / 255 - MEAN[:, None, None]) / STD[:, None, None], atol=1e-5)
    assert np.array_equal(module.to_rgb(x), rgb)
    gradient = np.random.default_rng(2).normal(size=(3, 20, 24)).astype(np.float32)  # at Caffe's input, BGR
    at_module = gradient[::-1] * (255 * STD)[:, None, None]
    assert np.allclose(module.diff_to_rgb(at_module), caffe.diff_to_rgb(gradient), rtol=1e-4)
