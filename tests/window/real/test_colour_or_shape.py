"""Colour or shape?, by real keys in a real window: the chart fills, follows the unit, is pointed at, and is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepvis.window.ui import theme
from tests.window.real.test_pointing import MIDDLE, changed, point, shot, still

pytestmark = pytest.mark.window
Start = Callable[..., Any]


def test_f4_compares_the_picture_with_its_changes_for_one_unit_after_another(
    start: Start, screen: Any, photo: Path
) -> None:
    program = start("--images", photo)
    program.key("End", "H")
    before = still(program, screen)

    def of(color: tuple[int, int, int]) -> int:
        return int((shot(screen)[MIDDLE] == color).all(axis=2).sum())

    def charted() -> np.ndarray:
        """The chart once it stands, with the blue lines of all rows."""
        chart = still(program, screen)
        assert of(theme.SELECTED) > 14 * 20
        return chart

    program.key("F4")
    program.until(lambda: changed(before, shot(screen), MIDDLE) > 0.2 and of(theme.BAR) > 1000, "bars")
    first = charted()
    program.key("Right")
    program.until(lambda: changed(first, shot(screen), MIDDLE) > 0.003, "another unit's bars")
    second = charted()
    assert changed(first, second, MIDDLE) < 0.3  # the pictures are the same
    program.key("BackSpace")
    program.until(lambda: changed(first, shot(screen), MIDDLE) < 0.001, "undo to bring the first unit's back")
    point(program, 350, 230)  # the second picture: gray
    program.until(lambda: 0.003 < changed(first, shot(screen), MIDDLE) < 0.2, "its tooltip")
    program.key("Escape")
    program.until(lambda: changed(before, shot(screen), MIDDLE) < 0.001, "the tiles again")
    program.key("BackSpace")
    program.until(lambda: changed(first, shot(screen), MIDDLE) < 0.001, "undo to bring the chart back")
    program.key("F4")
    program.until(lambda: changed(before, shot(screen), MIDDLE) < 0.001, "the tiles once more")
    program.key("q")
    assert program.end() == (0, "")
