"""Each layer type's gradient against differences, its shapes against its tops, its quick way against the plain one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.formats.caffe.layer import LAYERS, build
from deepvis.network.op import Op, as_tuple, by_autograd, pull_back, run
from tests.formats.caffe.layer_cases import CASES, LayerCase

STEP = 1e-5
NO_CASE = {"Python"}  # runs nothing by itself

cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


def made(case: LayerCase) -> tuple[Op, list[torch.Tensor]]:
    weights = case.weights()
    if case.type == "BatchNorm":
        weights[2] = torch.tensor([2.0], dtype=torch.float64)
    return build(case.layer(), weights), case.bottoms()


def directions(tops) -> list[torch.Tensor]:
    noise = np.random.default_rng(11)
    return [torch.from_numpy(noise.normal(size=tuple(y.shape))) for y in tops]


def differences(op: Op, bottoms, grads, place: int) -> torch.Tensor:
    """d sum(g y) / d x by central differences, value by value."""

    def value() -> float:
        with torch.no_grad():
            tops = as_tuple(op.forward(*bottoms))
        return sum(float((g * y).sum()) for g, y in zip(grads, tops, strict=False))

    x = bottoms[place]
    found = torch.zeros_like(x)
    flat, below = x.view(-1), found.view(-1)
    for i in range(len(flat)):
        kept = float(flat[i])
        flat[i] = kept + STEP
        high = value()
        flat[i] = kept - STEP
        below[i] = (high - value()) / (2 * STEP)
        flat[i] = kept
    return found


def test_every_type_has_a_case() -> None:
    assert set(LAYERS) - {case.type for case in CASES} == NO_CASE


@cases
def test_gradient(case: LayerCase) -> None:
    op, bottoms = made(case)
    with torch.no_grad():
        ran = run(op, tuple(bottoms))
    if not bottoms or not ran.tops:
        return
    grads = directions(ran.tops)
    if case.type in ("Pooling", "SoftmaxWithLoss"):
        grads = [grads[0], None][: len(ran.tops)]  # masks and probabilities pass nothing back
    below = pull_back(op, ran, grads)
    assert len(below) == len(bottoms)
    for place in range(len(bottoms)):
        if place not in case.smooth:
            assert below[place] is None or not below[place].any()
            continue
        want = differences(op, bottoms, [g for g in grads if g is not None], place)
        assert below[place].shape == bottoms[place].shape
        tolerance = 1e-6 if case.exact else 1e-3
        assert (below[place] - want).abs().max() <= tolerance * max(1.0, float(want.abs().max()))


@cases
def test_own_rule_is_autograds(case: LayerCase) -> None:
    op, bottoms = made(case)
    with torch.no_grad():
        ran = run(op, tuple(bottoms))
    if op.backward is None or not case.smooth or not case.exact:
        return
    grads = directions(ran.tops)
    grads = [grads[0], *[None] * (len(grads) - 1)]  # the other tops unused: rules must bear that
    for place, (own, plain) in enumerate(zip(pull_back(op, ran, grads), by_autograd(op, ran, grads), strict=True)):
        if place in case.smooth:
            torch.testing.assert_close(own, plain, rtol=1e-9, atol=1e-9)


@cases
def test_shapes_and_quick_way(case: LayerCase) -> None:
    op, bottoms = made(case)
    with torch.no_grad():
        plain, quick = as_tuple(op.forward(*bottoms)), run(op, tuple(bottoms)).tops
        meta = build(case.layer(), [w.to("meta") for w in case.weights()])
        if meta.shapes is not None:
            shapes = [tuple(s) for s in meta.shapes(*(tuple(x.shape) for x in bottoms))]
        else:
            shapes = [tuple(y.shape) for y in run(meta, tuple(x.to("meta") for x in bottoms)).tops]
    assert len(plain) == len(quick) == len(shapes) == case.tops
    for y, same in zip(plain, quick, strict=True):
        torch.testing.assert_close(y, same, rtol=1e-9, atol=1e-9)
    if case.type not in ("Filter", "DetectionOutput"):  # their sizes depend on the values
        assert shapes == [tuple(y.shape) for y in plain]


@cases
def test_float32_on_the_quick_way(case: LayerCase) -> None:
    """The way that a network takes: float32, packed weights, channels-last images; forward and back."""
    double, bottoms = made(case)
    weights = [w.float() for w in case.weights()]
    if case.type == "BatchNorm":
        weights[2] = torch.tensor([2.0])
    op = build(case.layer(), weights)
    single = tuple(x.float() for x in bottoms)
    with torch.no_grad():
        ran, exact = run(op, single), run(double, tuple(bottoms))
        for y, want in zip(ran.tops, exact.tops, strict=True):
            torch.testing.assert_close(y.double(), want.double(), rtol=1e-4, atol=1e-4)
        if case.smooth:
            grads = directions(exact.tops)
            below = pull_back(op, ran, [g.float() for g in grads])
            for got, want in zip(below, pull_back(double, exact, grads), strict=True):
                if want is not None:
                    torch.testing.assert_close(got.double(), want, rtol=1e-3, atol=1e-3)
