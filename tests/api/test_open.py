"""deepvis.open on small modules and on caffenet-mini: photos of every kind, values, projections, fields, pictures."""

from __future__ import annotations

import doctest
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import deepvis
from deepvis.api.opened_network import Network


class Traps(nn.Module):
    """A reused activation in place, an Identity, an attention that returns two things, dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 8, 5, stride=2), nn.Conv2d(8, 8, 3, padding=1)
        self.relu, self.drop, self.same = nn.ReLU(inplace=True), nn.Dropout(), nn.Identity()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.conv1(x))
        x = self.same(self.drop(self.relu(self.conv2(x))))
        tokens = x.flatten(2).transpose(1, 2)
        return self.head(self.attention(tokens, tokens, tokens)[0].mean(1))


@pytest.fixture(scope="module")
def module() -> Traps:
    torch.manual_seed(0)
    return Traps().train()


@pytest.fixture(scope="module")
def network(module: Traps) -> Network:
    return deepvis.open(module, input_size=(20, 24))


@pytest.fixture(scope="module")
def mini() -> Network:
    return deepvis.open("caffenet-mini", device="cpu")


@pytest.fixture
def x() -> Tensor:
    return torch.randn(3, 3, 20, 24, generator=torch.Generator().manual_seed(1))


def heard(module: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """What each part returns in its first call: the reference."""
    found: dict[str, Tensor] = {}

    def hear(path: str) -> Callable[..., None]:
        def hook(_: nn.Module, __: Any, made: Any) -> None:
            found.setdefault(path, (made[0] if isinstance(made, tuple) else made).detach().clone())

        return hook

    hooks = [part.register_forward_hook(hear(path)) for path, part in module.named_modules() if path]
    was_training = module.training
    module.eval()
    with torch.no_grad():
        module(x)
    module.train(was_training)
    for each in hooks:
        each.remove()
    return found


def test_every_part_has_the_value_of_its_first_call(module: Traps, network: Network, x: Tensor) -> None:
    expected = heard(module, x)
    leaves = [path for path, part in module.named_modules() if path and not list(part.children())]
    called = [path for path in leaves if path != "attention.out_proj"]  # the attention takes its weights alone
    found = network.activations(x, [*called, "attention"])
    for path, value in found.items():
        shape = tuple(value.shape)
        assert value.dtype == np.float32, path
        reference = expected[path].numpy()
        if shape != reference.shape:  # tokens of the list are shown as maps
            continue
        np.testing.assert_allclose(value, reference, atol=1e-5, err_msg=path)
    with pytest.raises(deepvis.ModelError, match="called at all"):
        network.activations(x, "attention.out_proj")
    assert found["conv1"].min() < 0 == found["relu"].min()
    one = network.activations(x[0], ["conv1", "head"])
    assert one["conv1"].shape == (8, 8, 10) and one["head"].shape == (5,)
    np.testing.assert_allclose(one["head"], found["head"][0], atol=1e-5)
    assert network.activations([x[0]], "head")["head"].shape == (1, 5)


def test_nothing_of_the_module_is_touched(x: Tensor) -> None:
    module = Traps().train()
    module.drop.eval()
    modes = {path: part.training for path, part in module.named_modules()}
    calls: list[int] = []
    module.conv1.register_forward_hook(lambda *_: calls.append(1))
    module(x).sum().backward()
    gradient = module.conv1.weight.grad
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    calls.clear()
    state = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()  # type: ignore[union-attr, index]
    opened = deepvis.open(module, input_size=(20, 24))
    opened.activations(x)
    opened.project(x[0], "conv2", 3)
    opened.refresh()
    assert torch.equal(state[0], torch.get_rng_state()) and state[1] == random.getstate()
    assert np.array_equal(state[2], np.random.get_state()[1])  # type: ignore[index]
    assert modes == {path: part.training for path, part in module.named_modules()}
    assert module.conv1.weight.grad is gradient and not calls and len(module.conv1._forward_hooks) == 1
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert "hooks of conv1" in " ".join(opened.model.notes)


def test_photos_of_every_kind_give_the_same(mini: Network, tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (117, 117, 3), np.uint8)
    Image.fromarray(rgb).save(tmp_path / "a.png")
    (tmp_path / "list.txt").write_text("a.png\n")
    as_input = mini.model.preprocessor.to_input(rgb)
    expected = mini.activations(rgb, "conv1")["conv1"]
    for photo in (
        tmp_path / "a.png",
        str(tmp_path / "a.png"),
        Image.fromarray(rgb),
        as_input,
        torch.from_numpy(as_input),
    ):
        np.testing.assert_array_equal(mini.activations(photo, "conv1")["conv1"], expected)
    for photos in (tmp_path, tmp_path / "list.txt", [rgb], rgb[None], as_input[None], torch.from_numpy(as_input)[None]):
        np.testing.assert_array_equal(mini.activations(photos, "conv1")["conv1"], expected[None])
    large = np.repeat(np.repeat(rgb, 2, axis=0), 2, axis=1)
    assert mini.activations(large, "conv1")["conv1"].shape == expected.shape


def test_projection_from_the_whole_map_and_from_one_cell(module: Traps, network: Network, x: Tensor) -> None:
    taken = x[:1].clone().requires_grad_()
    maps = module.conv2(torch.relu(module.conv1(taken)))
    for position in (None, (2, 3)):
        seed = torch.zeros_like(maps)
        where: Any = (0, 4) if position is None else (0, 4, *position)
        seed[where] = maps.detach()[where]
        (expected,) = torch.autograd.grad(maps, taken, seed, retain_graph=True)
        found = network.project(x[0], "conv2", 4, position=position)
        assert isinstance(found, np.ndarray) and found.dtype == np.float32
        np.testing.assert_allclose(found, expected[0].numpy(), atol=1e-5)
        assert found._repr_png_().startswith(b"\x89PNG") and (found * 2).shape == found.shape
    several = network.project(x, "conv2", 4)
    assert several.shape == (3, 3, 20, 24)
    np.testing.assert_allclose(several[0], network.project(x[0], "conv2", 4), atol=1e-6)


def test_receptive_fields(network: Network) -> None:
    assert network.receptive_field("conv1", 1, 2) == (2, 4, 7, 9)
    assert network.receptive_field("conv2", 0, 0) == (-2, -2, 7, 7)
    field = network.receptive_field("conv2", 3, 3)
    assert (field.height, field.width) == (9, 9)


def test_a_preferred_image_is_that_of_its_seed(network: Network) -> None:
    first, again = (network.optimize("conv2", 1, preset="2+", seed=5) for _ in range(2))
    other = network.optimize("conv2", 1, preset="2+", seed=6)
    np.testing.assert_array_equal(first.x, again.x)
    assert not np.array_equal(first.x, other.x) and first.rgb.dtype == np.uint8
    centre = network.activations(first.x, "conv2")["conv2"][1, 4, 5]
    assert centre == pytest.approx(first.activation, rel=1e-4)
    assert first._repr_png_().startswith(b"\x89PNG")


def test_the_scan_of_files_goes_on_and_agrees_with_that_of_arrays(network: Network, tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    photos = [noise.integers(0, 255, (30, 40, 3), np.uint8) for _ in range(5)]
    for n, photo in enumerate(photos):
        Image.fromarray(photo).save(tmp_path / f"{n}.png")
    paths = sorted(tmp_path.glob("*.png"))
    in_memory = network.scan(photos, layers="conv2", top=2)
    kept = network.scan(paths, layers="conv2", top=2, folder=tmp_path / "scan", crops=True)
    stamp = (tmp_path / "scan" / "scan" / "maxes.npz").stat().st_mtime_ns
    again = network.scan(paths, layers="conv2", top=2, folder=tmp_path / "scan")
    assert (tmp_path / "scan" / "scan" / "maxes.npz").stat().st_mtime_ns == stamp, "a finished scan is not made again"
    for unit in (0, 7):
        for a, b, c in zip(*(each.top("conv2", unit) for each in (in_memory, kept, again)), strict=True):
            assert (a.value, a.index, a.position) == (b.value, b.index, b.position) == (c.value, c.index, c.position)
            assert b.path == str(paths[b.index]) and a.path == ""
            assert a.rgb is not None and np.array_equal(a.rgb, b.rgb)
            values = network.activations(photos[a.index], "conv2")["conv2"]
            assert values[unit][a.position] == values[unit].max() == pytest.approx(a.value, rel=1e-5)
    assert (tmp_path / "scan" / "max_im").is_dir() and "img" in kept._repr_html_()
    network_other = network.scan(photos[:1], layers="conv2")
    assert len(network_other.top("conv2", 0)) == 1


def test_new_weights_are_taken_up_when_asked_for(x: Tensor) -> None:
    module = Traps()
    opened = deepvis.open(module, input_size=(20, 24))
    before, identity = opened.activations(x, "head")["head"], opened.identity
    with torch.no_grad():
        module.head.weight.add_(1)
    np.testing.assert_array_equal(opened.activations(x, "head")["head"], before)
    opened.refresh()
    assert opened.identity != identity
    module.eval()
    np.testing.assert_allclose(opened.activations(x, "head")["head"], module(x).detach().numpy(), atol=1e-5)


def test_weights_made_from_others_are_taken_up_too(x: Tensor) -> None:
    module = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)), nn.ReLU())
    module(x).sum().backward()
    opened = deepvis.open(module, input_size=(20, 24))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(-2)
    opened.refresh()
    np.testing.assert_allclose(opened.activations(x, "0")["0"], module[0](x).detach().numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda n: n.activations(np.zeros((3, 20, 24), np.int64)), "int64"),
        (lambda n: n.activations(np.zeros((3, 9, 9), np.float32)), r"\(3, 9, 9\), expected the network's own input"),
        (lambda n: n.activations(np.zeros((20, 24), np.uint8)), r"expected \(H, W, 3\)"),
        (lambda n: n.activations("nowhere.jpg"), "no such file"),
        (lambda n: n.activations(object()), "found object"),
        (lambda n: n.activations([]), "no photos"),
        (lambda n: n.activations(np.zeros((3, 20, 24), np.float32), "conv3"), "did you mean 'conv"),
        (lambda n: n.project(np.zeros((3, 20, 24), np.float32), "conv2", 8), "channels 0 to 7"),
        (lambda n: n.project(np.zeros((3, 20, 24), np.float32), "conv2", 0, "deconvv"), "back mode"),
        (lambda n: n.project(np.zeros((3, 20, 24), np.float32), "conv2", 0, position=(8, 0)), "no position"),
        (lambda n: n.receptive_field("conv2", 8, 0), "expected a place"),
        (lambda n: n.optimize("conv2", 0, preset="11"), "no preset"),
        (lambda n: n.scan([np.zeros((20, 24, 3), np.uint8)], workers=2), "workers=2"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(network: Network, act: Callable[[Network], Any], words: str) -> None:
    with pytest.raises(deepvis.ModelError, match=words) as error:
        act(network)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (Traps, "a class"),
        ({"conv.weight": 1}, "weights alone"),
        ("no-such-model", "no model is named"),
        ("no/such/file.prototxt", "cannot be read"),
        (torch.jit.script(nn.ReLU()), "TorchScript"),
    ],
)
def test_what_is_no_network_is_said_in_one_sentence(what: Any, words: str) -> None:
    with pytest.raises(deepvis.ModelError, match=words):
        deepvis.open(what)


def test_it_works_without_a_display_and_loads_torch_late() -> None:
    code = (
        "import sys, deepvis; assert 'torch' not in sys.modules and 'cv2' not in sys.modules;"
        "n = deepvis.open('caffenet-mini'); import numpy as np;"
        "assert n.activations(np.zeros((117, 117, 3), np.uint8), 'prob')['prob'].shape == (100,)"
    )
    environment = {"PATH": "", "PYTHONPATH": str(Path(deepvis.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_the_examples_of_the_documentation_run(root: Path) -> None:
    failed, tried = doctest.testfile(str(root / "docs" / "api.md"), module_relative=False)
    assert tried > 20 and not failed


class Conditioned(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.linear = nn.Conv2d(3, 4, 3), nn.Linear(2, 4)

    def forward(self, meta: Tensor, image: Tensor) -> Tensor:
        return self.conv(image) + self.linear(meta)[:, :, None, None]


def test_values_of_other_inputs(tmp_path: Path) -> None:
    module, x = Conditioned(), torch.randn(3, 8, 8)
    meta = torch.tensor([2.0, -3.0])
    np.save(tmp_path / "meta.npy", meta.numpy())
    wanted = module(meta[None], x[None])[0].detach().numpy()
    for given in ({"meta": meta}, {"meta": tmp_path / "meta.npy"}, [f"meta={tmp_path / 'meta.npy'}"]):
        found = deepvis.open(module, input_size=8, device="cpu", inputs=given)
        assert np.allclose(found.activations(x, found.layers[-1])[found.layers[-1]], wanted, atol=1e-5)
    for given in (3, ["meta"], {"meta": "gone.npy"}, {"meta": object()}, {"meta": [float("nan")]}, {"mta": [1.0]}):
        with pytest.raises(deepvis.ModelError, match=r"expected|did you mean"):
            deepvis.open(module, input_size=8, device="cpu", inputs=given)


class Detached(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).detach() + 1


def test_a_projection_of_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    network = deepvis.open(Detached(), input_size=8, device="cpu")
    assert not network.project(torch.randn(3, 8, 8), network.layers[-1], 0).any()
    assert "is all 0" in caplog.text
    caplog.clear()
    assert network.project(torch.randn(3, 8, 8), "conv", 0).any() and not caplog.text


def test_one_number_for_each_picture_has_the_pictures_in_front() -> None:
    class Mean(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(x).mean((1, 2, 3))

    network = deepvis.open(Mean(), input_size=8)
    x = np.random.default_rng(0).normal(size=(3, 3, 8, 8)).astype(np.float32)
    name = network.layers[-1]
    several = network.activations(x)[name]
    assert several.shape == (3, 1, 1, 1)
    assert np.allclose(several[1], network.activations(x[1])[name])
