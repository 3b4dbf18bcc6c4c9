"""The live optimizer's thread: one iteration at a time, at a low priority, beside the live network."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.core.past_pictures import with_picture
from deepvis.core.types import Fit, Frame, OptimizeProgress, PastPicture, Unit
from deepvis.live.core_share import CoreShare, Turns
from deepvis.live.own_folder import own_folder
from deepvis.live.stopped_pictures import StoppedPictures
from deepvis.live.worker import Worker, stand_back

if TYPE_CHECKING:
    from deepvis.models.model import Model
    from deepvis.optimize.ascent_network import AscentNetwork
    from deepvis.optimize.live_run import LiveRun

PICTURES_PER_SECOND = 12.0  # at most: what the window is given to draw
REST = 0.3  # seconds of rest for each second of work: the live network's
LEAST_REST = 0.01  # seconds: beside a small network, whose passes are short, more of them meet an iteration
UNTIL_TURN = 0.005  # seconds until it is asked again whether the live network has made its passes
PASS_SECONDS = 0.5  # for which a pass of a still picture is waited for at most


@dataclass(frozen=True)
class OptimizeRequest:
    """What to optimize."""

    id: int  # of the effect that asks for it
    unit: Unit | None  # None: nothing, stop
    preset: str = "3"  # a name, "1" to "4" or one of the user's presets file
    frame: Frame | None = None  # start from it, seen through ``fit``; None: from noise
    shown: Frame | None = None  # the window's picture, to start from where noise has no gradient
    fit: Fit = Fit.CROP


class OptimizeWorker(Worker[OptimizeRequest, OptimizeProgress]):
    """Answers a request with a stream of OptimizeProgress, the last of them ``done``, or with an error that ends it.

    The first answer has no value: there is nothing to show yet. A new request takes effect after the iteration in
    progress. The finished picture is saved in the user's folder of the model (own_folder.py), where the unit-image
    worker finds it; the answer with ``done`` comes only after it is there. The best picture of a run that another
    request ends is put into ``stopped``; the answer to the request that stops it has that picture, ``is_stopped``.

    While the live network has frames to pass, it gets its share (core_share.py): one core, a rest after each iteration,
    and one iteration for every other pass at most. Else the optimizer takes all cores, and begins no iteration during a
    pass.

    load: gives the model, called in this thread with each request; a run stays with the model of its beginning.
    device: as in the settings. folder: other than the user's, for tests. share: the live network's.
    """

    def __init__(
        self,
        load: Callable[[], Model],
        device: str = "cpu",
        folder: Path | None = None,
        stopped: StoppedPictures | None = None,
        share: CoreShare | None = None,
    ) -> None:
        super().__init__("optimize")
        self._share = share or CoreShare()
        self._turns = Turns(self._share)
        self._past: tuple[PastPicture, ...] = ()
        self._all_cores = self._cores = 0  # of torch: as it was, and as it is in this thread
        self._stopped = stopped or StoppedPictures(load)
        self._load, self._device, self._folder = load, device, folder
        self._model: Model | None = None
        self._network: AscentNetwork | None = None
        self._run_now: LiveRun | None = None
        self._version = self._number = 0
        self._shown_at = 0.0

    def answer(self, request: OptimizeRequest | None) -> float | None:
        if request is not None:
            last = None if self._run_now is None else self._stop(self._run_now)
            self._run_now = None
            self.publish(last if request.unit is None else None)
            if request.unit is not None:
                self._past, self._number = (), request.id
                self._run_now = self._begin(request, request.unit)
                self._turns = Turns(self._share)
                self._shown_at = 0.0
        if self._run_now is None:
            return None
        if not self._turns.take():
            return UNTIL_TURN
        must_share = self._share.must_share
        self._take_cores(1 if must_share else self._all_cores)
        if not must_share:
            self._share.idle.wait(PASS_SECONDS)
        began = time.monotonic()
        self._advance(self._run_now)
        if self._run_now is None:
            return None
        return rest_after(time.monotonic() - began) if must_share else 0.0

    def fail(self, error: str) -> None:
        self._run_now = None
        super().fail(error)

    def _begin(self, request: OptimizeRequest, unit: Unit) -> LiveRun:
        from deepvis.network.threads import cores
        from deepvis.optimize import live_run
        from deepvis.optimize.ascent_network import ascent_net_of

        if self._model is None:
            stand_back()
            self._all_cores = self._cores = cores()
        model = self._load()
        if self._network is None or model is not self._model:
            self._network = ascent_net_of(model, self._device)
            self._model = model
        rgb = None if request.frame is None else request.frame.rgb
        shown = None if request.shown is None else request.shown.rgb
        return live_run.start(
            self._network, self._model, unit, request.preset, rgb=rgb, shown_rgb=shown, fit=request.fit
        )

    def _take_cores(self, count: int) -> None:
        from deepvis.network.threads import use_cores

        if count != self._cores:
            use_cores(count, self._all_cores)
            self._cores = count

    def _stop(self, run: LiveRun) -> OptimizeProgress | None:
        """Keep the best picture so far of a run that ends before its time; None where there is none yet."""
        from deepvis.optimize import live_run

        if run.climb.best is None:
            return None
        self._version += 1
        last = self._progress_of(live_run.stopped(run), is_stopped=True)
        self._stopped.keep(last, run.model)
        return last

    def _advance(self, run: LiveRun) -> None:
        """One iteration; publish it, and save the picture if it was the last."""
        from deepvis.optimize import live_run

        run = self._run_now = live_run.onward(run)
        self._remember(run)
        now, error = time.monotonic(), ""
        if run.done:
            self._run_now = None
            error = self._save_picture(run)
        elif now - self._shown_at < 1.0 / PICTURES_PER_SECOND:
            return
        self._shown_at = now
        self._version += 1
        self.publish(self._progress_of(run), error)

    def _remember(self, run: LiveRun) -> None:
        """Put the newest picture into the history, which begins anew where the run does."""
        from deepvis.optimize import live_run

        picture = live_run.past_picture(run)
        if picture is None or (self._past and picture.iteration <= self._past[-1].iteration):
            self._past = ()
        if picture is not None:
            self._past = with_picture(self._past, picture)

    def _progress_of(self, run: LiveRun, *, is_stopped: bool = False) -> OptimizeProgress:
        from deepvis.optimize import live_run

        return live_run.progress_of(run, self._version, is_stopped=is_stopped, past=self._past, number=self._number)

    def _save_picture(self, run: LiveRun) -> str:
        """Write the finished picture; why it could not be, or ""."""
        from deepvis.optimize import live_run

        if not run.is_of_unit:
            self._stopped.keep(self._progress_of(run), run.model)
            return ""
        folder = self._folder or own_folder(run.model)
        try:
            live_run.write_finished(run, folder)
            self._stopped.forget(run.unit)
        except OSError as error:
            name, why = f"{run.unit.layer} {run.unit.channel}", error.strerror or error
            return f"the picture of {name} could not be kept in {folder}: {why}"
        return ""


def rest_after(seconds: float) -> float:
    """Seconds to rest after an iteration of so many, so that the live network keeps more than half of its passes.

    Measured with benchmarks/live_optimize.py on 2 cores.
    """
    return max(seconds * REST, LEAST_REST)
