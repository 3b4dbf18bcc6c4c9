"""The zoo of traps: forward, gradient, deconv and guided against references; one picture against four; fields."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from deepvis.formats.torch.capture import captured
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.field import receptive_field
from deepvis.network.graph import Graph
from deepvis.network.net import GraphNet
from tests.formats.conformance import RECTIFIERS
from tests.formats.networks.zoo import ZOO, BakedFour, BakedOne

NAMES = [trap.__name__ for trap in ZOO]
BY_NAME = {trap.__name__: trap for trap in ZOO}
LOOSE = {"OtherPrecision": 2e-3}


class Back(torch.autograd.Function):
    """y computed by ``forward``, its way back by ``rule(x, y, grad)``."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, forward: Any, rule: Any) -> Tensor:
        y = forward(x)
        ctx.save_for_backward(x, y)
        ctx.rule = rule
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        return ctx.rule(*ctx.saved_tensors, grad), None, None


def positive(grad: Tensor) -> Tensor:
    return torch.maximum(grad, torch.zeros_like(grad))


def rectifiers(mode: str) -> SimpleNamespace:
    """The rectifiers of ``plain``: deconv rectifies what comes from above; guided backprop masks it as well."""

    def leaky(x: Tensor, slope: float) -> Tensor:
        rules = {
            "gradient": lambda x, y, g: torch.where(x > 0, g, slope * g),
            "deconv": lambda x, y, g: positive(g),
            "guided": lambda x, y, g: torch.where(x > 0, positive(g), 0 * g),
        }
        return Back.apply(x, lambda x: torch.where(x > 0, x, slope * x), rules[mode])

    def capped(x: Tensor, cap: float) -> Tensor:
        rules = {
            "gradient": lambda x, y, g: torch.where((x > 0) & (x < cap), g, 0 * g),
            "deconv": lambda x, y, g: positive(g),
            "guided": lambda x, y, g: torch.where((x > 0) & (x < cap), positive(g), 0 * g),
        }
        return Back.apply(x, lambda x: x.clamp(0, cap), rules[mode])

    return SimpleNamespace(relu=RECTIFIERS[mode], leaky=leaky, capped=capped)


@cache
def module_of(name: str) -> nn.Module:
    torch.manual_seed(0)
    return BY_NAME[name]()


@cache
def graph_of(name: str) -> Graph:
    module = module_of(name)
    return captured(name, module, module.input_shape, getattr(module, "others", {}))


def pictures(name: str, count: int) -> Tensor:
    shape = module_of(name).input_shape
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(5))


def inputs(name: str, x: Tensor) -> dict[str, Tensor]:
    others = getattr(module_of(name), "others", {})
    return {"x": x, **{key: value.repeat_interleave(len(x), 0) for key, value in others.items()}}


def eager(name: str, x: Tensor) -> tuple[list[Tensor], Tensor]:
    """All outputs, and the value of the middle module as it is when it is made."""
    module, found = module_of(name).eval(), []
    hook = module.get_submodule(module.middle).register_forward_hook(lambda m, i, y: found.append(y * 1))
    made = pytree.tree_leaves(module(**inputs(name, x)))
    hook.remove()
    return made, found[0]


def close(found: Tensor, wanted: Tensor, tolerance: float) -> bool:
    """As a share of the largest value."""
    return found.shape == wanted.shape and bool(
        (found - wanted).abs().max() <= tolerance * wanted.abs().max().clamp(min=1)
    )


def test_all_kinds_of_trap_have_a_module() -> None:
    assert len(set(NAMES)) == len(ZOO) >= 30


@pytest.mark.parametrize("name", NAMES)
def test_forward_and_gradient(name: str) -> None:
    graph, tolerance = graph_of(name), LOOSE.get(name, 2e-5)
    for count in (1, 4):
        if (name, count) in (("BakedFour", 1), ("BakedOne", 4)):
            continue  # the module itself cannot
        x = pictures(name, count).requires_grad_()
        outputs, middle = eager(name, x * 1)
        tape = GraphNet(graph).forward(inputs(name, x.detach()))
        for found, wanted in zip(graph.outputs, outputs, strict=True):
            assert close(tape.blobs[found], wanted, tolerance), found
        assert close(tape.blobs[module_of(name).middle], middle, tolerance)
        for blob, value in ((graph.outputs[-1], outputs[-1]), (module_of(name).middle, middle)):
            seed = torch.randn(value.shape, generator=torch.Generator().manual_seed(1))
            (gradient,) = torch.autograd.grad(value, x, seed, retain_graph=True)
            assert gradient.any()
            assert close(tape.backward(blob, seed)["x"], gradient, 5 * tolerance), blob


