"""Keeping, by real keys and a real mouse: picture, numbers, video, names, a session, and all of it once more."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from deepvis.core.names_file import read_names
from deepvis.core.types import Unit
from deepvis.window.ui.clipboard import Clipboard
from tests.window.real.conftest import ROOT
from tests.window.real.test_pointing import point, still

pytestmark = pytest.mark.window
Start = Callable[..., Any]


def test_everything_is_kept_and_replayed(start: Start, screen: Any, photo: Path, tmp_path: Path) -> None:
    log = tmp_path / "keys.jsonl"
    program = start("--images", photo, "--record-keys", log)
    program.key("o", "o", "Down", "Right", "b")
    still(program, screen)

    def files(pattern: str, count: int = 1) -> list[Path]:
        return program.until(lambda: found if len(found := list(tmp_path.glob(pattern))) >= count else [], pattern)

    point(program, 700, 400)
    program.xdotool("key", "ctrl+s")
    picture = files("deepvis-*-layers-*.png")[0]
    program.until(lambda: picture.stat().st_size > 10_000, "the picture")
    with Image.open(picture) as image:
        assert image.width == 3600 and image.text["Layer"] == "norm1"  # type: ignore[attr-defined]
    program.xdotool("key", "ctrl+e")
    assert files("deepvis-*-layer-*.npz")
    program.xdotool("key", "ctrl+d", "ctrl+t")
    program.xdotool("type", "my edge")
    program.xdotool("key", "Return")
    names = program.until(lambda: list((tmp_path / "data" / "names").glob("*.json")), "the names")[0]
    program.until(lambda: read_names(names).of(Unit("norm1", 1)).name == "my edge", "the name")
    assert read_names(names).of(Unit("norm1", 1)).starred
    program.xdotool("key", "ctrl+r", "Right")
    files("deepvis-*.part.mp4")
    program.xdotool("key", "Left", "ctrl+r")
    program.until(lambda: not list(tmp_path.glob("*.part.mp4")), "the end of the recording")
    (film,) = files("deepvis-*.mp4")
    assert cv2.VideoCapture(str(film)).read()[0]
    program.xdotool("key", "slash")
    program.xdotool("type", "save session as mine")
    program.xdotool("key", "Return")
    assert files("mine.yaml")
    program.key("p")  # with the mouse on the corner of the input pane
    shown = program.saved(2)
    program.until(lambda: shown.stat().st_size > 10_000, "the window's picture")
    program.key("q")
    assert program.end() == (0, "")
    again = tmp_path / "again.png"
    done = subprocess.run(
        [sys.executable, str(ROOT / "run_toolbox.py"), "--headless", "--replay", str(log), "--screenshot", str(again)],
        env=program.environment, cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    first, second = (cv2.imread(str(path))[:-60] for path in (shown, again))
    assert np.array_equal(first, second)


@pytest.mark.slow
def test_a_click_on_the_path_copies_it(
    start: Start, screen: Any, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = start("--images", photo)
    still(program, screen)
    program.key("ctrl+s")
    (picture,) = program.until(lambda: list(tmp_path.glob("deepvis-*.png")), "the picture")
    program.until(lambda: picture.stat().st_size > 1000, "all of it")
    still(program, screen)
    program.click(200, 917)
    monkeypatch.setenv("DISPLAY", screen.display)
    clipboard = Clipboard()  # of another program

    def pasted() -> str:
        clipboard.request("CLIPBOARD")
        time.sleep(0.2)
        return clipboard.take()

    assert program.until(pasted, "the text") == str(picture)
    clipboard.close()
