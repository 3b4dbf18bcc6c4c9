"""Filmstrip, autoplay and a video wound and stepped, by real keys and a real mouse, with the photos' own colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deepvis.window.ui import theme
from tests.helpers.pictures import save_video
from tests.window.real.test_pointing import shot

pytestmark = pytest.mark.window
Start = Callable[..., Any]
INPUT = np.s_[60:240, 60:240]
STRIP = np.s_[782:892, 300:1200]
COUNT = 30


@pytest.fixture
def grays(tmp_path: Path) -> Path:
    """Photo n is as bright as 8 n."""
    folder = tmp_path / "grays"
    folder.mkdir()
    for number in range(COUNT):
        Image.new("RGB", (120, 90), (8 * number,) * 3).save(folder / f"{number:02d}.png")
    return folder


def test_strip_click_wheel_and_autoplay(start: Start, screen: Any, grays: Path) -> None:
    program = start("--images", grays)

    def shown() -> float:
        return float(np.median(shot(screen)[INPUT])) / 8

    def framed() -> list[int]:
        """Columns of the frame around the photo that is shown."""
        found = (shot(screen)[STRIP] == np.array(theme.SELECTED)).all(axis=2)
        return np.flatnonzero(found.sum(axis=0) > 20).tolist()

    program.until(lambda: shown() == 0 and (shot(screen) == theme.GOOD).all(axis=2).any(), "the first photo")
    assert not framed()
    program.key("ctrl+f")
    program.until(framed, "the strip with its frame")
    first = framed()[0]
    program.key("e", "e", "e")
    program.until(lambda: shown() == 3 and framed()[:1] > [first + 200], "the frame at the fourth photo")
    program.click(360, 840)  # the first cell
    program.until(lambda: shown() == 0, "the photo that was clicked")
    program.xdotool("mousemove", "--window", program.window, "700", "840", "click", "--repeat", "3", "5")
    program.until(lambda: abs(float(np.median(shot(screen)[830:850, 350:370])) - 8 * 9) < 4, "the strip nine photos on")
    assert shown() == 0 and not framed(), "scrolled away from the photo"
    program.click(360, 840)
    program.until(lambda: shown() == 9, "the photo nine further on")
    program.key("slash", *"autoplay", "space", "period", "4", "Return")
    program.until(lambda: shown() >= 12, "autoplay")
    program.key("e")
    stopped = program.until(lambda: shown() > 0 and shown(), "a photo")
    program.key("ctrl+f", "q")
    assert program.end()[0] == 0 and stopped >= 12


def test_a_video_wound_stepped_and_clicked(start: Start, screen: Any, tmp_path: Path) -> None:
    path = save_video(tmp_path / "rising.avi", [2 * n for n in range(120)], fps=10)
    program = start("--video", path)

    def shown() -> int:
        """The number of the frame in the input pane."""
        return round(float(np.median(shot(screen)[INPUT])) / 2)

    program.until(lambda: (shot(screen) == theme.GOOD).all(axis=2).any() and shown() > 1, "the video")
    program.key("f", "parenleft", "parenleft", "parenleft")
    program.until(lambda: shown() == 0, "its first frame")
    program.key("braceright", "braceright", "braceright")
    program.until(lambda: shown() == 3, "three frames on")
    program.key("braceleft")
    program.until(lambda: shown() == 2, "one back")
    program.key("parenright")
    program.until(lambda: shown() == 52, "five seconds on")
    program.key("BackSpace")
    program.until(lambda: shown() == 2, "undone")
    bar = (shot(screen)[250:300, 5:295] == np.array(theme.TRACK)).all(axis=2)
    rows, cols = np.nonzero(bar)
    program.click(5 + int((cols.min() + cols.max()) / 2), 250 + int(np.median(rows)))
    program.until(lambda: abs(shown() - 60) <= 2, "the middle, by a click on the bar")
    program.key("ctrl+Left", "f")
    program.until(lambda: shown() > 66, "it plays on")
    program.key("q")
    assert program.end()[0] == 0


@pytest.mark.slow
def test_over_time_by_keys_on_a_video(start: Start, screen: Any, tmp_path: Path) -> None:
    path = tmp_path / "flash.avi"
    dark, light = [4] * 30, [250] * 6
    save_video(path, [*dark, *light, *dark], fps=10)
    program = start("--video", path)

    def pane() -> np.ndarray:
        return np.array(shot(screen)[735:892, 300:1200])

    def pixels(color: tuple[int, int, int]) -> int:
        return int((np.abs(pane().astype(int) - np.array(color)).max(axis=2) < 8).sum())

    program.until(lambda: (shot(screen) == theme.GOOD).all(axis=2).any(), "the classes")
    program.key("Down", "percent")  # conv1 · 0
    program.until(lambda: pixels(theme.SELECTED) > 100, "the line of the unit")
    assert pixels(theme.ORIGIN) < 30
    program.key("Right", "percent")
    program.until(lambda: pixels(theme.ORIGIN) > 100, "that of the next")
    program.key("dollar")
    program.until(lambda: pixels(theme.FIELD) > 30 and pixels(theme.GOOD) > 30, "the five classes")
    program.key("ctrl+g")
    program.until(
        lambda: (shot(screen)[:60, 300:1200] == np.array(theme.FIELD)).all(axis=2).any(), "bars of steadiness"
    )
    program.key("dollar", "ctrl+g")
    program.until(lambda: pixels(theme.FIELD) < 30, "tiles in the strip's place")

    program.key("slash", *"prob", "space", "0", "Return")
    program.key("asciicircum", "0", "period", "0", "0", "0", "0", "1", "Return")

    def is_frozen() -> bool:
        return bool(
            (np.abs(shot(screen)[30:60, 5:140].astype(int) - np.array(theme.SELECTED)).max(axis=2) < 8).sum() > 20
        )

    program.until(is_frozen, "the source frozen by the unit's value")
    program.key("asciicircum")
    program.until(lambda: not is_frozen(), "free again")
    program.key("q")
    assert program.end()[0] == 0
