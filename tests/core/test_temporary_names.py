"""Files on their way to their name: nothing half-written is published, and what killed programs leave is swept."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from deepvis.core import temporary_names
from deepvis.core.files import path_beside, remove, write_file, written_beside
from deepvis.core.temporary_names import LONG, machine, new_mark, part_beside, sweep_parts
from tests.helpers.killed_process import killed_mark


def test_what_killed_programs_left_goes_with_the_first_file_that_is_written(tmp_path: Path) -> None:
    other = "0" * 8 if machine() != "0" * 8 else "1" * 8
    gone = [f"a.png.{killed_mark()}.part", f"a.png.{other}-1-0123abcd.part", "a.png.0123abcd.part"]
    stay = [f"a.png.{new_mark()}.part", f"b.png.{other}-1-0123abcd.part", "b.png.0123abcd.part", "mine.part", "c.jpg"]
    for name in (*gone, *stay):
        (tmp_path / name).touch()
    for name in gone[1:]:
        os.utime(tmp_path / name, (0, 0))  # those that tell no process of this machine go after an hour
    assert LONG == 3600
    write_file(tmp_path / "a.png", b"whole")
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", *stay}
    sweep_parts(tmp_path / "no such folder")


def test_files_are_removed_with_what_is_left_beside_them_and_what_is_of_others_stays(tmp_path: Path) -> None:
    ours, folder = tmp_path / "a" / "[1].txt", tmp_path / "a"
    folder.mkdir()
    beside = [f"[1].txt.{killed_mark()}.part", "[1].txt.0123abcd.part"]
    others = ["1.txt", "[1].txt.part", "[2].txt.0123abcd.part", "[1].txt.of.mine.part"]
    for name in (ours.name, *beside, *others):
        (folder / name).touch()
    remove([ours, tmp_path / "none"], [folder, tmp_path / "none"])
    assert sorted(path.name for path in folder.iterdir()) == sorted(others)
    for name in others:
        (folder / name).unlink()
    remove([ours], [folder])
    assert not folder.exists()


@pytest.mark.skipif(not temporary_names.BOOT_ID.exists(), reason="Linux tells it")
@pytest.mark.parametrize("name", ["BOOT_ID", "PROCESS_NUMBERS"])
def test_what_another_container_writes_is_not_judged_by_its_process(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same host name and folder, and of this machine before it was started anew."""
    own, part = machine(), tmp_path / f"a.png.{killed_mark()}.part"
    there = tmp_path / "there"
    there.symlink_to("pid:[1]") if name == "PROCESS_NUMBERS" else there.write_text("another start")
    for other in (there, tmp_path / "none"):  # the second: a system that tells none
        monkeypatch.setattr(temporary_names, name, other)
        machine.cache_clear()
        assert re.fullmatch("[0-9a-f]{8}", machine()) and machine() != own
        part.touch()
        sweep_parts(tmp_path)
        assert part.exists(), "a program may be writing it"
        os.utime(part, (0, 0))
        sweep_parts(tmp_path)
        assert not part.exists()
    monkeypatch.undo()
    machine.cache_clear()
    assert machine() == own


def test_a_library_that_opens_files_by_name_writes_beside_too(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "net.h5"
    with path_beside(target) as part:
        part.write_bytes(b"weights")
        assert not target.exists()
    assert [path.name for path in target.parent.iterdir()] == ["net.h5"] and target.read_bytes() == b"weights"


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), ValueError("no picture")])
def test_what_fails_leaves_what_was_there(tmp_path: Path, fault: Exception) -> None:
    target = tmp_path / "a.json"
    target.write_bytes(b"before")
    with pytest.raises(type(fault)) as raised, written_beside(target) as file:
        file.write(b"half")
        raise fault
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"] and target.read_bytes() == b"before"
    if isinstance(fault, OSError):
        assert str(raised.value) == f"[Errno 28] No space left on device: '{target}'"


def test_the_longest_names_that_a_disk_takes(tmp_path: Path) -> None:
    for name in ("a" * 251 + ".png", "写" * 83 + ".png"):
        write_file(tmp_path / name, b"x")
        assert part_beside(tmp_path / name).name.endswith(".part")
    assert len(list(tmp_path.iterdir())) == 2
