"""The real program in its real window on a virtual screen, and a place to come back to between random keys."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.faults.process_figures import process_figures
from benchmarks.faults.screen_watch import Rectangle, ScreenWatch
from tests.helpers.screen import Screen

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "run_toolbox.py"
PROGRAM_WITH_FIGURES = Path(__file__).resolve().with_name("program_with_figures.py")
TELLING_SECONDS = 20.0
TITLE = "Deep Visualization Toolbox"
STARTING_SECONDS = 120.0
QUITTING_SECONDS = 60.0
SETTLING_SECONDS = 4.0
LOOKS, LOOK_SECONDS = 5, 1.0  # at the figures of a window at rest: a pass under way holds some MB
FRAME_SECONDS = 3.0  # in which pictures are counted
PRESSES = 5
CLIP = "clip"  # what the video is called in the program's folder: short, as it is typed
LAYER_LIST = Rectangle(5, 310, 24, 800)  # of a window of 1500 x 930; nothing in it moves with the video
INPUT_PANE = Rectangle(40, 80, 200, 190)


class DrivenWindow:
    """The program with arguments, in a folder of its own that holds all it writes. program: the script that is run."""

    def __init__(self, screen: Screen, folder: Path, arguments: list[str], program: Path = PROGRAM) -> None:
        places = {name: str(folder / "home") for name in ("DEEPVIS_CACHE", "DEEPVIS_DATA", "XDG_DATA_HOME")}
        self.screen, self.folder, self._program = screen, folder, program
        self._told = folder / "figures.json"
        self._log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, str(program), *arguments],
            env={**os.environ, **places, "DISPLAY": screen.display, "FIGURES_FILE": str(self._told)},
            cwd=folder,
            stdout=self._log,
            stderr=self._log,
        )
        self.window = self._found()
        words = screen.xdotool("getwindowgeometry", "--shell", self.window).split()
        values = dict(word.split("=") for word in words)
        self.size = int(values["HEIGHT"]), int(values["WIDTH"])

    def _found(self) -> str:
        end = time.monotonic() + STARTING_SECONDS
        while time.monotonic() < end and self.is_running:
            found = self.screen.xdotool("search", "--onlyvisible", "--name", TITLE).split()
            if found:
                return found[0]
            time.sleep(0.2)
        raise RuntimeError(f"no window came up: {self.said()[-300:]}")

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        """What the program wrote to its terminal, each line once."""
        lines = (self.folder / "log").read_text(errors="replace").splitlines()
        return "\n".join(dict.fromkeys(lines)).replace(str(self.folder), "")

    def figures(self) -> dict[str, float]:
        """Of the process, and where the program tells them of its caches and its heap."""
        found = process_figures(self.process.pid)
        if self._program != PROGRAM_WITH_FIGURES:
            return found
        self._told.unlink(missing_ok=True)
        os.kill(self.process.pid, signal.SIGUSR1)
        end = time.monotonic() + TELLING_SECONDS
        while not self._told.exists() and time.monotonic() < end:
            time.sleep(0.05)
        return {**found, **(json.loads(self._told.read_text()) if self._told.exists() else {})}

    def come_to_rest(self) -> None:
        """All that can be left is left, the view is as at the start, the video plays, nothing is under the mouse."""
        height, width = self.size
        self.screen.xdotool("mousemove", "--window", self.window, str(width // 2), str(height - 6))
        self.screen.xdotool("key", "--delay", "30", *["Escape"] * 20)
        for text in ("reset the view", CLIP):
            self.screen.xdotool("key", "slash")
            self.screen.xdotool("type", "--delay", "30", text)
            self.screen.xdotool("key", "Return", "Escape")
        time.sleep(SETTLING_SECONDS)

    def measured(self, watch: ScreenWatch) -> dict[str, object]:
        """Figures of the process at rest; milliseconds from key to pixel; pictures a second of the playing video."""
        self.come_to_rest()
        found: dict[str, object] = dict(self.settled_figures())
        found["pictures_per_second"] = watch.pictures_per_second(INPUT_PANE, FRAME_SECONDS)
        times = self.key_times(watch, PRESSES)
        seen = sorted(time for time in times if time is not None)
        found["key_to_pixel_ms"] = round(seen[len(seen) // 2], 1) if seen else None
        found["keys_unseen"] = PRESSES - len(seen)
        return found

    def settled_figures(self) -> dict[str, float]:
        """The median of each figure over some seconds."""
        looks = []
        for _ in range(LOOKS):
            looks.append(self.figures())
            time.sleep(LOOK_SECONDS)
        named = dict.fromkeys(name for look in looks for name in look)
        return {name: median(look[name] for look in looks if name in look) for name in named}

    def key_times(self, watch: ScreenWatch, presses: int) -> list[float | None]:
        """Milliseconds from a key to the moved cursor of the layer list, right and left in turn; then it is back."""
        keys = ["l", "j"] * ((presses + 1) // 2)
        times = []
        for key in keys[:presses]:
            times.append(watch.key_to_pixel(key, LAYER_LIST))
            time.sleep(0.3)
        if presses % 2:
            self.screen.xdotool("key", "j")
        return times

    def quit(self) -> dict[str, object]:
        """Press q: the exit code, None if it had to be killed, seconds it took, and what it said."""
        self.screen.xdotool("key", "--delay", "30", *["Escape"] * 20)
        began = time.monotonic()
        self.screen.xdotool("key", "q")
        try:
            code: int | None = self.process.wait(QUITTING_SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        seconds = round(time.monotonic() - began, 1)
        return {"exit_code": code, "quit_seconds": seconds, "said": self.said()[-2000:]}

    def end(self) -> None:
        if self.is_running:
            self.process.kill()
        self.process.wait()
        self._log.close()


@contextmanager
def driven_window(
    screen: Screen, folder: Path, arguments: list[str], program: Path = PROGRAM
) -> Iterator[DrivenWindow]:
    """The program, ended with the block however it goes. Raises RuntimeError if no window comes up."""
    window = DrivenWindow(screen, folder, arguments, program)
    try:
        yield window
    finally:
        window.end()
