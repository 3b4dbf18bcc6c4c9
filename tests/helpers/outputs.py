"""What a network worker gives for a request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deepvis.core.types import NetRequest
from deepvis.live.network import NetworkOutput, NetworkWorker


def outputs(worker: NetworkWorker, request: NetRequest) -> Iterator[NetworkOutput]:
    """The newest outputs for a request, one after another; some may be passed over."""
    while (answer := worker.outbox.take(60)) is not None:
        if answer.request is request and answer.value is not None:
            assert not answer.error
            yield answer.value
    pytest.fail("no answer came")
