"""A scan as pages that open from disk: every unit with its patches and histogram, and what stands out.

``<folder>/report/index.html`` has a row for each layer and leads to a page for each. Pictures are
the montages of the window's layout, by relative addresses; where there are none the page says how
to make them. No script, no server, nothing from elsewhere.
"""

from __future__ import annotations

import html
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from urllib.parse import quote

import numpy as np

from deepvis.core.files import written_beside
from deepvis.core.program import program
from deepvis.core.types import Patch, Unit, UnitStanding
from deepvis.core.unit_files import file_name
from deepvis.models.model import DIGITS_0_1_0
from deepvis.scan.errors import ScanError
from deepvis.scan.parts import FaultyImage
from deepvis.scan.results import Scan, back_folders, has_patches, montage_path, read_scan
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
    def is_dead(self) -> bool:
        return self.standing.active == 0


def unit_facts(scan: Scan, layer: str) -> list[UnitFacts]:
    """The facts of all units of a layer, in order."""
    maxes = scan.maxes
    units = maxes.units_of(layer)
    mean, std = mean_and_std(maxes.sums[units], maxes.seen)
    facts = []
    for channel in range(maxes.layer(layer).channels):
        patches = scan.patches(layer, channel)
        folder, share = commonest_folder(patches)
        spread = std[channel]
        best = float(np.mean([patch.value for patch in patches])) if patches else 0.0
        selectivity = (best - mean[channel]) / spread if spread > 0 else 0.0
        facts.append(
            UnitFacts(Unit(layer, channel), patches, maxes.standing(layer, channel), selectivity, folder, share)
        )
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
    folder = (output or scan_root) / "report"
    layers = [layer.name for layer in scan.maxes.layers]
    try:
        rows = []
        for layer in layers:
            facts = unit_facts(scan, layer)
            _write(folder / f"{file_name(layer)}.html", layer_page(scan, layer, facts, folder))
            rows.append(_index_row(scan, layer, facts))
        _write(folder / "index.html", index_page(scan, rows))
    except OSError as error:
        raise ScanError(f"the report could not be written in {folder} ({error.strerror or error})") from error
    return folder / "index.html"


def index_page(scan: Scan, rows: Sequence[str]) -> str:
    plan, part = scan.plan, scan.part
    head = "<tr><th>layer<th>units<th>map<th>silent<th>dead<th>most selective units</tr>"
    return _page(
        "What excites the units",
        f"<p>{part.maxes.seen:,} images of {_text(plan.folder or 'a list')}, the {part.maxes.top} best of each unit; "
        f"{len(part.skipped):,} images skipped. Silent: share of the images in which a unit of the layer does not "
        "fire, on average. Dead: units that fire in none. Selective: how many standard deviations the best images "
        f"lie above the mean.</p><table>{head}{''.join(rows)}</table>"
        + _listed("Skipped images", part.skipped)
        + _listed("Images cut short", part.cut),
    )


def _listed(title: str, images: Sequence[FaultyImage]) -> str:
    if not images:
        return ""
    lines = "".join(f"<li>{_text(image.reason)}</li>" for image in images[:MOST_SKIPPED])
    more = len(images) - MOST_SKIPPED
    if more > 0:
        lines += f"<li>and {more} more, in scan/skipped.json</li>"
    return f"<h2>{title}</h2><ul>{lines}</ul>"


def _index_row(scan: Scan, layer: str, facts: Sequence[UnitFacts]) -> str:
    tracked = scan.maxes.layer(layer)
    silent, dead = scan.maxes.inactivity(layer)
    page = quote(f"{file_name(layer)}.html")
    best = sorted((f for f in facts if not f.is_dead), key=lambda f: -f.selectivity)[:5]
    links = " ".join(f'<a href="{page}#{f.unit.channel}">{f.unit.channel}</a>' for f in best)
    return (
        f'<tr><td><a href="{page}">{_text(layer)}</a><td>{tracked.channels}'
        f"<td>{tracked.height} x {tracked.width}<td>{silent:.0%}<td>{dead}<td>{links}</tr>"
    )


