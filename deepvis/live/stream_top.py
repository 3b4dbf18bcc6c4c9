"""The running top 9 in the window: begun with the sample photos, reset and saved by keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.core.mailbox import Mailbox
from deepvis.core.types import Frame, NetAsk, Snapshot, UnitImages
from deepvis.scan.running import RunningTop

if TYPE_CHECKING:
    from deepvis.live.backends.base import Backend
    from deepvis.live.running_images import RunningImages

SAMPLE_SECONDS = 0.3  # of passing samples in one call
Opened = tuple["Backend", "RunningImages"]


class StreamTop:
    """A supplement of the unit-image worker, whose thread makes all pictures here.

    running: what ``follow`` fills. open: gives a backend and the pictures, in the thread, when first needed (both load
    torch). folder: gives where ``save`` writes, in the thread too. samples: photos that are passed first, so that the
    panes are never empty.
    told: what became of a ``save``, as a sentence.
    """

    def __init__(
        self,
        running: RunningTop,
        open: Callable[[], Opened],
        folder: Callable[[], Path],
        samples: Callable[[], Iterable[Frame]] = tuple,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_unfinished = False
        self._clock = clock
        self.followed_still = 0  # id of the photo that was taken in last
        self.running = running
        self.told: Mailbox[str] = Mailbox()
        self._open, self._folder = open, folder
        self._opened: Opened | None = None
        self._has_begun = False
        self._to_pass: Iterator[Frame] | None = iter(samples())
        self._saves: Mailbox[None] = Mailbox()

    def follow(self, snapshot: Snapshot) -> None:
        """Take a pass into account, in the network's thread; ``RunningTop`` bounds what that costs."""
        self.running.update(snapshot)
        if not snapshot.ask.frame.moving:
            self.followed_still = snapshot.ask.frame.id

    def save(self) -> None:
        """Have the best so far of all units written, when the thread next looks."""
        self._saves.put(None)

    def __call__(self, found: UnitImages) -> UnitImages:
        """``found`` with the running top 9; ``loading`` while more is to come.

        The first call gives what the files have, at once; the samples are passed in steps by the calls after it.
        """
        self.is_unfinished = True
        if not self._has_begun:
            self._has_begun = True
            return replace(found, loading=True)
        if self._opened is None:
            self._opened = self._open()
        backend, pictures = self._opened
        self._pass_samples(backend)
        if self._saves.has_new():
            self._saves.take(0)
            self.told.put(self._saved(pictures))
        filled = pictures(found)
        self.is_unfinished = pictures.is_unfinished or self._to_pass is not None
        return replace(filled, loading=True) if self.is_unfinished else filled

    def _pass_samples(self, backend: Backend) -> None:
        """Pass samples for a while; none is left once ``_to_pass`` is None."""
        until = self._clock() + SAMPLE_SECONDS
        while self._to_pass is not None and self._clock() < until:
            frame = next(self._to_pass, None)
            if frame is None:
                self._to_pass = None
            else:
                self.running.update(backend.run(NetAsk(frame)))

    def _saved(self, pictures: RunningImages) -> str:
        folder = self._folder()
        try:
            count = pictures.save(folder)
        except OSError as error:
            return f"the top 9 could not be saved in {folder}: {error.strerror or error}"
        return f"the top 9 of {count:,} units saved in {folder}"
