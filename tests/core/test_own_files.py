"""What this program has written is told from what others have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from deepvis.core.own_files import PNG_TEXT, in_the_way, not_ours
from deepvis.optimize.results import write_jpeg, write_png
from deepvis.pages.render import write_page


def test_pages_and_pictures_bear_the_programs_name(tmp_path: Path):
    grey = np.full((8, 8, 3), 127, np.uint8)
    page, png, jpeg = (tmp_path / name for name in ("index.html", "figure.png", "figure.jpg"))
    write_page(page, "page.html", title="a page")
    write_png(png, grey, text=PNG_TEXT)
    write_jpeg(jpeg, grey)
    assert not_ours([page, png, jpeg, tmp_path / "gone.html"]) is None


def test_others_do_not(tmp_path: Path):
    page, png, jpeg = (tmp_path / name for name in ("index.html", "figure.png", "figure.jpg"))
    page.write_text("<html><head><title>deepvis, my notes</title></head></html>")
    Image.new("RGB", (8, 8)).save(png)
    Image.new("RGB", (8, 8)).save(jpeg, comment=b"another")
    for path in (page, png, jpeg):
        assert not_ours([tmp_path / "gone.html", path]) == path and str(path) in in_the_way(path)
    (tmp_path / "folder.html").mkdir()
    assert not_ours([tmp_path / "folder.html"]) is not None
