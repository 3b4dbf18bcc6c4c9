"""The running top 9 in the window: begun with the sample photos, reset and saved by keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.core.answers import Answer, EffectReport
from deepvis.core.effects import SaveTop, UndoSave
from deepvis.core.mailbox import Mailbox
from deepvis.core.types import Frame, NetRequest, UnitImages
from deepvis.live.undoable_saves import UndoableSaves
from deepvis.scan.running_top import RunningTop

if TYPE_CHECKING:
    from deepvis.live.backend import Backend
    from deepvis.live.folder_images import FolderImages
    from deepvis.live.running_images import RunningImages

FEW_IMAGES = 9  # a top 9 of fewer is saved only if the user asks twice
SAMPLE_SECONDS = 0.3  # of passing samples in one call
Opened = tuple["Backend", "RunningImages | FolderImages"]


class StreamTop:
    """A supplement of the unit-image worker, whose thread makes all pictures here.

    running: filled by the network's thread. open: gives a backend and the pictures, in the thread, when first needed
    (both load torch). folder: gives where the best of all units are saved, in the thread too. samples: photos that
    are passed first, so that the panes are never empty.
    inbox: the effect that asks for them to be saved, taken when the thread next looks. outbox: its answer. Better
    pictures are not replaced unless the effect says so. saves: those of this run, to be undone and done again.
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
        self.running = running
        self.inbox: Mailbox[SaveTop] = Mailbox()
        self.outbox: Mailbox[Answer[SaveTop, EffectReport]] = Mailbox()
        self.saves = UndoableSaves()
        self._last_save: SaveTop | None = None
        self._open, self._folder = open, folder
        self._opened: Opened | None = None
        self._has_begun = False
        self._to_pass: Iterator[Frame] | None = iter(samples())

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
        if (save := self.inbox.take(0)) is not None:
            self._last_save = save
            self.outbox.put(self._saved(save, pictures))
        undone = self.saves.carried_out(self._last_save, "the saved top 9 could not be taken back")
        if undone is not None:
            self.outbox.put(undone)
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
                self.running.update(backend.run(NetRequest(frame)))

    def _saved(self, save: SaveTop, pictures: RunningImages | FolderImages) -> Answer[SaveTop, EffectReport]:
        folder = self._folder()
        try:
            if already_saved := pictures.already_saved_words():
                return Answer(save, EffectReport(already_saved))
            better = 0 if save.over_better else pictures.better_in(folder)
            if better:
                why = f"not saved: it would replace the top 9 of {better:,} units that are of more images, or of a scan"
                return Answer(
                    save, EffectReport(f"{why}; W again does, backspace then brings them back", is_refused=True)
                )
            images = 0 if save.over_better else pictures.image_count()
            if 0 < images < FEW_IMAGES:
                of = f"{images} photo{'s' if images > 1 else ''}"
                why = f"the top 9 is of {of} only, and stays for later starts: not saved"
                return Answer(save, EffectReport(f"{why}; W again saves it", is_refused=True))
            count = self._written(pictures, folder)
        except OSError as error:
            return Answer(save, error=f"the top 9 could not be saved in {folder}: {error.strerror or error}")
        if not count:
            return Answer(save, EffectReport("no top 9 of yours to save yet: samples are not saved, show photos first"))
        sentence = f"the top 9 of {count:,} units saved in {folder}; backspace takes it back"
        return Answer(save, EffectReport(sentence, reverse=UndoSave))

    def _written(self, pictures: RunningImages | FolderImages, folder: Path) -> int:
        """The number of units of which pictures were saved; where one cannot be, all is as it was. Raises OSError."""
        with self.saves.saving(folder):
            count = pictures.save(folder, self.saves.put_aside)
        if not count:
            self.saves.discard()
        return count
