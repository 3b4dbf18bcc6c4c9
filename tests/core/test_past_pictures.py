"""The history of a climb: bounded, evenly spread, gone through by notches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepvis.core.commands import COMMANDS, perform
from deepvis.core.past_pictures import gone_through, has_past, looked_at, with_picture
from deepvis.core.state import AppState, Cursor, LookedBack, ViewState
from deepvis.core.typed import press
from deepvis.core.types import LayerInfo, NetInfo, OptimizeProgress, PastPicture, Unit

START = AppState(
    NetInfo("tiny", (LayerInfo("c0", "Convolution", 20, 9, 9),), (3, 9, 9)), ViewState(channel=3, cursor=Cursor.UNITS)
)
RGB = np.zeros((10, 10, 3), np.uint8)


def climb(count: int, run: int = 4, unit: Unit = START.unit) -> OptimizeProgress:
    past = tuple(PastPicture(n + 1, n / 2, RGB) for n in range(count))
    return OptimizeProgress(unit, "lucid", count, 150, 1.0, RGB, run=run, past=past)


def test_the_history_is_bounded_in_bytes_and_in_number_and_evenly_spread() -> None:
    for bounds in ({"most_bytes": 20 * RGB.nbytes}, {"most": 20}):
        past: tuple[PastPicture, ...] = ()
        for n in range(1, 201):
            past = with_picture(past, PastPicture(n, 0.0, RGB), **bounds)
            assert len(past) <= 20 and past[-1].iteration == n and past[0].iteration == 1
        gaps = np.diff([picture.iteration for picture in past])
        assert gaps.max() <= 16 and len(past) == 20
    large = PastPicture(1, 0.0, np.zeros((99, 99, 3), np.uint8))
    assert with_picture((), large, most_bytes=5) == (large,), "the newest is always there"


def test_the_wheel_goes_back_and_forth_and_ends_at_the_newest() -> None:
    run = climb(30)
    assert looked_at(START, run) is None and has_past(START, run)
    back = gone_through(START, run, -3)
    assert back.view.looked_back == LookedBack(4, 27) and looked_at(back, run).iteration == 27
    first = gone_through(back, run, -99)
    assert looked_at(first, run).iteration == 1 and gone_through(first, run, -1).view == first.view
    assert looked_at(gone_through(first, run, 2), run).iteration == 3
    assert gone_through(back, run, 3).view.looked_back is None
    assert gone_through(back, run, 99).view.looked_back is None
    assert looked_at(gone_through(START, climb(600), -1), climb(600)).iteration == 588, "a notch is a share of many"
    grown = climb(40)
    assert looked_at(back, grown).iteration == 27, "what is looked at stays while the climb goes on"


def test_another_run_or_another_unit_shows_its_newest() -> None:
    back = gone_through(START, climb(30), -3)
    assert looked_at(back, climb(30, run=5)) is None
    assert looked_at(back, climb(30, unit=Unit("c0", 4))) is None and looked_at(back, None) is None
    assert not has_past(back, climb(1)) and not has_past(back, None)


def test_the_newest_again_on_return_and_undo_goes_back() -> None:
    back = gone_through(START, climb(30), -3)
    away, _ = press(back, "right")
    assert away.view.looked_back is None
    home, _ = press(away, "left")
    assert home.view.looked_back is None
    undone, _ = press(away, "backspace")
    assert undone.view == back.view
    left, _ = press(back, "esc")
    assert left.view == START.view
    begun, _ = perform(back, COMMANDS["optimize_unit"])
    assert begun.view.looked_back is None


def test_a_picture_is_kept_of_the_selected_unit() -> None:
    _, (effect,) = press(START, "N")
    assert effect.unit == START.unit
    missing = replace(START, info=replace(START.info, layers=(LayerInfo("c0", "Warp", 1, 1, 1, missing="no type"),)))
    _, (said,) = press(missing, "N")
    assert "there is no picture to keep: c0: no type" in said.sentence
