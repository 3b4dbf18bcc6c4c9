from __future__ import annotations

import threading

import pytest

from deepvis.core.types import NetRequest
from deepvis.live.backend import BACKENDS, open_backend
from deepvis.live.backends.fake import FakeBackend
from tests.helpers.networks import noise_frame
from tests.live.backends.conformance import BackendConformance


class TestFake(BackendConformance):
    network = False

    def make(self, model):
        return open_backend("fake", model, "cpu")


def test_it_waits_at_its_gate():
    gate = threading.Event()
    backend = FakeBackend(gate=gate)
    request = NetRequest(noise_frame())
    thread = threading.Thread(target=backend.run, args=(request,))
    thread.start()
    assert backend.begun.get(timeout=60) is request and thread.is_alive()
    gate.set()
    thread.join(60)
    assert not thread.is_alive()


def test_an_unknown_backend_is_named_with_the_nearest():
    open_backend("fake", None, "cpu")
    with pytest.raises(KeyError, match="did you mean 'fake'"):
        open_backend("fakee", None, "cpu")
    assert "fake" in BACKENDS
