"""The live optimizer's worker: on a real small network, without sleeps."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from PIL import Image

from deepvis.core.mailbox import Mailbox
from deepvis.core.types import OptimizeProgress, Unit
from deepvis.core.unit_files import unit_image_paths
from deepvis.live.optimize import LEAST_REST, REST, OptimizeAsk, OptimizeWorker, rest_after
from deepvis.optimize import presets
from deepvis.optimize.recipe import Recipe
from deepvis.sources.base import new_frame
from tests.helpers.networks import small_model

LONG, SHORT = Recipe({}, "constant", {"lr": 1}, 100_000), Recipe({}, "constant", {"lr": 100}, 5)


class Heard(Mailbox[OptimizeProgress]):
    """A mailbox that keeps everything, and wakes who waits for something."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[OptimizeProgress] = []
        self._came = threading.Condition()

    def put(self, value: OptimizeProgress) -> None:
        with self._came:
            self.all.append(value)
            self._came.notify_all()
        super().put(value)

    def wait_for(self, wanted) -> OptimizeProgress:
        """The first progress, of those to come or there already, that ``wanted`` says yes to."""
        with self._came:
            assert self._came.wait_for(lambda: any(map(wanted, self.all)), timeout=60)
            return next(filter(wanted, self.all))


@pytest.fixture
def worker(tmp_path, monkeypatch):
    file = presets.presets_file({"DEEPVIS_PRESETS": str(tmp_path / "presets.yaml")})
    monkeypatch.setenv("DEEPVIS_PRESETS", str(file))
    presets.keep_preset("long", LONG, file)
    presets.keep_preset("short", SHORT, file)
    model = small_model(tmp_path)
    worker = OptimizeWorker(lambda: model, folder=tmp_path / "kept")
    worker.progress = Heard()
    worker.start()
    yield worker
    worker.stop()


def test_a_unit_grows_and_is_kept(worker, tmp_path):
    unit = Unit("conv1", 2)
    worker.inbox.put(OptimizeAsk(unit, "short"))
    last = worker.progress.wait_for(lambda progress: progress.done)
    assert (last.unit, last.preset, last.iteration, last.iterations) == (unit, "short", 5, 5)
    path = unit_image_paths(tmp_path / "kept", "conv1", 2).live
    assert np.array_equal(np.asarray(Image.open(path)), last.rgb)
    told = json.loads(path.with_suffix(".json").read_text())
    assert told["best_objective"] == last.objective == max(told["objective"]) and told["preset"] == "short"
    assert last.rgb.shape == (3, 3, 3) and last.rgb.dtype == np.uint8  # what the unit sees
    versions = [progress.version for progress in worker.progress.all]
    assert versions == sorted(set(versions))


def test_nothing_stops_it_at_once(worker, tmp_path):
    worker.inbox.put(OptimizeAsk(Unit("conv1", 1), "long"))
    begun = worker.progress.wait_for(lambda progress: progress.iteration > 0)
    worker.inbox.put(OptimizeAsk(None, press=1))
    worker.inbox.put(OptimizeAsk(Unit("conv1", 3), "short", press=2))
    worker.progress.wait_for(lambda progress: progress.done)
    assert not begun.done and worker.progress.all[-1].unit == Unit("conv1", 3)
    assert not unit_image_paths(tmp_path / "kept", "conv1", 1).live.exists()


def test_another_unit_takes_over(worker):
    worker.inbox.put(OptimizeAsk(Unit("conv1", 1), "long"))
    worker.progress.wait_for(lambda progress: progress.unit.channel == 1)
    worker.inbox.put(OptimizeAsk(Unit("conv1", 4), "short", press=1))
    last = worker.progress.wait_for(lambda progress: progress.done)
    assert last.unit == Unit("conv1", 4) and worker.progress.all[-1] is last


def test_it_starts_from_a_frame(worker):
    frame = new_frame(np.full((20, 30, 3), 250, np.uint8))
    worker.inbox.put(OptimizeAsk(Unit("conv1", 2), "long", frame=frame))
    first = worker.progress.wait_for(lambda progress: progress.iteration == 1)
    worker.inbox.put(OptimizeAsk(Unit("conv1", 2), "long", press=1))
    noise = worker.progress.wait_for(lambda progress: progress.iteration == 1 and progress is not first)
    assert first.objective != noise.objective


@pytest.mark.parametrize(
    "unit, preset, words",
    [
        (Unit("conv9", 0), "short", "no layer 'conv9'"),
        (Unit("conv1", 99), "short", "no channel 99"),
        (Unit("conv1", 0), "shirt", "did you mean 'short'"),
    ],
)
def test_a_fault_is_one_sentence_and_the_worker_goes_on(worker, unit, preset, words):
    worker.inbox.put(OptimizeAsk(unit, preset))
    error = worker.errors.take(timeout=60)
    assert words in error.sentence and error.ask.unit == unit
    worker.inbox.put(OptimizeAsk(Unit("conv1", 0), "short", press=1))
    assert worker.errors.take(timeout=60) is None
    worker.progress.wait_for(lambda progress: progress.done)


def test_progress_and_errors_carry_the_press_that_asked(worker, monkeypatch):
    from deepvis.optimize import live
    from deepvis.optimize.errors import OptimizeError

    def dies(run):
        if run.climb.iteration == 3:
            raise OptimizeError("the numbers blow up")
        return onward(run)

    onward = live.onward
    monkeypatch.setattr(live, "onward", dies)
    worker.inbox.put(OptimizeAsk(Unit("conv1", 2), "short", press=7))
    error = worker.errors.take(timeout=60)  # three iterations after the ask
    assert error.sentence == "the numbers blow up" and error.ask.press == 7
    assert {progress.press for progress in worker.progress.all} <= {7}
    monkeypatch.setattr(live, "onward", onward)
    worker.inbox.put(OptimizeAsk(Unit("conv1", 2), "short", press=8))
    assert worker.progress.wait_for(lambda progress: progress.done).press == 8


def test_a_folder_that_cannot_be_written(worker, tmp_path):
    (tmp_path / "kept").write_text("a file where the folder should be")
    worker.inbox.put(OptimizeAsk(Unit("conv1", 2), "short"))
    error = worker.errors.take(timeout=60)
    assert "could not be kept in" in error.sentence
    worker.progress.wait_for(lambda progress: progress.done)


def test_the_rest_grows_with_the_work_and_is_never_none():
    assert rest_after(0.1) == 0.1 * REST
    assert rest_after(0.001) == rest_after(0.0) == LEAST_REST


def test_the_worker_rests_after_each_iteration(worker, monkeypatch):
    rests = []
    monkeypatch.setattr("deepvis.live.optimize.rest_after", lambda seconds: rests.append(seconds) or 0.0)
    worker.inbox.put(OptimizeAsk(Unit("conv1", 2), "short"))
    worker.progress.wait_for(lambda progress: progress.done)
    assert len(rests) == SHORT.max_iter - 1 and min(rests) > 0  # none after the last


def test_the_optimizer_s_thread_leaves_torch_s_threads_to_others(worker):
    import torch

    before = torch.get_num_threads()
    worker.inbox.put(OptimizeAsk(Unit("conv1", 2), "short"))
    worker.progress.wait_for(lambda progress: progress.done)
    assert torch.get_num_threads() == before
