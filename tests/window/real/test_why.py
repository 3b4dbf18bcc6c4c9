"""Why, by real keys in a real window: which units, through a chain, against the network run beside the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from deepvis.core.types import Contributions, Frame, NetRequest, Unit
from deepvis.live.backend import Backend, open_backend
from deepvis.models.zoo import load_model
from deepvis.window.ui import theme
from tests.window.real.test_fires import Session
from tests.window.real.test_pointing import MIDDLE, changed, shot, still

pytestmark = pytest.mark.window
Start = Callable[..., Any]


@pytest.fixture(scope="module")
def backend() -> Backend:
    return open_backend("engine", load_model("caffenet-mini"), "cpu")


def asked(backend: Backend, photo: Path, *chain: Unit) -> Contributions:
    rgb = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB)
    found = backend.run(NetRequest(Frame(1, rgb), why=chain)).contributions
    assert found is not None
    return found


def ranked(found: Contributions, layer: str) -> list[int]:
    sums = found.of(layer)
    assert sums is not None
    order = np.argsort(-sums.astype(np.float32), kind="stable").tolist()
    return [channel for channel in order if sums[channel]]


def test_y_follows_the_reasons_of_a_class_down_and_backspace_comes_up(
    start: Start, screen: Any, photo: Path, backend: Backend
) -> None:
    program = start("--images", photo)
    program.key("End")
    before = still(program, screen)
    session = Session(program)
    layer, first = session.at("H")
    assert layer == "prob"
    of_class = asked(backend, photo, Unit("prob", first))

    def green() -> int:
        return int((np.abs(shot(screen)[MIDDLE].astype(int) - np.array(theme.FOR)).max(axis=2) < 12).sum())

    program.key("Y")
    program.until(lambda: changed(before, shot(screen), MIDDLE) > 0.2 and green() > 50, "frames of contributions")
    best = ranked(of_class, "fc7")

    def is_at(layer: str, channel: int) -> None:
        """The first tile is that unit, once the pass is there."""
        program.until(lambda: session.at("Home") == (layer, channel), f"{layer} {channel} in the first tile")

    is_at("fc7", best[0])
    assert session.at("Right") == ("fc7", best[1])
    assert session.at("H") == ("fc7", best[0])
    program.key("u", "u")  # the layers before, each by its contribution to the class
    is_at("pool5", ranked(of_class, "pool5")[0])
    program.key("o", "o")
    is_at("fc7", best[0])
    program.key("exclam")
    through = asked(backend, photo, Unit("prob", first), Unit("fc7", best[0]))
    is_at("fc6", ranked(through, "fc6")[0])
    assert session.at("End") == ("fc6", ranked(through, "fc6")[-1])
    assert ranked(through, "fc6") != ranked(of_class, "fc6")
    while session.at()[0] == "fc6":
        program.key("BackSpace")
    assert session.at() == ("fc7", best[0])  # the chain is the class alone again
    program.key("u")
    is_at("fc6", ranked(of_class, "fc6")[0])
    program.key("Escape")
    program.until(lambda: green() == 0, "no frames any more")
    session.end()
