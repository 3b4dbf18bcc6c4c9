"""Attributions between the passes: refined while nothing waits, begun anew with each request; errors are answers."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import deepvis.caffe
from deepvis.core.attributions import ATTRIBUTIONS, AttributionStep
from deepvis.core.types import Attribution, AttributionRequest, NetRequest, Unit
from deepvis.live.attributing import Attributing
from deepvis.live.backend import Backend, BackendError, open_backend
from deepvis.live.backends.caffe import PycaffeBackend
from deepvis.live.backends.fake import FakeBackend
from deepvis.live.network import NetworkWorker
from tests.helpers.networks import noise_frame, small_model, small_model_of_files
from tests.helpers.outputs import outputs


def asked(method: str, unit: Unit = Unit("fc2", 1), seed: int = 0) -> NetRequest:  # noqa: B008
    return NetRequest(noise_frame(seed, 24, 24), attribution=AttributionRequest(unit, method))


def whole(backend: Backend, request: NetRequest) -> Attribution:
    attributing = Attributing(backend, backend.run(request))
    while not attributing.is_done:
        attributing.go_on(lambda: False)
    assert attributing.newest is not None
    return attributing.newest


@pytest.mark.parametrize("method", ["grad_cam", "layer_cam", "input_x_gradient"])
def test_one_pass_comes_with_its_snapshot(start: Callable[..., NetworkWorker], method: str) -> None:
    worker, request = start(FakeBackend()), asked(method)
    worker.inbox.put(request)
    first = next(each for each in outputs(worker, request) if each.snapshot is not None)
    assert first.attribution is not None and first.snapshot is not None and first.attribution.is_done
    assert first.attribution.snapshot_id == first.snapshot.id and first.attribution.request is request


@pytest.mark.parametrize("method", ["integrated_gradients", "smooth_grad", "occlusion"])
def test_many_passes_come_to_their_end_by_themselves(start: Callable[..., NetworkWorker], method: str) -> None:
    seen: list[object] = []
    worker, request = start(FakeBackend(), seen.append), asked(method)
    worker.inbox.put(request)
    for output in outputs(worker, request):
        if output.attribution is not None and output.attribution.is_done:
            break
    assert output.attribution.done == output.attribution.total > 1
    assert len(seen) == 1 and worker.share.passes == 1  # steps are no passes of the picture


def test_steps_stop_when_their_time_is_over_or_something_waits() -> None:
    backend, ticks = FakeBackend(), itertools.count()
    snapshot = backend.run(asked("occlusion"))
    slow = Attributing(backend, snapshot, clock=lambda: 0.01 * next(ticks))
    slow.go_on(lambda: False)
    assert slow.newest is not None and 1 <= slow.newest.done <= 4
    eager = Attributing(backend, snapshot, clock=lambda: 0.0)
    eager.go_on(lambda: True)
    assert eager.newest is not None and eager.newest.done == 1
    eager.go_on(lambda: False)
    assert eager.newest.is_done


def test_a_new_request_begins_anew_before_the_old_is_done(
    start: Callable[..., NetworkWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    row = ATTRIBUTIONS["occlusion"]

    def endless(f: object) -> Iterator[AttributionStep]:
        for done in itertools.count(1):
            begun.set()
            go_on.wait(60)
            yield AttributionStep(np.zeros((2, 2), np.float32), done, 10**9)

    changed = dict(ATTRIBUTIONS._things)
    changed["occlusion"] = type(row)(**{**vars(row), "run": endless})
    monkeypatch.setattr(ATTRIBUTIONS, "_things", changed)
    worker, old, new = start(FakeBackend()), asked("occlusion"), asked("occlusion", Unit("fc2", 3), seed=1)
    worker.inbox.put(old)
    assert begun.wait(60)
    worker.inbox.put(new)
    go_on.set()
    found = next(each for each in outputs(worker, new) if each.attribution and each.attribution.request is new)
    assert found.attribution.done < 10**9 and found.snapshot is not None and found.snapshot.request is new


def test_what_cannot_be_attributed_says_so_and_the_pass_stands(tmp_path: Path) -> None:
    backend = open_backend("engine", small_model(tmp_path))
    found = whole(backend, asked("grad_cam", Unit("conv1", 0)))
    assert found.values is None and found.is_done
    assert found.error == "Grad-CAM: there is no layer with maps below conv1; go to a later layer"
    for method in ATTRIBUTIONS:
        row = whole(backend, asked(method, Unit("fc", 0)))
        assert row.values is not None and row.error == ""


def test_errors_of_a_step_are_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = FakeBackend()
    monkeypatch.setattr(backend, "unit_function", lambda request: (_ for _ in ()).throw(RuntimeError("no room")))
    assert whole(backend, asked("occlusion")).error == "Occlusion: no room"


@pytest.mark.parametrize("backend", ["engine", "fake"])
def test_what_is_not_there_is_refused_in_words(tmp_path: Path, backend: str) -> None:
    opened = open_backend(backend, small_model(tmp_path))
    for request, words in (
        (asked("gradcam"), "no attribution method 'gradcam'; there are grad_cam, layer_cam"),
        (asked("grad_cam", Unit("nowhere", 0)), "no layer 'nowhere'"),
        (asked("grad_cam", Unit("conv1", 4000)), "no channel 4000"),
    ):
        with pytest.raises(BackendError, match=words):
            opened.run(request)
    with pytest.raises(BackendError, match="without an attribution"):
        opened.unit_function(NetRequest(noise_frame(0)))


@pytest.mark.parametrize("unit", [Unit("prob", 1), Unit("mixed/output", 5), Unit("mixed/a", 2), Unit("conv1", 3)])
@pytest.mark.parametrize("method", ["grad_cam", "layer_cam", "input_x_gradient", "integrated_gradients", "occlusion"])
def test_pycaffe_says_the_same_as_the_engine(tmp_path: Path, unit: Unit, method: str) -> None:
    model = small_model_of_files(tmp_path)
    engine, caffe = open_backend("engine", model), PycaffeBackend(model, caffe=deepvis.caffe)
    request = NetRequest(noise_frame(0), attribution=AttributionRequest(unit, method))
    ours, other = whole(engine, request), whole(caffe, request)
    assert (ours.layer, ours.scored, ours.error == "") == (other.layer, other.scored, other.error == "")
    if ours.values is not None and other.values is not None:
        scale = float(np.abs(ours.values).max())
        np.testing.assert_allclose(other.values, ours.values, atol=2e-3 * scale)
    again = caffe.run(NetRequest(request.frame))
    assert np.allclose(again.activations["fc"], engine.run(NetRequest(request.frame)).activations["fc"], atol=1e-5)
