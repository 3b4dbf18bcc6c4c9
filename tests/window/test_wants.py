"""What the window waits for, and which answer belongs to which press: pure functions of what is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.state import AppState
from deepvis.core.types import OptimizeProgress, Unit, WorkerError
from deepvis.live.backends.fake import FAKE_INFO
from deepvis.live.optimize import OptimizeAsk
from deepvis.window.wants import Known, ended_press, shown_progress

UNIT = Unit("conv1", 1)


def progress(press: int, *, done: bool = False, unit: Unit = UNIT) -> OptimizeProgress:
    return OptimizeProgress(unit, "3", 1, 10, 1.0, np.zeros((2, 2, 3), np.uint8), done=done, press=press)


def error(press: int) -> WorkerError:
    return WorkerError("the unit is dead", OptimizeAsk(UNIT, press=press))


def optimizing(press: int, unit: Unit = UNIT) -> AppState:
    state = AppState(FAKE_INFO)
    return replace(state, live=replace(state.live, optimize=unit, optimize_presses=press))


@pytest.mark.parametrize(
    "known, press",
    [
        (Known(), 0),
        (Known(optimize=progress(1)), 0),
        (Known(optimize=progress(1, done=True)), 1),
        (Known(optimize=progress(1, done=True), optimize_error=error(2)), 2),
        (Known(optimize=progress(2, done=True), optimize_error=None), 2),  # the error of press 3 was taken back
        (Known(optimize=progress(4, done=True), optimize_error=error(3)), 4),
        (Known(optimize_error=WorkerError("of no ask")), 0),
    ],
)
def test_the_newest_press_that_has_ended(known: Known, press: int) -> None:
    assert ended_press(known) == press


def test_only_the_progress_of_the_newest_press_is_shown() -> None:
    known = Known(optimize=progress(1, done=True))
    assert shown_progress(optimizing(1), known) is known.optimize
    assert shown_progress(optimizing(2), known) is None  # the same unit once more: that picture was another run's
