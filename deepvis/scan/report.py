"""A scan as pages that open from disk: every unit with its patches and histogram, and what stands out.

``<folder>/report/index.html`` has a row for each layer and leads to a page for each. Pictures are
the montages of the window's layout, by relative addresses; where there are none the page says how
to make them. No script, no server, nothing from elsewhere. The templates are in ``deepvis/pages``.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from deepvis.core.own_files import in_the_way, not_ours
from deepvis.core.program import program
from deepvis.core.regular_file import open_regular
from deepvis.core.types import Patch, Unit, UnitStanding
from deepvis.core.unit_files import file_name
from deepvis.models.model import DIGITS_0_1_0
from deepvis.pages.render import write_page
from deepvis.scan.plan import ScanFolder
from deepvis.scan.results import Scan, back_folders, has_patches, montage_path, read_scan
from deepvis.scan.scan_error import ScanError
from deepvis.scan.statistics import mean_and_std

OUTSTANDING = 12  # units named as most and as least selective
MOST_SKIPPED = 200  # listed by name


@dataclass(frozen=True)
class UnitFacts:
    """What the report says of a unit.

    selectivity: by how many standard deviations its best images lie above its mean; 0 for a dead unit.
    folder, share: the commonest folder of its best images, and its share of them.
    """

    unit: Unit
    patches: tuple[Patch, ...]
    standing: UnitStanding
    selectivity: float
    folder: str
    share: float

    @property
    def channel(self) -> int:
        return self.unit.channel

    @property
    def is_dead(self) -> bool:
        return self.standing.active == 0


def unit_facts(scan: Scan, layer: str) -> list[UnitFacts]:
    """The facts of all units of a layer, in order."""
    top_activations = scan.top_activations
    units = top_activations.units_of(layer)
    mean, std = mean_and_std(top_activations.sums[units], top_activations.seen)
    facts = []
    for channel in range(top_activations.layer(layer).channels):
        patches, standing = scan.patches(layer, channel), top_activations.standing(layer, channel)
        best = float(np.mean([patch.value for patch in patches])) if patches else 0.0
        selectivity = (best - mean[channel]) / std[channel] if std[channel] > 0 else 0.0
        facts.append(UnitFacts(Unit(layer, channel), patches, standing, selectivity, *commonest_folder(patches)))
    return facts


def commonest_folder(patches: Sequence[Patch]) -> tuple[str, float]:
    """(name of the folder that most of the images lie in, its share of them 0..1); of equals the first."""
    folders = Counter(PurePath(patch.path).parent.name for patch in patches)
    if not folders:
        return "", 0.0
    name, count = folders.most_common(1)[0]
    return name, count / len(patches)


def write_report(scan_root: Path, output: Path | None = None) -> Path:
    """Write the report of the scan in ``scan_root`` beside the montages in ``output``; returns its first page.

    Raises ScanError.
    """
    scan = read_scan(scan_root)
    folder = report_folder(output or scan_root, [each.name for each in scan.top_activations.layers])
    several = has_folders(scan_root)
    rows = []
    try:
        for layer in (each.name for each in scan.top_activations.layers):
            facts = unit_facts(scan, layer)
            page = f"{file_name(layer)}.html"
            write_page(folder / page, "report_layer.html", **layer_values(scan, layer, facts, folder, several))
            rows.append(_index_row(scan, layer, facts, page))
        write_page(folder / "index.html", "report_index.html", **index_values(scan, rows))
    except OSError as error:
        raise ScanError(f"the report could not be written in {folder} ({error.strerror or error})") from error
    return folder / "index.html"


def report_folder(output: Path, layers: Iterable[str]) -> Path:
    """Where the pages of these layers go. Raises ScanError where other files have their names."""
    folder = output / "report"
    if (
        path := not_ours([folder / "index.html", *(folder / f"{file_name(each)}.html" for each in layers)])
    ) is not None:
        raise ScanError(in_the_way(path))
    return folder


def has_folders(scan_root: Path) -> bool:
    """Do the images of the scan lie in more than one folder?"""
    with open_regular(ScanFolder(scan_root.absolute()).images) as lines:
        folders = map(os.path.dirname, lines)
        first = next(folders, None)
        return any(folder != first for folder in folders)


def index_values(scan: Scan, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the first page shows."""
    return {
        "title": "What excites the units",
        "seen": scan.top_activations.seen,
        "folder": scan.plan.folder or "a list",
        "top": scan.top_activations.top,
        "layers": rows,
        "skipped": scan.part.skipped,
        "cut": scan.part.cut,
        "most": MOST_SKIPPED,
    }


def _index_row(scan: Scan, layer: str, facts: Sequence[UnitFacts], page: str) -> dict[str, Any]:
    tracked = scan.top_activations.layer(layer)
    silent, dead = scan.top_activations.inactivity(layer)
    return {
        "name": layer,
        "page": page,
        "channels": tracked.channels,
        "height": tracked.height,
        "width": tracked.width,
        "silent": silent,
        "dead": dead,
        "best": _most_selective(facts)[:OUTSTANDING],
    }


def _most_selective(facts: Sequence[UnitFacts]) -> list[UnitFacts]:
    """Those that fire, the most selective first."""
    return sorted((f for f in facts if not f.is_dead), key=lambda f: -f.selectivity)


def layer_values(scan: Scan, layer: str, facts: Sequence[UnitFacts], folder: Path, several: bool) -> dict[str, Any]:
    """What the page of a layer shows: what stands out, then every unit. several: there is more than one folder."""
    alive = _most_selective(facts)
    shares = [f.share for f in alive if f.patches]
    identity = scan.plan.identity if len(scan.plan.identity) != DIGITS_0_1_0 else None
    return {
        "title": layer,
        "units": [_unit_values(f, folder, identity) for f in facts],
        "alive": alive if shares else [],
        "dead": [f for f in facts if f.is_dead],
        "silent": scan.top_activations.inactivity(layer)[0],
        "has_folders": several,
        "share": float(np.mean(shares)) if shares else 0.0,
        "outstanding": OUTSTANDING,
    }


def _unit_values(facts: UnitFacts, folder: Path, identity: str | None) -> dict[str, Any]:
    pictures = [montage_path(folder.parent, facts.unit, mode) for mode in (None, *back_folders())]
    there = [os.path.relpath(path, folder) for path in pictures if path.exists()]
    note = ""
    if not there:
        note = f"no montages yet; {program()} crops makes them"
    elif not has_patches(folder.parent, facts.unit, facts.patches, identity):
        note = f"the montages here are of another network or another scan; {program()} crops makes this one's"
    shown = {
        name: getattr(facts, name) for name in ("channel", "is_dead", "standing", "selectivity", "share", "patches")
    }
    own = facts.folder or "in the folder itself"
    return {**shown, "folder": own, "pictures": there, "note": note, "histogram": histogram_of(facts.standing)}


def histogram_of(standing: UnitStanding, width: int = 260, height: int = 60) -> dict[str, Any] | None:
    """The bars of the histogram of the per-image maxima, in a picture of height x width; None where there are none."""
    counts = np.array(standing.counts, float)
    if counts.size == 0:
        return None
    tall = np.sqrt(counts / counts.max()) * height  # square roots: rare values can be seen
    step = width / len(counts)
    return {
        "width": width,
        "height": height,
        "bar_width": max(step - 0.5, 0.5),
        "bars": [{"x": i * step, "height": float(h)} for i, h in enumerate(tall) if h > 0],
        "low": standing.edges[0],
        "high": standing.edges[-1],
    }
