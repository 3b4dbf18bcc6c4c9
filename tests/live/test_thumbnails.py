"""The filmstrip's worker: small pictures in the order in which they are wanted, bad photos, a newer request."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis.live.thumbnails import ThumbnailRequest, ThumbnailWorker
from deepvis.sources.photos import PhotoError
from deepvis.sources.small_photo import load_thumbnail


@pytest.mark.parametrize(("suffix", "size"), [("jpg", (900, 300)), ("png", (30, 60)), ("gif", (400, 401))])
def test_a_thumbnail_has_the_photos_shape_and_colour(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    path = tmp_path / f"photo.{suffix}"
    Image.new("RGB", size, (200, 40, 90)).save(path)
    rgb = load_thumbnail(path, 96)
    wide, tall = size
    scale = min(96 / max(size), 1)
    assert rgb.dtype == np.uint8 and not rgb.flags.writeable
    assert abs(rgb.shape[0] - tall * scale) <= 1 and abs(rgb.shape[1] - wide * scale) <= 1
    assert np.abs(rgb.astype(int) - (200, 40, 90)).max() < 6


def test_a_turned_photo_stands_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (80, 40))
    exif = image.getexif()
    exif[0x0112] = 6  # a quarter turn
    image.save(tmp_path / "turned.jpg", exif=exif)
    assert load_thumbnail(tmp_path / "turned.jpg", 40).shape == (40, 20, 3)


def test_no_picture_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff but no more")
    for name in ("bad.jpg", "absent.jpg", "."):
        with pytest.raises(PhotoError):
            load_thumbnail(tmp_path / name, 96)


def test_all_are_given_and_each_is_decoded_once() -> None:
    loaded: list[str] = []

    def load(path: str, side: int) -> np.ndarray:
        loaded.append(path)
        if path == "bad":
            raise PhotoError("bad is no picture")
        return np.zeros((side, side, 3), np.uint8)

    worker = ThumbnailWorker(load)
    worker.handle(ThumbnailRequest(("b", "a", "bad"), 8))
    answer = worker.outbox.peek()
    assert answer is not None and answer.value is not None and answer.value.is_whole and not answer.error
    assert {path: rgb.size for path, rgb in answer.value.pictures.items()} == {"b": 192, "a": 192, "bad": 0}
    worker.handle(ThumbnailRequest(("c", "b", "a"), 8))
    assert loaded == ["b", "a", "bad", "c"]


def test_a_newer_request_is_not_kept_waiting() -> None:
    worker = ThumbnailWorker()

    def load(path: str, side: int) -> np.ndarray:
        worker.inbox.put(ThumbnailRequest(("far",)))
        return np.zeros((2, 2, 3), np.uint8)

    worker._load = load
    worker.handle(ThumbnailRequest(tuple("abc")))
    answer = worker.outbox.peek()
    assert answer is not None and answer.value is not None
    assert list(answer.value.pictures) == ["a"] and not answer.value.is_whole
