"""A module that torch.export refuses: looked at through hooks, with what is not to be had said in words."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from deepvis.cli.main import main
from deepvis.formats.torch.capture import captured
from deepvis.formats.torch.self_test import self_test
from deepvis.models.zoo import open_model
from deepvis.network.field import receptive_field
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.network.ref import NetworkRef
from tests.formats.networks import zoo


@pytest.fixture(scope="module")
def module() -> zoo.Refused:
    torch.manual_seed(0)
    return zoo.Refused().eval()


@pytest.fixture(scope="module")
def graph(module: zoo.Refused):
    return captured("Refused", module, (3, 16, 16))


def pictures() -> torch.Tensor:
    """Bright and dark ones."""
    x = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    return x + torch.tensor([1.0, -1.0, 1.0, -1.0])[:, None, None, None]


def test_the_notes_say_why_and_what_is_not_to_be_had(graph) -> None:
    assert "a choice that depends on what is in the picture" in graph.notes[0]
    assert "through hooks" in graph.notes[1] and graph.batch == 1
    assert list(graph.names) == ["x", "conv", "dark.0", "dark.1", "dark", "end", "bright", "output"] or {
        *graph.names
    } == {"x", "conv", "bright", "dark.0", "dark.1", "dark", "end", "output"}


def test_values_and_gradient_are_the_modules_own_on_each_path(graph, module: zoo.Refused) -> None:
    x = pictures()
    tape = GraphNet(graph).forward({"x": x})
    for place in range(4):
        leaf = x[place : place + 1].clone().requires_grad_()
        hidden = module.conv(leaf)
        made = module(leaf)
        assert torch.equal(tape.blobs["conv"][place], hidden[0])
        assert torch.allclose(tape.blobs["output"][place], made[0], atol=1e-6)
        seed = torch.ones_like(tape.blobs["output"])
        diffs = tape.backward("output", seed)
        (gradient,) = torch.autograd.grad(made, leaf, seed[:1], retain_graph=True)
        assert torch.allclose(diffs["x"][place], gradient[0], atol=1e-5)
        assert diffs["conv"].abs().sum() > 0


def test_values_before_and_after_an_activation_in_place(graph) -> None:
    blobs = GraphNet(graph).forward({"x": pictures()[1:2]}).blobs
    assert (blobs["dark.0"] < 0).any()
    assert torch.equal(blobs["dark.1"], blobs["dark.0"].clamp(min=0))


def test_what_is_not_on_the_path_has_no_value(graph) -> None:
    tape = GraphNet(graph).forward({"x": pictures()[:1]})
    assert tape.blobs["dark"].isnan().all() and not tape.blobs["bright"].isnan().any()
    with pytest.raises(ModelError, match="not on this picture's path"):
        tape.backward("dark", torch.ones_like(tape.blobs["dark"]))


@pytest.mark.parametrize("mode", ["deconv", "guided"])
def test_other_modes_are_refused_in_one_sentence(graph, mode: str) -> None:
    tape = GraphNet(graph).forward({"x": pictures()})
    with pytest.raises(ModelError, match="only the gradient can be had"):
        tape.backward("conv", torch.ones_like(tape.blobs["conv"]), mode)


def test_a_field_is_the_whole_picture(graph) -> None:
    field = receptive_field(graph, GraphNet(graph).shapes, "conv", 3, 3)
    assert (field.height, field.width) == (16, 16)


def test_the_self_test_holds(graph, module: zoo.Refused) -> None:
    assert all(comparison.is_same for comparison in self_test(graph, module))


def test_it_opens_as_a_model() -> None:
    model = open_model(NetworkRef(network=f"{Path(zoo.__file__)}:Refused"))
    assert model.graph.batch == 1 and "conv" in model.layer_names


def test_the_self_test_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    for trap in ("FunctionalReLU", "Refused"):
        assert main(["self-test", "--network", f"{Path(zoo.__file__)}:{trap}"]) == 0
        assert [line.count(": the same") for line in capsys.readouterr().out.splitlines()] == [1, 1, 1, 1]
    assert main(["--self-test"]) == 2
    assert "no framework here runs" in capsys.readouterr().err


class Cropping(torch.nn.Module):
    """A module whose second value has another size for dark pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.part = torch.nn.Conv2d(3, 2, 3), torch.nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        return self.part(x if x.mean() > 0 else x[..., 2:]).mean((2, 3))


def test_a_value_whose_size_changes_is_named_as_not_to_be_had() -> None:
    torch.manual_seed(0)
    graph = captured("Cropping", Cropping().eval(), (3, 16, 16))
    assert {name: each.why for name, each in graph.unavailable.items()} == {
        "part": "its size changes from picture to picture"
    }
    with pytest.raises(ModelError, match="'part' cannot be had here: its size changes"):
        graph.last("part")
