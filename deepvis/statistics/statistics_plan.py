"""What statistics are made of, and the files that they lie in.

::

    <output>/statistics/statistics.json   the result
    <output>/statistics/index.html        tables and plots
    <output>/statistics/*.png             the plots
    <output>/statistics/running.txt       one photo a line, while it runs
    <output>/statistics/running.npz       the sums so far, while it runs
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deepvis.core.files import file_stamp
from deepvis.core.regular_file import open_regular
from deepvis.scan.images import ImageList
from deepvis.statistics.statistics_error import StatisticsError

VERSION = 1
MOST_CORRELATED = 512  # units of a layer whose correlations are computed: their table grows with the square


@dataclass(frozen=True)
class StatisticsPlan:
    """All that decides the result.

    identity: the network's. layers: name and units of each. images, photos: how many, and the hash of their names,
    sizes and times. rows: photos of one forward pass. gradient_photos: of the spectrum of the gradient.
    """

    identity: str
    layers: tuple[tuple[str, int], ...]
    fit: str
    device: str
    images: int
    photos: str
    rows: int
    gradient_photos: int
    most_correlated: int = MOST_CORRELATED
    version: int = VERSION

    @property
    def correlated(self) -> tuple[bool, ...]:
        """Of each layer: are the correlations of its units computed?"""
        return tuple(units <= self.most_correlated for _, units in self.layers)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, which has no tuples."""
        found: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return found


class StatisticsFolder:
    """The files in ``<output>/statistics``."""

    def __init__(self, output: Path) -> None:
        self.root = output / "statistics"
        self.result, self.page = self.root / "statistics.json", self.root / "index.html"
        self.images, self.running = self.root / "running.txt", self.root / "running.npz"


def photos_hash(images: ImageList) -> str:
    """Of the names of all photos, their sizes and the times at which they were last written."""
    digest = hashlib.sha256(images.sha256.encode())
    with open_regular(images.path) as lines:
        for line in lines:
            stamp = file_stamp(
                os.path.join(os.fsencode(images.folder), line.rstrip(b"\n")).decode(errors="surrogateescape")
            )
            digest.update(repr(stamp and stamp[1:]).encode())
    return digest.hexdigest()


def check_same_plan(old: Mapping[str, Any], new: StatisticsPlan, folder: StatisticsFolder) -> None:
    """Refuse to go on with statistics of something else; one sentence says of what. Raises StatisticsError."""
    now = new.as_dict()
    words = {
        "version": "by another version of the program",
        "identity": "with another network (weights, definition or preprocessing differ)",
        "layers": "with other layers",
        "fit": f"with --fit {old.get('fit')}",
        "device": f"with --device {old.get('device')}, whose last digits differ",
        "images": f"with other photos ({old.get('images')}, now {new.images})",
        "photos": "with other photos, or with these before they were changed",
        "gradient_photos": f"with --gradient-photos {old.get('gradient_photos')}",
    }
    for name, value in now.items():
        if old.get(name) != value:
            said = words.get(name, "by another version of the program")
            raise StatisticsError(
                f"the statistics in {folder.root} were begun {said}; name another --output, or start over with "
                "--overwrite"
            )
