"""The live optimizer's worker: on a real small network, without sleeps."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from PIL import Image

from deepvis.core.answers import Answer
from deepvis.core.mailbox import Mailbox
from deepvis.core.types import OptimizeProgress, Unit, UnitImages
from deepvis.core.unit_files import unit_image_paths
from deepvis.live.optimize import LEAST_REST, REST, OptimizeRequest, OptimizeWorker, rest_after
from deepvis.live.stopped_pictures import StoppedPictures
from deepvis.optimize import presets
from deepvis.optimize.recipe import Recipe
from deepvis.sources.base import new_frame
from tests.helpers.networks import small_model

LONG, SHORT = Recipe({}, "constant", {"lr": 1}, 100_000), Recipe({}, "constant", {"lr": 100}, 5)


class Heard(Mailbox[Answer[OptimizeRequest, OptimizeProgress]]):
    """An outbox that keeps everything, and wakes who waits for something."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Answer[OptimizeRequest, OptimizeProgress]] = []
        self._came = threading.Condition()

    @property
    def all(self) -> list[OptimizeProgress]:
        return [answer.value for answer in self.answers if answer.value is not None]

    def put(self, value: Answer[OptimizeRequest, OptimizeProgress]) -> None:
        with self._came:
            self.answers.append(value)
            self._came.notify_all()
        super().put(value)

    def answer(self, wanted) -> Answer[OptimizeRequest, OptimizeProgress]:
        """The first answer, of those to come or there already, that ``wanted`` says yes to."""
        with self._came:
            assert self._came.wait_for(lambda: any(map(wanted, self.answers)), timeout=60)
            return next(filter(wanted, self.answers))

    def error(self, id: int = 1) -> Answer[OptimizeRequest, OptimizeProgress]:
        """The first answer to that effect that is an error."""
        return self.answer(lambda answer: answer.error and answer.request.id == id)

    def wait_for(self, wanted) -> OptimizeProgress:
        """The first progress, likewise."""
        found = self.answer(lambda answer: answer.value is not None and wanted(answer.value)).value
        assert found is not None
        return found


@pytest.fixture
def worker(tmp_path, monkeypatch):
    file = presets.presets_file({"DEEPVIS_PRESETS": str(tmp_path / "presets.yaml")})
    monkeypatch.setenv("DEEPVIS_PRESETS", str(file))
    presets.keep_preset("long", LONG, file)
    presets.keep_preset("short", SHORT, file)
    model = small_model(tmp_path)
    worker = OptimizeWorker(lambda: model, folder=tmp_path / "kept")
    worker.outbox = Heard()
    worker.start()
    yield worker
    worker.stop()


def test_a_unit_grows_and_is_kept(worker, tmp_path):
    unit = Unit("conv1", 2)
    worker.inbox.put(OptimizeRequest(1, unit, "short"))
    last = worker.outbox.wait_for(lambda progress: progress.done)
    assert (last.unit, last.preset, last.iteration, last.iterations) == (unit, "short", 5, 5)
    path = unit_image_paths(tmp_path / "kept", "conv1", 2).live
    assert np.array_equal(np.asarray(Image.open(path)), last.rgb)
    told = json.loads(path.with_suffix(".json").read_text())
    assert told["best_objective"] == last.objective == max(told["objective"]) and told["preset"] == "short"
    assert last.rgb.shape == (3, 3, 3) and last.rgb.dtype == np.uint8  # what the unit sees
    versions = [progress.version for progress in worker.outbox.all]
    assert versions == sorted(set(versions))


def test_nothing_stops_it_at_once(worker, tmp_path):
    worker.inbox.put(OptimizeRequest(1, Unit("conv1", 1), "long"))
    begun = worker.outbox.wait_for(lambda progress: progress.iteration > 0)
    worker.inbox.put(OptimizeRequest(2, None))
    worker.inbox.put(OptimizeRequest(3, Unit("conv1", 3), "short"))
    worker.outbox.wait_for(lambda progress: progress.done)
    assert not begun.done and worker.outbox.all[-1].unit == Unit("conv1", 3)
    assert not unit_image_paths(tmp_path / "kept", "conv1", 1).live.exists()


