"""The scan of the open files: the worker on real networks and real photos, without sleeps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from deepvis.core.answers import Answer
from deepvis.core.types import Fit, NetRequest, Unit, UnitImages
from deepvis.live.backend import open_backend
from deepvis.live.backends.engine import GraphBackend
from deepvis.live.folder_images import FolderImages
from deepvis.live.folder_run import ScanProgress, duration_words, progress_words
from deepvis.live.folder_scan import FolderScanWorker, ScanRequest
from deepvis.live.folder_scans import FolderScans
from deepvis.live.photo_lister import PhotoLister
from deepvis.live.running_images import RunningImages
from deepvis.live.scan_passes import ScanPasses, open_passes
from deepvis.models.model import Model
from deepvis.scan.folder_top import FolderTop, OpenFiles
from deepvis.scan.running_top import RunningTop
from deepvis.sources.base import new_frame
from deepvis.sources.photos import load_rgb
from tests.helpers.networks import small_model_of_files

IDLE = threading.Event()
IDLE.set()
Told = Answer[ScanRequest, ScanProgress]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return small_model_of_files(tmp_path_factory.mktemp("small"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty photos in two folders, and two files that are none."""
    noise = np.random.default_rng(3)
    for number in range(40):
        place = tmp_path / "photos" / ("a" if number % 2 else "b")
        place.mkdir(parents=True, exist_ok=True)
        rgb = noise.integers(0, 255, (9, 12, 3), np.uint8).repeat(5, axis=0).repeat(5, axis=1)
        Image.fromarray(rgb).save(place / f"{number:02d}.png")
    (tmp_path / "photos" / "a" / "broken.jpg").write_bytes(b"no photo")
    (tmp_path / "photos" / "notes.txt").write_text("no photo")
    return tmp_path / "photos"


def scans_of(model: Model, place: Path) -> FolderScans:
    return FolderScans(lambda: (place, model.identity))


def passes_of(model: Model, backend: str = "engine") -> Callable[[], ScanPasses]:
    return lambda: open_passes(backend, model, "cpu", IDLE)


@pytest.fixture
def begin() -> Iterator[Callable[..., FolderScanWorker]]:
    """Starts a worker; it is stopped with the test."""
    started: list[FolderScanWorker] = []

    def start(scans: FolderScans, open_: Callable[[], ScanPasses]) -> FolderScanWorker:
        started.append(FolderScanWorker(scans, open_))
        started[-1].start()
        return started[-1]

    yield start
    for worker in started:
        worker.stop()


