"""Two networks in the real window: keys, clicks, one photo for both, one quit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.window.real.test_window import unchanged

pytestmark = pytest.mark.window
Start = Callable[..., Any]
LEFT, RIGHT = np.s_[260:366, 140:360], np.s_[280:382, 640:860]  # the tiles, in a window of 1000 x 600


def test_keys_and_clicks_go_to_one_half_and_photos_to_both(
    start: Start, screen: Any, tiny: list[str], photos: Path
) -> None:
    program = start(*tiny, "--compare", "caffenet-mini", "--images", photos, "--size", "1000x600")

    def halves() -> tuple[np.ndarray, np.ndarray]:
        pixels = np.array(screen.pixels())
        return pixels[LEFT], pixels[RIGHT]

    def changed(before: tuple[np.ndarray, np.ndarray]) -> tuple[bool, bool]:
        left, right = (not np.array_equal(one, other) for one, other in zip(halves(), before, strict=True))
        return left, right

    def after(act: Callable[[], None], what: str) -> tuple[bool, bool]:
        before = halves()
        act()
        program.until(lambda: any(changed(before)), what)
        program.until(lambda: unchanged(screen), f"the end of {what}")
        return changed(before)

    def are_full() -> bool:
        return all(half.std() > 40 for half in halves())

    program.key()  # the pointer into the corner
    program.until(are_full, "the tiles of both networks")
    program.until(lambda: unchanged(screen), "all panes to be full")
    assert after(lambda: program.key("o"), "the left half's next layer") == (True, False)
    program.key("ctrl+o")
    assert after(lambda: program.key("o"), "the right half's next layer") == (False, True)
    assert after(lambda: program.click(20, 8) or program.key("o"), "a click on the left name") == (True, False)
    assert after(lambda: program.key("e"), "another photo in both") == (True, True)
    program.key("q")
    assert program.end() == (0, "")
