"""Attributions in the real window, by real keys: over the input, refined, begun anew, undone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.window.real.test_window import unchanged

pytestmark = pytest.mark.window
Start = Callable[..., Any]
INPUT = np.s_[4:180, 6:170]  # of a window of 900 x 600: the input's name, picture and legend


def test_keys_lay_every_attribution_over_the_input(
    start: Start, screen: Any, tiny: list[str], photos: Path, tmp_path: Path
) -> None:
    program = start(*tiny, "--images", photos, "--size", "900x600")
    program.key("End", "Down", "Right")
    program.until(lambda: unchanged(screen), "all panes to be full")

    def picture() -> np.ndarray:
        return np.array(screen.pixels()[INPUT])

    seen: list[np.ndarray] = []
    for method in ("Grad-CAM", "LayerCAM", "input x gradient", "integrated gradients", "SmoothGrad", "occlusion"):
        before = picture()
        program.key("B")
        program.until(lambda before=before: not np.array_equal(picture(), before), method)
        program.until(lambda: unchanged(screen), f"the end of {method}")
        seen.append(picture())
    assert all(not np.array_equal(one, two) for one, two in pairwise(seen))
    program.key("Right")
    program.until(lambda: not np.array_equal(picture(), seen[-1]), "another unit's occlusion")
    program.until(lambda: unchanged(screen), "its end")
    program.key("BackSpace")
    program.until(lambda: np.array_equal(picture(), seen[-1]), "undo to bring the first unit's back")
    program.key("Escape")
    program.until(lambda: not np.array_equal(picture(), seen[-1]), "Escape to take it off")
    program.key("BackSpace")
    program.until(lambda: np.array_equal(picture(), seen[-1]), "undo to lay it over the input again")
    program.key("q")
    assert program.end() == (0, "")
