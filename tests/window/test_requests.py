"""What the window waits for, and which answer belongs to which run: pure functions of the latest answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.answers import NOTHING_YET, Answer
from deepvis.core.changed_pictures import ChangedPicture, ChangedPictures
from deepvis.core.commands.this_unit import optimization_ended
from deepvis.core.effects import StartOptimizing
from deepvis.core.state import AppState, ViewState, Zoom
from deepvis.core.types import Fit, Frame, OptimizeProgress, Snapshot, Unit
from deepvis.live.backends.fake import FAKE_INFO
from deepvis.live.network import NetworkOutput
from deepvis.live.optimize import OptimizeRequest
from deepvis.window.requests import CHANGES, Latest, missing, pass_request, shown_progress

UNIT = Unit("conv1", 1)


def progress(*, done: bool = False) -> OptimizeProgress:
    return OptimizeProgress(UNIT, "3", 1, 10, 1.0, np.zeros((2, 2, 3), np.uint8), done=done)


def answered(id: int, value: OptimizeProgress | None = None, error: str = "") -> Latest:
    return Latest(optimize=Answer(OptimizeRequest(id, UNIT), value, error))


def optimizing(id: int) -> AppState:
    state = AppState(FAKE_INFO)
    return replace(state, live=replace(state.live, optimizing=StartOptimizing(id, UNIT, "3")))


@pytest.mark.parametrize(
    "latest, id",
    [
        (Latest(), None),
        (answered(1), None),
        (answered(1, progress()), None),
        (answered(1, progress(done=True)), 1),
        (answered(2, error="the unit is dead"), 2),
        (answered(2, progress(), "the unit is dead"), 2),
        (answered(2, progress(done=True), "it could not be kept"), 2),
        (Latest(optimize=Answer(None, error="of no request")), None),
    ],
)
def test_the_run_that_has_ended(latest: Latest, id: int | None) -> None:
    assert latest.ended_run == id


def test_the_end_of_an_older_run_leaves_the_newer_one() -> None:
    latest = answered(1, progress(done=True))
    assert latest.ended_run is not None
    assert optimization_ended(optimizing(2), latest.ended_run) == optimizing(2)
    assert optimization_ended(optimizing(1), latest.ended_run).live.optimizing is None


def test_only_the_progress_of_the_newest_run_is_shown() -> None:
    latest = answered(1, progress(done=True))
    assert shown_progress(optimizing(1), latest) is latest.optimize.value
    assert shown_progress(optimizing(2), latest) is None  # the same unit once more: that picture was another run's


def test_the_program_ends_where_no_network_can_be_opened_and_not_for_a_pass_that_fails() -> None:
    assert Latest().refusal == "" and Latest().network is NOTHING_YET
    assert Latest(network=Answer(None, error="no weights")).refusal == "no weights"
    assert Latest(network=Answer(None, NetworkOutput(FAKE_INFO), "out of memory")).refusal == ""


def changes_of(frame: Frame, *, done: bool) -> ChangedPictures:
    picture = ChangedPicture("", frame.rgb, {})
    return ChangedPictures(1, frame.id, Fit.CROP, (picture,) * (2 if done else 1), 2)


def test_what_the_chart_of_changes_waits_for() -> None:
    state = AppState(FAKE_INFO, replace(ViewState(unit_images=False), zoom=Zoom.CHANGES))
    frame = Frame(1, np.zeros((24, 24, 3), np.uint8))

    def latest(frame: Frame, changed: ChangedPictures | None, state: AppState) -> Latest:
        asked = pass_request(state, Latest(Answer(state.input, frame), Answer(None, NetworkOutput(FAKE_INFO))))
        assert asked is not None
        output = NetworkOutput(FAKE_INFO, snapshot=Snapshot(1, asked, {}), changed=changed)
        return Latest(Answer(state.input, frame), Answer(asked, output))

    assert latest(frame, None, state).network.request.changes
    assert missing(state, latest(frame, None, state)) == CHANGES
    assert missing(state, latest(frame, changes_of(frame, done=False), state)) == CHANGES
    assert missing(state, latest(frame, changes_of(frame, done=True), state)) == ""
    assert missing(state, latest(frame, changes_of(replace(frame, id=2), done=True), state)) == CHANGES
    moving, source = replace(frame, moving=True), replace(state, input=replace(state.input, moving=True))
    assert missing(source, latest(moving, changes_of(replace(moving, id=2), done=True), source)) == ""
    off = replace(state, view=ViewState(unit_images=False))
    assert missing(off, latest(frame, None, off)) == "" and not latest(frame, None, off).network.request.changes
