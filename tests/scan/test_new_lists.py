"""Lists that killed runs have left are removed; those of running ones, and what is the user's, stay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deepvis.scan import resumable_scan
from deepvis.scan.new_lists import new_list, sweep_lists
from deepvis.scan.resumable_scan import ScanOrder, run_scan
from deepvis.scan.scan_error import ScanError


def test_lists_of_killed_runs_alone_are_swept(tmp_path: Path) -> None:
    mine = new_list(tmp_path / "images.txt")
    machine = mine.name.split(".")[1].split("-")[0]
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    other = "0" * 8 if machine != "0" * 8 else "1" * 8
    stay = [mine.name, f"images.{other}-1-0123abcd.new", "images.txt", "images.of.my.cat.new", "images.0123abcd.news"]
    go = [f"images.{machine}-{ended.pid}-0123abcd.new", f"images.{other}-1-00000000.new", "images.0123abcd.new"]
    go.append(f"{go[0]}.00ff00ff.part")
    for name in (*stay, *go):
        (tmp_path / name).touch()
    os.utime(tmp_path / go[1], (0, 0))
    sweep_lists(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == set(stay)


def test_no_list_is_written_before_the_network_is_there(ref, collection, tmp_path, monkeypatch) -> None:
    """Ctrl-C while libraries load ends the process at once, and leaves what there is."""
    open_network, seen = resumable_scan.open_network, []

    def opened(*arguments):
        seen.extend(tmp_path.rglob("*"))
        return open_network(*arguments)

    monkeypatch.setattr(resumable_scan, "open_network", opened)
    (tmp_path / "scan").mkdir()
    (tmp_path / "scan" / "images.0123abcd.new").touch()
    run_scan(ScanOrder(ref, str(collection), tmp_path))
    assert seen == [tmp_path / "scan"]
    assert not list((tmp_path / "scan").glob("*.new"))


def test_a_folder_scan_of_the_user_stays(ref, collection, tmp_path) -> None:
    """Whatever happens, only a scan's own files are removed."""
    own = tmp_path / "scan"
    (own / "parts").mkdir(parents=True)
    mine = {own / "letter.jpg", own / "parts" / "one.npz"}
    for path in mine:
        path.touch()
    with pytest.raises(ScanError):
        run_scan(ScanOrder(ref, str(tmp_path / "nothing"), tmp_path))
    assert {path for path in own.rglob("*") if path.is_file()} == mine
    run_scan(ScanOrder(ref, str(collection), tmp_path))
    with pytest.raises(ScanError):
        run_scan(ScanOrder(ref, str(tmp_path / "nothing"), tmp_path, fresh=True))
    assert {path for path in own.rglob("*") if path.is_file()} == mine
