"""The list of a run that was killed is removed; what is the user's stays."""

from __future__ import annotations

import pytest

from deepvis.scan import resumable_scan
from deepvis.scan.resumable_scan import ScanOrder, run_scan
from deepvis.scan.scan_error import ScanError
from tests.helpers.killed_process import killed_mark


def test_no_list_is_written_before_the_network_is_there(ref, collection, tmp_path, monkeypatch) -> None:
    """Ctrl-C while libraries load ends the process at once, and leaves what there is."""
    open_network, seen = resumable_scan.open_network, []

    def opened(*arguments):
        seen.extend(tmp_path.rglob("*"))
        return open_network(*arguments)

    monkeypatch.setattr(resumable_scan, "open_network", opened)
    (tmp_path / "scan").mkdir()
    left = tmp_path / "scan" / f"images.txt.{killed_mark()}.part"
    left.touch()
    run_scan(ScanOrder(ref, str(collection), tmp_path))
    assert seen == [tmp_path / "scan", left]
    assert not list((tmp_path / "scan").glob("*.part"))


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
