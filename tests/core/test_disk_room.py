"""A part of the disk is kept free, of a small one less."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from deepvis.core.disk_room import DiskReserveError, check_room
from deepvis.core.files import os_error_words

MB = 1 << 20
Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    ("total", "free", "count", "fits"),
    [
        (1 << 40, 300 * MB, 44 * MB, True),
        (1 << 40, 300 * MB, 45 * MB, False),
        (1000 * MB, 30 * MB, 20 * MB, True),
        (1000 * MB, 30 * MB, 21 * MB, False),
        (0, 0, 100 * MB, True),  # of a file system that does not say
    ],
)
def test_what_fits(
    total: int, free: int, count: int, fits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(total, total - free, free))
    if fits:
        check_room(tmp_path / "w", count)
        return
    with pytest.raises(DiskReserveError) as error:
        check_room(tmp_path / "w", count)
    said = os_error_words(error.value, "it is kept")
    kept = f"{min(256 * MB, total // 100):,} bytes are kept free"
    assert said == (
        f"the disk takes no more at {tmp_path / 'w'} ({kept}); make room and run the same command again: it is kept"
    )


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_room(tmp_path / "none" / "w", 1)
