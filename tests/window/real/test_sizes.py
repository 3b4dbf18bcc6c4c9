"""The window opens whole on screens of any size, with text as large as ever."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.helpers.screen import NoScreenError, Screen, virtual_screen
from tests.window.real.conftest import Program

pytestmark = pytest.mark.window
Open = Callable[..., tuple[Program, Screen]]


@pytest.fixture
def open_on(tiny: list[str], photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Starts the program on a screen of its own: (height, width) of it, properties of its root window, arguments."""
    with ExitStack() as ending:

        def begin(size: tuple[int, int], desktop: dict[str, str], *arguments: str) -> tuple[Program, Screen]:
            folder = tmp_path_factory.mktemp("screen")
            try:
                screen = ending.enter_context(virtual_screen(folder, *size))
            except NoScreenError as error:
                pytest.skip(str(error))
            for name, value in desktop.items():
                set_on_root(screen.display, name, value)
            program = Program(screen.display, [*tiny, "--images", str(photos), *arguments], folder)
            ending.callback(program.process.communicate)
            ending.callback(program.process.kill)
            return program, screen

        yield begin


def set_on_root(display: str, name: str, value: str) -> None:
    """A property as a window manager leaves it on the root window."""
    try:
        command = ["xprop", "-root", "-f", name, "32c", "-set", name, value]
        subprocess.run(command, env={**os.environ, "DISPLAY": display}, check=True)
    except FileNotFoundError:
        pytest.skip("xprop is not installed (x11-utils)")


SCREENS = [
    pytest.param((720, 1280), (720, 1280), id="smaller"),
    pytest.param((930, 1500), (930, 1500), id="exact"),
    pytest.param((1440, 2560), (930, 1500), id="larger"),
    pytest.param((768, 1920), (768, 1500), id="wide and low"),
]


@pytest.mark.parametrize(("screen_size", "window"), SCREENS)
def test_the_window_is_no_larger_than_its_screen(
    open_on: Open, screen_size: tuple[int, int], window: tuple[int, int]
) -> None:
    program, screen = open_on(screen_size, {})
    assert program.size() == window
    program.until(lambda: bottom_is_drawn(screen, *window), "the status line at the bottom")


def bottom_is_drawn(screen: Screen, height: int, width: int) -> bool:
    """True if words stand in the window's last rows, on the screen."""
    rows = screen.pixels()[height - 50 : height, :width]
    return rows.shape[0] == 50 and bool((rows.max(axis=2) > 150).sum() > 100)


@pytest.mark.parametrize(
    ("desktop", "window"),
    [
        ({"_NET_WORKAREA": "0, 28, 1280, 652"}, (652, 1280)),
        ({"_NET_WORKAREA": "60, 28, 1220, 692", "_NET_SUPPORTING_WM_CHECK": "1"}, (652, 1212)),
        ({"_NET_WORKAREA": "0,0,1280,720,0,40,1280,680", "_NET_CURRENT_DESKTOP": "1"}, (680, 1280)),
        ({"_NET_WORKAREA": "5000, 5000, 10, 10"}, (720, 1280)),
    ],
    ids=["panels", "frame", "second desktop", "nonsense"],
)
def test_panels_and_the_frame_are_left_free(open_on: Open, desktop: dict[str, str], window: tuple[int, int]) -> None:
    program, _ = open_on((720, 1280), desktop)
    assert program.size() == window


def test_a_size_that_was_asked_for_wins(open_on: Open) -> None:
    program, _ = open_on((720, 1280), {}, "--size", "1400x900")
    assert program.size() == (900, 1400)


def test_a_scale_is_kept_inside_the_screen_and_the_window_can_still_be_resized(open_on: Open) -> None:
    program, screen = open_on((720, 1280), {}, "--scale", "2")
    assert program.size() == (720, 1280)
    program.xdotool("windowsize", "--sync", program.window, "1000", "650")
    program.until(lambda: bottom_is_drawn(screen, 650, 1000), "the new size to be drawn")
    program.key("p")
    picture = cv2.imread(str(program.saved(1)))
    assert picture.shape == (650, 1000, 3) and np.ptp(picture) > 100
