"""The network worker with a backend that waits at a gate: no sleeps."""

from __future__ import annotations

import threading

import pytest

from deepvis.core.types import BackAsk, BackMode, NetAsk, Unit
from deepvis.live.backends.base import BackendError
from deepvis.live.backends.fake import FakeBackend
from deepvis.live.network import NetworkWorker
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


def test_what_the_window_may_know_comes_first(worker, backend):
    assert worker.infos.take(60) is backend.info


def test_an_ask_is_answered_with_a_snapshot_of_it(worker, gate):
    gate.set()
    ask = NetAsk(noise_frame(), BackAsk(Unit("conv1", 2), BackMode.GRAD))
    worker.inbox.put(ask)
    assert worker.snapshots.take(60).ask is ask


def test_asks_that_came_meanwhile_are_left_out_but_for_the_newest(worker, backend, gate):
    asks = [NetAsk(noise_frame(seed)) for seed in range(5)]
    worker.inbox.put(asks[0])
    assert backend.begun.get(timeout=60) is asks[0]
    for ask in asks[1:]:
        worker.inbox.put(ask)
    gate.set()
    assert backend.begun.get(timeout=60) is asks[4]
    snapshot = worker.snapshots.take(60)
    while snapshot.ask is not asks[4]:
        snapshot = worker.snapshots.take(60)
    assert backend.asks == [asks[0], asks[4]]


def test_putting_an_ask_never_waits_for_the_network(worker, backend):
    worker.inbox.put(NetAsk(noise_frame()))
    backend.begun.get(timeout=60)
    for seed in range(100):  # returns although the gate is shut
        worker.inbox.put(NetAsk(noise_frame(seed, 4, 4)))
    assert worker.snapshots.peek() is None


def test_an_ask_that_fails_is_told_and_the_next_is_answered(worker, backend, gate):
    gate.set()
    backend.fails = BackendError("there is no layer 'x'")
    worker.inbox.put(NetAsk(noise_frame()))
    assert worker.errors.take(60).sentence == "there is no layer 'x'"
    backend.fails = None
    worker.inbox.put(NetAsk(noise_frame()))
    assert worker.snapshots.take(60) is not None and worker.errors.take(60) is None


def test_a_backend_that_cannot_be_opened_is_told_once():
    opened = []

    def open_backend():
        opened.append(1)
        raise BackendError("the weights are missing")

    worker = NetworkWorker(open_backend)
    worker.start()
    assert worker.errors.take(60).sentence == "the weights are missing"
    ask = NetAsk(noise_frame())
    worker.inbox.put(ask)
    while worker.answered is not ask:
        worker._thread.join(0.001)
    worker.stop(10)
    assert opened == [1] and worker.infos.peek() is None and worker.errors.peek() is not None


def test_followers_see_each_snapshot_after_the_window_can(gate):
    gate.set()
    seen = []
    worker = NetworkWorker(FakeBackend, [lambda snapshot: seen.append((snapshot, worker.snapshots.peek()))])
    worker.start()
    ask = NetAsk(noise_frame())
    worker.inbox.put(ask)
    while worker.answered is not ask:
        worker._thread.join(0.001)
    worker.stop(10)
    ((snapshot, then),) = seen
    assert snapshot is then and snapshot.ask is ask


def test_stopping_closes_the_backend(backend, gate):
    worker = NetworkWorker(lambda: backend)
    worker.start()
    worker.infos.take(60)
    worker.stop(10)
    assert backend.closed
