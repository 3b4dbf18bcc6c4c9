"""What programs that are no more have put aside goes with the next save; what may still be wanted stays."""

from __future__ import annotations

import os
from pathlib import Path

from deepvis.core.temporary_names import machine, new_mark
from deepvis.live.undoable_saves import UndoableSaves
from tests.helpers.killed_process import killed_mark


def test_what_another_container_has_put_aside_stays_for_an_hour(tmp_path: Path) -> None:
    other = "0" * 8 if machine() != "0" * 8 else "1" * 8
    ended = killed_mark().rpartition("-")[0]  # <machine>-<process>
    gone = [f".replaced-{ended}-a", f".replaced-{other}-1-a", ".replaced-1-a"]
    stay = [f".replaced-{new_mark()}", f".replaced-{other}-1-b", ".replaced-1-b", ".replaced-mine"]
    for name in (*gone, *stay):
        (tmp_path / name).mkdir()
    for name in gone[1:]:
        os.utime(tmp_path / name, (0, 0))
    saves = UndoableSaves()
    saves.begin(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} > {*stay} and not any((tmp_path / name).exists() for name in gone)
    saves.close()
    assert {path.name for path in tmp_path.iterdir()} == {*stay}
