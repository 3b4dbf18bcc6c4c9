"""How modules take pictures: channels, layout, several inputs, tuples and dicts; a module object is left as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deepvis.formats.torch.module_input import InputOptions
from deepvis.formats.torch.opener import opened_module
from deepvis.models.model import Model
from deepvis.models.zoo import open_model
from deepvis.network.field import receptive_field
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.network.ref import NetworkRef


class Conv(nn.Module):
    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 3)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.drop(self.conv(x)).relu()


class Last(Conv):
    """Takes pictures (N, H, W, C)."""

    def forward(self, picture: Tensor) -> Tensor:
        return super().forward(picture.permute(0, 3, 1, 2))


class Mask(Conv):
    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        return super().forward(image * (1 - mask))


class Conditioned(Conv):
    def forward(self, step: Tensor, picture: Tensor, table: Tensor, scale: float = 2.0) -> Tensor:
        return super().forward(picture) * scale + step[:, None, None, None] + table.sum()


class Outputs(Conv):
    def forward(self, x: Tensor) -> dict[str, object]:
        y = super().forward(x)
        return {"logits": y.mean((2, 3)), "maps": (y, [y * 2])}


class Named(Conv):
    """One name is a module's too, and what is no tensor is among the outputs."""

    def forward(self, x: Tensor) -> dict[str, object]:
        y = super().forward(x)
        return {"conv": y, "features": [y * 2, y.mean((2, 3))], "nothing": None, "count": 3}


class Hooked(Named):
    def forward(self, x: Tensor) -> dict[str, object]:
        return super().forward(x * 2 if x.mean() > 0 else x)


class Nothing(Conv):
    def forward(self, x: Tensor) -> None:
        super().forward(x)


def made(kind: type[Conv], channels: int = 3) -> Conv:
    torch.manual_seed(0)
    return kind(channels).train()


def opened(module: nn.Module, asked: InputOptions = InputOptions(input_size=(10, 12)), **said: object) -> Model:  # noqa: B008
    return open_model(NetworkRef(network="net", options=tuple(said.items())), opened_module(module, "net", asked))


def values(model: Model, x: Tensor, layer: str = "relu") -> Tensor:
    return GraphNet(model.graph).forward({model.data_blob: x}).blobs[layer]


def pictures(count: int, channels: int = 3) -> Tensor:
    return torch.rand(count, channels, 10, 12, generator=torch.Generator().manual_seed(count))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_are_found_by_the_first_convolution(channels: int) -> None:
    module = made(Conv, channels)
    model = opened(module)
    assert model.preprocessor.input_shape == (channels, 10, 12)
    for count in (1, 3):
        x = pictures(count, channels)
        assert torch.allclose(values(model, x), module.eval()(x), atol=1e-6)
    words = {
        1: "input 1 x 10 x 12, gray, 0..1, mean 0.449, std 0.226 (mean, std, scale assumed)",
        3: "input 3 x 10 x 12, RGB, 0..1, mean 0.485 0.456 0.406, std 0.229 0.224 0.225 "
        "(mean, std, order, scale assumed)",
        4: "input 4 x 10 x 12, RGB and opaque, 0..1, mean 0.485 0.456 0.406 0, std 0.229 0.224 0.225 1 "
        "(mean, std, order, scale assumed)",
    }
    assert model.input_words == words[channels]


def test_a_module_is_left_as_it_was() -> None:
    module = made(Conv)
    module.drop.eval()
    opened(module)
    assert module.training and module.conv.training and not module.drop.training
    graph = opened(module).graph
    assert graph.nodes[0].weights[0].data_ptr() == module.conv.weight.data_ptr()  # the module's own, not a copy
    double = made(Conv).double()
    assert torch.allclose(values(opened(double), pictures(1)), double.eval().float()(pictures(1)), atol=1e-6)
    half = made(Conv).half()
    opened(half)
    assert half.conv.weight.dtype == torch.float16 and half.training


