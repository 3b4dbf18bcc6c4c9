"""A climb in the real window: its history by the wheel, a picture kept by a key and taken out again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.window.real.test_window import unchanged

pytestmark = pytest.mark.window
Start = Callable[..., Any]
WORDS = np.r_[4:26, 145:188], slice(705, 896)  # of the card: where the pointer is not
UP, DOWN = 4, 5  # buttons of the wheel


def test_the_wheel_goes_through_a_finished_climb_and_a_key_keeps_it(
    start: Start, screen: Any, tiny: list[str], photos: Path, tmp_path: Path
) -> None:
    program = start(*tiny, "--images", photos, "--size", "900x600")
    program.key("End", "Left", "Down", "Right")
    program.until(lambda: unchanged(screen), "all panes to be full")
    program.key("x")

    def files(pattern: str) -> list[Path]:
        return list((tmp_path / "cache").glob(f"tiny-*/{pattern}"))

    program.until(lambda: files("live_opt/*/*.png"), "the climb's end")
    program.until(lambda: unchanged(screen), "the finished picture")
    finished = np.array(screen.pixels()[WORDS])

    def is_finished() -> bool:
        return np.array_equal(screen.pixels()[WORDS], finished)

    for _ in range(3):
        program.click(800, 90, UP)
    program.until(lambda: not is_finished(), "an earlier picture")
    program.until(lambda: unchanged(screen), "the earlier picture to stand")
    earlier = np.array(screen.pixels()[WORDS])
    program.click(800, 90, UP)
    program.until(lambda: not np.array_equal(screen.pixels()[WORDS], earlier), "one still earlier")
    for _ in range(4):
        program.click(800, 90, DOWN)
    program.until(is_finished, "the newest again")
    program.click(800, 90, UP)
    program.until(lambda: not is_finished(), "an earlier picture")
    program.key("BackSpace")
    program.until(is_finished, "undo to go back to the newest")

    program.key("N")
    program.until(lambda: files("regularized_opt/*/kept/*.png"), "the picture to be kept")
    program.until(lambda: not is_finished(), "the nine")
    program.until(lambda: unchanged(screen), "the save to be over: undo waits for it")
    program.key("BackSpace")
    program.until(lambda: not files("regularized_opt/*/kept/*.png"), "undo to take it out")
    program.until(is_finished, "the one picture again")
    program.key("N")
    program.until(lambda: files("regularized_opt/*/kept/*.png"), "the picture to be kept again")
    program.until(lambda: not is_finished(), "the nine again")
    program.key("ctrl+n")
    program.until(lambda: not files("regularized_opt/*/kept/*.png"), "a key to take it out")
    program.key("q")
    assert program.end() == (0, "")
