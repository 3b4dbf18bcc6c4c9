"""Interventions in modules: tokens as maps, a class token, a class that is only shown, passes of so many pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from deepvis.core.interventions import Intervention, clamped, scaled, switched_off
from deepvis.core.types import BackRequest, NetRequest, Snapshot, Unit
from deepvis.formats.torch.capture import captured
from deepvis.live.backend import BackendError
from deepvis.live.backends.engine import GraphBackend
from deepvis.network.intervened_graph import intervened_net
from deepvis.network.net import GraphNet
from tests.formats.networks import zoo
from tests.formats.torch.test_contributions import frame, opened


def run(backend: GraphBackend, *interventions: Intervention) -> Snapshot:
    return backend.run(NetRequest(frame(), interventions=interventions))


def test_a_unit_of_tokens_is_changed_at_its_places_alone(tmp_path: Path) -> None:
    """The class token keeps its value of that channel, until the next mixing."""
    backend = opened(tmp_path, "tokens")
    snapshot = run(backend, clamped(Unit("norm@1", 2), 0.75))
    before, after = snapshot.before, snapshot.activations
    assert before is not None and (after["norm@1"][2] == 0.75).all()
    assert np.array_equal(after["norm@1 [class token]"], before["norm@1 [class token]"])
    assert np.array_equal(np.delete(after["norm@1"], 2, axis=0), np.delete(before["norm@1"], 2, axis=0))
    assert not np.allclose(after["head"], before["head"])
    whole = run(backend, clamped(Unit("norm@1", 2), 0.75), clamped(Unit("norm@1 [class token]", 2), 0.25))
    assert float(whole.activations["norm@1 [class token]"][2].item()) == 0.25
    assert (whole.activations["norm@1"][2] == 0.75).all()


def test_a_class_that_is_only_shown_as_a_probability_has_nothing_behind_it(tmp_path: Path) -> None:
    backend = opened(tmp_path, "tokens")
    with pytest.raises(BackendError, match="nothing follows prob, which only shows head as probabilities"):
        run(backend, switched_off(Unit("prob", 1)))
    snapshot = run(backend, scaled(Unit("head", 1), 3))
    assert snapshot.before is not None
    assert float(snapshot.activations["head"][1].item()) == pytest.approx(3 * float(snapshot.before["head"][1].item()))
    assert snapshot.activations["prob"].sum() == pytest.approx(1, abs=1e-5)


def test_a_network_for_so_many_pictures_at_a_time(tmp_path: Path) -> None:
    backend = opened(tmp_path, "in_fours")
    snapshot = run(backend, switched_off(Unit("conv", 2)), scaled(Unit("conv", 1), 2))
    assert snapshot.before is not None
    before, after = snapshot.before["conv"], snapshot.activations["conv"]
    assert before.shape == after.shape and not after[2].any() and before[2].any()
    np.testing.assert_allclose(after[1], 2 * before[1])
    assert not np.allclose(snapshot.before["head"], snapshot.activations["head"])


def test_the_back_projection_of_a_unit_of_tokens_is_times_its_factor(tmp_path: Path) -> None:
    backend, unit = opened(tmp_path, "tokens"), Unit("norm@1", 2)

    def back(*interventions: Intervention) -> np.ndarray:
        request = NetRequest(frame(), BackRequest(unit, "gradient"), interventions=interventions)
        found = backend.run(request).input_diff
        assert found is not None
        return found

    np.testing.assert_allclose(back(scaled(unit, 3)), 9 * back(), rtol=1e-3, atol=1e-6)  # the seed and the gradient
    assert back().any() and not back(clamped(unit, 2)).any()


def test_a_module_looked_at_through_hooks_takes_the_changes_in() -> None:
    """One node makes all its values; the reference: hooks of one's own."""
    torch.manual_seed(0)
    module = zoo.Refused().eval()
    net = GraphNet(captured("Refused", module, (3, 16, 16)))
    x = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1)) + 1  # a bright one
    tape = net.forward({"x": x})
    other = intervened_net(net, tape, [switched_off(Unit("conv", 1)), scaled(Unit("conv", 2), 3)])
    after = other.rerun(tape)
    factors = torch.ones(tape.blobs["conv"].shape[1])
    factors[1], factors[2] = 0, 3
    handle = module.conv.register_forward_hook(lambda owner, taken, made: made * factors[:, None, None])
    leaf = x.clone().requires_grad_()
    try:
        expected = module(leaf)
    finally:
        handle.remove()
    torch.testing.assert_close(after.blobs["output"], expected.detach(), rtol=1e-4, atol=1e-5)
    assert not after.blobs["conv"][0, 1].any() and not torch.equal(after.blobs["output"], tape.blobs["output"])
    (gradient,) = torch.autograd.grad(expected.sum(), leaf)
    found = after.backward("output", torch.ones_like(after.blobs["output"]))["x"]
    torch.testing.assert_close(found, gradient, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(net.forward({"x": x}).blobs["output"], module(x).detach())