def layer_page(scan: Scan, layer: str, facts: Sequence[UnitFacts], folder: Path) -> str:
    """One layer: what stands out, then every unit."""
    alive = sorted((f for f in facts if not f.is_dead), key=lambda f: -f.selectivity)
    dead = [f for f in facts if f.is_dead]
    silent, _ = scan.maxes.inactivity(layer)
    shares = [f.share for f in alive if f.patches]
    identity = scan.plan.identity if len(scan.plan.identity) != DIGITS_0_1_0 else None
    summary = [
        f"<p><a href='index.html'>all layers</a> · {len(facts)} units · silent in {silent:.0%} of the images "
        f"on average · the commonest folder has {np.mean(shares):.0%} of the best images on average</p>"
        if shares
        else "<p><a href='index.html'>all layers</a></p>",
        _named("Most selective", alive[:OUTSTANDING]),
        _named("Least selective", alive[::-1][:OUTSTANDING]),
        _named(f"Dead ({len(dead)})", dead),
    ]
    return _page(layer, "".join(summary) + "".join(_unit_section(f, folder, identity) for f in facts))


def _named(title: str, facts: Sequence[UnitFacts]) -> str:
    if not facts:
        return ""
    links = " ".join(
        f'<a href="#{f.unit.channel}">{f.unit.channel}</a><small> {f.selectivity:.1f}</small>' for f in facts
    )
    return f"<p><b>{_text(title)}</b> {links}</p>"


def _unit_section(facts: UnitFacts, folder: Path, identity: str | None) -> str:
    unit, standing = facts.unit, facts.standing
    pictures = [montage_path(folder.parent, unit, mode) for mode in (None, *back_folders())]
    there = [path for path in pictures if path.exists()]
    shown = "".join(f'<img loading="lazy" src="{quote(os.path.relpath(path, folder))}" alt="">' for path in there)
    if not there:
        shown = f"<p class=note>no montages yet; {program()} crops makes them</p>"
    elif not has_patches(folder.parent, unit, facts.patches, identity):
        shown = (
            "<p class=note>the montages here are of another network or another scan; "
            f"{program()} crops makes this one's</p>"
        )
    listed = "".join(
        f"<li>{patch.value:.4g} <small>{_text(patch.path)} at {patch.row}, {patch.col}</small></li>"
        for patch in facts.patches
    )
    state = (
        "<b>dead</b>"
        if facts.is_dead
        else f"active in {standing.active:.1%} · mean {standing.mean:.3g}, deviation {standing.std:.3g} · "
        f"selectivity {facts.selectivity:.1f} · {facts.share:.0%} {_text(facts.folder)}"
    )
    return (
        f'<section id="{unit.channel}"><h3>unit {unit.channel}</h3><p>{state}</p>{shown}'
        f"{histogram_svg(standing)}<ol>{listed}</ol></section>"
    )


def histogram_svg(standing: UnitStanding, width: int = 260, height: int = 60) -> str:
    """The histogram of the per-image maxima, a bar for each bin, as a picture inside the page."""
    counts = np.array(standing.counts, float)
    if counts.size == 0:
        return ""
    tall = np.sqrt(counts / counts.max()) * height  # square roots: rare values can be seen
    step = width / len(counts)
    bars = "".join(
        f'<rect x="{i * step:.1f}" y="{height - h:.1f}" width="{max(step - 0.5, 0.5):.1f}" height="{h:.1f}"/>'
        for i, h in enumerate(tall)
        if h > 0
    )
    low, high = standing.edges[0], standing.edges[-1]
    return (
        f'<svg width="{width}" height="{height + 14}" role="img"><title>per-image maxima</title>{bars}'
        f'<text y="{height + 12}">{low:.3g}</text>'
        f'<text x="{width}" y="{height + 12}" text-anchor="end">{high:.3g}</text></svg>'
    )


STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; background: #16181c; color: #d6d9de; margin: 2em; }
a { color: #7ab8ff; text-decoration: none } h1, h2, h3 { font-weight: 600; margin: .4em 0 }
table { border-collapse: collapse } td, th { padding: .25em .9em .25em 0; text-align: left }
section { display: inline-block; vertical-align: top; width: 800px; margin: 1em 1em 1em 0; padding: 1em;
  background: #1e2126; border-radius: 6px } section:target { outline: 2px solid #7ab8ff }
img { width: 260px; margin-right: 4px } svg { display: block; margin: .5em 0; fill: #7ab8ff }
svg text { font-size: 10px; fill: #8a9099 } small, .note { color: #8a9099 }
ol { columns: 2; font-size: 12px; padding-left: 1.6em; overflow-wrap: anywhere }
"""


def _page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{_text(title)}</title>'
        f"<style>{STYLE}</style><h1>{_text(title)}</h1>{body}</html>"
    )


def _text(value: str) -> str:
    return html.escape(value.encode("utf-8", "replace").decode())


def _write(path: Path, page: str) -> None:
    with written_beside(path) as file:
        file.write(page.encode())
