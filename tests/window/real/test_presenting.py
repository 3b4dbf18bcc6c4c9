"""Presenter mode, the large pane, the searched help and the first hints, by real keys in a real window."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.window.real.test_pointing import HEIGHT, WIDTH, changed, point, shot, still

pytestmark = pytest.mark.window
Start = Callable[..., Any]
STATUS = (slice(895, 928), slice(5, 700))
LOWER = (slice(760, 885), slice(400, 1100))


def test_a_lecture_by_keys(start: Start, screen: Any, photo: Path, tmp_path: Path) -> None:
    program = start("--images", photo)
    program.key("Down")
    before = still(program, screen)
    hints = tmp_path / "data" / "deepvis" / "first_hints.json"
    program.until(hints.exists, "the first hint to be done")
    assert json.loads(hints.read_text()) == {"version": 1, "done": ["walk"]}
    assert changed(before, np.zeros_like(before), STATUS) > 0.01  # the next hint stands there

    program.key("F5")
    program.until(lambda: changed(before, shot(screen), (slice(0, HEIGHT), slice(0, WIDTH))) > 0.3, "larger text")
    time.sleep(2.5)  # what was pressed is gone again
    large = still(program, screen)
    program.key("t")
    program.until(lambda: changed(large, shot(screen), LOWER) > 0.2, "the pressed key")

    program.key("BackSpace", "F5", "Escape")
    program.until(lambda: changed(before, shot(screen), (slice(60, 880), slice(310, 1190))) < 0.01, "the usual text")
    point(program, 150, 750)  # the back pane
    program.xdotool("key", "F6")
    program.until(lambda: changed(before, shot(screen), (slice(100, 880), slice(400, 1490))) > 0.3, "the large pane")
    program.key("Escape")
    program.until(lambda: changed(before, shot(screen), (slice(60, 880), slice(310, 1190))) < 0.01, "all panes")

    program.key("h")
    program.xdotool("type", "--delay", "40", "quit")
    program.key("Return")
    assert program.end() == (0, "")
    assert {"walk", "help"} <= set(json.loads(hints.read_text())["done"])


@pytest.mark.slow
def test_the_large_pane_takes_most_of_the_window(start: Start, screen: Any, photo: Path) -> None:
    program = start("--images", photo)
    before = still(program, screen)
    point(program, 150, 200)
    program.xdotool("key", "F6")
    middle = (slice(150, 750), slice(700, 1100))  # of the photo, over most of the window
    program.until(lambda: changed(before, shot(screen), middle) > 0.8, "the large input")
    program.key("q")
    assert program.end() == (0, "")
