"""Which images there are, in what order, without holding their names."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from deepvis.scan.images import chunk_offsets, find_images, read_lines, write_list
from deepvis.scan.results import lines_at
from deepvis.scan.scan_error import ScanError


@pytest.fixture
def tree(tmp_path):
    for name in ("b.jpg", "a.PNG", "notes.txt", ".hidden.jpg", "sub/c.jpg", "sub/a.jpeg", "A/z.webp", ".git/x.jpg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "photos"


def test_a_folder_in_order_with_its_sub_folders(tree) -> None:
    assert list(find_images(tree)) == ["a.PNG", "b.jpg", "A/z.webp", "sub/a.jpeg", "sub/c.jpg"]


def test_links_in_a_circle_and_the_scans_own_folder_are_left_out(tree) -> None:
    (tree / "sub" / "up").symlink_to(tree)
    (tree / "out").mkdir()
    (tree / "out" / "montage.jpg").touch()
    assert list(find_images(tree, tree / "out")) == ["a.PNG", "b.jpg", "A/z.webp", "sub/a.jpeg", "sub/c.jpg"]


def test_a_list_file_in_its_own_order(tree, tmp_path) -> None:
    listing = tmp_path / "list.txt"
    listing.write_text(f"# photos\nphotos/b.jpg 3\n\n{tree}/sub/c.jpg\nphotos/my cat.jpg\t281\n")
    assert list(find_images(listing)) == [f"{tree}/b.jpg", f"{tree}/sub/c.jpg", f"{tree}/my cat.jpg"]


def test_names_that_are_no_text_survive(tree) -> None:
    odd = "caf\udce9 \u20ac.jpg"
    (tree / odd).touch()
    written = write_list(tree, tree.parent / "images.txt")
    assert odd in read_lines(written.path, 0, written.count)


def test_chunks_start_where_their_lines_do(tree, tmp_path) -> None:
    path = tmp_path / "images.txt"
    written = write_list(tree, path)
    assert (written.count, written.folder) == (5, str(tree))
    offsets = chunk_offsets(path, 2)
    assert [read_lines(path, offset, 2) for offset in offsets] == [
        ["a.PNG", "b.jpg"],
        ["A/z.webp", "sub/a.jpeg"],
        ["sub/c.jpg"],
    ]
    assert dict(lines_at(path, [1, 4])) == {1: "b.jpg", 4: "sub/c.jpg"}
    assert write_list(tree, tmp_path / "again.txt").sha256 == written.sha256


def test_no_images_leave_no_list(tmp_path) -> None:
    with pytest.raises(ScanError, match="holds no pictures"):
        write_list(tmp_path, tmp_path / "images.txt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["cat.jpg", "CAT.PNG", "cat"])
def test_a_photo_in_place_of_a_folder_is_named_for_what_it_is(tmp_path, name) -> None:
    path = tmp_path / name
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)).save(path, "PNG")
    with pytest.raises(ScanError, match=f"{name} is a photo; --images takes a folder of photos, or a text file"):
        list(find_images(path))
