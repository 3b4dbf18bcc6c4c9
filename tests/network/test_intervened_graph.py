"""Interventions: closed form of a linear network, in-place layers, several units, what is run again, the way back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from deepvis.core.interventions import Intervention, clamped, scaled, switched_off
from deepvis.core.types import Unit
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.contribution import contributions
from deepvis.network.graph import GraphBuilder
from deepvis.network.intervened_graph import intervened_net
from deepvis.network.kinds import Kind
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.network.op import Op
from deepvis.network.tape import Tape
from tests.helpers.nets import conv, data, layer, net, noise, relu
from tests.network.test_contribution import LINEAR, RECTIFIED


def changed(network: GraphNet, x: np.ndarray, *interventions: Intervention) -> tuple[Tape, GraphNet, Tape]:
    """The pass as it is, the network with the interventions, and its pass from there."""
    tape = network.forward({"data": x})
    other = intervened_net(network, tape, interventions)
    return tape, other, other.rerun(tape)


@pytest.mark.parametrize(
    ("intervention", "factor", "shift"),
    [(switched_off(Unit("b", 2)), 0, 0), (clamped(Unit("b", 2), 1.5), 0, 1.5), (scaled(Unit("b", 2), -3), -3, 0)],
)
def test_closed_form_on_a_linear_network(intervention: Intervention, factor: float, shift: float) -> None:
    """fc = W b + c: fc moves by W[:, u] times (the new map of u less the old one)."""
    network, x = net(LINEAR), noise(1, 3, 8, 9)
    tape, _, after = changed(network, x, intervention)
    weights = network.parameters()["fc"][0].reshape(6, *tape.blobs["b"].shape[1:])
    old = tape.blobs["b"][0, 2]
    new = factor * old + shift
    expected = tape.blobs["fc"][0] + (weights[:, 2] * (new - old)).sum((1, 2))
    torch.testing.assert_close(after.blobs["b"][0, 2], new)
    torch.testing.assert_close(after.blobs["fc"][0], expected, rtol=1e-4, atol=1e-5)
    assert torch.equal(after.blobs["b"][0, [0, 1, 3, 4]], tape.blobs["b"][0, [0, 1, 3, 4]])
    assert after.blobs["a"] is tape.blobs["a"] and after.blobs["data"] is tape.blobs["data"]


def test_of_a_blob_with_layers_in_place_the_last_value_is_meant() -> None:
    """conv1 is written by the convolution and by its ReLU: what is clamped is what the ReLU has made."""
    network, x = net(RECTIFIED), noise(1, 3, 12, 14)
    tape, _, after = changed(network, x, clamped(Unit("a", 1), -2.0))
    assert (after.blobs["a"][0, 1] == -2).all()  # below 0: behind the ReLU
    pooled = F.max_pool2d(after.blobs["a"], 2)
    torch.testing.assert_close(after.blobs["pool"], pooled)
    assert torch.equal(tape.blobs["a"], network.forward({"data": x}).blobs["a"])  # the pass as it is stays as it is


def test_several_units_of_several_layers_in_one_pass() -> None:
    network, x = net(RECTIFIED), noise(1, 3, 12, 14)
    units = (switched_off(Unit("a", 1)), scaled(Unit("a", 2), 2.0), clamped(Unit("left", 0), 3.0),
             switched_off(Unit("right", 3)))  # fmt: skip
    tape, other, after = changed(network, x, *units)
    a = tape.blobs["a"].clone()
    a[:, 1], a[:, 2] = 0, 2 * a[:, 2]
    pool = F.max_pool2d(a, 2)
    weights = network.parameters()
    left, right = F.conv2d(pool, *weights["left"]).relu(), F.conv2d(pool, *weights["right"], padding=1).relu()
    left[:, 0], right[:, 3] = 3, 0
    mixed = torch.cat([left, right], 1)
    prob = F.softmax(F.linear(mixed.flatten(1), *weights["fc"]), 1)
    torch.testing.assert_close(after.blobs["mixed"], mixed, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(after.blobs["prob"], prob, rtol=1e-4, atol=1e-5)
    whole = other.forward({"data": x}).blobs  # the same network, run from the input
    for name in ("a", "pool", "mixed", "prob"):
        torch.testing.assert_close(whole[name], after.blobs[name])
    assert list(after.blobs) == list(tape.blobs)


class Counted:
    """A chain of ops with a branch beside it, which count their runs: double -> plus -> half, and side from double."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        builder = GraphBuilder("counted", {"data": (1, 3, 4, 4)})
        for name, bottom in (("double", "data"), ("plus", "double"), ("side", "double"), ("half", "plus")):
            value = builder.last(bottom)
            assert value is not None
            builder.add(name, Kind.OTHER, (value,), (name,), lambda weights, name=name: Op(self.counting(name)))
        self.net = GraphNet(builder.graph())
        self.runs.clear()

    def counting(self, name: str):
        def forward(x: torch.Tensor) -> torch.Tensor:
            self.runs.append(name)
            return {"double": x * 2, "plus": x + 1, "side": x - 1, "half": x / 2}[name]

        return forward


