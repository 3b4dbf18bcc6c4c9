"""Key N keeps the picture that the card shows, or says in a sentence why it cannot; never another one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.answers import Answer
from deepvis.core.effects import StartOptimizing
from deepvis.core.state import AppState, LookedBack
from deepvis.core.types import OptimizeProgress, PastPicture, Unit, UnitImages
from deepvis.live.backends.fake import FAKE_INFO
from deepvis.live.optimize import OptimizeRequest
from deepvis.live.unit_images import ImagesOutput, ImagesRequest
from deepvis.window.effects import why_not_among_nine
from deepvis.window.requests import Latest

UNIT = Unit("conv1", 1)
STATE = AppState(FAKE_INFO)
STATE = replace(STATE, view=replace(STATE.view, channel=1))
RGB = np.zeros((2, 2, 3), np.uint8)


def images(refresh: int = 0, **more: str) -> Answer[ImagesRequest, ImagesOutput]:
    return Answer(ImagesRequest(UNIT, refresh=refresh), ImagesOutput(UnitImages(UNIT, 1, RGB, **more)))


def climb(*, error: str = "", **more: object) -> Latest:
    """An optimization that the card shows: the files have not been read since."""
    progress = OptimizeProgress(UNIT, "3", 11, 300, 1.0, RGB, run=1, **more)  # type: ignore[arg-type]
    return Latest(optimize=Answer(OptimizeRequest(1, UNIT), progress, error), images=images(), refresh=1)


def test_the_unit_of_these_tests_is_selected() -> None:
    assert STATE.unit == UNIT


@pytest.mark.parametrize(
    "latest",
    [
        Latest(),
        Latest(images=images()),
        Latest(images=images(title="Preferred input")),
        climb(done=True),
        replace(climb(done=True, is_stopped=True), images=images(refresh=1)),  # the stopped one is covered again
    ],
)
def test_a_finished_picture_may_be_saved(latest: Latest) -> None:
    assert why_not_among_nine(STATE, latest) == ""


@pytest.mark.parametrize(
    "latest, words",
    [
        (Latest(images=images(unsaved="stopped at iteration 11 of 300")), "is stopped at iteration 11 of 300"),
        (Latest(images=images(unsaved="preset accentuate, not saved", title="Accentuation")), "an accentuation"),
        (climb(done=True, is_stopped=True), "is stopped at iteration 11 of 300"),
        (climb(done=True, title="Deep dream"), "a deep dream"),
        (climb(done=True, error="the picture could not be kept"), "the picture could not be kept"),
    ],
)
def test_what_is_not_finished_or_no_preferred_input_is_refused(latest: Latest, words: str) -> None:
    sentence = why_not_among_nine(STATE, latest)
    assert sentence.startswith("not kept: ") and words in sentence


def test_a_climb_on_its_way_and_its_history_are_refused() -> None:
    running = replace(STATE, live=replace(STATE.live, optimizing=StartOptimizing(1, UNIT, "3")))
    assert "not finished yet" in why_not_among_nine(running, climb())
    past = tuple(PastPicture(n, 1.0, RGB) for n in (1, 2, 3))
    scrubbed = replace(STATE, view=replace(STATE.view, looked_back=LookedBack(1, 2)))
    assert "an earlier picture" in why_not_among_nine(scrubbed, climb(done=True, past=past))
    assert why_not_among_nine(STATE, climb(done=True, past=past)) == ""
