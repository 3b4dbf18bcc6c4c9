"""Lists the photos of a folder, a list or the samples in a thread of its own, for a scan that goes on meanwhile."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Collection, Iterator

from deepvis.network.model_error import ModelError
from deepvis.scan.folder_top import OpenFiles
from deepvis.scan.scan_error import ScanError
from deepvis.sources.directory import kind_of
from deepvis.sources.opening import open_still


class PhotoLister:
    """The photos that are open, but for those that are scanned. A daemon thread lists them from the start on.

    counted: all photos listed so far, the scanned ones included. is_whole: there are no more. error: a sentence where
    the listing has failed. news: set when one of them may have changed.
    """

    def __init__(self, files: OpenFiles, scanned: Collection[str]) -> None:
        self.counted, self.is_whole, self.error = 0, False, ""
        self._scanned = frozenset(scanned)
        self._waiting: deque[str] = deque()
        self._is_over = False
        self.news = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(files,), name="photo lister", daemon=True)
        self._thread.start()

    def take(self, count: int) -> list[str]:
        """The next ``count`` photos, fewer while there are no more."""
        self.news.clear()
        return [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]

    @property
    def waiting(self) -> int:
        """Photos to be taken."""
        return len(self._waiting)

    def stop(self) -> None:
        self._is_over = True

    def _run(self, files: OpenFiles) -> None:
        try:
            for path in photos_of(files):
                if self._is_over:
                    return
                self.counted += 1
                if path not in self._scanned:
                    self._waiting.append(path)
                    self.news.set()
        except (ScanError, ModelError, OSError) as error:
            self.error = str(error)
        self.is_whole = True
        self.news.set()


def photos_of(files: OpenFiles) -> Iterator[str]:
    """Their absolute paths; of a folder in order of name, its own photos before those of its sub-folders.

    Raises ScanError for a folder or a list that cannot be read.
    """
    from deepvis.scan.images import find_images

    if not files.images:
        yield from (path for path, _ in open_still(None).listed[0])
    elif not os.path.isdir(files.images) and kind_of(files.images) == "photo":
        yield files.images
    else:
        yield from (os.path.join(files.images, path) for path in find_images(files.images))