def told(worker: FolderScanWorker, wanted: Callable[[Told], object]) -> Told:
    """The first answer that ``wanted`` says yes to."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        answer = worker.outbox.take(60)
        if answer is not None and wanted(answer):
            return answer
    raise AssertionError("waited in vain")


def is_over(answer: Told) -> bool:
    return bool(answer.error) or (answer.value is not None and answer.value.is_over and bool(answer.value.sentence))


def scanned(worker: FolderScanWorker, images: Path | None, id: int = 1) -> ScanProgress:
    worker.inbox.put(ScanRequest(id, True, None if images is None else str(images)))
    answer = told(worker, lambda answer: answer.request is not None and answer.request.id == id and is_over(answer))
    assert not answer.error and answer.value is not None
    return answer.value


def shown(scans: FolderScans, images: Path | None) -> FolderTop:
    scans.open(None if images is None else str(images), Fit.CROP)
    top = scans.shown()
    assert top is not None
    return top


def test_a_folder_is_scanned_and_its_top_9_is_what_the_window_computes(model, folder, tmp_path, begin) -> None:
    scans = scans_of(model, tmp_path / "kept")
    end = scanned(begin(scans, passes_of(model)), folder)
    assert (end.done, end.listed, end.is_whole) == (41, 41, True)
    assert f"41 photos of {folder} scanned in" in end.sentence and "skipped 1: broken.jpg" in end.sentence
    top = shown(scans, folder)
    backend = open_backend("engine", model)
    assert isinstance(backend, GraphBackend)
    paths = [path for path in top.paths if not path.endswith("broken.jpg")]
    passed = [backend.run(NetRequest(new_frame(load_rgb(path).copy(), path=path))).activations for path in paths]
    for layer in top.layers:
        for channel in range(min(layer.channels, 3)):
            values = np.array([acts[layer.name][channel].max() for acts in passed])
            wanted = [value for value in sorted(values, reverse=True)[:9] if value != 0]
            best = top.best(Unit(layer.name, channel))
            assert [patch.value for patch, _ in best] == pytest.approx(wanted, rel=1e-4, abs=1e-5)
            for patch, _ in best:
                acts = passed[paths.index(patch.path)][layer.name][channel]
                assert acts[patch.row, patch.col] == pytest.approx(acts.max(), rel=1e-4, abs=1e-5)


def test_the_percentiles_of_a_layers_tiles_are_of_the_scan_that_is_shown(model, folder, tmp_path, begin) -> None:
    now = [0.0]
    scans = FolderScans(lambda: (tmp_path / "kept", model.identity), clock=lambda: now[0])
    scans.open(str(folder), Fit.CROP)
    assert scans.standings("conv1") == ()
    scanned(begin(scans, passes_of(model)), folder)
    top = shown(scans, folder)
    found = scans.standings("conv1")
    assert (
        found == tuple(top.standing(Unit("conv1", channel)) for channel in range(len(found))) and found[0].images == 40
    )
    assert scans.standings("conv1") is found and scans.standings("no such layer") == ()
    found = scans.standings("conv1")
    top.add(["another.jpg"], {}, {0: "broken"})  # the scan has grown
    assert scans.standings("conv1") is found, "anew too soon"
    now[0] += 6
    assert scans.standings("conv1") is not found
    scans.hide()
    assert scans.standings("conv1") == ()


def test_the_next_start_finds_it_and_the_key_scans_only_what_is_new(model, folder, tmp_path, begin) -> None:
    place = tmp_path / "kept"
    scanned(begin(scans_of(model, place), passes_of(model)), folder)
    later = scans_of(model, place)
    assert shown(later, folder).done == 41
    worker = begin(later, passes_of(model))
    assert "all 41 photos" in scanned(worker, folder).sentence
    Image.new("RGB", (60, 60), (200, 30, 30)).save(folder / "new.png")
    end = scanned(worker, folder, 2)
    assert (end.done, shown(later, folder).done) == (42, 42)
    assert shown(later, folder).standing(Unit(later.shown().layers[0].name, 0)).images == 41  # broken.jpg is none


class Gated:
    """Passes that go on only as the test lets them."""

    def __init__(self, passes: ScanPasses, gate: threading.Semaphore) -> None:
        self._passes, self._gate = passes, gate
        self.layers, self.rows, self.threads, self.begin = passes.layers, passes.rows, passes.threads, passes.begin
        self.close = passes.close

    def run(self, *arguments):
        self._gate.acquire()
        return self._passes.run(*arguments)


def test_stopped_midway_it_keeps_what_it_has_and_goes_on_there(model, folder, tmp_path, begin) -> None:
    gate = threading.Semaphore(2)
    scans = scans_of(model, tmp_path / "kept")
    worker = begin(scans, lambda: Gated(passes_of(model)(), gate))
    worker.inbox.put(ScanRequest(1, True, str(folder)))
    told(worker, lambda answer: answer.value is not None and answer.value.done >= 8)
    assert shown(scans, folder).best(Unit(scans.shown().layers[0].name, 0))  # it fills as it goes
    worker.inbox.put(ScanRequest(2, False))
    end = told(worker, lambda answer: answer.request.id == 2 and is_over(answer)).value
    gate.release(100)
    assert "stopped after" in end.sentence and "G goes on" in end.sentence
    assert 8 <= end.done <= 16
    kept = shown(scans_of(model, tmp_path / "kept"), folder)
    assert kept.done == end.done
    assert scanned(worker, folder, 3).done == 41
    assert sorted(scans.shown().paths) == sorted(set(scans.shown().paths))


def test_the_end_of_the_worker_in_the_midst_of_a_scan_is_quick_and_loses_nothing(model, folder, tmp_path) -> None:
    gate = threading.Semaphore(1)
    worker = FolderScanWorker(scans_of(model, tmp_path / "kept"), lambda: Gated(passes_of(model)(), gate))
    worker.start()
    worker.inbox.put(ScanRequest(1, True, str(folder)))
    told(worker, lambda answer: answer.value is not None and answer.value.done >= 8)
    worker.stop()  # while a batch hangs
    gate.release(100)
    assert shown(scans_of(model, tmp_path / "kept"), folder).done >= 8


def test_another_folder_in_its_place_ends_the_first_and_keeps_it(model, folder, tmp_path, begin) -> None:
    scans = scans_of(model, tmp_path / "kept")
    worker = begin(scans, passes_of(model))
    worker.inbox.put(ScanRequest(1, True, str(folder)))
    assert scanned(worker, folder / "a", 2).done == 21
    assert shown(scans, folder / "a").done == 21


@pytest.mark.parametrize("kind", ["list", "photo"])
def test_a_list_and_a_single_photo_are_scanned_too(model, folder, tmp_path, begin, kind) -> None:
    images, count = folder / "a" / "01.png", 1
    if kind == "list":
        images, count = tmp_path / "list.txt", 3
        images.write_text("photos/a/01.png\nphotos/b/02.png\nphotos/a/99.png\n")
    scans = scans_of(model, tmp_path / "kept")
    end = scanned(begin(scans, passes_of(model)), images)
    assert end.done == count
    assert ("skipped 1: 99.png" in end.sentence) == (kind == "list")


def test_without_files_of_ones_own_the_sample_photos_are_scanned(model, tmp_path, begin) -> None:
    pytest.importorskip("skimage")
    scans = scans_of(model, tmp_path / "kept")
    end = scanned(begin(scans, passes_of(model)), None)
    assert end.sentence.startswith(f"{end.done} sample photos scanned in")


def test_any_backend_can_scan(folder, tmp_path, begin, model) -> None:
    scans = scans_of(model, tmp_path / "kept")
    end = scanned(begin(scans, passes_of(model, "fake")), folder)
    assert end.done == 41 and "skipped 1" in end.sentence
    assert len(shown(scans, folder).best(Unit("conv1", 0))) == 9


def test_photos_that_vanish_are_named_and_the_others_are_scanned(model, folder, tmp_path, begin) -> None:
    def vanish() -> ScanPasses:
        passes = passes_of(model)()
        gone = folder / "b" / "38.png"

        class Late(Gated):
            def run(self, *arguments):
                gone.unlink(missing_ok=True)
                return super().run(*arguments)

        return Late(passes, threading.Semaphore(100))

    end = scanned(begin(scans_of(model, tmp_path / "kept"), vanish), folder)
    assert end.done == 41
    assert "skipped 2: broken.jpg, 38.png" in end.sentence


def test_an_empty_folder_and_one_that_is_gone_are_said(model, tmp_path, begin) -> None:
    worker = begin(scans_of(model, tmp_path / "kept"), passes_of(model))
    (tmp_path / "empty").mkdir()
    assert "no photos to scan" in scanned(worker, tmp_path / "empty").sentence
    assert f"{tmp_path / 'gone'}" in scanned(worker, tmp_path / "gone", 2).sentence
    assert not list((tmp_path / "kept").rglob("*.npz"))


def test_a_full_disk_is_said_and_the_scan_goes_on(model, folder, tmp_path, begin, monkeypatch) -> None:
    def full(self: FolderTop) -> None:
        raise OSError(28, "No space left on device")

    scans = scans_of(model, tmp_path / "kept")
    with monkeypatch.context() as patched:
        patched.setattr(FolderTop, "save", full)
        end = scanned(begin(scans, passes_of(model)), folder)
    assert end.done == 41
    top = shown(scans, folder)
    assert end.sentence.endswith(f"cannot be saved in {top.folder}: No space left on device")
    running = SimpleNamespace(better_in=None, image_count=None, save=None)
    images = FolderImages(model, running, SimpleNamespace(shown=lambda: top))  # W, once there is room
    assert images.already_saved_words() == f"the top 9 of the scan is kept in {top.folder} now"
    assert (top.folder / "maxes.npz").exists() and "kept by itself" in images.already_saved_words()


def test_a_network_that_refuses_ends_the_scan_with_a_sentence(model, folder, tmp_path, begin) -> None:
    class Refuses(Gated):
        def run(self, *arguments):
            super().run(*arguments)
            raise RuntimeError("out of memory")

    scans = scans_of(model, tmp_path / "kept")
    worker = begin(scans, lambda: Refuses(passes_of(model)(), threading.Semaphore(100)))
    worker.inbox.put(ScanRequest(1, True, str(folder)))
    answer = told(worker, lambda answer: answer.error)
    assert answer.error == f"the scan of {folder} ended (RuntimeError: out of memory); what it had found is kept"
    assert answer.request.id == 1

    def none() -> ScanPasses:
        raise RuntimeError("no network")

    other = begin(scans, none)
    other.inbox.put(ScanRequest(2, True, str(folder)))
    assert told(other, lambda answer: answer.error).error == "no scan: RuntimeError: no network"


def test_a_long_listing_does_not_hold_up_the_scan(folder) -> None:
    lister = PhotoLister(OpenFiles.of(str(folder), Fit.CROP), scanned={str(folder / "a" / "01.png")})
    while not lister.is_whole:
        lister.news.wait(10)
    assert (lister.counted, lister.waiting) == (41, 40)
    assert lister.take(3) == [str(folder / "a" / name) for name in ("03.png", "05.png", "07.png")]


def pictures_of(model: Model, scans: FolderScans, unit: Unit) -> UnitImages:
    running = RunningImages(RunningTop(None), model, lambda: open_backend("engine", model), seconds=60)
    return FolderImages(model, running, scans)(UnitImages(unit, 1))


def test_the_right_pane_shows_it_with_back_projections_and_standing(model, folder, tmp_path, begin) -> None:
    scans = scans_of(model, tmp_path / "kept")
    scanned(begin(scans, passes_of(model)), folder)
    unit = Unit(shown(scans, folder).layers[0].name, 0)
    found = pictures_of(model, scans, unit)
    assert found.top is not None and found.top_back is not None and len(found.patches) == 9
    assert found.notes["top"] == f"of 41 photos of …/{folder.name}"
    assert found.standing is not None and found.standing.images == 40
    Path(found.patches[0].path).unlink()
    again = pictures_of(model, scans, unit)
    assert again.notes["top"].endswith("; 1 of the 9 cannot be read any more")
    assert again.top is not None and not np.array_equal(again.top, found.top)


def test_forgetting_hides_it_and_undo_or_a_new_scan_shows_it_again(model, folder, tmp_path, begin) -> None:
    scans = scans_of(model, tmp_path / "kept")
    worker = begin(scans, passes_of(model))
    scanned(worker, folder)
    shown(scans, folder)
    scans.hide()
    assert scans.shown() is None
    scans.unhide()
    assert scans.shown() is not None
    scans.hide()
    scanned(worker, folder, 2)
    assert scans.shown() is not None
    scans.open(str(folder / "a"), Fit.CROP)
    assert scans.shown() is None


def test_progress_in_words() -> None:
    assert progress_words(ScanProgress("~/x")) == "getting ready to scan ~/x; G stops"
    assert progress_words(ScanProgress("~/x", 120, 5300)) == "scanning 120 of 5,300 photos so far; G stops"
    far = ScanProgress("~/x", 120, 1000, True, 40.2)
    assert progress_words(far) == "scanning 120 of 1,000 photos, about 40 s left; G stops"
    assert progress_words(ScanProgress("", is_over=True)) == ""
    assert [duration_words(seconds) for seconds in (0.1, 89, 200, 7500)] == ["1 s", "89 s", "3 min", "2 h 5 min"]
