"""The top 9 of the scanned open files as pictures: the photos are read again, when a unit is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from deepvis.core.cache import ByteCache
from deepvis.core.types import UnitImages
from deepvis.live.folder_scans import FolderScans
from deepvis.live.running_images import RunningImages
from deepvis.models.model import Model
from deepvis.scan.folder_top import FolderTop
from deepvis.scan.running_top import RunningBest
from deepvis.scan.running_top_parts import TopPicture
from deepvis.sources.photos import PhotoError, load_rgb

CACHE = 48 << 20  # bytes of photos as the network sees them
FIRST_NUMBER = 1 << 44  # numbers of a scan's pictures, clear of those of the stream's and the samples'


class FolderImages:
    """The pictures of a unit from the scan of the open files, where there is one; else what ``pictures`` has.

    pictures: of the running top 9; makes the tiles here too. load: a photo's pixels, for tests.
    """

    def __init__(
        self,
        model: Model,
        pictures: RunningImages,
        scans: FolderScans,
        load: Callable[[str], np.ndarray] = load_rgb,
    ) -> None:
        self._model, self._pictures, self._scans, self._load = model, pictures, scans, load
        self._cropped: ByteCache[np.ndarray] = ByteCache(CACHE, lambda rgb: rgb.nbytes)
        # of the running top 9: a scan is saved by itself
        self.better_in, self.image_count, self.save = pictures.better_in, pictures.image_count, pictures.save

    @property
    def is_unfinished(self) -> bool:
        return self._pictures.is_unfinished

    def __call__(self, found: UnitImages) -> UnitImages:
        scan = self._scans.shown()
        return self._pictures(found) if scan is None else self.filled(found, scan)

    def already_saved_words(self) -> str:
        """Where the top 9 that is shown is saved already; "" for a running one.

        One that could not be saved is saved now. Raises OSError.
        """
        scan = self._scans.shown()
        if scan is None:
            return ""
        if scan.not_saved:
            scan.save()
            scan.not_saved = ""
            return f"the top 9 of the scan is kept in {scan.folder} now"
        return f"this top 9 is of the scan, which is kept by itself in {scan.folder}; R shows the running one"

    def filled(self, found: UnitImages, top: FolderTop) -> UnitImages:
        """``found`` with the scan's top 9 of its unit, and where the unit stands among the scanned photos."""
        if not top.has(found.unit):
            return self._pictures(found)
        of = caption_of(top)
        best = self._best(found, top)
        found = replace(found, standing=top.standing(found.unit))
        if not best.patches:
            notes = {**found.notes, "top": f"{of}: none excites this unit", "top_back": ""}
            return replace(found, top=None, top_back=None, patches=(), samples=0, notes=notes)
        gone = sum(picture is None for picture in best.pictures)
        if gone:
            of += f"; {gone} of the {len(best.pictures)} cannot be read any more"
        return self._pictures.filled(replace(found, top=None, top_back=None), best, of)

    def _best(self, found: UnitImages, top: FolderTop) -> RunningBest:
        patches = top.best(found.unit)
        first = FIRST_NUMBER * top.serial
        pictures = tuple(self._picture(patch.path, first + number, top) for patch, number in patches)
        return RunningBest(
            found.unit,
            tuple(patch for patch, _ in patches),
            tuple(first + number for _, number in patches),
            pictures,
            top.done,
        )

    def _picture(self, path: str, number: int, top: FolderTop) -> TopPicture | None:
        """What the network saw of a photo; None where that is gone, or no picture any more."""
        rgb = self._cropped.get(number)
        if rgb is None:
            try:
                rgb = self._model.preprocessor.crop(self._load(path), top.files.fit)
            except PhotoError:
                return None
            self._cropped.put(number, rgb)
        return TopPicture(rgb, path, number)


def caption_of(top: FolderTop) -> str:
    """'of 1,000 photos of ~/holiday', or 'of 312 of 1,000 photos of ~/holiday so far'."""
    count, is_one = f"of {top.done:,}", top.done == 1
    if top.is_whole and top.done >= top.listed:
        return top.files.count_words(count, is_short=True, is_one=is_one)
    more = "" if top.is_whole else " or more"
    listed = max(top.listed, top.done)
    return f"{top.files.count_words(f'{count} of {listed:,}{more}', is_short=True)} so far"
