"""Contributions: the closed form of linear networks, completeness, chains against autograd, what is on the way."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.core.types import Unit
from deepvis.formats.caffe.functional import functional
from deepvis.network.contribution import ContributionWalk, contributions
from deepvis.network.net import GraphNet
from tests.helpers.nets import conv, data, layer, net, noise, relu

NONE = "bias_term: false"
FULL = "bias_term: false weight_filler { type: 'xavier' }"
LINEAR = (
    data(1, 3, 8, 9)
    + conv("a", "data", f"num_output: 4 kernel_size: 3 {NONE}")
    + conv("b", "a", f"num_output: 5 kernel_size: 3 {NONE}")
    + layer("InnerProduct", "fc", "b", f"inner_product_param {{ num_output: 6 {FULL} }}")
)
# in-place rectifiers, max pooling, two branches and a concatenation; no biases: homogeneous of degree 1
RECTIFIED = (
    data(1, 3, 12, 14)
    + conv("a", "data", f"num_output: 6 kernel_size: 3 {NONE}")
    + relu("a")
    + layer("Pooling", "pool", "a", "pooling_param { kernel_size: 2 stride: 2 }")
    + conv("left", "pool", f"num_output: 5 kernel_size: 1 {NONE}")
    + relu("left")
    + conv("right", "pool", f"num_output: 4 kernel_size: 3 pad: 1 {NONE}")
    + relu("right")
    + layer("Concat", "mixed", "left right")
    + layer("InnerProduct", "fc", "mixed", f"inner_product_param {{ num_output: 7 {FULL} }}")
    + layer("Softmax", "prob", "fc")
)


def walk(network: GraphNet, x: np.ndarray, *chain: Unit) -> ContributionWalk:
    return contributions(network.forward({"data": x}), chain, "data")


def of(found: ContributionWalk, name: str) -> np.ndarray:
    """(C,): the contribution of each unit of a layer of one picture."""
    product = found.products[name][0]
    return product.reshape(len(product), -1).sum(1).numpy()


def test_closed_form_on_a_linear_network() -> None:
    """fc_k = sum over (c, i, j) of W[k, c, i, j] b[c, i, j]: the contribution of unit c is its part of that sum."""
    network, x = net(LINEAR), noise(1, 3, 8, 9)
    tape = network.forward({"data": x})
    weights = network.parameters()["fc"][0].reshape(6, *tape.blobs["b"].shape[1:])
    found = contributions(tape, [Unit("fc", 2)], "data")
    expected = (weights[2] * tape.blobs["b"][0]).sum((1, 2))
    np.testing.assert_allclose(of(found, "b"), expected.numpy(), rtol=1e-4, atol=1e-6)
    value = float(tape.blobs["fc"][0, 2])
    assert found.value == pytest.approx(value, rel=1e-5)
    for name in ("fc", "b", "a", "data"):
        assert of(found, name).sum() == pytest.approx(value, rel=1e-4, abs=1e-5), name


@pytest.mark.parametrize("unit", [Unit("fc", 3), Unit("mixed", 1), Unit("left", 4), Unit("right", 0), Unit("pool", 2)])
def test_without_biases_every_layer_sums_to_the_value(unit: Unit) -> None:
    network, x = net(RECTIFIED), noise(1, 3, 12, 14)
    tape = network.forward({"data": x})
    value = float(tape.blobs[unit.layer][0, unit.channel].sum())
    found = contributions(tape, [unit], "data")
    assert found.value == pytest.approx(value, rel=1e-5, abs=1e-6)
    for name in set(found.links) - {"left", "right"}:  # each of these is a part of the way alone
        assert of(found, name).sum() == pytest.approx(value, rel=1e-4, abs=1e-5), name
    if unit.layer == "fc":
        assert of(found, "left").sum() + of(found, "right").sum() == pytest.approx(value, rel=1e-4, abs=1e-5)


def test_what_biases_contribute_is_what_the_sum_lacks() -> None:
    """value = sum of the contributions + each bias above times its own gradient."""
    biased = RECTIFIED.replace(FULL, "bias_filler { type: 'uniform' min: 0 max: 0.5 } weight_filler { type: 'xavier' }")
    biased = biased.replace("bias_term: false", "")
    network, x = net(biased), noise(1, 3, 12, 14)
    parameters = {name: [w.clone().requires_grad_() for w in ws] for name, ws in network.parameters().items()}
    score = functional(network.spec, torch.from_numpy(x), parameters, until="fc")[0, 3]
    by_bias = dict(zip(parameters, torch.autograd.grad(score, [ws[1] for ws in parameters.values()]), strict=True))
    value = pytest.approx(float(score.detach()), rel=1e-4)
    rest = {name: float((grad * parameters[name][1]).sum().detach()) for name, grad in by_bias.items()}
    found = walk(network, x, Unit("fc", 3))
    assert found.value == value
    assert of(found, "mixed").sum() + rest["fc"] == value
    assert of(found, "pool").sum() + rest["fc"] + rest["left"] + rest["right"] == value
    assert of(found, "data").sum() + sum(rest.values()) == value


def test_a_class_behind_a_softmax_is_its_score() -> None:
    network, x = net(RECTIFIED), noise(1, 3, 12, 14)
    behind, score = walk(network, x, Unit("prob", 4)), walk(network, x, Unit("fc", 4))
    assert behind.value == score.value and "prob" not in behind.links
    for name in score.links:
        torch.testing.assert_close(behind.products[name], score.products[name], rtol=0, atol=0)


def test_a_chain_against_autograd() -> None:
    """d fc / d mixed of one unit alone, times d that unit / d a: by autograd over the whole network in two steps."""
    network, x = net(RECTIFIED), noise(1, 3, 12, 14)
    tape = network.forward({"data": x})
    mixed = tape.blobs["mixed"].clone().requires_grad_()
    weights = network.parameters()["fc"][0]
    (above,) = torch.autograd.grad((mixed.flatten(1) @ weights.T)[0, 3], mixed)
    unit = int((tape.blobs["mixed"] * above)[0].flatten(1).sum(1).argmax())
    through = torch.zeros_like(above)
    through[0, unit] = above[0, unit]
    leaf = torch.from_numpy(x).requires_grad_()
    (below,) = torch.autograd.grad(functional(network.spec, leaf, network.parameters(), until="mixed"), leaf, through)
    found = contributions(tape, [Unit("fc", 3), Unit("mixed", unit)], "data")
    torch.testing.assert_close(found.products["data"], (below * leaf).detach(), rtol=1e-4, atol=1e-6)
    assert found.links["mixed"] == 0 and found.links["pool"] == found.links["data"] == 1
    own = of(found, "mixed")[unit]
    assert own != 0
    for name in ("pool", "a", "data"):
        assert of(found, name).sum() == pytest.approx(own, rel=1e-4, abs=1e-6), name


def test_a_chain_of_three_keeps_each_links_contribution() -> None:
    network, x = net(RECTIFIED), noise(1, 3, 12, 14)
    first = of(walk(network, x, Unit("fc", 3)), "mixed")
    unit = int(np.abs(first).argmax())
    second = of(walk(network, x, Unit("fc", 3), Unit("mixed", unit)), "pool")
    below = int(np.abs(second).argmax())
    third = walk(network, x, Unit("fc", 3), Unit("mixed", unit), Unit("pool", below))
    np.testing.assert_allclose(of(third, "mixed"), first)
    np.testing.assert_allclose(of(third, "pool"), second)
    assert of(third, "a").sum() == pytest.approx(second[below], rel=1e-4)
    assert np.flatnonzero(of(third, "a")).tolist() == [below]


def test_what_is_beside_the_way_has_none() -> None:
    network, x = net(RECTIFIED), noise(1, 3, 12, 14)
    assert "right" not in walk(network, x, Unit("left", 0)).links
    assert "fc" not in walk(network, x, Unit("left", 0)).links
    beside = walk(network, x, Unit("left", 0), Unit("right", 1))  # the chain ends there: nothing goes on below
    assert set(beside.links) == set()


def test_a_chain_visits_no_node_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work of the walks of a chain together is that of one pass back."""
    network, x = net(RECTIFIED), noise(1, 3, 12, 14)
    tape = network.forward({"data": x})
    visited: list[int] = []
    between = tape.graph.between
    monkeypatch.setattr(
        tape.graph, "between", lambda start, ends: visited.extend(found := between(start, ends)) or found
    )
    contributions(tape, [Unit("fc", 3), Unit("mixed", 1), Unit("pool", 2)], "data")
    assert len(visited) == len(set(visited)) <= len(tape.graph.nodes)
