"""The worker that scans the open files: a start or a stop in, how far it is out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from deepvis.core.types import Fit
from deepvis.live.folder_run import FolderRun, ScanProgress
from deepvis.live.folder_scans import FolderScans
from deepvis.live.scan_passes import ScanPasses
from deepvis.live.worker import Worker
from deepvis.scan.folder_top import OpenFiles

PUBLISHED_PER_SECOND = 5.0  # at most: each has the status line drawn


@dataclass(frozen=True)
class ScanRequest:
    """What to scan."""

    id: int  # of the effect that asks for it
    is_on: bool  # False: scan nothing, stop
    images: str | None = None  # None: the sample photos
    fit: Fit = Fit.CROP


class FolderScanWorker(Worker[ScanRequest, ScanProgress]):
    """Answers a start with a stream of ScanProgress, the last of them ``is_over``, or with an error that ends it.

    A stop is answered with how the scan ended. What was scanned is saved in any case, at the end of the worker too.
    open_passes: gives the network, in this thread, at each start.
    """

    def __init__(self, scans: FolderScans, open_passes: Callable[[], ScanPasses]) -> None:
        super().__init__("folder scan")
        self._scans, self._open_passes = scans, open_passes
        self._run_now: FolderRun | None = None
        self._published_at = 0.0

    def answer(self, request: ScanRequest | None) -> float | None:
        if request is not None:
            ended = self._end()
            if request.is_on:
                files = OpenFiles.of(request.images, request.fit)
                self.publish(ScanProgress(files.title))
                passes = self._open_passes()
                self._run_now = FolderRun(self._scans.begun(files, passes.layers), passes)
            else:
                self.publish(ended or ScanProgress("", is_over=True))
        if self._run_now is None:
            return None
        if self._run_now.step():
            self._publish_now_and_then(self._run_now)
        if self._run_now.is_over:
            self.publish(self._end())
        return 0.0

    def fail(self, error: str) -> None:
        title = self._run_now.top.files.title if self._run_now else ""
        sentence = f"the scan of {title} ended ({error}); what it had found is kept" if title else f"no scan: {error}"
        self._end()
        super().fail(sentence)

    def close(self) -> None:
        self._end()

    def _end(self) -> ScanProgress | None:
        run, self._run_now = self._run_now, None
        return run.end() if run is not None else None

    def _publish_now_and_then(self, run: FolderRun) -> None:
        now = time.monotonic()
        if now - self._published_at >= 1 / PUBLISHED_PER_SECOND:
            self._published_at = now
            self.publish(run.progress())
