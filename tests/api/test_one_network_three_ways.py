"""SqueezeNet 1.1 as Caffe's files, as a module with the same weights, and as its .pt2: the same answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import deepvis
from deepvis.api.opened_network import Network
from deepvis.core.back_modes import BACK_MODES
from deepvis.optimize import presets

pytestmark = pytest.mark.shared
CAFFE_MEAN = (104.0, 117.0, 123.0)
FED = {"input_scale": 255.0, "mean": CAFFE_MEAN[::-1], "std": (1.0, 1.0, 1.0), "input_size": 227}
# Caffe's blob -> the module's value: a blob with a ReLU in place is the ReLU's
SAME = {
    "conv1": "relu_conv1", "pool1": "pool1", "fire2/squeeze1x1": "fire2.relu", "fire2/concat": "fire2",
    "pool3": "pool3", "fire5/concat": "fire5", "fire9/concat": "fire9", "conv10": "relu_conv10", "prob": "prob",
}  # fmt: skip
FIRES = {2: (64, 16, 64), 3: (128, 16, 64), 4: (128, 32, 128), 5: (256, 32, 128), 6: (256, 48, 192),
         7: (384, 48, 192), 8: (384, 64, 256), 9: (512, 64, 256)}  # fmt: skip


class Fire(nn.Module):
    def __init__(self, taken: int, squeezed: int, made: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(taken, squeezed, 1)
        self.relu = nn.ReLU(inplace=True)
        self.left, self.right = nn.Conv2d(squeezed, made, 1), nn.Conv2d(squeezed, made, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.squeeze(x))
        return torch.cat([self.relu(self.left(x)), self.relu(self.right(x))], 1)


class SqueezeNet(nn.Module):
    """As Iandola et al. have it, version 1.1."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.relu_conv1 = nn.Conv2d(3, 64, 3, 2), nn.ReLU(inplace=True)
        for number, sizes in FIRES.items():
            self.add_module(f"fire{number}", Fire(*sizes))
        self.pool1, self.pool3, self.pool5 = (nn.MaxPool2d(3, 2, ceil_mode=True) for _ in range(3))
        self.conv10, self.relu_conv10 = nn.Conv2d(512, 1000, 1), nn.ReLU(inplace=True)
        self.prob = nn.Softmax(1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.relu_conv1(self.conv1(x)))
        for number in FIRES:
            x = self.get_submodule(f"fire{number}")(x)
            x = self.get_submodule(f"pool{number}")(x) if number in (3, 5) else x
        return self.prob(self.relu_conv10(self.conv10(x)).mean((2, 3)))


@pytest.fixture(scope="module")
def caffe(shared: Path) -> Network:
    folder = shared / "models" / "squeezenet"
    return deepvis.open(folder / "deploy.prototxt", folder / "squeezenet_v1.1.caffemodel", mean=CAFFE_MEAN)


@pytest.fixture(scope="module")
def module(caffe: Network) -> SqueezeNet:
    """With Caffe's weights, by order of the convolutions; those of the first see RGB."""
    made = SqueezeNet().eval()
    given = [node.weights for node in caffe.model.graph.nodes if node.weights]
    convolutions = [part for part in made.modules() if isinstance(part, nn.Conv2d)]
    convolutions = [made.conv1, *(part for part in convolutions if part not in (made.conv1, made.conv10)), made.conv10]
    with torch.no_grad():
        for part, (weight, bias) in zip(convolutions, given, strict=True):
            weight = np.array(weight, np.float32)
            part.weight.copy_(torch.from_numpy(weight[:, ::-1].copy() if part is made.conv1 else weight))
            assert part.bias is not None
            part.bias.copy_(torch.from_numpy(np.array(bias, np.float32)))
    return made


@pytest.fixture(scope="module", params=["module", "pt2"])
def other(request: pytest.FixtureRequest, module: SqueezeNet, tmp_path_factory: pytest.TempPathFactory) -> Network:
    if request.param == "module":
        return deepvis.open(module.train(), **FED)
    path = tmp_path_factory.mktemp("pt2") / "squeezenet.pt2"
    batch = torch.export.Dim.AUTO
    program = torch.export.export(module.eval(), (torch.zeros(2, 3, 227, 227),), dynamic_shapes=({0: batch},))
    torch.export.save(program, path)
    return deepvis.open(path, input_scale=255.0, mean=CAFFE_MEAN[::-1], std=(1.0, 1.0, 1.0))


def test_probabilities_and_activations(caffe: Network, other: Network, shared: Path) -> None:
    photo = shared / "photos" / "cat.jpg"
    mine, theirs = caffe.activations(photo, list(SAME)), other.activations(photo, list(SAME.values()))
    for blob, name in SAME.items():
        a, b = mine[blob], theirs[name]
        np.testing.assert_allclose(a.reshape(-1), b.reshape(-1), atol=1e-4 * float(np.abs(a).max()), err_msg=blob)
    assert int(theirs["prob"].argmax()) == int(mine["prob"].argmax()) == 281  # tabby


@pytest.mark.parametrize("mode", BACK_MODES)
def test_back_modes(caffe: Network, other: Network, shared: Path, mode: str) -> None:
    photo = shared / "photos" / "cat.jpg"
    for blob, position in (("fire5/concat", None), ("fire9/concat", (6, 7)), ("conv10", None)):
        channel = 282 if blob == "conv10" else 40
        mine = caffe.project(photo, blob, channel, mode, position)[::-1]
        theirs = other.project(photo, SAME[blob], channel, mode, position)
        np.testing.assert_allclose(mine, theirs, atol=2e-4 * float(np.abs(mine).max()), err_msg=f"{blob} {mode}")


def test_receptive_fields(caffe: Network, other: Network) -> None:
    for blob, name in SAME.items():
        assert caffe.receptive_field(blob, 0, 0) == other.receptive_field(name, 0, 0), blob
    assert caffe.receptive_field("pool3", 5, 7) == other.receptive_field("pool3", 5, 7)


def test_optimized_pictures(caffe: Network, other: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presets, "BUILT_IN", {"3+": replace(presets.BUILT_IN["3+"], max_iter=8)})
    for blob in ("fire2/concat", "fire5/concat"):
        mine, theirs = caffe.optimize(blob, 70, seed=3), other.optimize(SAME[blob], 70, seed=3)
        assert theirs.activation == pytest.approx(mine.activation, rel=1e-2)
        np.testing.assert_allclose(mine.x[::-1], theirs.x, atol=0.02 * float(np.abs(mine.x).max()))
        assert mine.rgb.shape == theirs.rgb.shape
        assert np.abs(mine.rgb.astype(int) - theirs.rgb).mean() < 1


def test_top_9(caffe: Network, other: Network, shared: Path) -> None:
    photos = sorted((shared / "photos" / "imagenet-probe").glob("*.jpg"))[:40:4]
    mine, theirs = caffe.scan(photos, layers="fire3/concat", top=3), other.scan(photos, layers="fire3", top=3)
    np.testing.assert_allclose(mine.values("fire3/concat"), theirs.values("fire3"), rtol=1e-4, atol=1e-3)
    for channel in (0, 5, 77):
        pairs = zip(mine.top("fire3/concat", channel), theirs.top("fire3", channel), strict=True)
        assert all((a.path, a.position, a.value > 0) == (b.path, b.position, True) for a, b in pairs if a.value > 0.1)
        assert all(np.array_equal(a.rgb, b.rgb) for a, b in pairs)
