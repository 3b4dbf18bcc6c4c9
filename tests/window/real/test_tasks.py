"""What a person wants of the window, done in it by real keys and a real mouse, in two gestures each."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.helpers.screen import Screen, virtual_screen
from tests.window.real.answer_tasks import ANSWER_TASKS
from tests.window.real.conftest import Program
from tests.window.real.tasks import TASKS, Click, Gesture, Key, Task, Word, body, failed, is_full, layout_at

pytestmark = pytest.mark.window
MOST_GESTURES = 2
SIZE = (930, 1500)
SECONDS = 30.0  # for what is expected to appear


class Person:
    """Uses the window as a person would: waits for the picture, presses, types, clicks."""

    def __init__(self, program: Program, screen: Screen, size: tuple[int, int]) -> None:
        self.program, self.screen, self.size = program, screen, size
        program.xdotool("mousemove", "--window", program.window, "2", "2")

    def sees(self) -> np.ndarray:
        """The window now, (H, W, 3) uint8 BGR."""
        return np.array(self.screen.pixels()[: self.size[0], : self.size[1]])

    def rests(self) -> np.ndarray:
        """Waits until nothing but the status line has changed for a moment."""
        rows = self.size[0] - 60
        layout = layout_at(*self.size)
        for _ in range(75):
            before = self.sees()
            time.sleep(0.4)
            is_still = np.array_equal(before[:rows], self.sees()[:rows])
            if is_still and all(is_full(before[body(layout, pane).slices]) for pane in ("layers", "jpgvis")):
                break
        return before

    def does(self, gesture: Gesture) -> None:
        program = self.program
        if isinstance(gesture, Key):
            program.xdotool("key", gesture.name)
        elif isinstance(gesture, Word):
            program.xdotool("type", "--delay", "40", gesture.letters)
            program.xdotool("key", "Return")
        else:
            row, col = gesture.place(layout_at(*self.size))
            click = ["click", "1"] if isinstance(gesture, Click) else []
            program.xdotool("mousemove", "--window", program.window, str(col), str(row), *click)


def attempt(task: Task, person: Person) -> tuple[str, np.ndarray]:
    """Do a task: (what was expected and did not come within some seconds, "" if all came; the window then)."""
    person.rests()
    for gesture in task.prepare:
        person.does(gesture)
        person.rests()
    for gesture in task.gestures:
        person.does(gesture)
    end = time.monotonic() + SECONDS
    fault, seen = "", person.sees()
    while (fault := failed(task, seen)) and time.monotonic() < end:
        time.sleep(0.3)
        seen = person.sees()
    return fault, seen


ALL = [*TASKS, *(pytest.param(task, marks=pytest.mark.slow) for task in ANSWER_TASKS)]


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_a_task_takes_two_gestures_at_most(
    task: Task, start: Callable[..., Program], screen: Screen, own_photos: Path, request: pytest.FixtureRequest
) -> None:
    assert task.count <= MOST_GESTURES
    arguments = ["--images", own_photos] if task.own_photos else []
    fault, seen = attempt(task, Person(start(*arguments), screen, SIZE))
    if fault:
        cv2.imwrite(str(request.getfixturevalue("tmp_path") / "task.png"), seen)
    assert not fault, f"{task.wish} {fault}"


@pytest.fixture(scope="session")
def own_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six photos that come with scikit-image, under a user's own names."""
    return make_photos(tmp_path_factory.mktemp("holiday"))


def make_photos(folder: Path) -> Path:
    from skimage import data

    for name in ("astronaut", "cat", "coffee", "rocket", "camera", "coins"):
        picture: Any = getattr(data, name)()
        bgr = picture[..., ::-1] if picture.ndim == 3 else picture
        cv2.imwrite(str(folder / f"my-{name}.jpg"), bgr)
    return folder


def main(words: Sequence[str] | None = None) -> int:
    """The tasks at a size of one's own, with a picture of each; prints JSON."""
    p = argparse.ArgumentParser(description=main.__doc__)
    p.add_argument("--size", default="1500x930", help="WIDTHxHEIGHT in pixels")
    p.add_argument("--pictures", type=Path, required=True, metavar="FOLDER")
    p.add_argument("--only", nargs="*", help="names of tasks")
    arguments = p.parse_args(words)
    width, height = map(int, arguments.size.split("x"))
    arguments.pictures.mkdir(parents=True, exist_ok=True)
    results = []
    for task in TASKS + ANSWER_TASKS:
        if arguments.only and task.name not in arguments.only:
            continue
        with tempfile.TemporaryDirectory() as name, virtual_screen(Path(name), height, width) as screen:
            (photos := Path(name) / "holiday").mkdir()
            own = ["--images", str(make_photos(photos))] if task.own_photos else []
            program = Program(screen.display, ["--size", arguments.size, *own], Path(name))
            fault, seen = attempt(task, Person(program, screen, (height, width)))
            program.process.kill()
            program.process.communicate()
        cv2.imwrite(str(arguments.pictures / f"{task.name.replace(' ', '-')}.png"), seen)
        results.append({"task": task.name, "wish": task.wish, "gestures": task.count, "fault": fault})
    print(json.dumps({"size": arguments.size, "tasks": results}, indent=2))
    return int(any(result["fault"] for result in results))


if __name__ == "__main__":
    sys.exit(main())
