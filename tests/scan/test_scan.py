"""The scan: right values, the same bytes however it is run, and every fault that can befall it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from deepvis.core.back_modes import DECONV
from deepvis.core.types import BackRequest, Fit, NetRequest, Unit
from deepvis.jobs.pool import Where
from deepvis.jobs.progress import Progress
from deepvis.jobs.workers import JobError
from deepvis.live.backend import open_backend
from deepvis.models.zoo import open_model
from deepvis.network.ref import NetworkRef
from deepvis.scan import resumable_scan as run_module
from deepvis.scan.parts import load_part
from deepvis.scan.plan import ScanFolder, chunk_size, part_paths, read_plan
from deepvis.scan.report import write_report
from deepvis.scan.results import read_scan
from deepvis.scan.resumable_scan import ScanOrder, finish, prepare, run_scan
from deepvis.scan.scan_error import ScanError
from deepvis.sources.base import new_frame
from deepvis.sources.photos import load_rgb


class Notes(Progress):
    """It remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []
        self.begun: list[tuple[int, int]] = []
        self.images = self.skipped = 0
        self._lock = threading.Lock()

    def begin(self, images: int, done: int = 0, title: str = "") -> None:
        self.begun.append((images, done))

    def advance(self, images: int, skipped: int) -> None:
        with self._lock:
            self.images += images
            self.skipped += skipped

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)


def part_of(output: Path, chunk: int) -> Path:
    folder = ScanFolder(output)
    return part_paths(folder, read_plan(folder))[chunk]


def result_bytes(output: Path) -> bytes:
    return ScanFolder(output).result.read_bytes() + ScanFolder(output).skipped.read_bytes()


@pytest.fixture(scope="session")
def scanned(ref, collection, tmp_path_factory) -> Path:
    """The folder of a scan that went well, in chunks of 64 images."""
    output = tmp_path_factory.mktemp("scanned")
    run_scan(ScanOrder(ref, str(collection), output))
    return output


# --- what it finds -------------------------------------------------------------------------------


@pytest.mark.parametrize("fit", list(Fit))
def test_the_maxima_are_those_of_the_window(ref, collection, tmp_path, fit) -> None:
    """Every unit's best against the live backend shown every photo: value, place, order, statistics."""
    run_scan(ScanOrder(ref, str(collection), tmp_path, fit=fit, top=4))
    scan = read_scan(tmp_path)
    backend = open_backend("engine", open_model(ref))
    paths = sorted(str(p.relative_to(collection)) for p in collection.rglob("*.png"))
    passes = {path: backend.run(NetRequest(new_frame(load_rgb(collection / path)), fit=fit)) for path in paths}
    assert [layer.name for layer in scan.top_activations.layers] == [layer.name for layer in backend.info.layers]
    for layer in backend.info.layers:
        maps = {path: snapshot.activations[layer.name] for path, snapshot in passes.items()}
        for channel in range(layer.channels):
            best = {path: float(acts[channel].max()) for path, acts in maps.items()}
            wanted = sorted(best.values(), reverse=True)[:4]
            patches = scan.patches(layer.name, channel)
            assert [patch.value for patch in patches] == pytest.approx(wanted, abs=1e-3)
            for patch in patches:
                assert maps[patch.path][channel, patch.row, patch.col] == pytest.approx(patch.value, abs=1e-3)
            standing = scan.top_activations.standing(layer.name, channel)
            assert standing.images == len(paths)
            assert standing.mean == pytest.approx(np.mean(list(best.values())), abs=1e-3)
            assert standing.std == pytest.approx(np.std(list(best.values())), abs=1e-3)
            assert standing.active == pytest.approx(np.mean([v > 0 for v in best.values()]), abs=1e-6)


def test_of_equal_images_the_earlier_comes_first(scanned) -> None:
    """zz_twin.png is 001.png once more."""
    scan = read_scan(scanned)
    found = 0
    for layer in scan.top_activations.layers:
        for channel in range(layer.channels):
            names = [Path(patch.path).name for patch in scan.patches(layer.name, channel)]
            assert len(set(names)) == len(names) == 9
            if "zz_twin.png" in names:
                assert names.index("zz_twin.png") == names.index("001.png") + 1
                found += 1
    assert found > 3


def test_only_some_layers(ref, collection, tmp_path) -> None:
    part = run_scan(ScanOrder(ref, str(collection), tmp_path, layers=("fc", "mixed/a")))
    assert [layer.name for layer in part.top_activations.layers] == ["mixed/a", "fc"]
    with pytest.raises(ScanError, match="small has no layer 'nix'; there are conv1, "):
        run_scan(ScanOrder(ref, str(collection), tmp_path, layers=("nix",)))


