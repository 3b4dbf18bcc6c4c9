from __future__ import annotations

import os

import pytest

from deepvis.sources.listing import FolderListing, ListFileListing, natural_key


def labels(listing) -> list[str]:
    return [entry.label for entry in listing.entries]


def touch(folder, *names) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_natural_order():
    names = ["img10.jpg", "img2.jpg", "Img1.jpg", "b/1.jpg", "a/10.jpg", "a/9.jpg", "a b/1.jpg", "img02.jpg"]
    assert sorted(names, key=natural_key) == [
        "a/9.jpg", "a/10.jpg", "a b/1.jpg", "b/1.jpg", "Img1.jpg", "img2.jpg", "img02.jpg", "img10.jpg",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", "1" * 2000, "\0", "a\nb", "é10", "²3", "٣"])
def test_natural_key_takes_any_name(name):
    assert natural_key(name) < natural_key(name + "z")


def test_a_folder_lists_pictures_of_all_depths_and_nothing_else(tmp_path):
    touch(tmp_path, "b10.jpg", "b9.PNG", "notes.txt", ".hidden.jpg", "sub/deep/c.tif", ".git/d.jpg", "x.jpg/e.jpg")
    listing = FolderListing(str(tmp_path))
    assert labels(listing) == ["b9.PNG", "b10.jpg", "sub/deep/c.tif", "x.jpg/e.jpg"]
    assert listing.problem == ""


def test_new_and_vanished_files_show_up_at_the_next_look(tmp_path):
    touch(tmp_path, "a1.jpg", "sub/a.jpg")
    listing = FolderListing(str(tmp_path))
    touch(tmp_path, "a0.jpg", "sub/b.jpg", "new/c.jpg")
    assert listing.refresh()
    assert labels(listing) == ["a0.jpg", "a1.jpg", "new/c.jpg", "sub/a.jpg", "sub/b.jpg"]
    (tmp_path / "a1.jpg").unlink()
    assert listing.refresh() and labels(listing)[:2] == ["a0.jpg", "new/c.jpg"]
    assert not listing.refresh()


def test_a_file_that_comes_in_the_clock_tick_of_a_look_is_not_missed(tmp_path):
    touch(tmp_path, "a.jpg")
    listing = FolderListing(str(tmp_path))
    before = os.stat(tmp_path)
    touch(tmp_path, "b.jpg")
    os.utime(tmp_path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as if it were the same tick
    assert listing.refresh() and labels(listing) == ["a.jpg", "b.jpg"]


def test_an_unchanged_folder_is_not_read_again(tmp_path, monkeypatch):
    touch(tmp_path, *(f"{index}.jpg" for index in range(50)))
    os.utime(tmp_path, (1_000_000, 1_000_000))
    listing = FolderListing(str(tmp_path))
    monkeypatch.setattr(os, "scandir", lambda path: pytest.fail("read again"))
    before = listing.entries
    assert not listing.refresh() and listing.entries is before


def test_an_empty_and_a_vanished_folder_are_told_apart(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    listing = FolderListing(str(folder))
    assert listing.entries == () and "holds no pictures" in listing.problem and str(folder) in listing.problem
    touch(folder, "a.jpg")
    assert listing.refresh() and listing.problem == ""
    (folder / "a.jpg").unlink()
    folder.rmdir()
    assert listing.refresh() and listing.entries == () and "is gone" in listing.problem
    folder.mkdir()
    touch(folder, "b.jpg")
    assert listing.refresh() and labels(listing) == ["b.jpg"]


def test_links_in_a_circle_end(tmp_path):
    touch(tmp_path, "sub/a.jpg")
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    assert labels(FolderListing(str(tmp_path))) == ["sub/a.jpg"]


def test_a_list_of_paths_with_optional_labels(tmp_path):
    (tmp_path / "list.txt").write_text(
        "# my photos\n\ncat.jpg 281\nmy dog.JPG\nsub/x.png\ttabby cat, big\n/abs/y.jpg,owl\nnoending\tz\n"
    )
    listing = ListFileListing(str(tmp_path / "list.txt"))
    assert [(entry.path, entry.label) for entry in listing.entries] == [
        (str(tmp_path / "cat.jpg"), "281"),
        (str(tmp_path / "my dog.JPG"), "my dog.JPG"),
        (str(tmp_path / "sub/x.png"), "tabby cat, big"),
        ("/abs/y.jpg", "owl"),
        (str(tmp_path / "noending"), "z"),
    ]


def test_a_list_is_read_again_when_it_changes(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("a.jpg\n")
    listing = ListFileListing(str(path))
    assert not listing.refresh()
    path.write_text("a.jpg\nb.jpg\n")
    assert listing.refresh() and labels(listing) == ["a.jpg", "b.jpg"]
    path.unlink()
    assert listing.refresh() and "cannot be read" in listing.problem
    assert not listing.refresh()


def test_an_empty_list_says_so(tmp_path):
    (tmp_path / "list.txt").write_text("\n# nothing\n")
    assert "names no photo" in ListFileListing(str(tmp_path / "list.txt")).problem


@pytest.mark.slow
def test_a_hundred_thousand_files_cost_no_time_once_listed(tmp_path):
    for index in range(100_000):
        os.close(os.open(tmp_path / f"{index}.jpg", os.O_CREAT))
    os.utime(tmp_path, (1_000_000, 1_000_000))
    listing = FolderListing(str(tmp_path))
    assert labels(listing)[99_999] == "99999.jpg"
    before = listing.entries
    assert not listing.refresh() and listing.entries is before
