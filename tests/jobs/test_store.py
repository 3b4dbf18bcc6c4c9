"""Names of results: by network and job, and by nothing else; what earlier versions and killed writers have left."""

from __future__ import annotations

from pathlib import Path

from deepvis.core.temporary_names import part_beside
from deepvis.jobs.store import Store, adopt, clear, sweep
from tests.helpers.killed_process import killed_mark


def test_a_name_is_that_of_the_network_and_the_job(tmp_path: Path) -> None:
    job = {"unit": 7, "recipe": {"decay": 0.1, "lr": 3}}
    path = Store(tmp_path, "f3f625298ff4", ".npz").path(job)
    assert path.parent == tmp_path and len(path.stem) == 24 and path.suffix == ".npz"
    assert Store(tmp_path, "f3f625298ff4", ".npz").path({"recipe": {"lr": 3, "decay": 0.1}, "unit": 7}) == path
    others = [Store(tmp_path, "000000000000", ".npz").path(job)]
    others += [
        Store(tmp_path, "f3f625298ff4", ".npz").path(other) for other in ({**job, "unit": 8}, {**job, "x": None})
    ]
    assert len({path, *others}) == 4


def test_an_earlier_name_becomes_that_of_today_unless_it_is_there(tmp_path: Path) -> None:
    earlier, today = tmp_path / "earlier", tmp_path / "store" / "today"
    earlier.write_text("a")
    adopt(earlier, today)
    assert today.read_text() == "a" and not earlier.exists()
    earlier.write_text("b")
    adopt(earlier, today)
    assert today.read_text() == "a"


def test_what_killed_writers_leave_goes_but_not_what_is_being_written(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    in_work = part_beside(folder / "b.npz")
    for path in (folder / f"a.npz.{killed_mark()}.part", in_work):
        path.touch()
    sweep(folder)
    assert list(folder.iterdir()) == [in_work]
    in_work.unlink()
    sweep(folder)
    assert not folder.exists()
    sweep(folder)


def test_results_are_cleared_away_and_what_others_have_put_there_stays(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    ours = [Store(folder, "f3f625298ff4", ending).path({"unit": 7}) for ending in (".png", ".npz")]
    clear(folder)
    in_work = part_beside(ours[0]).name
    for others in (["notes.txt", "0123.png", "figure.png", in_work], []):
        folder.mkdir(exist_ok=True)
        names = [*(path.name for path in ours), f"{ours[0].name}.{killed_mark()}.part", "fc_0001_p2_s3.png"]
        for name in (*names, *others):
            (folder / name).touch()
        clear(folder, r"fc_\d{4}_p\d_s\d\.png")
        assert sorted(path.name for path in folder.glob("*")) == sorted(others)
        for name in others:
            (folder / name).unlink()
    assert not folder.exists()
