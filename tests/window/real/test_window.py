"""Real keys, real mouse, real pixels: what a person does with the program."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.window
Start = Callable[..., Any]


def test_a_session_with_photos(start: Start, screen: Any, tiny: list[str], photos: Path, tmp_path: Path) -> None:
    program = start(*tiny, "--images", photos, "--size", "1200x800", "--stats", tmp_path / "stats.json")
    assert program.size() == (800, 1200)

    program.key("o", "Down", "Right", "b", "p")
    first = program.saved(1)
    assert first.name.startswith("deepvis-tiny-pool1-1-")

    program.key("comma", "Escape", "Up", "o", "Down", "L", "l", "j", "p")  # L moves by three
    assert program.saved(2).name.startswith("deepvis-tiny-conv2-3-")

    program.key("h", "Escape", "Next", "Page_Up", "F1", "F1", "Home", "Shift_L", "Alt_L")
    program.until(lambda: unchanged(screen, 740, 1200), "all panes to be full")  # on a busy machine some come late
    program.key("p")
    assert program.saved(3).name.startswith("deepvis-tiny-conv2-0-")

    picture = cv2.imread(str(program.saved(3)))
    assert picture.shape == (800, 1200, 3)
    above_status = slice(0, 740)  # the status line tells of the saved picture, and times

    def is_shown() -> bool:
        return bool(np.mean(picture[above_status] != screen.pixels()[above_status, :1200]) < 0.01)

    program.until(is_shown, "the screen to show what the program drew")

    program.click(700, 400)
    program.key("p")
    assert not program.saved(4).name.startswith("deepvis-tiny-conv2-0-")

    program.xdotool("windowsize", "--sync", program.window, "900", "600")
    program.key("p")
    assert cv2.imread(str(program.saved(5))).shape == (600, 900, 3)

    program.ask_to_close()
    assert program.end() == (0, "")
    facts = json.loads((tmp_path / "stats.json").read_text())
    assert facts["key_to_pixel_ms"]["n"] >= 20


def unchanged(screen: Any, height: int = 560, width: int = 900) -> bool:
    """True if the window's upper part, without the status line, is the same for 0.3 seconds."""
    before = screen.pixels()[:height, :width].copy()
    time.sleep(0.3)
    return bool(np.array_equal(before, screen.pixels()[:height, :width]))


def test_a_session_with_a_video_as_the_camera(start: Start, screen: Any, tiny: list[str], video: Path) -> None:
    program = start(*tiny, "--video", video, "--size", "900x600")
    program.key("o", "b", "p")
    program.saved(1)
    program.key("f")
    program.until(lambda: unchanged(screen), "the frozen picture to stand still")
    program.key("f")
    program.until(lambda: not unchanged(screen), "the picture to move on")
    program.key("c", "p")
    program.saved(2)
    program.key("q")
    assert program.end() == (0, "")


def test_a_window_that_is_destroyed_ends_the_program(start: Start, tiny: list[str], photos: Path) -> None:
    program = start(*tiny, "--images", photos, "--size", "600x400")
    program.key("p")
    program.saved(1)
    program.xdotool("windowclose", program.window)
    assert program.end()[0] == 0


def test_keys_and_screenshot_in_a_real_window(start: Start, tiny: list[str], photos: Path, tmp_path: Path) -> None:
    program = start(*tiny, "--images", photos, "--keys", "o o down", "--screenshot", tmp_path / "shot.png")
    assert program.end() == (0, "")
    assert cv2.imread(str(tmp_path / "shot.png")).shape == (930, 1500, 3)


def test_a_unit_is_optimized_while_one_looks_on_until_esc_stops_it(start: Start, screen: Any, photos: Path) -> None:
    program = start("--images", photos, "--size", "900x600")
    program.key("End", "Left", "Down", "Right")  # a class of the embedded network
    program.until(lambda: unchanged(screen), "all panes to be full")
    preferred = (slice(20, 170), slice(720, 890))
    before = np.array(screen.pixels()[preferred])
    program.key("x")
    program.until(lambda: not unchanged(screen), "the picture to grow")
    program.key("v")  # with the next preset from the beginning
    program.until(lambda: not unchanged(screen), "the picture to grow again")
    program.key("Escape", "p")
    assert program.saved(1).name.startswith("deepvis-caffenet-mini-fc8-1-")  # stopped, and the view as it was
    program.until(lambda: unchanged(screen), "nothing to grow any more")
    stopped = np.array(screen.pixels()[preferred])
    assert (stopped != before).any(axis=2).mean() > 0.3  # the best picture stays

    def has_finished_pictures() -> bool:
        program.key("Right")
        time.sleep(1)  # for the other unit's pictures
        program.key("Left")
        time.sleep(1)
        now = screen.pixels()[preferred].astype(int)
        is_another = (now != stopped).any(axis=2).mean() > 0.3
        return is_another and float((np.ptp(now, axis=2) > 40).mean()) > 0.1  # nor is it still being loaded

    program.until(has_finished_pictures, "the finished pictures: a slip hides none for good")
    program.key("Escape", "p")
    assert program.saved(2).name.startswith("deepvis-caffenet-mini-fc8-1-")  # nothing is left to close: no reset
    program.key("q")
    assert program.end() == (0, "")


def test_colours_fixed_scale_and_overlay(start: Start, screen: Any, tiny: list[str], photos: Path) -> None:
    """Real keys: V colours the tiles, E keeps the scale while the photo changes, A lays the back projection over it."""
    program = start(*tiny, "--images", photos, "--size", "900x600")
    program.key("Down")
    program.until(lambda: unchanged(screen), "all panes to be full")

    def coloured(part: tuple[slice, slice]) -> float:
        pixels = screen.pixels()[part].astype(int)
        return float((np.ptp(pixels, axis=2) > 60).mean())

    tiles, picture = (slice(60, 550), slice(200, 700)), (slice(30, 150), slice(30, 170))
    assert coloured(tiles) < 0.05
    program.key("V")
    program.until(lambda: coloured(tiles) > 0.2, "viridis")
    program.key("semicolon", "semicolon", "semicolon", "semicolon")  # and on to gray again
    program.until(lambda: coloured(tiles) < 0.05, "gray")
    before = screen.pixels()[picture].astype(int)
    program.key("A")
    program.until(lambda: np.abs(screen.pixels()[picture].astype(int) - before).mean() > 5, "the overlay")
    program.key("E", "e", "p")
    program.saved(1)
    program.key("E", "p")
    program.saved(2)
    program.key("q")
    assert program.end() == (0, "")
