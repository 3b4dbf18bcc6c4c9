"""The network worker with a backend that waits at a gate: no sleeps."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from deepvis.core.answers import Answer
from deepvis.core.back_modes import GRADIENT
from deepvis.core.interventions import switched_off
from deepvis.core.types import BackRequest, NetRequest, Unit
from deepvis.live.backend import BackendError
from deepvis.live.backends.fake import FakeBackend
from deepvis.live.network import NetworkOutput, NetworkWorker
from tests.helpers.networks import noise_frame


@pytest.fixture
def gate():
    return threading.Event()


@pytest.fixture
def backend(gate):
    return FakeBackend(gate=gate)


@pytest.fixture
def worker(backend, gate):
    worker = NetworkWorker(lambda: backend)
    worker.start()
    yield worker
    gate.set()
    worker.stop(10)


def answered(worker: NetworkWorker, request: NetRequest) -> Answer[NetRequest, NetworkOutput]:
    """The next answer to that request."""
    while (answer := worker.outbox.take(60)) is not None:
        if answer.request is request:
            return answer
    pytest.fail("no answer came")


def test_what_the_window_may_know_comes_first(worker, backend):
    answer = worker.outbox.take(60)
    assert answer.request is None and answer.value.info is backend.info and answer.value.snapshot is None


def test_an_ask_is_answered_with_a_snapshot_of_it(worker, gate):
    gate.set()
    request = NetRequest(noise_frame(), BackRequest(Unit("conv1", 2), GRADIENT))
    worker.inbox.put(request)
    answer = answered(worker, request)
    assert answer.value.snapshot.request is request and answer.value.info is not None


def test_asks_that_came_meanwhile_are_left_out_but_for_the_newest(worker, backend, gate):
    requests = [NetRequest(noise_frame(seed)) for seed in range(5)]
    worker.inbox.put(requests[0])
    assert backend.begun.get(timeout=60) is requests[0]
    for request in requests[1:]:
        worker.inbox.put(request)
    gate.set()
    assert backend.begun.get(timeout=60) is requests[4]
    assert answered(worker, requests[4]).value.snapshot.request is requests[4]
    assert backend.requests == [requests[0], requests[4]]


def test_putting_an_ask_never_waits_for_the_network(worker, backend):
    worker.inbox.put(NetRequest(noise_frame()))
    backend.begun.get(timeout=60)
    for seed in range(100):  # returns although the gate is shut
        worker.inbox.put(NetRequest(noise_frame(seed, 4, 4)))
    assert worker.outbox.peek().value.snapshot is None


def test_an_ask_that_fails_is_told_and_the_next_is_answered(worker, backend, gate):
    gate.set()
    backend.fails = BackendError("there is no layer 'x'")
    requests = [NetRequest(noise_frame()) for _ in range(2)]
    worker.inbox.put(requests[0])
    answer = answered(worker, requests[0])
    assert answer.error == "there is no layer 'x'" and answer.value.snapshot is None
    backend.fails = None
    worker.inbox.put(requests[1])
    answer = answered(worker, requests[1])
    assert answer.value.snapshot is not None and answer.error == ""


def test_after_a_failure_the_last_snapshot_stands(worker, backend, gate):
    gate.set()
    requests = [NetRequest(noise_frame()) for _ in range(2)]
    worker.inbox.put(requests[0])
    snapshot = answered(worker, requests[0]).value.snapshot
    backend.fails = BackendError("out of memory")
    worker.inbox.put(requests[1])
    answer = answered(worker, requests[1])
    assert answer.error == "out of memory" and answer.value.snapshot is snapshot


def test_a_backend_that_cannot_be_opened_is_told_once():
    opened = []

    def open_backend():
        opened.append(1)
        raise BackendError("the weights are missing")

    worker = NetworkWorker(open_backend)
    worker.start()
    assert worker.outbox.take(60).error == "the weights are missing"
    request = NetRequest(noise_frame())
    worker.inbox.put(request)
    answer = answered(worker, request)
    worker.stop(10)
    assert opened == [1] and worker.info is None and answer.error == "the weights are missing" and answer.value is None


def test_followers_see_each_snapshot_after_the_window_can(gate):
    gate.set()
    seen = []
    worker = NetworkWorker(
        FakeBackend, followers=[lambda snapshot: seen.append((snapshot, worker.outbox.peek().value))]
    )
    worker.start()
    request = NetRequest(noise_frame())
    worker.inbox.put(request)
    while (followed := answered(worker, request).value.followed) is None:
        pass
    worker.stop(10)
    ((snapshot, then),) = seen
    assert snapshot is then.snapshot and snapshot.request is request
    assert then.followed is None and followed is snapshot  # the window had it first, and is told of the end


def test_the_fields_are_told_once_they_are_known(backend):
    worker = NetworkWorker(lambda: backend, lambda: field)
    worker.start()
    while (answer := worker.outbox.take(60)).value.field_of is None:
        pass
    worker.stop(10)
    assert answer.value.field_of is field and answer.value.info is backend.info


def field(layer: str, row: int, col: int) -> tuple[int, int, int, int]:
    return row, col, row + 1, col + 1


def test_stopping_closes_the_backend(backend, gate):
    worker = NetworkWorker(lambda: backend)
    worker.start()
    worker.outbox.take(60)
    worker.stop(10)
    assert backend.closed


def test_what_is_collected_is_of_the_network_as_it_is():
    """The running top 9 sees no activation of a network with units changed."""
    frame, seen = noise_frame(), []

    class Changing(FakeBackend):
        def run(self, request):
            snapshot = super().run(request)
            before = snapshot.activations
            changed = {name: 2 * maps for name, maps in before.items()}
            return replace(snapshot, activations=changed, before=before) if request.interventions else snapshot

    worker = NetworkWorker(Changing, followers=[seen.append])
    worker.start()
    try:
        worker.inbox.put(first := NetRequest(frame))
        plain = answered(worker, first).value.snapshot
        request = NetRequest(frame, interventions=(switched_off(Unit("conv1", 2)),))
        worker.inbox.put(request)
        shown = answered(worker, request).value.snapshot
        while len(seen) < 2:
            worker.outbox.take(60)
    finally:
        worker.stop(10)
    assert (seen[-1].activations["conv1"] == plain.activations["conv1"]).all() and seen[-1].before is None
    assert (shown.activations["conv1"] == 2 * plain.activations["conv1"]).all()
