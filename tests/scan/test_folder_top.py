"""The top 9 of a folder: what it keeps, what it reads again, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from deepvis.core.types import Fit, Unit
from deepvis.scan.folder_top import FolderTop, OpenFiles, load_folder_top
from deepvis.scan.scan_error import ScanError
from deepvis.scan.tracker import Peaks, TrackedLayer

LAYERS = (TrackedLayer("conv1", 4, 5, 6), TrackedLayer("fc", 3, 1, 1))
FILES = OpenFiles("/photos/holiday", Fit.CROP)


def peaks(seed: int, rows: int) -> dict[str, Peaks]:
    noise = np.random.default_rng(seed)
    found = {}
    for layer in LAYERS:
        values = noise.normal(0, 1, (rows, layer.channels)).astype(np.float32)
        values[:, 1] = 0  # a unit that never fires
        found[layer.name] = Peaks(values, noise.integers(0, layer.height * layer.width, values.shape).astype(np.int32))
    return found


def filled(root: Path, batches: int = 5) -> FolderTop:
    top = FolderTop(FILES, FILES.folder(root), "abc", LAYERS)
    for batch in range(batches):
        paths = [f"/photos/holiday/{batch}-{row}\udcff.jpg" for row in range(8)]
        top.add(paths, peaks(batch, 8), {2: "is broken"} if batch == 1 else {})
    top.listed, top.is_whole = top.done, True
    return top


def test_the_best_of_each_unit_can_be_looked_at_while_it_grows(tmp_path: Path) -> None:
    top = FolderTop(FILES, tmp_path, "abc", LAYERS)
    assert top.best(Unit("conv1", 0)) == ()
    all_values = []
    for batch in range(5):
        found = peaks(batch, 8)
        top.add([f"{batch}-{row}" for row in range(8)], found, {})
        all_values += found["conv1"].values[:, 0].tolist()
        best = top.best(Unit("conv1", 0))
        assert [patch.value for patch, _ in best] == sorted(all_values, reverse=True)[:9]
        assert all(patch.path == f"{image // 8}-{image % 8}" for patch, image in best)
        assert top.standing(Unit("conv1", 0)).images == 8 * (batch + 1)
    assert top.best(Unit("conv1", 1)) == ()
    assert top.filled() == (5, 7)
    assert not top.has(Unit("conv1", 4)) and not top.has(Unit("fc9", 0))


def test_what_is_saved_is_read_again_and_goes_on_as_if_it_had_never_ended(tmp_path: Path) -> None:
    whole, half = filled(tmp_path / "a"), filled(tmp_path / "b", 3)
    half.save()
    again = load_folder_top(FILES, tmp_path / "b", "abc")
    assert again is not None
    assert (again.paths, again.skipped, again.is_whole) == (half.paths, half.skipped, True)
    for batch in (3, 4):
        again.add([f"/photos/holiday/{batch}-{row}\udcff.jpg" for row in range(8)], peaks(batch, 8), {})
    for unit in (Unit("conv1", 0), Unit("conv1", 3), Unit("fc", 2)):
        assert again.best(unit) == whole.best(unit)
        assert again.standing(unit) == whole.standing(unit)


def test_a_list_that_is_ahead_of_the_result_is_cut_to_it(tmp_path: Path) -> None:
    top = filled(tmp_path)
    top.save()
    with open(top.folder / "images.txt", "ab") as file:  # as a kill between the two writes leaves it
        file.write(b"/photos/holiday/later.jpg\n")
    again = load_folder_top(FILES, tmp_path, "abc")
    assert again is not None and again.paths == top.paths


def test_other_networks_and_other_files_have_their_own(tmp_path: Path) -> None:
    top = filled(tmp_path)
    top.save()
    assert load_folder_top(FILES, tmp_path, "another") is None
    assert load_folder_top(OpenFiles(FILES.images, Fit.STRETCH), tmp_path, "abc") is None
    assert load_folder_top(OpenFiles("/photos", Fit.CROP), tmp_path, "abc") is None


@pytest.mark.parametrize("name, content", [("maxes.npz", b"no zip"), ("scan.json", b"{"), ("scan.json", b"[]")])
def test_a_broken_file_is_named_with_the_next_step(tmp_path: Path, name: str, content: bytes) -> None:
    top = filled(tmp_path)
    top.save()
    (top.folder / name).write_bytes(content)
    with pytest.raises(ScanError, match=r"cannot be read .*; G scans anew"):
        load_folder_top(FILES, tmp_path, "abc")


def test_it_names_its_network_and_what_was_scanned(tmp_path: Path) -> None:
    top = filled(tmp_path)
    top.save()
    about = json.loads((top.folder / "scan.json").read_text())
    assert (about["network"], about["images"], about["fit"]) == ("abc", "/photos/holiday", "crop")


def test_files_are_called_as_the_user_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert OpenFiles.of("~/holiday", Fit.CROP) == OpenFiles("/home/ann/holiday", Fit.CROP)
    assert OpenFiles.of("~/holiday", Fit.CROP).title == "~/holiday"
    assert OpenFiles.of(None, Fit.CROP).title == "the sample photos"
    assert OpenFiles.of("/srv/very/far/away/holiday", Fit.CROP).short_title == "…/holiday"
