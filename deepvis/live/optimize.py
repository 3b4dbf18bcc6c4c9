"""The live optimizer's thread: one iteration at a time, at a low priority, beside the live network."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.core.types import Fit, Frame, OptimizeProgress, Unit
from deepvis.live.own_folder import own_folder
from deepvis.live.stopped_pictures import StoppedPictures
from deepvis.live.worker import Worker, stand_back

if TYPE_CHECKING:
    from deepvis.models.model import Model
    from deepvis.optimize.ascent_network import AscentNetwork
    from deepvis.optimize.live import LiveRun

PICTURES_PER_SECOND = 12.0  # at most: what the window is given to draw
REST = 0.3  # seconds of rest for each second of work: the live network's
LEAST_REST = 0.01  # seconds: beside a small network, whose passes are short, more of them meet an iteration


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

    load: gives the model, called in this thread with each request; a run stays with the model of its beginning.
    device: as in the settings. folder: other than the user's, for tests.
    """

    def __init__(
        self,
        load: Callable[[], Model],
        device: str = "cpu",
        folder: Path | None = None,
        stopped: StoppedPictures | None = None,
    ) -> None:
        super().__init__("optimize")
        self._stopped = stopped or StoppedPictures(load)
        self._load, self._device, self._folder = load, device, folder
        self._model: Model | None = None
        self._network: AscentNetwork | None = None
        self._run_now: LiveRun | None = None
        self._version = 0
        self._shown_at = 0.0

    def answer(self, request: OptimizeRequest | None) -> float | None:
        if request is not None:
            last = None if self._run_now is None else self._stop(self._run_now)
            self._run_now = None
            self.publish(last if request.unit is None else None)
            if request.unit is not None:
                self._run_now = self._begin(request, request.unit)
                self._shown_at = 0.0
        if self._run_now is None:
            return None
        began = time.monotonic()
        self._advance(self._run_now)
        return rest_after(time.monotonic() - began) if self._run_now else None

    def fail(self, error: str) -> None:
        self._run_now = None
        super().fail(error)

    def _begin(self, request: OptimizeRequest, unit: Unit) -> LiveRun:
        from deepvis.network.threads import use_one_core
        from deepvis.optimize import live
        from deepvis.optimize.ascent_network import ascent_net_of

        if self._model is None:
            stand_back()
            use_one_core()
        model = self._load()
        if self._network is None or model is not self._model:
            self._network = ascent_net_of(model, self._device)
            self._model = model
        rgb = None if request.frame is None else request.frame.rgb
        shown = None if request.shown is None else request.shown.rgb
        return live.start(self._network, self._model, unit, request.preset, rgb=rgb, shown_rgb=shown, fit=request.fit)

    def _stop(self, run: LiveRun) -> OptimizeProgress | None:
        """Keep the best picture so far of a run that ends before its time; None where there is none yet."""
        from deepvis.optimize import live

        if run.climb.best is None:
            return None
        self._version += 1
        last = live.progress_of(run, self._version, is_stopped=True)
        self._stopped.keep(last, run.model)
        return last

    def _advance(self, run: LiveRun) -> None:
        """One iteration; publish it, and save the picture if it was the last."""
        from deepvis.optimize import live

        run = self._run_now = live.onward(run)
        now, error = time.monotonic(), ""
        if run.done:
            self._run_now = None
            error = self._save_picture(run)
        elif now - self._shown_at < 1.0 / PICTURES_PER_SECOND:
            return
        self._shown_at = now
        self._version += 1
        self.publish(live.progress_of(run, self._version), error)

    def _save_picture(self, run: LiveRun) -> str:
        """Write the finished picture; why it could not be, or ""."""
        from deepvis.optimize import live

        if not run.is_of_unit:
            self._stopped.keep(live.progress_of(run, self._version), run.model)
            return ""
        folder = self._folder or own_folder(run.model)
        try:
            live.keep(run, folder)
            self._stopped.forget(run.unit)
        except OSError as error:
            return f"the picture of {run.unit.layer} {run.unit.channel} could not be kept in {folder}: {error}"
        return ""


def rest_after(seconds: float) -> float:
    """Seconds to rest after an iteration of so many, so that the live network keeps more than half of its passes.

    Measured with benchmarks/live_optimize.py on 2 cores.
    """
    return max(seconds * REST, LEAST_REST)