@pytest.mark.parametrize("mode", list(RECTIFIERS))
@pytest.mark.parametrize("name", NAMES)
def test_back_modes_against_the_plain_module(name: str, mode: str) -> None:
    graph, module = graph_of(name), module_of(name).eval()
    x = pictures(name, 4).requires_grad_()
    wanted = module.plain(x, rectifiers(mode))
    tape = GraphNet(graph).forward(inputs(name, x.detach()))
    last = graph.outputs[-1]
    assert close(tape.blobs[last], wanted, LOOSE.get(name, 2e-5))
    seed = torch.randn(wanted.shape, generator=torch.Generator().manual_seed(2))
    # the trap's last rectifier is walked through too
    (back,) = torch.autograd.grad(wanted, x, seed)
    found = tape.backward(last, seed, mode)["x"]
    assert close(found, back, LOOSE.get(name, 2e-5) * 5), (found - back).abs().max()


@pytest.mark.parametrize("name", NAMES)
def test_one_picture_against_four(name: str) -> None:
    graph = graph_of(name)
    x = pictures(name, 4)
    net = GraphNet(graph)
    together = net.forward(inputs(name, x))
    seed = torch.ones_like(together.blobs[graph.outputs[-1]])
    diffs = together.backward(graph.outputs[-1], seed, "guided")["x"]
    for place in range(4):
        alone = net.forward(inputs(name, x[place : place + 1]))
        for blob in (graph.outputs[-1], module_of(name).middle):
            rows = together.blobs[blob]
            assert len(rows) == 4
            assert close(alone.blobs[blob], rows[place : place + 1], 1e-5), blob
        back = alone.backward(graph.outputs[-1], seed[:1], "guided")["x"]
        assert close(back, diffs[place : place + 1], 1e-4)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("BakedFour",)])
def test_fields_hold_all_that_moves_a_unit(name: str) -> None:
    graph = graph_of(name)
    net = GraphNet(graph)
    rows = [pictures(name, 1)]
    for axis in (2, 3):
        for place in range(16):
            x = rows[0].clone()
            x.select(axis, place).add_(1)
            rows.append(x)
    tape = net.forward(inputs(name, torch.cat(rows)))
    for blob, value in tape.blobs.items():
        if value.dim() != 4 or len(value) != 33 or not value.is_floating_point():
            continue
        row, col = value.shape[2] // 2, value.shape[3] // 3
        field = receptive_field(graph, net.shapes, blob, row, col)
        moved = (value[1:, :, row, col] - value[:1, :, row, col]).abs().amax(1) > 1e-5
        assert all(field.top <= place < field.bottom for place in moved[:16].nonzero().flatten().tolist()), blob
        assert all(field.left <= place < field.right for place in moved[16:].nonzero().flatten().tolist()), blob


FIELDS = {
    **{"WhereAsReLU": 5, "MaskedReLU": 5, "OtherRectifiers": 5, "InplaceAdd": 5, "ChannelShuffle": 5},
    **{"PixelShuffle": 6, "BakedOne": 5, "Buffers": 5, "OtherPrecision": 5, "NestedLists": 5, "OtherConvolutions": 16},
}


@pytest.mark.parametrize("name", list(FIELDS))
def test_fields_are_as_small_as_they_are(name: str) -> None:
    graph = graph_of(name)
    field = receptive_field(graph, GraphNet(graph).shapes, graph.outputs[-1], 2, 2)
    assert field.height <= FIELDS[name]


def test_baked_batches_are_known() -> None:
    assert [graph_of(trap.__name__).batch for trap in (BakedOne, BakedFour)] == [1, 4]
    assert graph_of("BatchView").batch is None


def test_every_back_mode_has_a_reference() -> None:
    assert set(RECTIFIERS) == set(BACK_MODES)