def test_fewer_images_than_places(ref, collection, tmp_path) -> None:
    folder = tmp_path / "three"
    folder.mkdir()
    for name in ("001.png", "002.png", "004.png"):
        shutil.copy(collection / "cats" / name, folder)
    run_scan(ScanOrder(ref, str(folder), tmp_path / "out"))
    assert len(read_scan(tmp_path / "out").patches("fc", 1)) == 3


# --- the same bytes however it is run ------------------------------------------------------------


@pytest.mark.parametrize("least", [16, 32])
def test_chunks_and_decoding_ahead_change_nothing(ref, collection, tmp_path, scanned, monkeypatch, least) -> None:
    monkeypatch.setattr("deepvis.scan.plan.LEAST_CHUNK", least)
    part = run_scan(ScanOrder(ref, str(collection), tmp_path, ahead=1))
    assert len(list(ScanFolder(tmp_path).parts.iterdir())) == -(-46 // least) > 1
    known = load_part(ScanFolder(scanned).result).top_activations
    for name in ("values", "images", "places", "active", "sums", "histogram"):
        assert getattr(part.top_activations, name).tobytes() == getattr(known, name).tobytes()


def test_torch_threads_and_order_of_chunks_change_nothing(ref, collection, tmp_path, small_chunks, monkeypatch) -> None:
    import torch

    run_scan(ScanOrder(ref, str(collection), tmp_path / "a"))
    real = run_module.run_all
    monkeypatch.setattr(run_module, "run_all", lambda where, tasks, *rest: real(where, tasks[::-1], *rest))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        run_scan(ScanOrder(ref, str(collection), tmp_path / "b"))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert result_bytes(tmp_path / "a") == result_bytes(tmp_path / "b")


def test_worker_processes_change_nothing(ref, collection, tmp_path, small_chunks) -> None:
    run_scan(ScanOrder(ref, str(collection), tmp_path / "a"))
    seen = Notes()
    run_scan(ScanOrder(ref, str(collection), tmp_path / "b", where=Where(workers=2)), seen)
    assert result_bytes(tmp_path / "a") == result_bytes(tmp_path / "b")
    assert (seen.images, seen.skipped, seen.begun) == (46, 0, [(46, 0)])


def test_a_dask_cluster_changes_nothing(ref, collection, tmp_path, small_chunks) -> None:
    distributed = pytest.importorskip("distributed")
    run_scan(ScanOrder(ref, str(collection), tmp_path / "a"))
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, protocol="tcp://", dashboard_address=None
    ) as cluster:
        where = Where(scheduler=cluster.scheduler_address)
        run_scan(ScanOrder(ref, str(collection), tmp_path / "b", where=where))
    assert result_bytes(tmp_path / "a") == result_bytes(tmp_path / "b")


