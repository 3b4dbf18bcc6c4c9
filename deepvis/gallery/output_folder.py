"""The folder of a gallery: what is in it follows from what is written into it, and nothing is written twice.

A page is written where its text differs from the one that is there; a picture is copied where its time or size
differs from its source's; what is drawn carries a digest of its sources in its comment. So a run that was stopped goes
on, and one that finds all as it should be changes nothing. ``gallery.json``, version 1, names the network and every
file of the gallery: those that are no longer part of it are removed, and no others.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.files import try_folder, write_file, written_beside
from deepvis.core.json_file import read_table
from deepvis.core.regular_file import bytes_of, open_regular
from deepvis.gallery.gallery_error import GalleryError
from deepvis.pages.render import render
from deepvis.sources.opened_picture import PICTURE_ERRORS, opened_picture

VERSION = 1
LISTING = "gallery.json"
QUALITY = 85
MADE_BY = "deepvis gallery"


class OutputFolder:
    """What is written through it. written: so many files were made, changed or removed."""

    def __init__(self, root: Path, model: str, network: str, *, overwrite: bool = False) -> None:
        """Changes nothing yet. network: the identity. overwrite: begin anew where there is a gallery.

        Raises GalleryError where the folder holds other things, or the gallery of another network.
        """
        self.root, self._names, self._overwrite = root, {"model": model, "network": network}, overwrite
        self.written = 0
        self._files: set[str] = set()
        self._before = _read_listing(root)
        if self._before is not None and self._before["network"] != network and not overwrite:
            raise GalleryError(
                f"--output {root} holds the gallery of another network ({self._before['model']}, "
                f"{self._before['network']}; expected {model}, {network}); give --overwrite to overwrite it, or "
                "another --output"
            )

    def begin(self) -> None:
        """Make the folder; list a new gallery, so that a run that is stopped can be distinguished from other things.

        Raises GalleryError where the folder cannot be written to.
        """
        try:
            if self._before is not None and self._overwrite:
                for name in sorted(self._before["files"], reverse=True):
                    _remove(self.root, name)
                self._before = None
            try_folder(self.root)
            if self._before is None:
                write_file(self.root / LISTING, self._listing(set()))
        except OSError as error:
            raise GalleryError(
                f"the folder {self.root} cannot be made or written to ({error.strerror or error}); choose another "
                "--output"
            ) from error

    def page(self, name: str, template: str, **values: Any) -> None:
        """Raises OSError."""
        self.text(name, render(template, **values))

    def text(self, name: str, text: str) -> None:
        content = text.encode("utf-8", "replace")
        path = self._take(name)
        try:
            if bytes_of(path) == content:
                return
        except OSError:
            pass
        write_file(path, content)
        self.written += 1

    def copy(self, name: str, source: Path) -> None:
        """The same file, with its time. Raises OSError."""
        path, status = self._take(name), os.stat(source)
        with suppress(OSError):
            there = os.stat(path)
            if (there.st_size, there.st_mtime_ns) == (status.st_size, status.st_mtime_ns):
                return
        with open_regular(source) as read, written_beside(path) as file:
            shutil.copyfileobj(read, file, 1 << 20)
        os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns))
        self.written += 1

    def drawing(self, name: str, digest: str, draw: Callable[[], np.ndarray]) -> None:
        """A JPEG of what ``draw`` gives, (H, W, 3) uint8 RGB; drawn where the one there has another digest."""
        path, comment = self._take(name), f"{MADE_BY} {digest}".encode()
        with suppress(*PICTURE_ERRORS), opened_picture(path) as image:
            if image.info.get("comment") == comment:
                return
        encoded = io.BytesIO()
        Image.fromarray(draw()).save(encoded, "JPEG", quality=QUALITY, comment=comment)
        write_file(path, encoded.getvalue())
        self.written += 1

    def finish(self) -> None:
        """Remove what an earlier run has written and this one has not, and list what there is. Raises OSError."""
        for name in sorted(set((self._before or {}).get("files", [])) - self._files, reverse=True):
            _remove(self.root, name)
            self.written += 1
        listing = self._listing(self._files)
        if _read_bytes(self.root / LISTING) != listing:
            write_file(self.root / LISTING, listing)

    def _take(self, name: str) -> Path:
        self._files.add(name)
        return self.root / name

    def _listing(self, files: set[str]) -> bytes:
        content = {"version": VERSION, **self._names, "files": sorted(files)}
        return (json.dumps(content, indent=0) + "\n").encode()


def _read_listing(root: Path) -> dict[str, Any] | None:
    """What gallery.json says; None for a folder that is empty or not there yet. Raises GalleryError."""
    if not root.is_dir() or not any(root.iterdir()):
        return None
    path = root / LISTING
    if not path.is_file():
        raise GalleryError(
            f"--output {root} holds other things and no gallery; nothing in it is touched: give a folder that is empty "
            "or not there yet"
        )
    try:
        content = read_table(path)
        if content["version"] != VERSION or not all(map(_is_inside, content["files"])):
            raise ValueError("another version, or files elsewhere")
        return {"network": str(content["network"]), "model": str(content["model"]), "files": content["files"]}
    except (OSError, *CONTENT_ERRORS) as error:
        raise GalleryError(
            f"{path} lists no gallery of this version ({reason(error)}); give another --output"
        ) from None


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    is_name = bool(name) and "\0" not in name and name != LISTING
    return is_name and not path.is_absolute() and ".." not in path.parts


def _remove(root: Path, name: str) -> None:
    path = root / name
    path.unlink(missing_ok=True)
    for folder in path.parents:
        if folder == root:
            break
        try:
            folder.rmdir()
        except OSError:  # there is more in it
            break


def _read_bytes(path: Path) -> bytes | None:
    try:
        return bytes_of(path)
    except OSError:
        return None
