"""A network worker for a test, ended with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from deepvis.live.backends.fake import FakeBackend
from deepvis.live.network import NetworkWorker


@pytest.fixture
def start() -> Iterator[Callable[..., NetworkWorker]]:
    started: list[NetworkWorker] = []

    def begin(backend: FakeBackend, *followers: Callable[..., object]) -> NetworkWorker:
        worker = NetworkWorker(lambda: backend, followers=followers)
        started.append(worker)
        worker.start()
        return worker

    yield begin
    for worker in started:
        worker.stop(10)
