"""Deconv and guided backprop beside a slow reading of the papers, layer by layer, on a plain chain."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from deepvis.core.back_modes import add_back_mode
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.graph import GraphBuilder
from deepvis.network.kinds import Kind
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.network.op import Op
from tests.helpers.nets import conv, data, layer, net, noise, relu

CHAIN = (
    data(1, 3, 11, 12)
    + conv("c1", "data", "num_output: 4 kernel_size: 3")
    + relu("c1")
    + layer("LRN", "norm1", "c1", "lrn_param { local_size: 3 alpha: 2 %s }")
    + layer("Pooling", "pool1", "norm1", "pooling_param { kernel_size: 2 stride: 2 }")
    + conv("c2", "pool1", "num_output: 5 kernel_size: 3 pad: 1")
    + relu("c2")
    + conv("c3", "c2", "num_output: 3 kernel_size: 2")
)


def through_relu(mode: str, grad, forward):
    if mode == "deconv":  # Zeiler & Fergus: what comes from above is rectified, the forward pass is not looked at
        return torch.where(grad > 0, grad, 0.0)
    if mode == "guided":  # Springenberg et al.: only where both are positive
        return torch.where((grad > 0) & (forward > 0), grad, 0.0)
    return torch.where(forward > 0, grad, 0.0)


def slow_walk(network, blobs, seed, mode: str, *, ignore_lrn: bool):
    w = {name: blobs[0] for name, blobs in network.parameters().items()}
    grad = F.conv_transpose2d(seed, w["c3"])
    grad = through_relu(mode, grad, blobs["c2"])
    grad = F.conv_transpose2d(grad, w["c2"], padding=1)
    x = blobs["norm1"].contiguous().clone().requires_grad_()
    grad = torch.autograd.grad(F.max_pool2d(x, 2, 2, ceil_mode=True), x, grad)[0]
    if not (ignore_lrn and mode == "deconv"):
        x = blobs["c1"].contiguous().clone().requires_grad_()
        grad = torch.autograd.grad(F.local_response_norm(x, 3, alpha=2, beta=0.75, k=1), x, grad)[0]
    grad = through_relu(mode, grad, blobs["c1"])
    return F.conv_transpose2d(grad, w["c1"])


@pytest.mark.parametrize("ignore_lrn", [False, True])
@pytest.mark.parametrize("mode", list(BACK_MODES))
def test_mode(mode: str, ignore_lrn: bool) -> None:
    network = net(CHAIN % ("deconv_ignore: true" if ignore_lrn else ""))
    tape = network.forward({"data": noise(1, 3, 11, 12)})
    seed = torch.zeros_like(tape.blobs["c3"])
    seed[0, 1] = tape.blobs["c3"][0, 1]
    want = slow_walk(network, tape.blobs, seed, mode, ignore_lrn=ignore_lrn)
    torch.testing.assert_close(tape.backward("c3", seed, mode)["data"], want, rtol=1e-4, atol=1e-5)


def test_modes_differ_only_where_they_say() -> None:
    assert {name: set(BACK_MODES[name].rules) for name in BACK_MODES} == {
        "gradient": set(),
        "deconv": {Kind.RELU, Kind.LEAKY_RELU, Kind.CAPPED_RELU, Kind.NORMALIZATION_DECONV_IGNORES},
        "guided": {Kind.RELU, Kind.LEAKY_RELU, Kind.CAPPED_RELU},
    }


def test_leaky_relu_in_deconv_is_rectified_all_the_same() -> None:
    text = data(1, 1, 1, 4) + layer("ReLU", "r", "data", "relu_param { negative_slope: 0.5 }")
    tape = net(text).forward({"data": noise(1, 1, 1, 4)})
    seed = torch.tensor([-1.0, 2.0, -3.0, 4.0]).reshape(1, 1, 1, 4)
    assert tape.backward("r", seed, "deconv")["data"].flatten().tolist() == [0.0, 2.0, 0.0, 4.0]


@pytest.mark.parametrize(
    ("kind", "rule", "said"),
    [
        (Kind.ADD, lambda x, y, grad: grad, r"'odd' has a rule for Kind\.ADD, but layer 'sum' has 2 bottoms; "),
        (Kind.RELU, lambda x, y, grad: grad[..., :1], r"'odd' .* Kind\.RELU, which returned the shape \(1, 2, 4, 1\)"),
        (Kind.RELU, lambda x, y, grad: None, r"returned a NoneType at layer 'relu', expected .* \(1, 2, 4, 4\)"),
    ],
)
def test_a_rule_that_does_not_fit_is_one_sentence(monkeypatch, kind, rule, said) -> None:
    monkeypatch.setattr(BACK_MODES, "_things", dict(BACK_MODES._things))
    add_back_mode("odd", "odd", {kind: rule}, "this test")
    builder = GraphBuilder("net", {"data": (1, 2, 4, 4)})
    (relu,) = builder.add("relu", Kind.RELU, [0], ["relu"], lambda weights: Op(torch.relu))
    builder.add("sum", Kind.ADD, [0, relu], ["sum"], lambda weights: Op(torch.add))
    tape = GraphNet(builder.graph()).forward({"data": torch.ones(1, 2, 4, 4)})
    with pytest.raises(ModelError, match=said):
        tape.backward("sum", torch.ones(1, 2, 4, 4), "odd")
