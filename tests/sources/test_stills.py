from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from deepvis.core.types import Frame
from deepvis.sources.base import SourceError
from deepvis.sources.directory import images_problem, kind_of
from deepvis.sources.listing import FolderListing
from deepvis.sources.opening import open_still
from deepvis.sources.photos import load_photo
from deepvis.sources.samples import LABELS
from deepvis.sources.stills import Stills
from tests.helpers.pictures import FakeClock, save_photo


def brightness(item: Frame | SourceError) -> int:
    assert isinstance(item, Frame), item
    return int(item.rgb[0, 0, 0])


@pytest.fixture
def folder(tmp_path):
    for number in (1, 2, 10):
        save_photo(tmp_path / f"p{number}.png", number)
    return tmp_path


def test_frames_are_rgb_read_only_and_their_ids_rise(folder):
    stills = open_still(str(folder))
    frames = [stills.read(index) for index in range(3)]
    assert [brightness(frame) for frame in frames] == [1, 2, 10]
    assert [(f.index, f.count, f.label, f.moving) for f in frames] == [
        (0, 3, "p1.png", False), (1, 3, "p2.png", False), (2, 3, "p10.png", False),
    ]  # fmt: skip
    assert all(f.rgb.dtype == np.uint8 and f.rgb.shape == (6, 8, 3) and not f.rgb.flags.writeable for f in frames)
    assert frames[0].id < frames[1].id < frames[2].id
    assert frames[1].path == str(folder / "p2.png")


def test_indices_wrap_around_both_ways(folder):
    stills = open_still(str(folder))
    assert [brightness(stills.read(index)) for index in (3, 4, -1, -4, 300)] == [1, 2, 10, 10, 1]


def test_a_photo_is_decoded_once_while_it_is_near(folder):
    loads = []
    stills = Stills(FolderListing(str(folder)), load=lambda path: (loads.append(path), load_photo(path))[1])
    stills.read(0)
    assert stills.prefetch(1) and not stills.prefetch(1)
    stills.read(1)
    stills.read(0)
    assert len(loads) == 2


def test_the_memory_of_photos_is_bounded_by_bytes(folder):
    stills = Stills(FolderListing(str(folder)), cache_bytes=2 * 6 * 8 * 3)
    for index in range(3):
        stills.read(index)
    assert stills._cache.bytes <= 2 * 6 * 8 * 3
    assert not stills.prefetch(2) and stills.prefetch(0)


def test_the_photo_shown_stays_when_files_come_and_go(folder):
    clock = FakeClock()
    stills = Stills(FolderListing(str(folder)), clock=clock)
    assert brightness(stills.read(1)) == 2
    save_photo(folder / "p0.png", 0)
    assert not stills.refresh()  # not a second yet
    clock.now += 1.1
    assert not stills.refresh()  # listed, and the same photo is shown
    assert stills.count == 4
    assert (brightness(stills.read(1)), stills.read(1).index) == (2, 2)
    assert brightness(stills.read(2)) == 10 and brightness(stills.read(3)) == 0


def test_a_vanished_photo_gives_its_place_to_the_next(folder):
    clock = FakeClock()
    stills = Stills(FolderListing(str(folder)), clock=clock)
    assert brightness(stills.read(1)) == 2
    (folder / "p2.png").unlink()
    clock.now += 1.1
    assert stills.refresh()
    assert brightness(stills.read(1)) == 10


def test_a_photo_that_was_written_anew_is_shown_anew(folder):
    clock = FakeClock()
    stills = Stills(FolderListing(str(folder)), clock=clock)
    stills.read(0)
    save_photo(folder / "p1.png", 99)
    os.utime(folder / "p1.png", (1_000_000, 1_000_000))
    clock.now += 1.1
    assert stills.refresh() and brightness(stills.read(0)) == 99