def test_no_scheduler_is_one_sentence(ref, collection, tmp_path, monkeypatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("deepvis.jobs.cluster.CONNECT_SECONDS", 0.2)
    with pytest.raises(JobError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        run_scan(ScanOrder(ref, str(collection), tmp_path, where=Where(scheduler="tcp://127.0.0.1:9")))


# --- killed, and gone on -------------------------------------------------------------------------

DIES = """
import os, signal, sys
from deepvis.core.temporary_names import part_beside
from deepvis.scan import chunk, plan
from deepvis.jobs.workers import JobError
from deepvis.jobs.pool import Where
from deepvis.jobs.progress import Progress
from deepvis.network.ref import NetworkRef
from deepvis.scan.resumable_scan import ScanOrder, finish, prepare, run_scan
from pathlib import Path

plan.LEAST_CHUNK = 16
real, written = chunk.save_part, []

def save_part(path, part):
    if len(written) >= 1:
        part_beside(path).write_bytes(b"PK half a file")
        os.kill(os.getpid(), signal.SIGKILL)
    real(path, part)
    written.append(path)

chunk.save_part = save_part
prototxt, images, output = sys.argv[1:]
ref = NetworkRef(network=prototxt, mean=(90.0, 100.0, 110.0), options=(("fill", True),))
run_scan(ScanOrder(ref, images, Path(output)))
"""


def test_killed_with_kill_9_and_gone_on_gives_the_same_bytes(ref, collection, tmp_path, small_chunks) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    died = subprocess.run(
        [sys.executable, "-c", DIES, ref.network, str(collection), str(killed)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert not ScanFolder(killed).result.exists()
    there = list(ScanFolder(killed).parts.glob("*.npz"))
    assert 1 <= len(there) <= 2  # two threads: one may have been just past the first
    stamps = {path: path.stat().st_mtime_ns for path in there}
    seen = Notes()
    run_scan(ScanOrder(ref, str(collection), killed), seen)
    assert seen.begun == [(46, 46 - seen.images)] and seen.images <= 46 - 16  # the finished ones are not repeated
    assert stamps == {path: path.stat().st_mtime_ns for path in there}
    run_scan(ScanOrder(ref, str(collection), whole))
    assert result_bytes(killed) == result_bytes(whole)
    assert not list(ScanFolder(killed).parts.glob("*.part"))


def test_a_finished_scan_is_not_done_again(ref, collection, scanned, tmp_path) -> None:
    output = tmp_path / "copy"
    shutil.copytree(scanned, output)
    seen = Notes()
    part = run_scan(ScanOrder(ref, str(collection), output), seen)
    assert part.top_activations.seen == 46 and seen.begun == []


def test_a_lost_result_is_merged_from_the_parts(ref, collection, scanned, tmp_path) -> None:
    output = tmp_path / "copy"
    shutil.copytree(scanned, output)
    ScanFolder(output).result.write_bytes(b"")
    seen = Notes()
    run_scan(ScanOrder(ref, str(collection), output), seen)
    assert seen.images == 0
    assert result_bytes(output) == result_bytes(scanned)


@pytest.mark.parametrize("damage", ["empty", "cut", "changed", "text"])
def test_a_corrupt_part_is_scanned_again_with_a_note(ref, collection, tmp_path, small_chunks, damage) -> None:
    run_scan(ScanOrder(ref, str(collection), tmp_path))
    wanted = result_bytes(tmp_path)
    ScanFolder(tmp_path).result.unlink()
    part = part_of(tmp_path, 1)
    content = part.read_bytes()
    middle = len(content) // 2
    part.write_bytes(
        {
            "empty": b"",
            "cut": content[:middle],
            "changed": content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :],
            "text": b"not an archive",
        }[damage]
    )
    seen = Notes()
    run_scan(ScanOrder(ref, str(collection), tmp_path), seen)
    assert [note.split(" (")[0] for note in seen.notes] == [f"the partial result {part.name} is corrupt"]
    assert seen.images == 16
    assert result_bytes(tmp_path) == wanted


# --- refused -------------------------------------------------------------------------------------


def test_another_model_is_refused(ref, collection, scanned, tmp_path) -> None:
    output = tmp_path / "copy"
    shutil.copytree(scanned, output)
    other = replace(ref, mean=(91.0, 100.0, 110.0))
    with pytest.raises(ScanError, match=r"was begun with another model .*; name another --output, or forget"):
        run_scan(ScanOrder(other, str(collection), output))
    assert result_bytes(output) == result_bytes(scanned)
    run_scan(ScanOrder(other, str(collection), output, fresh=True))
    assert result_bytes(output) != result_bytes(scanned)


def test_a_part_of_another_model_is_not_used(ref, collection, tmp_path) -> None:
    other = replace(ref, mean=(91.0, 100.0, 110.0))
    run_scan(ScanOrder(ref, str(collection), tmp_path / "a"))
    run_scan(ScanOrder(other, str(collection), tmp_path / "b"))
    wanted = result_bytes(tmp_path / "a")
    for name in ("part_0000000.npz", part_of(tmp_path / "b", 0).name):
        shutil.copy(part_of(tmp_path / "b", 0), ScanFolder(tmp_path / "a").parts / name)
    part_of(tmp_path / "a", 0).unlink()
    ScanFolder(tmp_path / "a").result.unlink()
    seen = Notes()
    run_scan(ScanOrder(ref, str(collection), tmp_path / "a"), seen)
    assert result_bytes(tmp_path / "a") == wanted and seen.images == 46


@pytest.mark.parametrize(
    "change, said",
    [
        ({"top": 5}, "--top 9"),
        ({"layers": ("fc",)}, "other layers"),
        ({"fit": Fit.STRETCH}, "--fit crop"),
    ],
)
def test_other_options_are_refused(ref, collection, scanned, change, said) -> None:
    with pytest.raises(ScanError, match=said):
        run_scan(replace(ScanOrder(ref, str(collection), scanned), **change))


def test_a_scan_begun_anew_in_the_folder_meanwhile_is_not_mixed_with_this_one(ref, collection, tmp_path) -> None:
    mine, other = (ScanOrder(ref, str(collection), tmp_path / "out", top=top, fresh=top == 2) for top in (3, 2))
    folder = ScanFolder((tmp_path / "out").absolute())
    plan = prepare(mine, folder)
    run_scan(other)
    theirs = result_bytes(tmp_path / "out")
    with pytest.raises(ScanError, match="another scan was begun in"):
        finish(mine, folder, plan, Progress())
    assert result_bytes(tmp_path / "out") == theirs


def test_another_list_of_images_is_refused(ref, collection, scanned, tmp_path) -> None:
    output, images = tmp_path / "out", tmp_path / "images"
    shutil.copytree(collection, images)
    run_scan(ScanOrder(ref, str(images), output))
    (images / "dogs" / "000.png").unlink()
    with pytest.raises(ScanError, match=r"another list of images \(46, now 45\)"):
        run_scan(ScanOrder(ref, str(images), output))


def test_nothing_to_scan_is_one_sentence(ref, tmp_path) -> None:
    with pytest.raises(ScanError, match="holds no pictures"):
        run_scan(ScanOrder(ref, str(tmp_path), tmp_path / "out"))
    with pytest.raises(ScanError, match=r"nix cannot be read \(No such file or directory\)"):
        run_scan(ScanOrder(ref, str(tmp_path / "nix"), tmp_path / "out"))
    with pytest.raises(ScanError, match="there is no scan in"):
        read_scan(tmp_path)


# --- images that cannot be used ------------------------------------------------------------------


def test_images_that_vanish_or_cannot_be_read_are_skipped_and_listed(ref, collection, tmp_path, monkeypatch) -> None:
    """The values of the others are the same to the bit as without them."""
    images = tmp_path / "images"
    shutil.copytree(collection, images)
    bad, gone = images / "cats" / "005_bad.jpg", images / "cats" / "010.png"
    bad.write_bytes(b"\xff\xd8 no photo")
    real = run_module.write_list

    def list_then_lose(*given):
        written = real(*given)
        gone.unlink()
        return written

    monkeypatch.setattr(run_module, "write_list", list_then_lose)
    seen = Notes()
    part = run_scan(ScanOrder(ref, str(images), tmp_path / "out"), seen)
    assert [(s.path, s.reason.split(str(images))[1]) for s in part.skipped] == [
        (str(bad), "/cats/005_bad.jpg is no picture in a format that can be read"),
        (str(gone), "/cats/010.png does not exist"),
    ]
    assert (part.top_activations.seen, seen.skipped) == (45, 2)
    listed = json.loads(ScanFolder(tmp_path / "out").skipped.read_text())["skipped"]
    assert [row["index"] for row in listed] == [s.index for s in part.skipped]
    scan, whole = read_scan(tmp_path / "out"), part.top_activations
    assert (np.diff(whole.values, axis=1) <= 0).all()
    assert all(patch.path not in ("cats/010.png", "cats/005_bad.jpg") for patch in scan.patches("fc", 0))


def test_a_photo_cut_short_is_used_and_listed(ref, collection, tmp_path) -> None:
    images = tmp_path / "images"
    shutil.copytree(collection, images)
    rng = np.random.default_rng(0)
    cv2.imwrite(str(images / "cats" / "cut.jpg"), rng.integers(0, 256, (90, 120, 3), np.uint8))
    content = (images / "cats" / "cut.jpg").read_bytes()
    (images / "cats" / "cut.jpg").write_bytes(content[: len(content) // 2])
    part = run_scan(ScanOrder(ref, str(images), tmp_path / "out"))
    assert (part.top_activations.seen, part.skipped) == (47, ())
    assert [image.reason for image in part.cut] == [f"{images}/cats/cut.jpg is cut short: what there is of it was used"]
    listed = json.loads(ScanFolder(tmp_path / "out").skipped.read_text())
    assert [row["path"] for row in listed["cut"]] == [str(images / "cats" / "cut.jpg")] and listed["skipped"] == []
    assert "cut.jpg is cut short" in write_report(tmp_path / "out").read_text()


def test_a_photo_that_gives_nan_is_skipped_and_the_others_are_as_without_it(tmp_path) -> None:
    """A black picture under the logarithm of x - 1."""
    prototxt, images, without = tmp_path / "log.prototxt", tmp_path / "images", tmp_path / "without"
    prototxt.write_text(
        'name: "log" layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 '
        '} } } layer { name: "log" type: "Log" bottom: "data" top: "log" log_param { shift: -1 } }'
    )
    images.mkdir()
    for index, level in enumerate((90, 0, 200)):
        cv2.imwrite(str(images / f"{index}.png"), np.full((8, 8, 3), level, np.uint8))
    shutil.copytree(images, without)
    (without / "1.png").unlink()
    ref = NetworkRef(network=str(prototxt), options=(("fill", True),))
    part = run_scan(ScanOrder(ref, str(images), tmp_path / "out"))
    assert [s.reason for s in part.skipped] == [f"the network answers {images}/1.png with numbers that are not finite"]
    assert part.top_activations.seen == 2
    assert (
        part.top_activations.values == run_scan(ScanOrder(ref, str(without), tmp_path / "out2")).top_activations.values
    ).all()


def test_only_bad_images(ref, tmp_path) -> None:
    for index in range(3):
        (tmp_path / f"{index}.png").write_bytes(b"")
    with pytest.raises(ScanError, match=r"none of the 3 images of .* can be read"):
        run_scan(ScanOrder(ref, str(tmp_path), tmp_path / "out"))
    assert not (tmp_path / "out").exists()


# --- the disk ------------------------------------------------------------------------------------

FULL = """
import resource, sys
from pathlib import Path
from deepvis.cli.guard import guarded
from deepvis.scan import plan
from deepvis.jobs.workers import JobError
from deepvis.jobs.pool import Where
from deepvis.jobs.progress import Progress
from deepvis.network.ref import NetworkRef
from deepvis.scan.resumable_scan import ScanOrder, finish, prepare, run_scan
plan.LEAST_CHUNK = 16
prototxt, images, output = sys.argv[1:]
ref = NetworkRef(network=prototxt, mean=(90.0, 100.0, 110.0), options=(("fill", True),))
resource.setrlimit(resource.RLIMIT_FSIZE, (8000, resource.RLIM_INFINITY))
sys.exit(guarded(lambda: (run_scan(ScanOrder(ref, images, Path(output))), 0)[1], "scan"))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit on Windows")
def test_a_full_disk_is_one_sentence_and_leaves_nothing_half(ref, collection, tmp_path, small_chunks) -> None:
    died = subprocess.run(
        [sys.executable, "-c", FULL, ref.network, str(collection), str(tmp_path / "out")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
        text=True,
    )
    assert died.returncode == 2, died.stderr
    assert "could not be written (File too large)" in died.stderr and "make room" in died.stderr
    assert "Traceback" not in died.stderr
    parts = ScanFolder(tmp_path / "out").parts
    assert not parts.exists() or list(parts.iterdir()) == []
    run_scan(ScanOrder(ref, str(collection), tmp_path / "out"))
    run_scan(ScanOrder(ref, str(collection), tmp_path / "whole"))
    assert result_bytes(tmp_path / "out") == result_bytes(tmp_path / "whole")


def test_an_output_that_cannot_be_made_is_one_sentence(ref, collection, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ScanError, match=r"file/.* cannot be written or read \(Not a directory\)"):
        run_scan(ScanOrder(ref, str(collection), tmp_path / "file" / "out"))


# --- sizes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "images, size", [(1, 64), (512, 64), (513, 128), (8242, 256), (524_288, 256), (1_300_000, 1024), (10**8, 16384)]
)
def test_chunk_sizes(images, size) -> None:
    assert chunk_size(images, 8) == size
    assert chunk_size(images, 64) % 64 == 0


def test_a_position_of_a_patch_can_be_projected_back(ref, collection, scanned) -> None:
    """The json's row and col are what BackRequest takes."""
    scan, backend = read_scan(scanned), open_backend("engine", open_model(ref))
    patch = scan.patches("mixed/output", 2)[0]
    back = BackRequest(Unit("mixed/output", 2), DECONV, (patch.row, patch.col))
    frame = new_frame(load_rgb(collection / patch.path))
    assert np.abs(backend.run(NetRequest(frame, back)).input_diff).max() > 0


def test_a_model_without_weights_is_refused(ref, collection, tmp_path) -> None:
    from deepvis.network.model_error import ModelError

    with pytest.raises(ModelError, match="found no weights"):
        run_scan(ScanOrder(NetworkRef(network=ref.network), str(collection), tmp_path))


def test_the_gpu_that_was_named_is_the_one_that_works(ref, collection, scanned, tmp_path, monkeypatch) -> None:
    """The plan knows the type only, so that a scan goes on on another GPU."""
    plan = replace(read_scan(scanned).plan, device="cuda")
    sent = []
    monkeypatch.setattr(run_module, "run_all", lambda where, tasks, *rest: sent.extend(tasks))
    (tmp_path / "scan").mkdir()
    shutil.copy(ScanFolder(scanned).images, ScanFolder(tmp_path).images)
    for device in ("cuda:1", "cuda", "auto"):
        order = ScanOrder(ref, str(collection), tmp_path, device=device)
        run_module.scan_missing(order, ScanFolder(tmp_path), plan, Notes())
    assert [task.device for task in sent] == ["cuda:1", "cuda", "cuda"]
