"""Who controls, and where uploads go: without a server."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deepvis.serve.control import RETURN_SECONDS, Control
from deepvis.serve.uploads import Uploads, file_name
from deepvis.sources.photos import PhotoError


def viewer(name: str, *, may_control: bool = True) -> Any:
    return SimpleNamespace(name=name, may_control=may_control)


def test_a_page_that_comes_back_has_its_control_again() -> None:
    now = [0.0]
    control = Control(lambda: now[0])
    first, other = viewer("a"), viewer("b")
    control.enter(first)
    control.leave(first)
    control.enter(other)
    assert control.is_free
    again = viewer("a")
    control.enter(again)
    assert control.controller is again
    control.leave(again)
    now[0] += RETURN_SECONDS + 1
    third = viewer("c")
    control.enter(third)
    assert control.controller is third


def test_who_comes_while_another_is_awaited_controls_afterwards() -> None:
    now = [0.0]
    control = Control(lambda: now[0])
    first, onlooker, gone, second, third = (viewer(name) for name in ("a", "b", "c", "d", "e"))
    onlooker.may_control = False
    control.enter(first)
    control.leave(first)
    for each in (onlooker, gone):
        control.enter(each)
    control.leave(gone)
    for each in (second, third):
        control.enter(each)
    assert not control.hand_on() and control.is_free
    now[0] += RETURN_SECONDS + 1
    assert control.hand_on() and control.controller is second
    assert not control.hand_on() and control.controller is second


def test_who_came_back_in_time_keeps_control() -> None:
    now = [0.0]
    control = Control(lambda: now[0])
    first, second = viewer("a"), viewer("b")
    control.enter(first)
    control.leave(first)
    control.enter(second)
    control.enter(first)
    now[0] += RETURN_SECONDS + 1
    assert not control.hand_on() and control.controller is first
    control.leave(first)
    now[0] += RETURN_SECONDS + 1
    assert not control.hand_on() and control.is_free  # who has watched all the time asks for it


def test_who_looks_on_never_controls() -> None:
    control = Control()
    onlooker = viewer("a", may_control=False)
    control.enter(onlooker)
    control.take_control(onlooker)
    assert control.is_free and not control.may_act(onlooker) and control.is_free
    other = viewer("b")
    control.enter(other)
    control.take_control(onlooker)
    assert control.controller is other


def test_who_controls_keeps_a_place_while_loaded_anew() -> None:
    now = [0.0]
    control = Control(lambda: now[0])
    for name in "abc":
        control.enter(viewer(name))
    assert control.has_room("a", 3) and not control.has_room("d", 3), "a page takes the place of its earlier socket"
    control.leave(control.viewers[0])
    assert control.has_room("a", 3) and not control.has_room("d", 3) and control.has_room("d", 4)
    now[0] += RETURN_SECONDS + 1
    assert control.has_room("d", 3), "it has not come back"


@pytest.mark.parametrize(
    ("name", "file"),
    [("../../etc/passwd", "passwd.jpg"), ("C:\\a\\b.PNG", "b.png"), ("", "photo.jpg"), (".png", "photo.png"),
     ("a\0b.jpg", "a_b.jpg"), ("x" * 900 + ".jpg", "x" * 60 + ".jpg"), ("..", "photo.jpg"), ("a.exe", "a_exe.jpg"),
     ("My Mo\u0308hre <b>.png", "My M\u00f6hre _b.png"), ("\u82b1\u56ed.jpg", "\u82b1\u56ed.jpg"),
     ("\u0e01\u0e34.jpg", "\u0e01\u0e34.jpg"), ("a\u202egpj.exe", "a_gpj_exe.jpg"), ("\U0001f431.png", "photo.png"),
     ("\u5712" * 90, "\u5712" * 60 + ".jpg")],
)  # fmt: skip
def test_names_of_uploads_are_harmless(name: str, file: str) -> None:
    assert file_name(name) == file


def test_uploads_have_their_names_and_replace_no_other(photos: Path) -> None:
    uploads = Uploads()
    content = next(path for path in sorted(photos.iterdir()) if path.suffix == ".png").read_bytes()
    names = [uploads.add(content, "cat.png").name for _ in range(3)]
    assert names == ["cat.png", "cat 2.png", "cat 3.png"]
    folder = uploads.add(content, "dog.png").parent
    uploads.remove(folder / "cat.png")
    assert uploads.add(content, "cat.png").name == "cat.png" and len(uploads._files) == 4
    uploads.close()


def test_uploads_are_removed_at_the_end(photos: Path) -> None:
    uploads = Uploads()
    photo = next(path for path in sorted(photos.iterdir()) if path.suffix in (".jpg", ".png"))
    path = uploads.add(photo.read_bytes(), "../" + photo.name)
    assert path.read_bytes() == photo.read_bytes()
    with pytest.raises(PhotoError, match=r"^my notes\.txt is no picture"):  # as the viewer calls it
        uploads.add(b"no picture", "C:\\a\\my\r\n notes.txt")
    assert len(list(path.parent.iterdir())) == 1
    uploads.close()
    assert not path.parent.exists()