def test_pictures_channels_last() -> None:
    module = made(Last)
    model = opened(module)
    assert model.preprocessor.input_shape == (3, 10, 12) and model.data_blob == "picture"
    assert "the module takes pictures as (N, height, width, channels)" in model.notes
    for count in (1, 3):
        x = pictures(count)
        assert torch.allclose(values(model, x), module.eval()(x.permute(0, 2, 3, 1)), atol=1e-6)
    assert type(module).forward is Last.forward and "conv" in model.layer_names
    square = InputOptions(input_size=(3, 3), layout="NHWC")  # which of the two it is cannot be found here
    assert "channels" in opened(made(Last), square).notes[0]


def test_another_input_is_given_zeros() -> None:
    module = made(Mask)
    model = opened(module)
    assert model.data_blob == "image" and list(model.structure.inputs) == ["image"]
    assert (
        model.notes[0]
        == "the input 'mask' is given zeros of N x 3 x 10 x 12; give other values with --input mask=FILE.npy"
    )
    for count in (1, 3):
        x = pictures(count)
        assert torch.allclose(values(model, x), module.eval()(x, torch.zeros_like(x)), atol=1e-6)


def test_another_input_is_given_values(tmp_path: Path) -> None:
    mask = np.random.default_rng(0).random((1, 10, 12))
    np.save(tmp_path / "mask.npy", mask)
    module = made(Mask)
    model = opened(module, InputOptions(input_size=(10, 12), inputs=(f"mask={tmp_path / 'mask.npy'}",)))
    assert model.notes == ()
    x = pictures(3)
    assert torch.allclose(values(model, x), module.eval()(x, torch.tensor(mask).float()[None]), atol=1e-6)


def test_which_input_takes_the_picture(tmp_path: Path) -> None:
    np.save(tmp_path / "table.npy", np.arange(5.0))
    np.save(tmp_path / "step.npy", np.array([7.0]))
    inputs = (f"table={tmp_path / 'table.npy'}", f"step={tmp_path / 'step.npy'}")
    module = made(Conditioned)
    model = opened(module, InputOptions(input_size=(10, 12), inputs=inputs))
    assert model.data_blob == "picture"
    x = pictures(2)
    wanted = module.eval()(
        torch.full((2,), 7.0), x, torch.arange(5.0)[None]
    )  # its sum is of all rows: of one picture's
    assert torch.allclose(values(model, x, list(model.graph.names)[-1]), wanted, atol=1e-5)
    named = opened(made(Mask), InputOptions(input_size=(10, 12), data_input="mask"))
    assert named.data_blob == "mask" and "'image'" in named.notes[0]
    module = made(Mask)
    module.input_shapes = {"mask": (1, 10, 12), "image": (3, 10, 12)}
    assert "zeros of N x 1 x 10 x 12" in opened(module, InputOptions()).notes[0]


