"""The halves of a window: what each is handed, and where each is shown."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.window.split_window import SplitWindow
from deepvis.window.ui.events import Closed, Event, Key, Mouse, Pasted, Resized
from deepvis.window.ui.window import MemoryWindow


@pytest.fixture
def window() -> MemoryWindow:
    return MemoryWindow("", 930, 1500)


@pytest.fixture
def split(window: MemoryWindow) -> SplitWindow:
    return SplitWindow(window, ("one", "two"))


def handed(window: MemoryWindow, split: SplitWindow, *events: Event) -> list[list[Event]]:
    for event in events:
        window.send(event)
    return [half.poll(1) for half in split.halves]


def test_the_halves_share_the_width_below_their_names(split: SplitWindow) -> None:
    assert split.size == (930 - 26, 748)
    assert [half.size for half in split.halves] == [split.size] * 2


def test_keys_and_text_go_to_the_half_in_use(window: MemoryWindow, split: SplitWindow) -> None:
    assert handed(window, split, Key(98)) == [[Key(98)], []]
    split.turn_to(1)
    assert handed(window, split, Key(98), Pasted("a")) == [[], [Key(98), Pasted("a")]]


def test_a_click_makes_a_half_the_one_in_use_and_arrives_in_its_own_pixels(
    window: MemoryWindow, split: SplitWindow
) -> None:
    left, right = handed(window, split, Mouse("press", 26 + 10, 752 + 7))
    assert (left, right, split.in_use) == ([], [Mouse("press", 10, 7)], 1)
    assert handed(window, split, Mouse("press", 5, 30)) == [[], [Mouse("leave", 0, 0)]]  # on a name: that alone
    assert split.in_use == 0
    assert handed(window, split, Mouse("wheel", 40, 700, -1))[0] == [Mouse("wheel", 14, 700, -1)]


def test_the_pointer_leaves_one_half_as_it_enters_the_other(window: MemoryWindow, split: SplitWindow) -> None:
    assert handed(window, split, Mouse("move", 100, 20)) == [[Mouse("move", 74, 20)], []]
    assert handed(window, split, Mouse("move", 100, 760)) == [[Mouse("leave", 0, 0)], [Mouse("move", 74, 8)]]
    assert handed(window, split, Mouse("leave", 0, 0)) == [[], [Mouse("leave", 0, 0)]]
    assert split.in_use == 0  # looking is not choosing


def test_both_are_resized_and_closed(window: MemoryWindow, split: SplitWindow) -> None:
    left, right = handed(window, split, Resized(720, 1280), Closed())
    assert left == right == [Resized(720 - 26, 638), Closed()]


def test_both_are_shown_in_one_picture_and_only_when_one_has_changed(window: MemoryWindow, split: SplitWindow) -> None:
    for half, grey in zip(split.halves, (50, 200), strict=True):
        half.show(np.full((*half.size, 3), grey, np.uint8))
    assert split.show() and not split.show() and window.shown == 1
    picture = window.picture
    assert picture is not None and picture.shape == (930, 1500, 3)
    assert (picture[26:, :748] == 50).all() and (picture[26:, 752:] == 200).all()
    names = picture[:26].copy()
    assert len(np.unique(names)) > 3
    split.turn_to(1)
    assert split.show() and window.picture is not None
    assert not np.array_equal(window.picture[:26], names)  # the mark has moved
    split.halves[0].show(np.zeros((10, 10, 3), np.uint8))  # drawn for another size of the window
    assert not split.show()
