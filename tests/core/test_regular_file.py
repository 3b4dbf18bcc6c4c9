"""Regular files are read, pipes and devices are refused at once; no reader of the package opens a file otherwise."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deepvis.core.regular_file import (
    NotRegularError,
    bytes_of,
    check_regular,
    instead_of_file,
    open_regular,
    text_of,
)

PACKAGE = Path(__file__).resolve().parents[2] / "deepvis"
# what opens files by itself: the program's own, the system's, and those that it has just seen to be regular
OWN = {
    "core/regular_file.py",
    "core/temporary_names.py",  # of /proc
    "cli/subcommands/figures.py",  # behind is_file
    "formats/caffe/layers/__init__.py",
    "formats/caffe/schema.py",
    "jobs/versions.py",
    "scan/images.py",  # behind check_regular, as text
    "serve/page.py",
    "sources/camera_names.py",  # of /sys
    "sources/listing.py",  # behind check_regular, as text
    "window/stats.py",  # of /proc
}
pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
OPENS = re.compile(r"\bread_bytes\(|\bread_text\(|(?<![\w.])open\((?!.*\"[wax]b?\")|\.open\(\"rb?\"")


@pytest.fixture(params=["pipe", "device", "socket"])
def special(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file that is none to read."""
    path = tmp_path / "file"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "device":
        path.symlink_to("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.path.relpath(path))
            yield path
            return
    yield path


@pytest.mark.parametrize("read", [check_regular, open_regular, bytes_of, text_of])
def test_what_may_never_end_is_refused(special: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(NotRegularError, match="expected a regular file") as error:
        read(special)
    assert error.value.filename == str(special) and error.value.errno is not None
    assert instead_of_file(special) in str(error.value)


def test_what_is_read(tmp_path: Path) -> None:
    file, link, below = tmp_path / "a.txt", tmp_path / "link.txt", tmp_path / "folder"
    file.write_text("é", encoding="utf-8")
    link.symlink_to(file)
    below.symlink_to(tmp_path)
    for path in (file, link, below / "a.txt", str(file)):
        assert text_of(path) == "é" and bytes_of(path) == "é".encode()
        with open_regular(path) as content:
            assert content.read() == "é".encode()
    assert bytes_of(os.devnull) == b""
    for path, error, words in (
        (tmp_path, IsADirectoryError, "a folder"),
        (tmp_path / "b", FileNotFoundError, "no such"),
    ):
        with pytest.raises(error):
            bytes_of(path)
        assert words in instead_of_file(path)


def test_every_reader_opens_files_so() -> None:
    others = {
        f"{path.relative_to(PACKAGE).as_posix()}: {line.strip()}"
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).as_posix() not in OWN
        for line in path.read_text(encoding="utf-8").splitlines()
        if OPENS.search(line) and "def " not in line
    }
    assert others == set(), "open what is read by core/regular_file.py"