@pytest.mark.parametrize(
    ("kind", "asked", "said"),
    [
        (Mask, InputOptions(data_input="img"), "net: has no input 'img', expected one of its inputs: image, mask"),
        (Mask, InputOptions(inputs=("maks=x.npy",)), r"x\.npy: cannot be read"),
        (Mask, InputOptions(inputs=("mask",)), "--input 'mask': expected NAME=FILE.npy"),
        (Nothing, InputOptions(), "net: found a forward pass that returns nothing, expected tensors"),
        (
            Conv,
            InputOptions(channels=2),
            "net: torch.export could not capture its forward pass on pictures of 2x224x224",
        ),
        (Conv, InputOptions(input_size=(2, 2)), "on pictures of 3x2x2"),
    ],
)
def test_what_does_not_go(kind: type[Conv], asked: InputOptions, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        opened_module(made(kind), "net", asked)


def test_an_input_that_the_module_has_not(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(ModelError, match=r"--input names 'maks', which the module has not; did you mean 'mask'"):
        opened_module(made(Mask), "net", InputOptions(inputs=(f"maks={tmp_path / 'x.npy'}",)))


def test_tuples_and_dicts_of_outputs() -> None:
    module = made(Outputs)
    model = opened(module)
    x = pictures(2)
    tape = GraphNet(model.graph).forward({"x": x})
    found = module.eval()(x)
    assert torch.allclose(tape.blobs["mean"], found["logits"], atol=1e-6)
    assert torch.allclose(tape.blobs["mul"], found["maps"][1][0], atol=1e-6)


def test_outputs_are_shown_by_the_names_that_the_module_gives_them() -> None:
    module = made(Outputs)
    model = opened(module)
    blobs, found = GraphNet(model.graph).forward({"x": pictures(2)}).blobs, module.eval()(pictures(2))
    assert torch.allclose(blobs["logits"], found["logits"], atol=1e-6)
    assert torch.allclose(blobs["maps.0"], found["maps"][0], atol=1e-6)
    assert torch.allclose(blobs["maps.1.0"], found["maps"][1][0], atol=1e-6)
    assert "logits" in model.layer_names and "mean" not in model.layer_names  # one value, one line
    net = GraphNet(model.graph)
    field = receptive_field(net.graph, net.shapes, "maps.0", 2, 3)
    assert (field.height, field.width) == (3, 3)


@pytest.mark.parametrize("is_hooked", [False, True])
def test_a_name_that_a_module_has_too(is_hooked: bool) -> None:
    module = made(Hooked if is_hooked else Named)
    model = opened(module)
    blobs, found = GraphNet(model.graph).forward({"x": pictures(1)}).blobs, module.eval()(pictures(1))
    assert torch.allclose(blobs["conv [output]"], found["conv"], atol=1e-6)
    assert torch.allclose(blobs["features.1"], found["features"][1], atol=1e-6)
    assert not torch.equal(blobs["conv"], blobs["conv [output]"])
    assert set(model.graph.outputs) >= ({"", "features.1"} if is_hooked else {""})
    assert all(each.is_same for each in model.opened.self_test())


def test_a_forward_pass_of_its_own_is_called() -> None:
    module = made(Last)
    module.forward = lambda picture: Last.forward(module, picture) * 3  # as patched by the user
    x = pictures(2)
    with torch.no_grad():
        wanted = module.eval()(x.permute(0, 2, 3, 1))
    assert torch.allclose(values(opened(module), x, "mul"), wanted, atol=1e-6)


def test_sizes_that_a_module_says() -> None:
    vit = made(Conv)
    vit.image_size = 32
    assert opened(vit, InputOptions()).preprocessor.input_shape == (3, 32, 32)
    timm = made(Conv)
    timm.pretrained_cfg = {"input_size": (3, 24, 28), "mean": (0.5,) * 3, "std": (0.25,) * 3}
    model = opened(timm, InputOptions())
    assert (
        model.input_words == "input 3 x 24 x 28, RGB, 0..1, mean 0.5 0.5 0.5, std 0.25 0.25 0.25 (order, scale assumed)"
    )


class Data(nn.Module):
    """The other input is no picture, and comes first."""

    def __init__(self, mixes: bool = False) -> None:
        super().__init__()
        self.conv, self.linear, self.mixes = nn.Conv2d(3, 8, 3), nn.Linear(4, 8), mixes

    def forward(self, meta: Tensor, photo: Tensor) -> Tensor:
        if self.mixes:
            meta = meta.reshape(-1, 7, 4)[:, 0]
        return self.conv(photo) + self.linear(meta)[:, :, None, None]


class Classed(nn.Module):
    """The other input is an index."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.table = nn.Conv2d(3, 8, 3), nn.Embedding(5, 8)

    def forward(self, image: Tensor, label: Tensor) -> Tensor:
        return self.conv(image) + self.table(label)[:, :, None, None]


def test_shapes_of_inputs_that_are_no_pictures_are_found() -> None:
    data = opened(Data(), InputOptions(input_size=(10, 12)))
    assert data.data_blob == "photo" and "'meta' is given zeros of N x 4" in data.notes[0]
    assert "'label' is given zeros of N;" in opened(Classed(), InputOptions(input_size=(10, 12))).notes[0]


def test_an_input_that_takes_no_zeros_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"input 'meta' .* --input meta=FILE\.npy"):
        opened(Data(mixes=True), InputOptions(input_size=(10, 12), data_input="photo"))
    np.save(tmp_path / "meta.npy", np.array([np.nan]))
    with pytest.raises(ModelError, match="found NaN among the values of the input 'meta'"):
        opened(Data(), InputOptions(inputs=(f"meta={tmp_path / 'meta.npy'}",)))


def test_more_channels_than_pictures_have() -> None:
    with pytest.raises(ModelError, match="first convolution of 5 channels, expected one of 1, 3 or 4"):
        opened(nn.Conv2d(5, 4, 3), InputOptions(input_size=(10, 12)))
