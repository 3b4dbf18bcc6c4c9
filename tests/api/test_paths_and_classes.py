"""Modules with paths that depend on the picture, classes by name, pictures with an opaque fourth channel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import deepvis
from deepvis.api.opened_network import Network
from tests.formats.networks import zoo

DARK, BRIGHT = np.zeros((16, 16, 3), np.uint8), np.full((16, 16, 3), 255, np.uint8)


class Classes(nn.Module):
    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.fc = nn.Conv2d(channels, 8, 3), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv(x).relu().mean((2, 3)))


@pytest.fixture(scope="module")
def hooked() -> Network:
    torch.manual_seed(0)
    return deepvis.open(zoo.Refused(), input_size=16)


def photos() -> list[np.ndarray]:
    """Dark ones with a spot of light, then bright ones with a spot of dark, the spots of two sizes."""
    made = []
    for ground, spot in ((DARK, 60), (BRIGHT, 200)):
        for size in (2, 4):
            rgb = ground.copy()
            rgb[3 : 3 + size, 3 : 3 + size] = spot
            made.append(rgb)
    return made


def test_photos_that_do_not_come_by_a_layer_are_none_of_its_best(hooked: Network, tmp_path: Path) -> None:
    found = hooked.scan(photos(), ["conv", "dark", "bright"], top=3)
    assert found.images == 4 and not found.skipped
    assert {each.index for each in found.top("dark", 0)} == {0, 1}
    assert {each.index for each in found.top("bright", 0)} == {2, 3}
    assert len(found.top("conv", 0)) == 3
    assert np.isfinite(found.standing("dark", 0).mean) and found.standing("dark", 0).images == 4
    files = []
    for number, rgb in enumerate(photos()):
        files.append(tmp_path / f"{number}.png")
        Image.fromarray(rgb).save(files[-1])
    from_files = hooked.scan(files, ["conv", "dark", "bright"], top=3, folder=tmp_path / "out")
    np.testing.assert_array_equal(from_files.values("dark"), found.values("dark"))
    assert not from_files.skipped


def test_what_gives_no_numbers_is_left_out_and_said() -> None:
    module = Classes()
    with torch.no_grad():
        module.conv.weight *= 100
    network = deepvis.open(module, input_size=16)
    good, bad = torch.zeros(3, 16, 16), torch.full((3, 16, 16), 3e38)
    found = network.scan([good, bad], "conv", top=2)
    assert found.images == 1 and "1 left out" in repr(found) and "not finite" in found.skipped[0][1]


def test_a_hooked_module_in_the_api(hooked: Network) -> None:
    x = torch.rand(3, 16, 16)
    assert hooked.project(x, "conv", 0).shape == (3, 16, 16)
    with pytest.raises(deepvis.ModelError, match="only the gradient can be had"):
        hooked.project(x, "conv", 0, "deconv")
    assert hooked.receptive_field("conv", 1, 1) == (0, 0, 16, 16)
    picture = hooked.optimize("conv", 1, preset="2+")
    assert picture.iterations == 120 and picture.activation > hooked.activations(x, "conv")["conv"][1].max()


def test_classes_by_name() -> None:
    network = deepvis.open(Classes(), input_size=16, labels=["ant", "n01860187 black swan, Cygnus atratus", "swan"])
    x = torch.rand(3, 16, 16)
    np.testing.assert_array_equal(network.project(x, "fc", "black swan"), network.project(x, "fc", 1))
    np.testing.assert_array_equal(network.project(x, "fc", "swan"), network.project(x, "fc", 2))
    by_name, by_number = (network.optimize("fc", name, preset="2+") for name in ("ant", 0))
    np.testing.assert_array_equal(by_name.x, by_number.x)
    assert by_name.channel == 0
    with pytest.raises(deepvis.ModelError, match="no class is named 'aunt'; did you mean 'ant'"):
        network.optimize("fc", "aunt")
    with pytest.raises(deepvis.ModelError, match=r"names are understood in a layer of classes \(fc, prob\)"):
        network.optimize("conv", "ant")
    with pytest.raises(deepvis.ModelError, match="with labels="):
        deepvis.open(Classes(), input_size=16).project(x, "fc", "ant")


def test_the_fourth_channel_stays_opaque() -> None:
    network = deepvis.open(Classes(4), input_size=16)
    picture = network.optimize("conv", 1, preset="2+")
    assert picture.x.shape == (4, 16, 16) and (picture.x[3] == 1).all() and picture.x[0].std() > 0


class Counting(Classes):
    """Counts its steps, and does something else from the tenth on."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0

    def forward(self, x: Tensor) -> Tensor:
        self.steps += self.training
        return super().forward(x) * (3 if self.steps >= 10 else 1)


def test_an_attribute_that_changes_is_captured_anew_where_it_matters_alone() -> None:
    module, x = Counting(), torch.rand(3, 16, 16)
    network = deepvis.open(module, input_size=16)
    for steps, may_capture in ((3, False), (9, False), (12, True)):
        module.steps = steps
        with torch.no_grad():
            module.fc.bias += 1
        if may_capture:
            with pytest.raises(deepvis.ModelError, match="must be captured anew"):
                network.take_weights(may_capture=False)
        network.take_weights(may_capture=may_capture)
        wanted = module.eval()(x[None])[0].detach().numpy()
        (scores,) = network.model.graph.outputs
        np.testing.assert_allclose(network.activations(x, scores)[scores], wanted, rtol=1e-5)
        module.train()
