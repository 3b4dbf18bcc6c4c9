"""What if, by real keys in a real window: marks, classes, the change of a later layer, and how it is taken off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from deepvis.core.interventions import Intervention, scaled, switched_off
from deepvis.core.types import Frame, NetRequest, Snapshot, Unit
from deepvis.live.backend import Backend, open_backend
from deepvis.models.zoo import load_model
from deepvis.window.ui import theme
from tests.window.real.test_fires import LAYER, LAYERS_ON, Session
from tests.window.real.test_pointing import MIDDLE, shot, still

pytestmark = pytest.mark.window
Start = Callable[..., Any]
LIST = (slice(0, 75), slice(300, 1200))
CLASSES = (slice(180, 290), slice(0, 300))  # the strip over the input


@pytest.fixture(scope="module")
def backend() -> Backend:
    return open_backend("engine", load_model("caffenet-mini"), "cpu")


def run(backend: Backend, photo: Path, *interventions: Intervention) -> Snapshot:
    rgb = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB)
    return backend.run(NetRequest(Frame(1, rgb), interventions=interventions))


def by_change(snapshot: Snapshot, layer: str) -> list[int]:
    assert snapshot.before is not None
    change = np.abs(snapshot.activations[layer] - snapshot.before[layer]).max(axis=(1, 2))
    return np.argsort(-change, kind="stable")[: np.count_nonzero(change)].tolist()


def violet(screen: Any, part: tuple[slice, slice]) -> int:
    return int((np.abs(shot(screen)[part].astype(int) - np.array(theme.CHANGED)).max(axis=2) < 12).sum())


def test_x_switches_a_unit_off_and_what_changes_later_is_seen(
    start: Start, screen: Any, photo: Path, backend: Backend
) -> None:
    program = start("--images", photo)
    program.key(*LAYERS_ON)
    still(program, screen)
    session = Session(program)
    unit = Unit(*session.at("H"))
    before = shot(screen)[CLASSES]
    program.key("X")
    program.until(lambda: violet(screen, MIDDLE) > 50 and violet(screen, LIST) > 5, "the marks of the unit that is off")
    program.until(lambda: not np.array_equal(shot(screen)[CLASSES], before), "the classes before and now")
    off = run(backend, photo, switched_off(unit))
    program.key("o", "bar", "O")  # the next layer: its change, what changes most first
    layer = session.at("Home")[0]
    assert layer != LAYER

    def first_is(layer: str, channel: int) -> None:
        program.until(lambda: session.at("Home") == (layer, channel), f"{layer} {channel} in the first tile")

    first_is(layer, by_change(off, layer)[0])
    assert session.at("Right") == (layer, by_change(off, layer)[1])
    second = Unit(*session.at())
    program.key("quotedbl", "quotedbl")  # this one too: off, then twice as strong
    both = run(backend, photo, switched_off(unit), scaled(second, 2))
    assert by_change(both, layer) != by_change(off, layer)
    first_is(layer, by_change(both, layer)[0])
    program.key("BackSpace", "BackSpace")
    while Unit(*session.at()) != second:  # moves are steps too
        program.key("BackSpace")
    program.key("slash", *"clear", "space", *"all", "Return")
    program.until(lambda: violet(screen, MIDDLE) == violet(screen, LIST) == 0, "no marks any more")
    program.key("BackSpace")
    program.until(lambda: violet(screen, LIST) > 5, "undo to bring them back")
    program.key("Escape", "Escape")
    program.until(lambda: violet(screen, LIST) == 0, "Escape to take it off")
    session.end()


@pytest.mark.slow
def test_clamping_is_typed_and_holds_while_a_video_plays(start: Start, screen: Any, video: Path) -> None:
    program = start("--video", video)
    program.key(*LAYERS_ON, "Down")
    session = Session(program)
    assert session.at() == (LAYER, 0)
    program.key("slash", *"clamp", "space", "5", "Return")
    program.until(lambda: violet(screen, MIDDLE) > 50, "the mark of the clamped unit")

    def flat() -> bool:
        """The Unit pane shows one value everywhere."""
        pane = shot(screen)[360:520, 80:220]
        return bool((pane == pane[0, 0]).all()) and int(pane[0, 0].max()) > 60

    program.until(flat, "the clamped map")
    seen = [shot(screen)[CLASSES] for _ in range(2)]
    program.until(lambda: not np.array_equal(shot(screen)[CLASSES], seen[0]), "the video to go on")
    assert violet(screen, MIDDLE) > 50
    session.end()