def test_another_unit_takes_over(worker):
    worker.inbox.put(OptimizeRequest(1, Unit("conv1", 1), "long"))
    worker.outbox.wait_for(lambda progress: progress.unit.channel == 1)
    worker.inbox.put(OptimizeRequest(2, Unit("conv1", 4), "short"))
    last = worker.outbox.wait_for(lambda progress: progress.done)
    assert last.unit == Unit("conv1", 4) and worker.outbox.all[-1] is last


def test_it_starts_from_a_frame(worker):
    frame = new_frame(np.full((20, 30, 3), 250, np.uint8))
    worker.inbox.put(OptimizeRequest(1, Unit("conv1", 2), "long", frame=frame))
    first = worker.outbox.wait_for(lambda progress: progress.iteration == 1)
    worker.inbox.put(OptimizeRequest(2, Unit("conv1", 2), "long"))
    noise = worker.outbox.wait_for(lambda progress: progress.iteration == 1 and progress is not first)
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
    worker.inbox.put(OptimizeRequest(1, unit, preset))
    answer = worker.outbox.error()
    assert words in answer.error and answer.request.unit == unit
    worker.inbox.put(OptimizeRequest(2, Unit("conv1", 0), "short"))
    assert worker.outbox.answer(lambda answer: answer.request.id == 2).error == ""
    worker.outbox.wait_for(lambda progress: progress.done)


def test_progress_and_errors_answer_the_effect_that_asked(worker, monkeypatch):
    from deepvis.optimize import live_run
    from deepvis.optimize.optimize_error import OptimizeError

    def dies(run):
        if run.climb.iteration == 3:
            raise OptimizeError("the numbers blow up")
        return onward(run)

    onward = live_run.onward
    monkeypatch.setattr(live_run, "onward", dies)
    worker.inbox.put(OptimizeRequest(8, Unit("conv1", 2), "short"))
    answer = worker.outbox.error(8)  # three iterations after the request
    assert answer.error == "the numbers blow up"
    assert {answer.request.id for answer in worker.outbox.answers} == {8}
    monkeypatch.setattr(live_run, "onward", onward)
    worker.inbox.put(OptimizeRequest(9, Unit("conv1", 2), "short"))
    assert worker.outbox.answer(lambda answer: answer.value and answer.value.done).request.id == 9
    assert worker.outbox.answer(lambda answer: answer.request.id == 9).value is None  # nothing of the run before


def test_a_folder_that_cannot_be_written(worker, tmp_path):
    (tmp_path / "kept").write_text("a file where the folder should be")
    worker.inbox.put(OptimizeRequest(1, Unit("conv1", 2), "short"))
    answer = worker.outbox.error()
    assert "could not be kept in" in answer.error and answer.value.done


def test_the_rest_grows_with_the_work_and_is_never_none():
    assert rest_after(0.1) == 0.1 * REST
    assert rest_after(0.001) == rest_after(0.0) == LEAST_REST


def test_the_worker_rests_after_each_iteration(worker, monkeypatch):
    rests = []
    monkeypatch.setattr("deepvis.live.optimize.rest_after", lambda seconds: rests.append(seconds) or 0.0)
    worker.inbox.put(OptimizeRequest(1, Unit("conv1", 2), "short"))
    worker.outbox.wait_for(lambda progress: progress.done)
    assert not rests, "with a still picture nobody needs the cores"
    monkeypatch.setattr(worker._share, "source_moves", True)
    monkeypatch.setattr("deepvis.live.core_share.PASSES_FOR_EACH", 0)
    monkeypatch.setattr("deepvis.live.core_share.STALLED", 1e9)
    worker.inbox.put(OptimizeRequest(2, Unit("conv1", 2), "short"))
    worker.outbox.answer(lambda answer: answer.request.id == 2 and answer.value is not None and answer.value.done)
    assert len(rests) == SHORT.max_iter - 1 and min(rests) > 0  # none after the last


def test_the_optimizer_s_thread_leaves_torch_s_threads_to_others(worker):
    import torch

    before = torch.get_num_threads()
    worker.inbox.put(OptimizeRequest(1, Unit("conv1", 2), "short"))
    worker.outbox.wait_for(lambda progress: progress.done)
    assert torch.get_num_threads() == before


