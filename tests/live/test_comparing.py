"""The pinned frame's pass and the projections beside it, on every backend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import deepvis.caffe
from deepvis.core.compared import difference, largest_differences
from deepvis.core.interventions import switched_off
from deepvis.core.types import BackRequest, Fit, NetRequest, Snapshot, Unit
from deepvis.live.backend import Backend, BackendError, open_backend
from deepvis.live.backends.caffe import PycaffeBackend
from deepvis.live.backends.fake import FakeBackend
from deepvis.live.comparing import PinnedPasses, with_beside
from deepvis.live.network import NetworkWorker
from tests.helpers.networks import noise_frame, small_model, small_model_of_files

CURRENT, PINNED = noise_frame(1), noise_frame(2)
UNIT = Unit("conv1", 1)
DECONV_OF_UNIT, OFF = BackRequest(UNIT, "deconv"), (switched_off(UNIT),)


class Counting:
    """A backend that notes what is asked of it."""

    def __init__(self, backend: Backend) -> None:
        self.info, self.asked, self._backend = backend.info, [], backend

    def run(self, request: NetRequest) -> Snapshot:
        self.asked.append(request)
        return self._backend.run(request)

    def close(self) -> None:
        self._backend.close()


@pytest.fixture(params=["engine", "caffe", "fake"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Counting:
    if request.param == "fake":
        return Counting(FakeBackend())
    if request.param == "caffe":
        return Counting(PycaffeBackend(small_model_of_files(tmp_path), caffe=deepvis.caffe))
    return Counting(open_backend("engine", small_model(tmp_path)))


def test_the_pinned_frame_takes_one_pass_and_none_a_frame(backend: Counting) -> None:
    passes, layer = PinnedPasses(), backend.info.layers[0].name
    asked = NetRequest(CURRENT, pin=PINNED)
    found = passes.of(backend, asked, None)
    assert found is not None and len(backend.asked) == 1
    alone = backend.run(NetRequest(PINNED)).activations[layer].copy()
    np.testing.assert_array_equal(found.activations[layer], alone)
    backend.asked.clear()
    for seed in range(3, 6):
        assert passes.of(backend, NetRequest(noise_frame(seed), pin=PINNED), None) is found
    assert backend.asked == []
    stretched = passes.of(backend, replace(asked, fit=Fit.STRETCH), None)
    assert stretched is not found and len(backend.asked) == 1
    assert passes.of(backend, replace(asked, pin=None), None) is None


def test_a_frame_that_was_passed_already_takes_no_pass_until_the_weights_are_others(backend: Counting) -> None:
    passes, newest = PinnedPasses(), backend.run(NetRequest(PINNED))
    backend.asked.clear()
    found = passes.of(backend, NetRequest(PINNED, pin=PINNED), newest)
    assert found is not None and backend.asked == []
    assert found.activations is newest.activations and not found.diffs
    passes.forget(newest)
    assert passes.of(backend, NetRequest(PINNED, pin=PINNED), newest) is not None
    assert len(backend.asked) == 1


def test_differences_are_the_plain_ones(backend: Counting) -> None:
    """By numpy alone, from two passes by themselves."""
    layer = backend.info.layers[0].name
    a, b = (backend.run(NetRequest(frame)).activations[layer].astype(np.float64) for frame in (CURRENT, PINNED))
    found = difference(a.astype(np.float32), b.astype(np.float32))
    np.testing.assert_allclose(found, a - b, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(largest_differences(found), np.abs(a - b).max(axis=(1, 2)), rtol=1e-5, atol=1e-5)


def test_the_projections_beside_are_those_of_requests_by_themselves(backend: Counting) -> None:
    unit = Unit(backend.info.layers[0].name, 1)
    backs = tuple(BackRequest(unit, mode) for mode in ("gradient", "deconv", "guided"))
    alone = [np.array(backend.run(NetRequest(CURRENT, back)).input_diff) for back in backs]
    request = NetRequest(CURRENT, backs[0], beside=backs)
    snapshot = backend.run(request)
    backend.asked.clear()
    beside = with_beside(backend, snapshot)
    assert len(backend.asked) == 2  # the gradient was there
    for back, expected in zip(backs, alone, strict=True):
        np.testing.assert_allclose(beside.beside[back], expected, rtol=1e-5, atol=1e-6)
    assert with_beside(backend, replace(snapshot, request=NetRequest(CURRENT))).beside == {}


def test_a_mode_that_cannot_be_run_says_so_and_the_others_stand(tmp_path: Path) -> None:
    backend = open_backend("engine", small_model(tmp_path))
    wrong, right = BackRequest(UNIT, "sideways"), BackRequest(UNIT, "deconv")
    beside = with_beside(backend, backend.run(NetRequest(CURRENT, beside=(wrong, right)))).beside
    assert "no back mode 'sideways'" in str(beside[wrong])
    assert isinstance(beside[right], np.ndarray)
    with pytest.raises(BackendError, match="sideways"):
        backend.run(NetRequest(CURRENT, wrong))


def test_the_worker_gives_the_pinned_values_with_the_pass(tmp_path: Path) -> None:
    counting = Counting(open_backend("engine", small_model(tmp_path)))
    worker = NetworkWorker(lambda: counting)
    worker.handle(None)
    worker.handle(NetRequest(CURRENT))
    worker.handle(NetRequest(CURRENT, pin=CURRENT))
    worker.handle(NetRequest(PINNED, pin=CURRENT))
    output = worker.outbox.peek().value
    assert output.pinned.request.frame is CURRENT and output.snapshot.request.frame is PINNED
    assert [request.frame for request in counting.asked] == [CURRENT, CURRENT, PINNED]
    worker.handle(NetRequest(PINNED))
    assert worker.outbox.peek().value.pinned is None


def test_what_is_done_to_units_holds_for_the_pinned_frame_and_the_projections_beside(tmp_path: Path) -> None:
    backend, passes, beside = Counting(open_backend("engine", small_model(tmp_path))), PinnedPasses(), DECONV_OF_UNIT
    off = NetRequest(CURRENT, BackRequest(UNIT, "gradient"), pin=PINNED, beside=(beside,), interventions=OFF)
    pinned = passes.of(backend, off, None)
    assert pinned is not None and not pinned.activations["conv1"][1].any()
    assert not np.any(with_beside(backend, backend.run(off)).beside[beside])
    as_it_is = passes.of(backend, replace(off, interventions=()), None)
    assert as_it_is is not None and as_it_is.activations["conv1"][1].any()
    assert np.any(with_beside(backend, backend.run(replace(off, interventions=()))).beside[beside])
