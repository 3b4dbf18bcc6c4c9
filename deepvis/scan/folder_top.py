"""The top 9 of a folder as the window scans it: grows batch by batch, is looked at meanwhile, goes on another day.

A folder of files, written at every ``save`` and whole at any moment::

    <root>/<name>-<hash of what was scanned>/scan.json   {version, network, images, fit, listed, is_whole, seconds}
    .../images.txt                                       one path a line, in the order in which they were scanned
    .../maxes.npz                                        the result, as of scan/parts.py

images.txt is written first and only grows, so it fits the result beside it, whichever of the two a kill leaves behind.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.files import write_file
from deepvis.core.json_file import read_table
from deepvis.core.regular_file import bytes_of
from deepvis.core.types import Fit, Patch, Unit, UnitStanding
from deepvis.core.unit_files import file_name
from deepvis.scan.parts import CorruptPart, FaultyImage, Part, load_part, save_part
from deepvis.scan.scan_error import ScanError
from deepvis.scan.tracker import Peaks, TrackedLayer, Tracker

VERSION = 1
TOP = 9
SAMPLES = "the sample photos"
LONGEST_TITLE = 20  # characters, of a short one

_serials = itertools.count(1)


@dataclass(frozen=True)
class OpenFiles:
    """What is scanned. images: the absolute path of a folder, a list or a photo; "" for the sample photos."""

    images: str
    fit: Fit

    @staticmethod
    def of(images: str | None, fit: Fit) -> OpenFiles:
        """images: as the user has named them; None: the sample photos."""
        return OpenFiles(os.path.abspath(os.path.expanduser(images)) if images is not None else "", fit)

    @property
    def title(self) -> str:
        """As a person would say it: ~/holiday."""
        home = os.path.expanduser("~")
        inside = self.images.startswith(home + os.sep) and home != os.sep
        return (f"~{self.images[len(home) :]}" if inside else self.images) or SAMPLES

    @property
    def short_title(self) -> str:
        """The same for a narrow place: …/holiday."""
        title = self.title
        return title if len(title) <= LONGEST_TITLE else f"…/{os.path.basename(self.images)}"

    def count_words(self, count: str, *, is_short: bool = False, is_one: bool = False) -> str:
        """'1,000 photos of ~/holiday', '16 sample photos'."""
        photos = "photo" if is_one else "photos"
        if not self.images:
            return f"{count} sample {photos}"
        return f"{count} {photos} of {self.short_title if is_short else self.title}"

    @property
    def hash(self) -> str:
        return hashlib.sha256(f"{self.images}\n{self.fit.value}".encode("utf-8", "surrogateescape")).hexdigest()

    def folder(self, root: Path) -> Path:
        name = file_name(os.path.basename(self.images))[:40] or "samples"
        return root / f"{name}-{self.hash[:12]}"


class FolderTop:
    """The best photos of every unit among the files that were open, and each unit's histogram.

    files: which. folder: where it is saved. identity: the network's. The paths and the tables of ``TopActivations``
    are all that is kept in memory. ``add`` is for one thread; all methods may be called from any.
    serial: no other one of this process has it. listed: photos that there are to scan, as far as is known;
    is_whole: that is all. seconds: of scanning, all together. not_saved: why the last save failed, "" if it did not.
    """

    def __init__(
        self, files: OpenFiles, folder: Path, identity: str, layers: Sequence[TrackedLayer], part: Part | None = None
    ) -> None:
        self.files, self.folder, self.identity = files, folder, identity
        self.serial = next(_serials)
        self.layers = tuple(layers)
        self.paths: list[str] = []
        self.skipped: list[FaultyImage] = list(part.skipped) if part else []
        self.listed, self.is_whole, self.seconds = 0, False, 0.0
        self.not_saved = ""
        self._lock = threading.Lock()
        self._tracker = Tracker(self.layers, TOP, earlier=part.top_activations if part else None)

    @property
    def done(self) -> int:
        """Photos scanned, skipped ones included."""
        return len(self.paths)

    def limits(self) -> dict[str, np.ndarray]:
        """As of ``Tracker``."""
        with self._lock:
            return self._tracker.limits()

    def add(self, paths: Sequence[str], peaks: Mapping[str, Peaks], unused: Mapping[int, str]) -> None:
        """Take in a batch. peaks: of all its rows. unused: row -> why it is skipped."""
        with self._lock:
            first = len(self.paths)
            self.paths.extend(paths)
            rows = [row for row in range(len(paths)) if row not in unused]
            if rows:
                self._tracker.add([first + row for row in rows], rows, peaks)
            self.skipped.extend(FaultyImage(first + row, paths[row], unused[row]) for row in sorted(unused))

    def has(self, unit: Unit) -> bool:
        layer = next((layer for layer in self.layers if layer.name == unit.layer), None)
        return layer is not None and unit.channel < layer.channels

    def best(self, unit: Unit) -> tuple[tuple[Patch, int], ...]:
        """(patch, number of its photo), best first; a unit that has not fired in a photo does not have it.

        For a unit that ``has`` knows.
        """
        with self._lock:
            best = self._tracker.result().best(unit.layer, unit.channel)
            return tuple((Patch(value, self.paths[n], row, col), n) for value, n, row, col in best if value != 0)

    def standing(self, unit: Unit) -> UnitStanding:
        with self._lock:
            return self._tracker.result().standing(unit.layer, unit.channel)

    def standings(self, layer: str) -> tuple[UnitStanding, ...]:
        """Of all units of a layer; () for one that was not scanned."""
        channels = next((each.channels for each in self.layers if each.name == layer), 0)
        with self._lock:
            tables = self._tracker.result()
            return tuple(tables.standing(layer, channel) for channel in range(channels))

    def filled(self) -> tuple[int, int]:
        """(units with a whole top 9, or as many as photos were used; all units)."""
        with self._lock:
            tables = self._tracker.result()
            places = min(TOP, tables.seen)
            has = (tables.images[:, :places] >= 0) & (tables.values[:, :places] != 0)
            return int(has.all(axis=1).sum()) if places else 0, len(tables.values)

    def save(self) -> None:
        """Raises OSError, as for a full disk."""
        with self._lock:
            write_file(self.folder / "images.txt", b"".join(os.fsencode(path) + b"\n" for path in self.paths))
            part = Part(self._tracker.result(), tuple(self.skipped), self.identity, self.files.hash)
            save_part(self.folder / "maxes.npz", part)
            about = {
                "version": VERSION,
                "network": self.identity,
                "images": self.files.images.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
                "fit": self.files.fit.value,
                "listed": self.listed,
                "is_whole": self.is_whole,
                "seconds": round(self.seconds, 3),
            }
            write_file(self.folder / "scan.json", json.dumps(about, indent=1).encode())


def load_folder_top(files: OpenFiles, root: Path, identity: str) -> FolderTop | None:
    """What an earlier run has saved in ``root``; None where there is nothing of this network.

    Raises ScanError where there is something that cannot be used.
    """
    folder = files.folder(root)
    try:
        part = load_part(folder / "maxes.npz")
        about = read_table(folder / "scan.json")
        lines = bytes_of(folder / "images.txt").split(b"\n")[:-1]
        version, listed = int(about["version"]), int(about["listed"])
        is_whole, seconds = bool(about["is_whole"]), float(about["seconds"])
    except FileNotFoundError:
        return None
    except (CorruptPart, OSError, *CONTENT_ERRORS) as error:
        raise ScanError(f"the scan kept in {folder} cannot be read ({reason(error)}); G scans anew") from error
    count = part.top_activations.seen + len(part.skipped)
    if version != VERSION or part.identity != identity or part.plan_hash != files.hash or count > len(lines):
        return None
    if part.top_activations.images.max(initial=-1) >= count:
        raise ScanError(f"the scan kept in {folder} names photos that are not in its list; G scans anew")
    found = FolderTop(files, folder, identity, part.top_activations.layers, part)
    found.paths = [os.fsdecode(line) for line in lines[:count]]
    found.listed, found.is_whole, found.seconds = listed, is_whole, seconds
    return found
