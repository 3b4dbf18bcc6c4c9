"""The real program in its real window, driven as a person would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from deepvis.core.types import Frame
from deepvis.sources.opening import open_still
from tests.helpers.close_window import close_window
from tests.helpers.waiting import until

ROOT = Path(__file__).resolve().parents[3]
TITLE = "Deep Visualization Toolbox"


class Program:
    """run_toolbox.py on a virtual screen."""

    def __init__(self, display: str, arguments: list[str], folder: Path) -> None:
        self.environment = {**os.environ, "DISPLAY": display, "DEEPVIS_CACHE": str(folder / "cache")}
        self.environment["DEEPVIS_DATA"] = str(folder / "data")
        self.environment["XDG_DATA_HOME"] = str(folder / "data")
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "run_toolbox.py"), *arguments],
            env=self.environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.window = str(until(self._find, "the window"))

    def _find(self) -> str:
        if self.process.poll() is not None:
            pytest.fail(f"the program ended: {self.process.communicate()}")
        return self.xdotool("search", "--onlyvisible", "--name", TITLE).strip().partition("\n")[0]

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        return until(condition, what)

    def xdotool(self, *arguments: str) -> str:
        return subprocess.run(
            ["xdotool", *arguments], env=self.environment, capture_output=True, text=True, timeout=60
        ).stdout

    def key(self, *names: str) -> None:
        """Press keys, by X's names; to the window under the pointer, as there is no window manager."""
        self.xdotool("mousemove", "--window", self.window, "5", "5")
        for name in names:
            self.xdotool("key", name)

    def click(self, col: int, row: int, button: int = 1) -> None:
        self.xdotool("mousemove", "--window", self.window, str(col), str(row), "click", str(button))

    def size(self) -> tuple[int, int]:
        """(height, width) of the window."""
        words = self.xdotool("getwindowgeometry", "--shell", self.window).split()
        values = dict(word.split("=") for word in words)
        return int(values["HEIGHT"]), int(values["WIDTH"])

    def ask_to_close(self) -> None:
        """What a window manager sends when the user clicks the cross: WM_DELETE_WINDOW."""
        close_window(self.environment["DISPLAY"], int(self.window))

    def saved(self, count: int) -> Path:
        """The newest of ``count`` pictures that key p has saved, once it is there."""
        return until(lambda: self._pictures(count), f"picture {count}")[-1]

    def _pictures(self, count: int) -> list[Path]:
        found = sorted(self.folder.glob("deepvis-*.png"), key=lambda path: path.stat().st_mtime_ns)
        return found if len(found) >= count else []

    def end(self) -> tuple[int, str]:
        """Exit code and standard error, once the program has ended by itself."""
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err


@pytest.fixture
def start(display: str, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts the program with arguments; it is ended with the test."""
    started: list[Program] = []

    def start_one(*arguments: object) -> Program:
        started.append(Program(display, [str(argument) for argument in arguments], tmp_path))
        return started[-1]

    yield start_one
    for program in started:
        program.process.kill()
        program.process.communicate()


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first of scikit-image's photos."""
    frame = open_still(None).read(0)
    assert isinstance(frame, Frame)
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    cv2.imwrite(str(path), cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR))
    return path
