"""Nothing is left behind of what was only tried, or did not end well."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepvis.core.files import path_beside, try_folder, write_file


def test_a_folder_is_tried_and_not_made(tmp_path: Path) -> None:
    try_folder(tmp_path / "a" / "b")
    try_folder(tmp_path)
    try_folder(Path("."))
    (tmp_path / "file").touch()
    for refused in (tmp_path / "file", tmp_path / "file" / "a", tmp_path / ("x" * 300), Path("/proc/foo/a")):
        with pytest.raises(OSError):
            try_folder(refused)
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_the_folders_of_a_file_that_was_not_written_go(tmp_path: Path) -> None:
    with pytest.raises(ValueError), path_beside(tmp_path / "a" / "b" / "one.txt") as part:
        part.touch()
        raise ValueError
    assert not list(tmp_path.iterdir())
    write_file(tmp_path / "a" / "one.txt", b"1")
    with pytest.raises(ValueError), path_beside(tmp_path / "a" / "b" / "one.txt"):
        raise ValueError
    with pytest.raises(ValueError), path_beside(tmp_path / "a" / "two.txt"):
        raise ValueError
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["one.txt"]
