"""The cameras of Linux by their nodes and names; elsewhere by trying, without holding anybody up."""

from __future__ import annotations

import threading
from pathlib import Path

from deepvis.live.camera_list import CameraList
from deepvis.sources.camera_names import present_cameras


def test_nodes_of_pictures_by_their_names(tmp_path: Path) -> None:
    devices, names = tmp_path / "dev", tmp_path / "sys"
    devices.mkdir()
    for number, index, name in ((2, "0", "Logitech C270\n"), (0, "0", "Integrated: Camera"), (1, "1", "Integrated")):
        (devices / f"video{number}").touch()
        folder = names / f"video{number}"
        folder.mkdir(parents=True)
        (folder / "index").write_text(index)
        (folder / "name").write_text(name)
    (devices / "video10").touch()  # without a name
    (devices / "video_loop").touch()
    assert present_cameras(devices, names) == ((0, "Integrated: Camera"), (2, "Logitech C270"), (10, ""))
    assert present_cameras(tmp_path / "none", names) == ()


def test_a_camera_that_hangs_while_it_is_tried_holds_nobody_up() -> None:
    hangs, seen = threading.Event(), threading.Event()

    def present(number: int) -> bool:
        if number == 1:
            seen.set()
            hangs.wait(60)
        return True

    cameras = CameraList(None, present)
    cameras._listed = None
    cameras.look()
    assert seen.wait(60)
    assert cameras.look() == ((0, ""),)
    hangs.set()
    assert cameras._thread is not None
    cameras._thread.join(60)
    assert cameras.look() == ((0, ""), (1, ""), (2, ""), (3, ""))


def test_listed_cameras_are_looked_for_now_and_then() -> None:
    now, found = [0.0], [((0, "one"),), ((0, "one"), (1, "two"))]
    cameras = CameraList(lambda: found.pop(0), clock=lambda: now[0])
    assert cameras.look() == cameras.look() == ((0, "one"),)
    now[0] = 3.0
    assert cameras.look() == ((0, "one"), (1, "two"))