def test_looks_become_rarer_where_they_take_long(folder):
    clock = FakeClock()

    class Slow(FolderListing):
        looks = 0

        def refresh(self) -> bool:
            Slow.looks += 1
            clock.now += 0.5
            return super().refresh()

    stills = Stills(Slow(str(folder), clock=lambda: 0.0), clock=clock)
    Slow.looks = 0
    clock.now += 1.1
    stills.refresh()
    clock.now += 1.1
    stills.refresh()
    assert Slow.looks == 1
    clock.now += 5
    stills.refresh()
    assert Slow.looks == 2


def test_a_bad_file_is_an_error_and_can_be_skipped(folder):
    (folder / "p2.png").write_bytes(b"no picture")
    stills = open_still(str(folder))
    error = stills.read(1)
    assert isinstance(error, SourceError) and "p2.png" in error.sentence
    stills.skip(1)
    assert brightness(stills.read(1)) == 10
    assert isinstance(stills.read(0), SourceError)  # going back, the bad file comes first again
    stills.skip(-1)
    assert brightness(stills.read(0)) == 1


def test_a_truncated_photo_leaves_a_note(folder):
    rgb = np.random.default_rng(0).integers(0, 255, (60, 60, 3), np.uint8)
    Image.fromarray(rgb).save(folder / "p2.png")
    content = (folder / "p2.png").read_bytes()
    (folder / "p2.png").write_bytes(content[: len(content) // 2])
    stills = open_still(str(folder))
    assert isinstance(stills.read(1), Frame) and "p2.png is cut short" in stills.note
    stills.read(0)
    assert stills.note == ""


def test_one_photo_and_a_list(folder):
    one = open_still(str(folder / "p2.png"))
    assert one.count == 1 and brightness(one.read(5)) == 2
    (folder / "list").write_text("p10.png ten\np1.png one\n")
    listed = open_still(str(folder / "list"))
    assert (brightness(listed.read(0)), listed.read(1).label) == (10, "one")


def test_kinds(tmp_path):
    (tmp_path / "a.txt").write_text("photo.jpg ü\n")
    (tmp_path / "noend").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (tmp_path / "b.jpg").write_text("text")
    kinds = {name: kind_of(str(tmp_path / name)) for name in ("a.txt", "noend", "b.jpg", "", "none", "none.jpg")}
    assert kinds == {
        "a.txt": "list", "noend": "photo", "b.jpg": "photo", "": "directory", "none": "directory", "none.jpg": "photo",
    }  # fmt: skip


def test_what_is_wrong_with_images_is_said_before_the_start(folder):
    assert images_problem(str(folder)) is None
    assert "there is no such folder or file" in (images_problem(str(folder / "nowhere")) or "")


def test_a_text_that_lists_nothing_is_said_at_once(tmp_path):
    text = tmp_path / "letter.txt"
    text.write_text("Dear reader,\nthis is no list.\n")
    assert "none of the photos that it names is there" in (images_problem(str(text)) or "")
    (tmp_path / "this is no list.").write_bytes(b"\0 may be a photo")
    assert images_problem(str(text)) is None


def test_sample_photos_are_really_there():
    samples = open_still(None)
    assert samples.count >= 5
    frames = [samples.read(index) for index in range(samples.count)]
    assert all(isinstance(frame, Frame) for frame in frames)
    assert frames[0].label == "astronaut Eileen Collins"
    assert {frame.label for frame in frames} <= set(LABELS.values())


def test_without_scikit_image_a_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    error = open_still(None).read(0)
    assert isinstance(error, SourceError) and "--images FOLDER" in error.sentence


def test_a_name_that_is_no_text_is_shown_all_the_same(tmp_path):
    save_photo(tmp_path / "a.png", 5)
    odd = os.fsencode(str(tmp_path)) + b"/\xff\xfe\n.png"
    os.rename(os.fsencode(str(tmp_path / "a.png")), odd)
    frame = open_still(str(tmp_path)).read(0)
    assert brightness(frame) == 5 and frame.label == "?? .png" and frame.label.isprintable()
