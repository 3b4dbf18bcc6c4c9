"""The scan of the open files in the real window, by its real key."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.window
Start = Callable[..., Any]
COUNT = 400
SIZE = "1000x620"
RIGHT = np.s_[30:570, 800:]
STATUS = np.s_[570:, :]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    noise = np.random.default_rng(5)
    for number in range(COUNT):
        rgb = noise.integers(0, 255, (6, 8, 3), np.uint8).repeat(40, axis=0).repeat(40, axis=1)
        Image.fromarray(rgb).save(folder / f"{number:04d}.jpg")
    return folder


class Eyes:
    """What is on the screen, through pictures that key p saves."""

    def __init__(self, program: Any) -> None:
        self.program, self.pictures = program, 0
        self.program.key("o", "Down")

    def see(self) -> np.ndarray:
        self.program.key("p")
        self.pictures += 1
        bgr = cv2.imread(str(self.program.saved(self.pictures)))
        assert bgr is not None
        return bgr

    def settled(self) -> np.ndarray:
        """The same, once the right pane has stood still for some looks: all that changes then is the scan's."""
        seen = [self.see()]
        while len(seen) < 4:
            time.sleep(0.6)
            now = self.see()
            seen = [*seen, now] if np.array_equal(now[RIGHT], seen[-1][RIGHT]) else [now]
        return seen[-1]


def kept(folder: Path) -> dict[str, Any]:
    found = list((folder / "cache").rglob("scan.json"))
    return json.loads(found[0].read_text()) if found else {}


def scanned(folder: Path) -> int:
    found = list((folder / "cache").rglob("images.txt"))
    return found[0].read_bytes().count(b"\n") if found else 0


def test_the_key_scans_stops_and_goes_on_and_the_next_start_shows_it(
    start: Start, tiny: list[str], many: Path, tmp_path: Path
) -> None:
    arguments = [*tiny, "--images", many, "--size", SIZE]
    program = start(*arguments)
    eyes = Eyes(program)
    before = eyes.settled()
    program.key("G")
    program.until(lambda: not np.array_equal(eyes.see()[RIGHT], before[RIGHT]), "the right pane to fill")
    program.key("Escape")  # wherever the scan is, or after its end
    program.until(lambda: kept(tmp_path), "the scan to be kept")
    program.key("q")
    assert program.end()[0] == 0
    first = scanned(tmp_path)
    assert 0 < first <= COUNT

    program = start(*arguments)
    eyes = Eyes(program)
    shown = eyes.see()
    program.until(lambda: not np.array_equal(eyes.see()[RIGHT], before[RIGHT]), "what was kept")
    program.key("G")
    program.until(lambda: scanned(tmp_path) == COUNT and kept(tmp_path)["is_whole"], "the whole folder")
    program.until(lambda: not np.array_equal(eyes.see()[STATUS], shown[STATUS]), "the sentence of the end")
    program.key("q")
    code, error = program.end()
    assert (code, error) == (0, "")
    assert kept(tmp_path)["listed"] == COUNT


def test_quitting_in_the_midst_of_it_keeps_what_was_scanned(
    start: Start, tiny: list[str], many: Path, tmp_path: Path
) -> None:
    program = start(*tiny, "--images", many, "--size", SIZE)
    eyes = Eyes(program)
    before = eyes.settled()
    program.key("F2")  # the second key
    program.until(lambda: not np.array_equal(eyes.see()[STATUS], before[STATUS]), "progress in the status line")
    program.until(lambda: not np.array_equal(eyes.see()[RIGHT], before[RIGHT]), "the right pane to fill")
    program.key("q")
    assert program.end() == (0, "")
    assert scanned(tmp_path) > 0
