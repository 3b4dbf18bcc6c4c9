"""Between two layers a pass waits, forward and back, where its thread was told for what."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from deepvis.network.layer_waits import wait_between_layers
from deepvis.network.net import GraphNet
from tests.helpers.networks import SIDE, small_model


def passed(net: GraphNet) -> None:
    """Forward and back."""
    tape = net.forward({"data": np.ones((1, 3, SIDE, SIDE), np.float32)})
    tape.backward("fc", np.ones((1, 5), np.float32))


def in_a_thread(act: Callable[[], object]) -> None:
    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


def test_it_is_called_before_each_layer_of_its_own_thread(tmp_path: Path) -> None:
    net, waits = GraphNet(small_model(tmp_path).graph), [0, 0]

    def counted() -> None:
        def wait() -> None:
            waits[0] += 1

        wait_between_layers(wait)
        passed(net)
        waits[1] = waits[0]
        in_a_thread(lambda: passed(net))  # which was told nothing

    in_a_thread(counted)
    passed(net)
    assert waits[0] == waits[1] >= 12, "some layers are done as one, each twice: forward and back"