@pytest.mark.parametrize(
    ("units", "again"),
    [
        (["double"], ["plus", "side", "half"]),
        (["plus"], ["half"]),
        (["half"], []),
        (["side"], []),
        (["plus", "side"], ["half"]),
    ],
)
def test_only_the_nodes_that_depend_on_it_are_run(units: Sequence[str], again: Sequence[str]) -> None:
    counted = Counted()
    tape = counted.net.forward({"data": np.ones((1, 3, 4, 4), np.float32)})
    assert counted.runs == ["double", "plus", "side", "half"]
    other = intervened_net(counted.net, tape, [switched_off(Unit(name, 1)) for name in units])
    counted.runs.clear()
    after = other.rerun(tape)
    assert counted.runs == list(again)
    assert counted.net.forward({"data": np.ones((1, 3, 4, 4), np.float32)}).blobs["half"].eq(1.5).all()
    assert after.blobs["half"][0, 1].eq({"double": 0.5, "plus": 0, "half": 0}.get(units[0], 1.5)).all() or (
        units[0] == "side"
    )


def test_weights_and_what_is_made_ready_are_shared() -> None:
    network, x = net(RECTIFIED), noise(1, 3, 12, 14)
    _, other, _ = changed(network, x, switched_off(Unit("pool", 0)))
    ours, theirs = network.parameters(), other.parameters()
    assert all(a is b for name in ours for a, b in zip(ours[name], theirs[name], strict=True))
    assert set(network._shared.ops.values()) <= set(other._shared.ops.values())


# --- the way back -----------------------------------------------------------------------------------


def gradient(
    network: GraphNet, tape: Tape, layer: str, channel: int, mode: str = "gradient"
) -> dict[str, torch.Tensor]:
    seed = torch.zeros_like(tape.blobs[layer])
    seed[:, channel] = 1
    return dict(tape.backward(layer, seed, mode, to="data"))


