"""The folder of a gallery: nothing is written twice, nothing of others is touched."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis.gallery.gallery_error import GalleryError
from deepvis.gallery.output_folder import LISTING, OutputFolder


def opened(root: Path, network: str = "0123456789ab", *, overwrite: bool = False) -> OutputFolder:
    folder = OutputFolder(root, "mini", network, overwrite=overwrite)
    folder.begin()
    return folder


def test_what_is_as_it_should_be_is_left_alone(tmp_path: Path) -> None:
    root, source = tmp_path / "gallery", tmp_path / "source.jpg"
    Image.fromarray(np.full((8, 8, 3), 9, np.uint8)).save(source)
    drawn: list[int] = []

    def write(text: str, digest: str = "one") -> int:
        def draw() -> np.ndarray:
            drawn.append(1)
            return np.zeros((4, 4, 3), np.uint8)

        folder = opened(root)
        folder.text("page.html", text)
        folder.copy("conv1/picture.jpg", source)
        folder.drawing("conv1/units.jpg", digest, draw)
        folder.finish()
        return folder.written

    assert write("first") == 3
    times = {path: os.stat(path).st_mtime_ns for path in root.rglob("*")}
    assert write("first") == 0 and len(drawn) == 1
    assert {path: os.stat(path).st_mtime_ns for path in root.rglob("*")} == times
    assert write("second") == 1
    assert write("second", "two") == 1 and len(drawn) == 2
    Image.fromarray(np.full((9, 9, 3), 5, np.uint8)).save(source)
    assert write("second", "two") == 1
    assert (root / "conv1" / "picture.jpg").read_bytes() == source.read_bytes()
    (root / "conv1" / "units.jpg").write_bytes(b"broken")
    assert write("second", "two") == 1 and len(drawn) == 3


def test_what_is_no_longer_part_of_it_goes_and_what_others_put_there_stays(tmp_path: Path) -> None:
    folder = opened(tmp_path)
    for name in ("index.html", "conv1/0000.html", "conv2/0000.html"):
        folder.text(name, "text")
    folder.finish()
    (tmp_path / "conv1" / "mine.txt").write_text("mine")
    folder = opened(tmp_path)
    folder.text("index.html", "text")
    folder.finish()
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert left == ["conv1", "conv1/mine.txt", LISTING, "index.html"] and folder.written == 2


def test_a_folder_that_holds_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(GalleryError, match="holds other things and no gallery"):
            opened(tmp_path, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_the_gallery_of_another_network_is_refused_or_overwritten(tmp_path: Path) -> None:
    folder = opened(tmp_path)
    folder.text("conv1/0000.html", "text")
    folder.finish()
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(GalleryError, match=r"the gallery of another network \(mini, 0123456789ab; expected mini, fff"):
        opened(tmp_path, "fff")
    assert (tmp_path / "conv1" / "0000.html").exists()
    folder = opened(tmp_path, "fff", overwrite=True)
    folder.finish()
    assert {path.name for path in tmp_path.iterdir()} == {LISTING, "mine.txt"}
    assert json.loads((tmp_path / LISTING).read_text())["network"] == "fff"


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"version": 2}', '{"version": 1, "network": "a", "model": "b", "files": ["../x"]}']
)
def test_a_listing_of_something_else_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / LISTING).write_text(content)
    with pytest.raises(GalleryError, match="lists no gallery of this version"):
        opened(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_sentence() -> None:
    with pytest.raises(GalleryError, match="cannot be made or written to"):
        opened(Path("/proc/gallery"))
