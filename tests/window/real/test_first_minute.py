"""What a newcomer sees who types no arguments: every pane at work."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.window

# pane -> rows and columns well inside it, in the window of 1500 x 930 pixels
PANES = {
    "input": (slice(40, 280), slice(30, 270)),
    "classes": (slice(335, 590), slice(10, 290)),
    "back": (slice(640, 880), slice(30, 270)),
    "layers": (slice(75, 870), slice(345, 1150)),
    "preferred input": (slice(40, 280), slice(1220, 1475)),
    "top 9": (slice(335, 585), slice(1220, 1475)),
    "top 9, back": (slice(635, 885), slice(1220, 1475)),
}
LEAST = {"classes": 0.03, "layers": 0.2}  # bars and words; tiles are dark where a unit is silent


def filled(pixels: np.ndarray, pane: str) -> bool:
    """True if more of the pane than a sentence takes differs from its commonest colour."""
    grey = pixels[PANES[pane]].max(axis=2).astype(int)
    common = np.bincount(grey.ravel()).argmax()
    return bool(np.mean(np.abs(grey - common) > 12) > LEAST.get(pane, 0.4))


def test_every_pane_has_content_without_any_key(
    start: Callable[..., Any],
    screen: Any,
    record_property: Callable[[str, object], None],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    program = start()
    opened = time.monotonic()
    program.until(lambda: all(filled(screen.pixels(), pane) for pane in PANES), "content in every pane")
    record_property("seconds_after_the_window", round(time.monotonic() - opened, 2))
    if folder := request.config.getoption("--screenshots"):
        time.sleep(1.0)  # a pass and a word in the status line may be on their way
        shot = screen.pixels()[:930, :1500]
        cv2.imwrite(str(Path(folder) / "first-minute.jpg"), shot, [cv2.IMWRITE_JPEG_QUALITY, 85])
    print("seconds after the window opened:", round(time.monotonic() - opened, 2))
    program.key("q")
    assert program.end() == (0, "")
