"""The folder, the split, the cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from default_model.photos import list_photos, open_cache, shrunk
from PIL import Image

from deepvis.network.model_error import ModelError


def test_every_fifth_photo_of_each_class_is_held_out(photos_folder: Path) -> None:
    photos = list_photos(photos_folder)
    assert photos.classes == ("apple", "leaf", "sea")
    held = [path for path, out in zip(photos.paths, photos.held_out, strict=True) if out]
    assert held == [f"{name}/image_{n:04d}.png" for name in photos.classes for n in (0, 5)]
    assert [photos.classes[label] for label in photos.labels] == [path.split("/")[0] for path in photos.paths]


def test_files_that_are_no_photos_and_empty_folders_are_passed_over(tmp_path: Path) -> None:
    for name in ("a", "b", "empty"):
        (tmp_path / name).mkdir()
    for name in ("a", "b"):
        for number in range(2):
            Image.new("RGB", (4, 4)).save(tmp_path / name / f"{number}.png")
        (tmp_path / name / "notes.txt").write_text("no photo")
    assert list_photos(tmp_path).paths == ("a/0.png", "a/1.png", "b/0.png", "b/1.png")


def test_a_folder_without_classes_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no directory"):
        list_photos(tmp_path / "nowhere")
    with pytest.raises(ModelError, match="one for each class"):
        list_photos(tmp_path)
    (tmp_path / "a").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "a" / "0.png")
    with pytest.raises(ModelError, match="2 are needed"):
        list_photos(tmp_path)


def test_the_cache_holds_the_photos_and_is_made_once(photos_folder: Path, tmp_path: Path) -> None:
    photos = list_photos(photos_folder)
    cache = open_cache(photos, tmp_path, side=1000)
    for row in (0, len(photos.paths) - 1):
        assert np.array_equal(cache[row], np.array(Image.open(photos_folder / photos.paths[row])))
    made = (tmp_path / "pixels.u8").stat().st_mtime_ns
    open_cache(photos, tmp_path, side=1000)
    assert (tmp_path / "pixels.u8").stat().st_mtime_ns == made
    small = open_cache(photos, tmp_path, side=20)
    assert all(min(shape) == 20 for shape in small.shapes)


def test_an_unreadable_photo_is_named(photos_folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "in" / name).mkdir(parents=True)
        for number in range(2):
            (tmp_path / "in" / name / f"{number}.png").write_bytes(b"no picture at all")
    with pytest.raises(ModelError, match=r"a/0\.png"):
        open_cache(list_photos(tmp_path / "in"), tmp_path / "work")
    assert not (tmp_path / "work" / "pixels.u8").exists()


@pytest.mark.parametrize("shape", [(300, 200), (200, 300), (145, 144), (90, 400)])
def test_the_shorter_side_is_kept_within_the_limit(shape: tuple[int, int]) -> None:
    result = shrunk(np.zeros((*shape, 3), np.uint8), 144)
    assert min(result.shape[:2]) == min(144, *shape)
    assert result.shape[0] / result.shape[1] == pytest.approx(shape[0] / shape[1], rel=0.01)
