"""Real wheel, drag and menu button: what they mean here, and nothing of what OpenCV's Qt view makes of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.window
Start = Callable[..., Any]
HEIGHT, WIDTH, STATUS = 600, 900, 60  # pixels; the status line tells of times
TILES, LIST, AUX, BACK = (500, 300), (500, 15), (90, 280), (90, 480)  # (column, row) in each pane


@pytest.fixture
def program(start: Start, screen: Any, tiny: list[str], photos: Path) -> Iterator[Any]:
    program = start(*tiny, "--images", photos, "--size", f"{WIDTH}x{HEIGHT}")
    program.key("o", "Down", "Right", "b")  # into the tiles of the second layer, every pane at work
    program.until(lambda: is_full(screen) and steady(screen), "all panes to be full")
    yield program


def is_full(screen: Any) -> bool:
    """True once the tiles, the unit and the back pane have pictures rather than sentences."""
    pixels = seen(screen)
    parts = (pixels[80:500, 220:680], pixels[230:370, 20:160], pixels[430:530, 20:160])
    return all(np.mean(part.max(axis=2) > 60) > 0.1 for part in parts)


def seen(screen: Any) -> np.ndarray:
    """The window without its status line, as the screen shows it."""
    return screen.pixels()[: HEIGHT - STATUS, :WIDTH].copy()


def steady(screen: Any) -> bool:
    before = seen(screen)
    time.sleep(0.3)
    return bool(np.array_equal(before, seen(screen)))


def is_what_was_drawn(program: Any, screen: Any, count: int) -> bool:
    """True if the screen shows, pixel by pixel, the picture that the program drew: not zoomed, not moved."""
    program.until(lambda: steady(screen), "the picture to stand still")
    program.xdotool("key", "p")
    drawn = cv2.imread(str(program.saved(count)))[: HEIGHT - STATUS]
    return bool(np.mean((drawn != seen(screen)).any(axis=2)) < 0.001)


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """The same but for the pointer, which the virtual screen draws into its picture."""
    rows, cols = np.nonzero((one != other).any(axis=2))
    pointer = 60  # pixels: where it was and where it is lie this close
    return not len(rows) or (np.ptp(rows) < pointer and np.ptp(cols) < pointer)


NOTHING = ("640", "16")  # beside the names of the layers: nothing is told there


def windows(program: Any) -> list[str]:
    return sorted(program.xdotool("search", "--onlyvisible", "--name", ".*").split())


@pytest.mark.parametrize("place", [TILES, LIST, AUX, BACK], ids=["tiles", "list", "unit", "back"])
def test_the_wheel_turned_up_and_down_never_zooms_the_window(program: Any, screen: Any, place: tuple[int, int]) -> None:
    before = seen(screen)
    for button in (4, 4, 4, 5, 4, 6, 7):
        program.click(*place, button)
    assert is_what_was_drawn(program, screen, 1)
    program.xdotool("keydown", "ctrl", "click", "4", "click", "4", "keyup", "ctrl")
    assert is_what_was_drawn(program, screen, 2)
    assert before.shape == seen(screen).shape


def test_the_wheel_keeps_its_own_meaning(program: Any, screen: Any) -> None:
    program.click(*LIST, 5)
    program.xdotool("key", "p")
    assert program.saved(1).name.startswith("deepvis-tiny-conv2-1-")
    program.click(*LIST, 4)
    program.xdotool("key", "p")
    assert program.saved(2).name.startswith("deepvis-tiny-pool1-1-")
    program.click(*AUX, 5)
    program.click(*AUX, 5)
    program.click(*AUX, 4)
    program.xdotool("key", "p")
    assert program.saved(3).name.startswith("deepvis-tiny-pool1-2-")


def test_a_drag_moves_nothing_before_and_after_the_wheel(program: Any, screen: Any) -> None:
    program.click(*TILES)  # what a drag presses is selected already
    program.xdotool("mousemove", "--window", program.window, str(TILES[0] + 1), str(TILES[1]))
    program.until(lambda: steady(screen), "the click to be answered, and the tooltip")
    before = seen(screen)
    for _ in range(2):
        program.xdotool("mousedown", "1")
        for _ in range(4):
            program.xdotool("mousemove_relative", "--", "-40", "-25")
        program.xdotool("mouseup", "1", "mousemove", "--window", program.window, *map(str, TILES))
        program.until(lambda: steady(screen), "the drag to be over")
        assert alike(before, seen(screen))
        program.click(*LIST, 4)  # where the view zooms, the next drag pans it
        program.key("o")
        program.click(*TILES)


def test_the_menu_button_and_qt_keys_open_nothing(program: Any, screen: Any) -> None:
    program.click(*TILES)
    program.until(lambda: steady(screen), "the pointer to be there, without a tooltip")
    before, open_windows = seen(screen), windows(program)
    program.click(*TILES, 3)
    assert is_what_was_drawn(program, screen, 1) and windows(program) == open_windows
    assert alike(before, seen(screen))
    for keys in ("ctrl+x", "ctrl+plus", "ctrl+Up"):  # ctrl+s and ctrl+Left are ours
        program.xdotool("key", keys)
    assert is_what_was_drawn(program, screen, 2) and windows(program) == open_windows
    assert alike(before, seen(screen))


def test_a_cut_caption_is_whole_while_the_pointer_rests_on_it(
    start: Start, screen: Any, tiny: list[str], photos: Path, tmp_path: Path
) -> None:
    long = tmp_path / "a_photo_with_a_name_that_no_heading_of_a_small_window_can_hold.png"
    long.write_bytes((photos / "photo0.png").read_bytes())
    program = start(*tiny, "--images", tmp_path, "--size", f"{WIDTH}x{HEIGHT}")
    program.xdotool("mousemove", "--window", program.window, *NOTHING)
    program.until(lambda: is_passed(screen) and steady(screen), "all panes to be full")
    before = seen(screen)
    program.xdotool("mousemove", "--window", program.window, "120", "16")
    program.until(lambda: not alike(before, seen(screen)), "the whole caption")
    shown = seen(screen)
    rows, cols = np.nonzero((shown[24:, 240:] != before[24:, 240:]).any(axis=2))
    assert len(rows) and cols.max() > 150  # beside the pane that was too small
    program.xdotool("mousemove", "--window", program.window, *NOTHING)
    program.until(lambda: alike(before, seen(screen)), "the caption to go")
    program.xdotool("mousemove", "--window", program.window, "120", "16")
    program.until(lambda: alike(shown, seen(screen)), "the caption again")
    program.xdotool("mousemove", "1500", "900")  # out of the window
    program.until(lambda: alike(before, seen(screen)), "the caption to go with the pointer")


def is_passed(screen: Any) -> bool:
    """True once the tiles have pictures."""
    return bool(np.mean(seen(screen)[80:500, 240:660].max(axis=2) > 60) > 0.1)
