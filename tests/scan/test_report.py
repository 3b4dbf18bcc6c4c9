"""The report opens from disk: every address leads to a file, every unit has its place."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from deepvis.core.types import Patch, UnitStanding
from deepvis.core.unit_files import unit_image_paths
from deepvis.pages.render import render
from deepvis.scan.layout import CropOrder, run_crops
from deepvis.scan.report import commonest_folder, has_folders, histogram_of, unit_facts, write_report
from deepvis.scan.results import read_scan
from deepvis.scan.resumable_scan import ScanOrder, run_scan


class Page(HTMLParser):
    """The ids and addresses of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.add(value)
            if name in ("href", "src"):
                self.addresses.append(value)


@pytest.fixture(scope="module")
def reported(ref, collection, tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("reported")
    (output / "images").mkdir()
    for path in (collection / "dogs").iterdir():
        (output / "images" / path.name).write_bytes(path.read_bytes())
    (output / "images" / "bad & worse.jpg").write_text("no photo")
    run_scan(ScanOrder(ref, str(output / "images"), output))
    run_crops(CropOrder(output, output, layers=("mixed/a", "fc")))
    return write_report(output)


def test_every_address_leads_somewhere(reported) -> None:
    assert reported.name == "index.html"
    pages = {path.name: Page(path) for path in reported.parent.glob("*.html")}
    assert len(pages) == 9
    for page in pages.values():
        assert not {"script", "link"} & set(page.tags)
        for address in page.addresses:
            file, _, anchor = unquote(address).partition("#")
            assert "://" not in file
            if file:
                assert (reported.parent / file).is_file(), address
            if anchor:
                assert anchor in (pages[file] if file else page).ids


def test_every_unit_is_there_with_pictures_or_a_hint(reported) -> None:
    page = Page(reported.parent / "mixed-a.html")
    assert {"0", "1", "2", "3"} <= page.ids
    assert sum(a.startswith("../max_im") for a in page.addresses) == 4
    assert sum(a.startswith("../max_deconv") for a in page.addresses) == 4
    assert "no montages yet; scripts/run.sh crops makes them" in (reported.parent / "conv1.html").read_text()


@pytest.mark.parametrize(("old", "new"), [('"network": "', '"network": "0'), ('"value": ', '"value": 1')])
def test_pictures_of_another_network_or_scan_are_left_out(reported, tmp_path, old, new) -> None:
    copied = tmp_path / "copy"
    shutil.copytree(reported.parents[1], copied)
    told = unit_image_paths(copied, "mixed/a", 1).patches
    told.write_text(told.read_text().replace(old, new))
    page = (write_report(copied).parent / "mixed-a.html").read_text()
    assert page.count("<img") == 2 * 3 and page.count("of another network or another scan") == 1
    told.write_text(told.read_text().replace(new, old))
    assert (write_report(copied).parent / "mixed-a.html").read_text().count("<img") == 2 * 4


def test_skipped_images_are_listed_and_names_are_escaped(reported) -> None:
    text = reported.read_text()
    assert "bad &amp; worse.jpg is no picture" in text and "bad & worse" not in text


def test_dead_units_are_told_from_selective_ones(reported) -> None:
    scan = read_scan(reported.parents[1])
    for layer in scan.top_activations.layers:
        facts = unit_facts(scan, layer.name)
        dead = {f.unit.channel for f in facts if f.is_dead}
        text = (reported.parent / f"{layer.name.replace('/', '-')}.html").read_text()
        assert (f"Dead ({len(dead)})" in text) == bool(dead)
        assert len(re.findall("<b>dead</b>", text)) == len(dead)
        alive = [f for f in facts if not f.is_dead]
        assert all(f.selectivity >= 0 for f in alive)


def test_the_commonest_folder() -> None:
    patches = [Patch(1, path, 0, 0) for path in ("x/cats/1.jpg", "cats/2.jpg", "dogs/1.jpg")]
    assert commonest_folder(patches) == ("cats", pytest.approx(2 / 3))
    assert commonest_folder([]) == ("", 0.0)


@pytest.mark.parametrize(("lines", "several"), [("a.jpg\nb.jpg\n", False), ("x/a.jpg\nx/b.jpg\ny/c.jpg\n", True)])
def test_folders_are_spoken_of_where_there_are_several(reported, tmp_path, lines, several) -> None:
    copied = tmp_path / "copy"
    shutil.copytree(reported.parents[1], copied)
    (copied / "scan" / "images.txt").write_text(lines)
    assert has_folders(copied) is several
    text = (reported.parent / "mixed-a.html").read_text()  # of a flat folder
    assert "commonest folder" not in text and "selectivity" in text


def test_the_report_of_several_folders_names_them(ref, collection, tmp_path) -> None:
    run_scan(ScanOrder(ref, str(collection), tmp_path, layers=("fc",)))
    text = (write_report(tmp_path).parent / "fc.html").read_text()
    assert "the commonest folder has" in text and re.search(r"· \d+% (cats|dogs)", text)


def test_a_histogram_has_a_bar_for_each_filled_bin() -> None:
    histogram = histogram_of(UnitStanding(5, 1, 1, 1, (0.0, 1.0, 2.0, 4.0), (3, 0, 2)))
    assert render("histogram.svg", histogram=histogram).count("<rect") == 2
    assert histogram_of(UnitStanding(0, 0, 0, 0)) is None
