"""Typing in the real window: a unit's number, the palette, undo, pasted text."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.window
Start = Callable[..., Any]

NAMES = ("tiger shark", "Éclair", "Größe", "flamingo", *(f"class {i}" for i in range(4, 9)), "São Paulo")
OWNER = """
import sys, tkinter
root = tkinter.Tk()
root.withdraw()
root.clipboard_clear()
root.clipboard_append(sys.argv[1])
field = tkinter.Entry(root, exportselection=True)
field.insert(0, sys.argv[2])
field.selection_range(0, "end")
field.selection_own()
field.selection_handle(lambda offset, length: sys.argv[2][int(offset):int(offset) + int(length)])
print("ready", flush=True)
root.mainloop()
"""


class Typist:
    """Types into a program and tells which unit it has come to, by the name of a picture that it saves."""

    def __init__(self, program: Any) -> None:
        self.program, self.pictures = program, 0
        program.xdotool("mousemove", "--window", program.window, "5", "5")

    def type(self, text: str) -> None:
        self.program.xdotool("type", "--delay", "30", text)

    def found(self, text: str, wanted: str) -> str:
        """The unit that the palette finds. xdotool may lose a letter that the keyboard has not: then once more."""
        for _ in range(3):
            self.type("/" + text)
            self.program.key("Return", "Escape")
            if (unit := self.unit()) == wanted:
                break
        return unit

    def unit(self) -> str:
        self.program.key("p")
        self.pictures += 1
        name = self.program.saved(self.pictures).name
        return "-".join(name.removeprefix("deepvis-tiny-").split("-")[:2])


@pytest.fixture
def typist(start: Start, tiny: list[str], photos: Path, tmp_path: Path) -> Typist:
    (tmp_path / "names.txt").write_text("\n".join(NAMES) + "\n", encoding="utf-8")
    arguments = [*tiny[:-1], tmp_path / "names.txt"]
    typist = Typist(start(*arguments, "--images", photos, "--size", "900x600"))
    assert typist.unit() == "conv1-0"
    return typist


def test_digits_go_to_a_unit_and_wipe_nothing(typist: Typist) -> None:
    typist.type("11")
    typist.program.key("Return")
    assert typist.unit() == "conv1-11"
    typist.type("157")  # conv1 has 12 units: nothing is done by any of the three
    typist.program.key("Escape")
    assert typist.unit() == "conv1-11"
    typist.type("12")
    typist.program.key("BackSpace")
    time.sleep(1.5)  # a pause goes there
    assert typist.unit() == "conv1-1"


def test_the_palette_takes_layers_units_and_names_with_capitals_and_accents(typist: Typist) -> None:
    for text, unit in (
        ("conv2 5", "conv2-5"),
        ("CONV1 11", "conv1-11"),
        ("Éclair", "prob-1"),
        ("größe", "prob-2"),
        ("sao p", "prob-9"),
        ("fc3 4", "fc3-4"),
        ("flam", "fc3-3"),
    ):
        assert typist.found(text, unit) == unit
    typist.program.key("ctrl+p")
    typist.type("shark")
    typist.program.key("Escape")
    assert typist.unit() == "fc3-3"
    typist.type("/quit")
    typist.program.key("Return")
    assert typist.program.end() == (0, "")


def test_undo_redo_and_the_units_visited(typist: Typist) -> None:
    key = typist.program.key
    key("o", "Down", "Right", "Right")
    assert typist.unit() == "pool1-2"
    typist.type("/conv2 5")
    key("Return")
    assert typist.unit() == "conv2-5"
    key("ctrl+z")
    assert typist.unit() == "pool1-2"
    key("ctrl+y")
    assert typist.unit() == "conv2-5"
    key("BackSpace")
    key("Z")
    assert typist.unit() == "conv2-5"
    key("bracketleft")
    assert typist.unit() == "pool1-2"
    key("bracketright")
    assert typist.unit() == "conv2-5"
    key(*["BackSpace"] * 12)
    assert typist.unit() == "conv1-0"


def test_esc_leaves_one_thing_and_resets_nothing(typist: Typist) -> None:
    key = typist.program.key
    key("o", "o", "Down", "Right", "b", "z", *["Escape"] * 6)
    assert typist.unit() == "conv2-1"


def test_a_copied_and_a_selected_path_are_opened(typist: Typist, tmp_path: Path, screen: Any) -> None:
    pytest.importorskip("tkinter")
    one = tmp_path / "Größe of mine"
    one.mkdir()
    from PIL import Image

    Image.new("RGB", (40, 40), (250, 10, 10)).save(one / "red.png")
    Image.new("RGB", (40, 40), (10, 10, 250)).save(tmp_path / "blue.png")
    command = [sys.executable, "-c", OWNER, str(one), str(tmp_path / "blue.png")]
    owner = subprocess.Popen(command, env=typist.program.environment, stdout=subprocess.PIPE, text=True)
    try:
        assert owner.stdout is not None and owner.stdout.readline() == "ready\n"
        program = typist.program

        def colour() -> tuple[int, ...]:
            return tuple(int(value) // 100 for value in screen.pixels()[110, 90])

        def is_taken(expected: tuple[int, ...]) -> bool:
            program.key("Return")  # once more where the path had not arrived yet: alone it does nothing here
            time.sleep(0.5)
            return colour() == expected

        program.key("ctrl+v")
        time.sleep(0.5)
        program.until(lambda: is_taken((0, 0, 2)), "the red photo of the copied folder")
        program.key("ctrl+z")
        program.until(lambda: colour() not in ((0, 0, 2), (2, 0, 0)), "the photos from before")
        program.click(5, 5, button=2)
        time.sleep(0.5)
        program.until(lambda: is_taken((2, 0, 0)), "the blue photo that was selected")
    finally:
        owner.kill()
        owner.communicate()


def test_the_next_file_beside_a_video_is_said_and_not_a_sample(
    start: Start, screen: Any, tiny: list[str], video: Path
) -> None:
    program = start(*tiny, "--video", video, "--size", "900x600")
    program.key("p")
    program.saved(1)
    program.key("e")
    time.sleep(0.5)
    before = screen.pixels()[40:180, 20:160].copy()
    program.until(lambda: (screen.pixels()[40:180, 20:160] != before).any(), "the video to play on")
    program.key("q")
    assert program.end() == (0, "")
