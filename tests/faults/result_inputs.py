"""The readers of what the program has written and reads back: scans, statistics, dictionaries, galleries, downloads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from deepvis.cli.subcommands.dictionary import report
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
from deepvis.models.dictionary_file import Dictionary, read_dictionary, write_dictionary
from deepvis.models.fetch_record import RECORD_NAME, FetchRecord
from deepvis.network.ref import NetworkRef
from deepvis.optimize.photo_statistics import SHIPPED, read_statistics
from deepvis.scan.dictionary import DictionaryOrder, finished
from deepvis.scan.dictionary_learning import Figures
from deepvis.scan.folder_top import FolderTop, OpenFiles, load_folder_top
from deepvis.scan.parts import FaultyImage, Part, save_part
from deepvis.scan.plan import ScanFolder, ScanPlan, plan_hash, write_plan
from deepvis.scan.report import unit_facts
from deepvis.scan.results import read_scan
from deepvis.scan.tracker import TrackedLayer, empty
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


# --- dictionaries, photos --------------------------------------------------------------------------


def _dictionaries(folder: Path) -> Sequence[Files]:
    atoms = np.eye(4, 6, dtype=np.float32)
    write_dictionary(folder / "d.npz", Dictionary(IDENTITY, "conv1", "nmf", 0, "ab", atoms, atoms))
    return [{"d.npz": (folder / "d.npz").read_bytes()}]


@reader("dictionary", _dictionaries, structured.NPZ)
def dictionary(file: Path) -> None:
    assert read_dictionary(file).as_layer().name


ASKED = {"network": IDENTITY, "layer": "conv1", "atoms": 4}


def _figures(folder: Path) -> Sequence[Files]:
    numbers = dict.fromkeys(("channels", "photos_used", "photos_held_out", "places_learned_from"), 6)
    numbers |= {each.name: 0.5 for each in fields(Figures)}
    facts = {"version": 1, "program": "deepvis", **ASKED, "method_asked": "auto", "name": "d", "method": "nmf"}
    facts |= {"skipped": [["a.jpg", "a.jpg is broken"]], "cut": [], **numbers}
    return [{"d.json": json.dumps(facts).encode(), **each} for each in _dictionaries(folder)]


@reader("dictionary.json", _figures, structured.JSON, names=False)  # --output is named
def dictionary_figures(file: Path) -> None:
    """As ``dictionary`` reads and prints what it finds done."""
    order = DictionaryOrder(NetworkRef(), "conv1", "/photos", file.with_suffix(".npz"))
    facts = finished(order, ASKED, is_begun=False)
    if facts is not None:
        report(facts)
        [reason for which in ("cut", "skipped") for _, reason in facts.get(which, ())]


@reader("photo-statistics", lambda folder: [{"photos.npz": SHIPPED.read_bytes()}], structured.NPZ)
def photo_statistics(file: Path) -> None:
    read_statistics(file).magnitude_of(3, 20, 20)


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
