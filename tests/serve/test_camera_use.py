"""Whose camera the window shows: the table of its states, and the pace at which frames are asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from deepvis.serve.camera_pace import AHEAD, CameraPace
from deepvis.serve.camera_use import CameraEnd, CameraState, CameraUse
from deepvis.sources.base import Play

A: Any = SimpleNamespace(name="a")
B: Any = SimpleNamespace(name="b")


def wanted(play: Play = Play.PLAY, presser: Any = A) -> CameraUse:
    use = CameraUse()
    use.want(play, presser)
    return use


@pytest.mark.parametrize("play", Play)
def test_it_is_wanted_while_the_window_plays(play: Play) -> None:
    states = [wanted(play).state(controller) for controller in (None, A, B)]
    playing = [CameraState.NOBODY_TO_ASK, CameraState.ASKED, CameraState.WAITING]
    assert states == (playing if play is Play.PLAY else 3 * [CameraState.UNWANTED])


def test_only_the_page_is_asked_in_which_something_was_pressed() -> None:
    use = wanted(presser=None)  # no page: a session, an option
    assert use.state(A) is CameraState.WAITING
    use.want(Play.HOLD, A)
    use.want(Play.PLAY, A)  # as it was
    assert use.state(A) is CameraState.WAITING
    use.want(Play.OFF, A)
    use.want(Play.PLAY, A)
    assert use.state(A) is CameraState.ASKED
    use.control_taken()
    assert use.state(A) is use.state(B) is CameraState.WAITING, "taking control asks for no camera"


def test_photos_end_it() -> None:
    for play in (Play.PLAY, Play.HOLD):
        use = wanted(Play.OFF)
        use.begin(A)
        use.want(Play.OFF)
        assert use.giver is A, "the window does not know of it yet"
        use.want(play)
        assert use.giver is A
        use.want(Play.OFF)
        assert use.giver is None and use.state(A) is CameraState.UNWANTED


@pytest.mark.parametrize("play", Play)
def test_it_is_on_from_the_page_that_gives_it_until_that_ends(play: Play) -> None:
    use = wanted(play)
    before = use.state(A)
    use.begin(A)
    assert use.giver is A and {use.state(each) for each in (A, B, None)} == {CameraState.ON}
    use.begin(B)  # in its place
    assert use.giver is B
    assert use.end(B, None) is CameraEnd.FAILED  # its page has left
    assert use.giver is None
    assert use.state(A) is (CameraState.WAITING if before is CameraState.ASKED else before), "it is asked once"


def test_who_switches_it_off_is_not_asked_again_until_photos_were_shown_or_the_button_is_pressed() -> None:
    for forget in (lambda use: use.want(Play.OFF), lambda use: use.begin(A)):
        use = wanted()
        use.begin(A)
        assert use.end(A, A) is CameraEnd.BY_HAND
        assert use.state(A) is CameraState.REFUSED and use.state(B) is CameraState.WAITING
        use.want(Play.HOLD)
        use.want(Play.PLAY)
        assert use.state(A) is CameraState.REFUSED
        forget(use)
        use.end(A, None)
        use.want(Play.PLAY)
        assert use.state(A) is CameraState.WAITING


@pytest.mark.parametrize(
    ("play", "controller", "is_on", "why", "end", "is_refusal"),
    [
        (Play.PLAY, A, True, "", CameraEnd.BY_HAND, True),
        (Play.PLAY, A, True, "it was switched off", CameraEnd.FAILED, True),
        (Play.PLAY, A, False, "there is none", CameraEnd.FAILED, True),
        (Play.PLAY, A, False, "", CameraEnd.WAS_OFF, True),
        (Play.PLAY, B, True, "", CameraEnd.FAILED, False),  # its control was taken
        (Play.PLAY, None, True, "its page has left", CameraEnd.FAILED, False),
        (Play.OFF, A, False, "there is none", CameraEnd.FAILED, False),  # key c asks for it
        (Play.OFF, A, False, "", CameraEnd.WAS_OFF, False),
    ],
)
def test_how_it_ends(play: Play, controller: Any, is_on: bool, why: str, end: CameraEnd, is_refusal: bool) -> None:
    use = wanted(play)
    if is_on:
        use.begin(A)
    assert use.end(A, controller, why) is end
    use.want(Play.PLAY)
    assert (use.state(A) is CameraState.REFUSED) == is_refusal


def test_frames_are_asked_of_the_giver_alone_while_the_window_plays() -> None:
    use = wanted()
    assert use.frames_due() == 0
    use.begin(A)
    assert use.frames_due() == AHEAD and use.frames_due() == 0
    assert not use.takes_frame(B) and use.takes_frame(A)
    use.want(Play.HOLD)
    use.shown()
    assert use.frames_due() == 0
    use.want(Play.PLAY)
    assert use.frames_due() == 1
    use.begin(B)
    assert use.frames_due() == AHEAD, "nothing is on its way from another camera"


def test_no_more_frames_are_asked_for_than_the_network_takes() -> None:
    pace = CameraPace()
    assert pace.due() == AHEAD
    pace.came()
    assert pace.due() == 0
    pace.shown()
    assert pace.due() == 1
    for _ in range(AHEAD):
        assert pace.came()
    assert pace.due() == 0
    assert not pace.came()  # nobody asked for it
    pace.waited()
    assert pace.due() == AHEAD
