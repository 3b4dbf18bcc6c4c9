"""One run over the open files: lists, decodes and passes ahead, takes in batch after batch, saves. No thread loop."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from deepvis.live.photo_lister import PhotoLister
from deepvis.live.scan_passes import Passed, ScanPasses
from deepvis.scan.folder_top import FolderTop

SAVE_SECONDS = 10.0  # at least between two saves
SAVE_SHARE = 30  # times as long as a save took, until the next
WAIT_SECONDS = 0.05  # for a batch, or for the listing, in one step
SKIPPED_NAMED = 3  # of the photos that were skipped


@dataclass(frozen=True)
class ScanProgress:
    """How far a scan is."""

    title: str  # of what is scanned
    done: int = 0  # photos, those of earlier runs included
    listed: int = 0  # photos that there are, as far as they are listed
    is_whole: bool = False  # that is all
    seconds_left: float | None = None  # None before there is an estimate
    warning: str = ""  # what went wrong that does not end the scan
    is_over: bool = False  # with a sentence on how it ended
    sentence: str = ""


class FolderRun:
    """``step`` takes in a batch; ``is_over`` once all photos are scanned.

    top: what is filled and saved. clock: seconds, rising.
    """

    def __init__(self, top: FolderTop, passes: ScanPasses, clock: Callable[[], float] = time.monotonic) -> None:
        self.top, self._passes, self._clock = top, passes, clock
        self.is_over = False
        self.warning = ""
        self._lister = PhotoLister(top.files, top.paths)
        self._pool = ThreadPoolExecutor(passes.threads, "scan", passes.begin) if passes.threads else None
        self._in_work: deque[Future[Passed]] = deque()
        self._began = self._saved_at = self._looked_at = clock()
        self._before = top.done  # what earlier runs have scanned
        self._save_after = SAVE_SECONDS

    def step(self) -> bool:
        """Take in the batch that is the next, if it is there in a moment; True if there is something new to show.

        Raises what a pass raises.
        """
        self._submit()
        if not self._in_work:
            self.is_over = self._lister.is_whole and not self._lister.waiting
            if not self.is_over:
                self._lister.news.wait(WAIT_SECONDS)
        elif wait([self._in_work[0]], WAIT_SECONDS).done:
            self._take(self._in_work.popleft())
            self._submit()
            self._count()
            return True
        self._count()
        return False

    def progress(self) -> ScanProgress:
        top = self.top
        return ScanProgress(
            top.files.title,
            top.done,
            top.listed,
            top.is_whole,
            self._seconds_left(),
            self.warning or self._lister.error,
        )

    def end(self) -> ScanProgress:
        """Stop what is in work, save, and say how it ended."""
        self._lister.stop()
        while self._in_work and self._in_work[0].done() and self._in_work[0].exception() is None:
            self._take(self._in_work.popleft())
        for future in self._in_work:
            future.cancel()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        seconds = self._clock() - self._began
        self._count()
        self._save()
        self._passes.close()
        sentence = self._ended_words(seconds)
        sentence = f"{sentence}; {self.warning}" if self.warning else sentence
        return replace(self.progress(), is_over=True, sentence=sentence)

    def _take(self, batch: Future[Passed]) -> None:
        passed = batch.result()
        self.top.add(passed.paths, passed.peaks, passed.unused)

    def _submit(self) -> None:
        """Keep every thread busy and one batch ready."""
        while len(self._in_work) <= self._passes.threads:
            few = self._lister.waiting < self._passes.rows and not self._lister.is_whole
            if few or not (paths := self._lister.take(self._passes.rows)):
                return
            arguments = (paths, self.top.files.fit, self.top.limits())
            if self._pool is not None:
                self._in_work.append(self._pool.submit(self._passes.run, *arguments))
                continue
            done: Future[Passed] = Future()
            done.set_result(self._passes.run(*arguments))
            self._in_work.append(done)
            return

    def _count(self) -> None:
        """Keep the facts beside the result up to date, and save now and then."""
        now = self._clock()
        self.top.seconds += now - self._looked_at
        self._looked_at = now
        self.top.listed = max(self._lister.counted, self.top.done)
        self.top.is_whole = self._lister.is_whole and not self._lister.error
        if now - self._saved_at > self._save_after:
            self._save()

    def _save(self) -> None:
        began = self._clock()
        try:
            if self.top.done:
                self.top.save()
            self.warning = ""
        except OSError as error:
            self.warning = f"it cannot be saved in {self.top.folder}: {error.strerror or error}"
        self.top.not_saved = self.warning
        self._saved_at = self._clock()
        self._save_after = max(SAVE_SECONDS, SAVE_SHARE * (self._saved_at - began))

    def _seconds_left(self) -> float | None:
        done, seconds = self.top.done - self._before, self._clock() - self._began
        if not self.top.is_whole or done < 2 * self._passes.rows or seconds <= 0:
            return None
        return (self.top.listed - self.top.done) * seconds / done

    def _ended_words(self, seconds: float) -> str:
        top, title = self.top, self.top.files.title
        if self._lister.error:
            return f"nothing more to scan: {self._lister.error}"
        if not top.done:
            return f"there are no photos to scan in {title}"
        count = top.files.count_words(f"{top.done:,}", is_one=top.done == 1)
        if not self.is_over:
            of = top.files.count_words(f"{top.listed:,}{'' if top.is_whole else ' or more'}")
            return f"stopped after {top.done:,} of {of}; what was found is kept, G goes on"
        units, all_units = top.filled()
        if top.done == self._before:
            begun = f"all {count} were scanned before"
        else:
            begun = f"{count} scanned in {duration_words(seconds)}"
        return f"{begun}: {units:,} of {all_units:,} units have a top 9{skipped_words(top)}"


def skipped_words(top: FolderTop) -> str:
    """'; skipped 2: a.jpg, b.jpg'; "" where none was."""
    if not top.skipped:
        return ""
    names = [image.path.replace("\\", "/").rsplit("/", 1)[-1] for image in top.skipped[:SKIPPED_NAMED]]
    more = len(top.skipped) - len(names)
    return f"; skipped {len(top.skipped):,}: {', '.join(names)}" + (f" and {more:,} more" if more else "")


def duration_words(seconds: float) -> str:
    """'40 s', '3 min', '2 h 5 min'."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def progress_words(progress: ScanProgress) -> str:
    """'scanning 120 of 1,000 photos, about 40 s left; G stops'."""
    if progress.is_over:
        return ""
    if not progress.listed:
        return f"getting ready to scan {progress.title}; G stops"
    far = f"scanning {progress.done:,} of {progress.listed:,} photos{'' if progress.is_whole else ' so far'}"
    left = "" if progress.seconds_left is None else f", about {duration_words(progress.seconds_left)} left"
    warning = f"; {progress.warning}" if progress.warning else ""
    return f"{far}{left}; G stops{warning}"
