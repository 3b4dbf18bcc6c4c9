"""The scans of open files that the window has at hand: one thread fills one, another makes pictures of one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deepvis.core.types import Fit, UnitStanding
from deepvis.scan.folder_top import FolderTop, OpenFiles, load_folder_top
from deepvis.scan.scan_error import ScanError
from deepvis.scan.tracker import TrackedLayer

log = logging.getLogger(__name__)

FOLDER = "folder_scans"  # in the user's folder of the model
STANDINGS_SECONDS = 5.0  # for which those of a growing scan are used again: to compute them takes some milliseconds


class FolderScans:
    """``shown`` gives the scan of the files that are open, of this run or of an earlier one.

    place: gives the user's folder of the model and the network's identity; called in the threads that need them, as it
    reads the weights. Any method may be called from any thread. clock: seconds, rising.
    """

    def __init__(self, place: Callable[[], tuple[Path, str]], clock: Callable[[], float] = time.monotonic) -> None:
        self._place = place
        self._clock = clock
        self._standings: tuple[tuple[int, str], int, float, tuple[UnitStanding, ...]] = ((0, ""), 0, 0.0, ())
        self._lock = threading.Lock()
        self._open: OpenFiles | None = None
        self._filling: OpenFiles | None = None
        self._found: dict[OpenFiles, FolderTop | None] = {}  # None: it was looked for, and there is none
        self._hidden = 0  # how often it was forgotten; 0: it is shown

    def open(self, images: str | None, fit: Fit) -> None:
        """These files are open now."""
        with self._lock:
            files = OpenFiles.of(images, fit)
            if files != self._open:
                self._open, self._hidden = files, 0

    def shown(self) -> FolderTop | None:
        """The scan of the open files; None without one, or while it is forgotten."""
        with self._lock:
            if self._open is None or self._hidden:
                return None
            found = self._looked_up(self._open)
            return found if found is not None and found.done else None

    def standings(self, layer: str) -> tuple[UnitStanding, ...]:
        """Of all units of a layer in the scan that is shown; () without one. For one thread."""
        scan = self.shown()
        if scan is None:
            return ()
        what, done, now = (scan.serial, layer), scan.done, self._clock()
        last_what, last_done, computed_at, standings = self._standings
        if what != last_what or (done != last_done and now - computed_at >= STANDINGS_SECONDS):
            standings = scan.standings(layer)
            self._standings = what, done, now, standings
        return standings

    def begun(self, files: OpenFiles, layers: Sequence[TrackedLayer]) -> FolderTop:
        """The scan to go on with, or a new one. Raises ScanError where an earlier one tracked other layers."""
        with self._lock:
            self._hidden = 0
            self._filling = files
            found = self._looked_up(files)
            if found is None:
                root, identity = self._place()
                found = FolderTop(files, files.folder(root / FOLDER), identity, layers)
                self._found[files] = found
            if found.layers != tuple(layers):
                raise ScanError(
                    f"the scan kept in {found.folder} is of other layers than the network has now; move that folder "
                    "away to scan anew"
                )
            return found

    def hide(self) -> None:
        """Show it no more, until ``unhide``, another scan or other files."""
        with self._lock:
            self._hidden += 1

    def unhide(self) -> None:
        """Take the last ``hide`` back."""
        with self._lock:
            self._hidden = max(self._hidden - 1, 0)

    def _looked_up(self, files: OpenFiles) -> FolderTop | None:
        """In memory, else on the disk; others than the open and the growing one are let go of."""
        if files not in self._found:
            root, identity = self._place()
            try:
                self._found[files] = load_folder_top(files, root / FOLDER, identity)
            except ScanError as error:
                self._found[files] = None
                log.warning("%s", error)
            keep = {files, self._open, self._filling}
            self._found = {each: found for each, found in self._found.items() if each in keep}
        return self._found[files]