def test_a_stop_is_answered_with_the_best_picture_so_far(worker, tmp_path):
    worker.inbox.put(OptimizeRequest(1, Unit("conv1", 1), "long"))
    worker.outbox.wait_for(lambda progress: progress.iteration > 0)
    worker.inbox.put(OptimizeRequest(2, None))
    answer = worker.outbox.answer(lambda answer: answer.request.id == 2)
    last = answer.value
    assert answer.error == "" and last.done and last.is_stopped and last.iterations == 100_000
    assert last.objective == max(progress.objective for progress in worker.outbox.all if progress.iteration)
    assert not list(tmp_path.rglob("live_opt")), "a stopped run does not write over a finished picture"
    worker.inbox.put(OptimizeRequest(3, None))  # nothing goes on
    again = worker.outbox.answer(lambda answer: answer.request.id == 3)
    assert (again.value, again.error) == (None, "")


def test_a_stopped_picture_stays_with_its_unit_until_a_finished_one_takes_its_place(tmp_path, monkeypatch):
    file = presets.presets_file({"DEEPVIS_PRESETS": str(tmp_path / "presets.yaml")})
    monkeypatch.setenv("DEEPVIS_PRESETS", str(file))
    presets.keep_preset("long", LONG, file)
    presets.keep_preset("short", SHORT, file)
    (tmp_path / "1").mkdir(), (tmp_path / "2").mkdir()
    models = [small_model(tmp_path / "1"), small_model(tmp_path / "2")]
    shown = [models[0]]
    stopped = StoppedPictures(lambda: shown[0])
    worker = OptimizeWorker(lambda: shown[0], folder=tmp_path / "kept", stopped=stopped)
    worker.outbox = Heard()
    worker.start()
    first, other = Unit("conv1", 1), Unit("conv1", 2)
    worker.inbox.put(OptimizeRequest(1, first, "long"))
    worker.outbox.wait_for(lambda progress: progress.iteration > 0)
    worker.inbox.put(OptimizeRequest(2, other, "long"))  # another unit's run ends the first, too
    worker.outbox.wait_for(lambda progress: progress.unit == other and progress.iteration > 0)
    worker.inbox.put(OptimizeRequest(3, None))
    last = worker.outbox.answer(lambda answer: answer.request.id == 3).value
    found = stopped(UnitImages(other, 1))
    assert found.optimized is last.rgb and not last.rgb.flags.writeable
    held = [stopped._pictures.get(unit).progress for unit in (first, other)]
    assert last.past and not any(each.past for each in held), "what is held beside the counted bytes"
    assert stopped._pictures.bytes == sum(each.rgb.nbytes for each in held)
    assert found.notes["optimized"] == f"stopped at iteration {last.iteration} of 100000"
    assert found.unsaved == found.notes["optimized"]
    assert stopped(UnitImages(first, 1)).optimized is not None
    shown[0] = models[1]
    assert stopped(UnitImages(other, 1)).notes["optimized"].startswith("older weights: stopped at")
    shipped = UnitImages(first, 1, np.zeros((9, 9, 3), np.uint8))
    assert stopped(shipped).optimized is not shipped.optimized
    empty = UnitImages(Unit("conv1", 3), 1)
    assert stopped(empty) is empty
    assert stopped(shipped) is shipped, "who looks at another unit and comes back has the finished picture again"
    worker.inbox.put(OptimizeRequest(4, other, "short"))
    worker.outbox.answer(lambda answer: answer.request.id == 4 and answer.value is not None and answer.value.done)
    found = UnitImages(other, 2)
    assert stopped(found) is found
    worker.stop()


def test_the_device_is_the_one_of_the_settings(tmp_path):
    worker = OptimizeWorker(lambda: small_model(tmp_path), "pycaffe cpu", folder=tmp_path)
    worker.outbox = Heard()
    worker.start()
    worker.inbox.put(OptimizeRequest(1, Unit("conv1", 1)))
    assert "there is no device 'pycaffe cpu'; expected auto" in worker.outbox.error().error
    worker.stop()
