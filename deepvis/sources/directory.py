"""``--images``: a folder with its sub-folders, one photo, or a text file that lists photos."""

from __future__ import annotations

import os

from deepvis.core.regular_file import instead_of_file, open_regular
from deepvis.sources.listing import FixedListing, FolderListing, ListedPhoto, ListFileListing, first_listed
from deepvis.sources.photos import SUFFIXES
from deepvis.sources.stills import Stills

LINES_TRIED = 100  # of a list: if nothing of it is there, it is no list, or of another machine


def photos_at(path: str) -> Stills:
    """All pictures in a folder and below, the photos that a text file names, or a single photo. Decodes nothing."""
    kind = kind_of(path)
    if kind == "directory":
        return Stills(FolderListing(path))
    if kind == "list":
        return Stills(ListFileListing(path))
    return Stills(FixedListing((ListedPhoto(path, os.path.basename(path)),)))


def kind_of(path: str) -> str:
    """What lies at ``path``: "directory", "list" or "photo"; a folder is assumed where nothing does."""
    if not os.path.isfile(path):
        return "photo" if os.path.splitext(path)[1].lower() in SUFFIXES else "directory"
    if os.path.splitext(path)[1].lower() in SUFFIXES:
        return "photo"
    return "list" if _is_text(path) else "photo"


def images_problem(path: str) -> str | None:
    """One sentence on why ``--images path`` cannot work, None where it may. Opens no picture."""
    if not os.path.exists(path):
        return f"--images {path}: there is no such folder or file; give a folder, a photo or a list of photos"
    if not os.path.isdir(path) and not os.path.isfile(path):
        return f"--images {path}: is {instead_of_file(path)}; give a folder, a photo or a list of photos"
    if not os.access(path, os.R_OK):
        return f"--images {path}: may not be read; check its permissions"
    if kind_of(path) == "list":
        entries = first_listed(path, LINES_TRIED)
        if entries and not any(os.path.isfile(entry.path) and kind_of(entry.path) == "photo" for entry in entries):
            return (
                f"--images {path}: is a text, and none of the photos that it names is there (the first: "
                f"{entries[0].path}); give a folder, a photo or a list of photos, one path a line"
            )
    return None


def _is_text(path: str) -> bool:
    """True for a file that begins as UTF-8 text does."""
    try:
        with open_regular(path) as file:
            beginning = file.read(4096)
    except OSError:
        return False
    if b"\0" in beginning:
        return False
    try:
        beginning.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(beginning) - 4  # a letter cut in two by the end of what was read
    return True
