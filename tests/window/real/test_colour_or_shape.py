"""Colour or shape?, by real keys in a real window: the chart fills, follows the unit, is pointed at, and is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import deepvis.changes  # noqa: F401  (fills the table)
from deepvis.core.picture_changes import PICTURE_CHANGES
from deepvis.window.ui import theme
from deepvis.window.ui.change_chart import chart_places
from tests.window.real.tasks import body, layout_at
from tests.window.real.test_pointing import HEIGHT, MIDDLE, WIDTH, changed, point, shot, still

pytestmark = pytest.mark.window
Start = Callable[..., Any]


def test_f4_compares_the_picture_with_its_changes_for_one_unit_after_another(
    start: Start, screen: Any, photo: Path
) -> None:
    program = start("--images", photo)
    program.key("End", "Down")
    before = still(program, screen)

    def of(color: tuple[int, int, int]) -> int:
        return int((shot(screen)[MIDDLE] == color).all(axis=2).sum())

    last = chart_places(body(layout_at(HEIGHT, WIDTH), "layers"), 1 + len(PICTURE_CHANGES), "", round).rows[-1]
    last_picture = np.s_[last.row + 20 : last.bottom - 20, last.col + 20 : last.col + 60]

    def charted() -> np.ndarray:
        """The chart once it stands, with the last picture and the blue lines of all rows."""
        program.until(lambda: shot(screen)[last_picture].std() > 5, "the last picture")
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
