"""The readers of what the program has written and reads back: scans, statistics, dictionaries, galleries, downloads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from deepvis.core.types import Fit, Patch, Unit
from deepvis.core.unit_files import (
    UnitFileError,
    images_of,
    network_in,
    read_patches,
    read_stats,
    write_patches,
    write_stats,
)
from deepvis.gallery.output_folder import OutputFolder
from deepvis.gallery.statistics_file import read_statistics_file
from deepvis.jobs.progress import Progress
from deepvis.models.dictionary_file import Dictionary, read_dictionary, write_dictionary
from deepvis.models.fetch_record import RECORD_NAME, FetchRecord
from deepvis.network.ref import NetworkRef
from deepvis.optimize.photo_statistics import SHIPPED, read_statistics
from deepvis.scan.folder_top import FolderTop, OpenFiles, load_folder_top
from deepvis.scan.parts import FaultyImage, Part, save_part
from deepvis.scan.plan import ScanFolder, ScanPlan, plan_hash, write_plan
from deepvis.scan.report import unit_facts
from deepvis.scan.results import read_scan
from deepvis.scan.tracker import TrackedLayer, empty
from deepvis.statistics.measuring import begun, finished
from deepvis.statistics.running_sums import RunningSums, no_gradient_sums, no_sums, save_sums
from deepvis.statistics.statistics_plan import StatisticsFolder, StatisticsPlan
from deepvis.statistics.summary import layer_values
from tests.faults import structured
from tests.faults.input_reader import Files, reader

IDENTITY = "0123456789ab"
LAYERS = (TrackedLayer("conv1", 3, 6, 6), TrackedLayer("fc", 2, 1, 1))


# --- beside unit pictures --------------------------------------------------------------------------


def _patches(folder: Path) -> Sequence[Files]:
    found = [Patch(9.5 - n, f"cats/{n}.jpg", n, 2) for n in range(9)]
    write_patches(folder / "fc_0000.json", Unit("fc", 0), found, IDENTITY, images=40)
    return [{"fc_0000.json": (folder / "fc_0000.json").read_bytes()}]


@reader("patches", _patches, structured.JSON, UnitFileError)
def patches(file: Path) -> None:
    network_in(file), images_of(file)
    read_patches(file)


def _stats(folder: Path) -> Sequence[Files]:
    ones = np.ones(3)
    edges, counts = np.tile(np.arange(6.0), (3, 1)), np.ones((3, 5))
    write_stats(
        folder / "stats.npz", network=IDENTITY, images=40, mean=ones, std=ones, active=ones, edges=edges, counts=counts
    )
    return [{"stats.npz": (folder / "stats.npz").read_bytes()}]


@reader("stats.npz", _stats, structured.NPZ, UnitFileError)
def layer_stats(file: Path) -> None:
    from deepvis.scan.report import histogram_of

    network_in(file)
    for standing in read_stats(file):
        histogram_of(standing)


# --- scans -----------------------------------------------------------------------------------------


def _plan() -> ScanPlan:
    ref = NetworkRef(model="small", options=(("input_size", (16, 16)), ("fill", True)))
    return ScanPlan(ref, IDENTITY, LAYERS, 2, Fit.CROP, "cpu", "/photos", 3, "ab", 64, 4)


def _part(plan: ScanPlan) -> Part:
    top = empty(LAYERS, 2)
    units = sum(layer.channels for layer in LAYERS)
    top.histogram[:, 40:45] = 1
    values = np.tile(np.float32([3, 2]), (units, 1))
    top = replace(top, seen=2, values=values, images=np.tile([0, 2], (units, 1)), active=np.full(units, 2),
                  places=np.zeros((units, 2), np.int32))  # fmt: skip
    return Part(
        top, (FaultyImage(1, "b.jpg", "is broken"),), IDENTITY, plan_hash(plan), (FaultyImage(2, "c.jpg", "is cut"),)
    )


def _scan_files(folder: Path) -> dict[str, bytes]:
    place, plan = ScanFolder(folder), _plan()
    write_plan(place.plan, plan)
    place.images.write_bytes(b"a.jpg\nb.jpg\nc.jpg\n")
    save_part(place.result, _part(plan))
    return {f"scan/{path.name}": path.read_bytes() for path in (place.plan, place.images, place.result)}


def _scans(first: str):
    def seeds(folder: Path) -> Sequence[Files]:
        files = _scan_files(folder)
        return [{first: files[first], **files}]

    return seeds


@reader("scan.json", _scans("scan/scan.json"), structured.JSON)
@reader("maxes.npz", _scans("scan/maxes.npz"), structured.NPZ)
@reader("images.txt", _scans("scan/images.txt"), structured.TEXT)
def finished_scan(file: Path) -> None:
    """What ``crops`` and ``report`` take of it."""
    scan = read_scan(file.parent.parent)
    for layer in scan.top_activations.layers:
        unit_facts(scan, layer.name)


OPEN = OpenFiles("/photos", Fit.CROP)


def _folder_tops(first: str):
    def seeds(folder: Path) -> Sequence[Files]:
        place = OPEN.folder(folder)
        part = replace(_part(_plan()), plan_hash=OPEN.hash)
        top = FolderTop(OPEN, place, IDENTITY, LAYERS, part)
        top.paths, top.listed = ["/photos/a.jpg", "/photos/b.jpg", "/photos/c.jpg"], 3
        top.save()
        files = {f"{place.name}/{path.name}": path.read_bytes() for path in place.iterdir()}
        name = f"{place.name}/{first}"
        return [{name: files[name], **files}]

    return seeds


@reader("folder-scan.json", _folder_tops("scan.json"), structured.JSON, names=False)  # the folder is named
@reader("folder-maxes.npz", _folder_tops("maxes.npz"), structured.NPZ, names=False)
def scan_of_open_files(file: Path) -> None:
    found = load_folder_top(OPEN, file.parent.parent, IDENTITY)
    if found is not None:
        found.filled()
        for layer in LAYERS:
            if found.has(Unit(layer.name, 0)):
                found.best(Unit(layer.name, 0)), found.standings(layer.name)


# --- dictionaries, statistics ----------------------------------------------------------------------


def _dictionaries(folder: Path) -> Sequence[Files]:
    atoms = np.eye(4, 6, dtype=np.float32)
    write_dictionary(folder / "d.npz", Dictionary(IDENTITY, "conv1", "nmf", 0, "ab", atoms, atoms))
    return [{"d.npz": (folder / "d.npz").read_bytes()}]


@reader("dictionary", _dictionaries, structured.NPZ)
def dictionary(file: Path) -> None:
    assert read_dictionary(file).as_layer().name


@reader("photo-statistics", lambda folder: [{"photos.npz": SHIPPED.read_bytes()}], structured.NPZ)
def photo_statistics(file: Path) -> None:
    read_statistics(file).magnitude_of(3, 20, 20)


@cache
def _statistics_plan() -> StatisticsPlan:
    layers = tuple((layer.name, layer.channels) for layer in LAYERS)
    return StatisticsPlan(identity=IDENTITY, layers=layers, fit="crop", device="cpu", images=3, photos="ab", rows=2,
                          gradient_photos=1)  # fmt: skip


def _running(folder: Path) -> Sequence[Files]:
    plan, place = _statistics_plan(), StatisticsFolder(folder)
    faulty = (FaultyImage(1, "b.jpg", "is broken"),)
    sums: RunningSums = replace(
        no_sums(plan), images=2, skipped=faulty, gradient_batches=1, gradient=no_gradient_sums(2, 3)
    )
    place.root.mkdir()
    found = []
    for each in (sums, no_sums(plan)):
        save_sums(place.running, each, plan)
        found.append({"statistics/running.npz": place.running.read_bytes()})
    return found


@reader("running.npz", _running, structured.NPZ, names=False)  # the folder is named
def running_sums(file: Path) -> None:
    plan = _statistics_plan()
    sums = begun(StatisticsFolder(file.parent.parent), plan, Progress())
    for units, joint in zip(sums.units, sums.joint, strict=True):
        layer_values(units, joint)


def _results(folder: Path) -> Sequence[Files]:
    plan = _statistics_plan()
    sums = no_sums(plan)
    rows = {name: layer_values(u, j) for (name, _), u, j in zip(plan.layers, sums.units, sums.joint, strict=True)}
    content = {
        "version": plan.version, "model": "small", "network": IDENTITY, "plan": plan.as_dict(), "layers": rows,
        "images": {"folder": "/photos", "listed": 3, "used": 3, "skipped": [], "cut": []},
        "footnote_4": None, "s1": {"filters": [], "spectra": {"layers": []}},
    }  # fmt: skip
    text = json.dumps(content, default=lambda value: np.nan_to_num(value, posinf=0, neginf=0).tolist())
    return [{"statistics/statistics.json": text.encode()}]


@reader("statistics.json", _results, structured.JSON, names=False)  # the folder may be named
def statistics_result(file: Path) -> None:
    """As the gallery reads it, and as ``statistics`` does that has been run before."""
    found = read_statistics_file(file, IDENTITY)
    for layer in LAYERS:
        found.unit(layer.name, 0)
    finished(StatisticsFolder(file.parent.parent), _statistics_plan())


# --- galleries, downloads --------------------------------------------------------------------------


def _galleries(folder: Path) -> Sequence[Files]:
    content = {"version": 1, "model": "small", "network": IDENTITY, "files": ["index.html", "units/fc_0000.jpg"]}
    return [{"gallery.json": json.dumps(content).encode(), "index.html": b"x", "units/fc_0000.jpg": b"x"}]


@reader("gallery.json", _galleries, structured.JSON, names=False)  # --output is named
def gallery_listing(file: Path) -> None:
    beside = file.parent.parent / "not-of-the-gallery.txt"
    beside.write_bytes(b"x")
    OutputFolder(file.parent, "small", IDENTITY, overwrite=True).begin()
    assert beside.exists(), "a file outside of the gallery was removed"


@reader(
    "fetched.json", lambda folder: [{RECORD_NAME: b'{"version": 1, "sha256": {"w.caffemodel": "ab"}}'}], structured.JSON
)
def fetched_record(file: Path) -> None:
    sums = FetchRecord(file.parent).sums
    sums.get("w.caffemodel")
    json.dumps(sums)
