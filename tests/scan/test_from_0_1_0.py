"""What version 0.1.0 scanned goes on being used, by its own network alone."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from made_by_0_1_0 import MEAN, write_network

from deepvis.core.unit_files import network_in, read_patches, unit_image_paths
from deepvis.formats.caffe.weights import write_weights
from deepvis.jobs.progress import Progress
from deepvis.models.zoo import open_model
from deepvis.network.ref import NetworkRef
from deepvis.scan import plan as plans
from deepvis.scan.layout import CropOrder, run_crops
from deepvis.scan.plan import ScanFolder, read_plan
from deepvis.scan.report import write_report
from deepvis.scan.results import read_scan
from deepvis.scan.resumable_scan import ScanOrder, run_scan
from deepvis.scan.scan_error import ScanError

MADE = Path(__file__).parent / "from_0_1_0"


class Told(Progress):
    """It remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[tuple[int, int]] = []
        self.notes: list[str] = []

    def begin(self, images: int, done: int = 0, title: str = "") -> None:
        self.begun.append((images, done))

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)


@pytest.fixture
def ref(tmp_path: Path) -> NetworkRef:
    """The network that was scanned."""
    prototxt, weights = write_network(tmp_path / "network", write_weights)
    return NetworkRef(network=str(prototxt), weights=str(weights), mean=MEAN)


@pytest.fixture
def other(ref: NetworkRef, tmp_path: Path) -> NetworkRef:
    """The same layers with other weights."""
    return replace(ref, weights=str(write_network(tmp_path / "network", write_weights, seed=1)[1]))


@pytest.fixture
def folder(ref: NetworkRef, collection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The scan, its paths those of this machine."""
    monkeypatch.setattr(plans, "LEAST_CHUNK", 16)
    copied = tmp_path / "unit_jpg_vis"
    shutil.copytree(MADE, copied)
    file = copied / "scan" / "scan.json"
    told = json.loads(file.read_text())
    told["model"] |= {"prototxt": ref.network, "weights": ref.weights}
    file.write_text(json.dumps({**told, "folder": str(collection)}))
    return copied


def order(ref: NetworkRef, collection: Path, folder: Path) -> ScanOrder:
    return ScanOrder(ref, str(collection), folder, layers=("fc",))


def test_its_plan_names_the_network_in_todays_words(folder: Path, ref: NetworkRef) -> None:
    plan = read_plan(ScanFolder(folder))
    assert plan.network == ref and len(plan.identity) == 64
    assert read_scan(folder).part.plan_hash == plans.plan_hash(plan)
    assert open_model(ref).is_named(plan.identity)


def test_written_anew_it_has_the_version_of_its_layout(folder: Path, ref: NetworkRef, collection: Path) -> None:
    """0.1.0 then says so in a sentence."""
    before = read_plan(ScanFolder(folder))
    run_scan(order(ref, collection, folder))
    told = json.loads(ScanFolder(folder).plan.read_text())
    assert (told["version"], told["model"]) == (2, ref.as_dict() | {"mean": list(MEAN)})
    assert read_plan(ScanFolder(folder)) == before


def test_a_finished_scan_is_not_done_again(folder: Path, ref: NetworkRef, collection: Path) -> None:
    told = Told()
    assert run_scan(order(ref, collection, folder), told).top_activations.seen == 46
    assert told.begun == [] and told.notes == []


def test_a_scan_goes_on_where_it_was(folder: Path, ref: NetworkRef, collection: Path) -> None:
    before, files = read_scan(folder), ScanFolder(folder)
    files.result.unlink()
    (files.parts / "part_0000001.npz").unlink()
    told = Told()
    run_scan(order(ref, collection, folder), told)
    assert told.begun == [(46, 30)] and told.notes == []
    after = read_scan(folder)
    assert (after.top_activations.images == before.top_activations.images).all() and after.plan == before.plan
    assert open_model(ref).is_named(after.plan.identity) and len(after.plan.identity) == 64


def test_its_montages_can_be_made(folder: Path, ref: NetworkRef) -> None:
    paths = unit_image_paths(folder, "fc", 2)
    kept = read_patches(paths.patches)
    assert run_crops(CropOrder(folder, folder)) == 4
    assert read_patches(paths.patches) == kept and paths.top.exists() and paths.top_back.exists()
    assert network_in(paths.patches) == network_in(paths.stats) == open_model(ref).identity
    page = write_report(folder).parent / "fc.html"
    assert page.read_text().count("<img") == 2 * 4


def test_montages_that_it_made_are_kept(folder: Path, ref: NetworkRef) -> None:
    tops = [unit_image_paths(folder, "fc", channel) for channel in range(4)]
    for paths in tops:
        for picture in (paths.top, paths.top_back):
            picture.parent.mkdir(parents=True, exist_ok=True)
            picture.write_bytes(b"made by 0.1.0")
    assert (write_report(folder).parent / "fc.html").read_text().count("<img") == 2 * 4
    assert run_crops(CropOrder(folder, folder)) == 4
    assert {paths.top.read_bytes() for paths in tops} == {b"made by 0.1.0"}
    assert {network_in(paths.patches) for paths in tops} == {open_model(ref).identity}


def test_another_network_is_refused(folder: Path, ref: NetworkRef, other: NetworkRef, collection: Path) -> None:
    with pytest.raises(ScanError, match="was begun with another model"):
        run_scan(order(other, collection, folder))
    for mean in ((1.0, 2.0, 3.0), None):
        with pytest.raises(ScanError, match="was begun with another model"):
            run_scan(order(replace(ref, mean=mean), collection, folder))
    shutil.copy(other.weights or "", ref.weights or "")
    with pytest.raises(ScanError, match="the model old has changed since the scan"):
        run_crops(CropOrder(folder, folder))


def test_begun_anew_it_bears_todays_word(folder: Path, other: NetworkRef, collection: Path) -> None:
    run_scan(replace(order(other, collection, folder), fresh=True))
    plan = read_plan(ScanFolder(folder))
    assert (plan.network, plan.identity) == (other, open_model(other).identity) and len(plan.identity) == 12