@pytest.mark.parametrize("factor", [0.0, 2.0, -0.5])
def test_the_gradient_through_the_unit_is_times_its_factor(factor: float) -> None:
    """0 through one that is clamped or off; autograd over the network with the intervention."""
    network, x = net(LINEAR), noise(1, 3, 8, 9)
    intervention = scaled(Unit("b", 2), factor) if factor else clamped(Unit("b", 2), 4.0)
    tape, other, after = changed(network, x, intervention)
    found = gradient(other, after, "fc", 3)
    weights = network.parameters()
    leaf = torch.from_numpy(x).requires_grad_()
    b = F.conv2d(F.conv2d(leaf, weights["a"][0]), weights["b"][0])
    factors = torch.ones(1, 5, 1, 1)
    factors[0, 2] = factor
    score = F.linear((b * factors).flatten(1), *weights["fc"])[0, 3]
    (expected,) = torch.autograd.grad(score, leaf)
    torch.testing.assert_close(found["data"], expected, rtol=1e-4, atol=1e-5)
    plain = gradient(network, tape, "fc", 3)
    torch.testing.assert_close(found["b"][0, 2], factor * plain["b"][0, 2], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("mode", list(BACK_MODES))
def test_every_back_mode_goes_through_the_changed_pass(mode: str) -> None:
    """All units of a layer but one off: nothing comes back by way of the others."""
    network, x = net(RECTIFIED), noise(1, 3, 12, 14)
    tape, other, after = changed(network, x, *(switched_off(Unit("pool", c)) for c in range(6) if c != 4))
    back = gradient(other, after, "fc", 3, mode)
    assert back["a"][0, 4].any() and not back["a"][0, [0, 1, 2, 3, 5]].any()
    assert gradient(network, tape, "fc", 3, mode)["a"][0, 0].any()


def test_contributions_are_those_of_the_changed_network() -> None:
    network, x = net(RECTIFIED), noise(1, 3, 12, 14)
    _, _, after = changed(network, x, switched_off(Unit("mixed", 1)), scaled(Unit("mixed", 2), 2.0))
    found = contributions(after, [Unit("fc", 3)], "data")
    assert found.value == pytest.approx(float(after.blobs["fc"][0, 3]), rel=1e-4)
    of_mixed = found.products["mixed"][0].flatten(1).sum(1)
    assert of_mixed[1] == 0 and float(of_mixed.sum()) == pytest.approx(found.value, rel=1e-4)


def test_where_all_behind_is_linear_a_score_falls_by_the_contribution() -> None:
    network, x = net(RECTIFIED), noise(1, 3, 12, 14)
    tape = network.forward({"data": x})
    of_mixed = contributions(tape, [Unit("fc", 3)], "data").products["mixed"][0].flatten(1).sum(1)
    unit = int(of_mixed.abs().argmax())
    _, _, after = changed(network, x, switched_off(Unit("mixed", unit)))
    fallen = float(tape.blobs["fc"][0, 3] - after.blobs["fc"][0, 3])
    assert fallen == pytest.approx(float(of_mixed[unit]), rel=1e-4) and fallen != 0


# --- what is not there -------------------------------------------------------------------------------


def test_what_is_not_there_is_refused_in_words() -> None:
    network, x = net(LINEAR), noise(1, 3, 8, 9)
    tape = network.forward({"data": x})
    with pytest.raises(ModelError, match="no blob named 'c'"):
        intervened_net(network, tape, [switched_off(Unit("c", 0))])
    with pytest.raises(ModelError, match="layer b has the channels 0 to 4, there is no channel 5"):
        intervened_net(network, tape, [switched_off(Unit("b", 5))])
    with pytest.raises(ModelError, match="has no layer 'fc'; run it up to that one"):
        intervened_net(network, network.forward({"data": x}, until="b"), [switched_off(Unit("fc", 0))])


def test_between_nodes_that_are_done_as_one() -> None:
    """A convolution and a rectifier of another name, which a pass that looks at neither does as one."""
    text = data(1, 3, 8, 9) + conv("a", "data", "num_output: 4 kernel_size: 3")
    network, x = net(text + layer("ReLU", "r", "a") + conv("b", "r", "num_output: 2 kernel_size: 1")), noise(1, 3, 8, 9)
    tape = network.forward({"data": x}, shown=["b"])
    other = intervened_net(network, tape, [clamped(Unit("a", 1), 2.0)])
    after = other.rerun(tape, shown=["b"])
    expected = network.forward({"data": x}).blobs["a"].clone()
    expected[:, 1] = 2
    torch.testing.assert_close(after.blobs["r"], expected.relu(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(after.blobs["b"], F.conv2d(expected.relu(), *network.parameters()["b"]), rtol=1e-4,
                               atol=1e-5)  # fmt: skip


def test_a_relu_in_place_that_its_convolution_does() -> None:
    text = data(1, 3, 8, 9) + conv("a", "data", "num_output: 4 kernel_size: 3") + relu("a")
    network, x = net(text + conv("b", "a", "num_output: 2 kernel_size: 1")), noise(1, 3, 8, 9)
    _, other, after = changed(network, x, scaled(Unit("a", 0), 3.0))
    torch.testing.assert_close(other.forward({"data": x}).blobs["b"], after.blobs["b"])
