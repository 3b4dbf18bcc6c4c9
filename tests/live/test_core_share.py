"""The optimizer beside the live network: at most one iteration for every other pass."""

from __future__ import annotations

import pytest

from deepvis.core.types import Unit
from deepvis.live.core_share import STALLED, CoreShare, Turns
from deepvis.live.optimize import UNTIL_TURN, OptimizeRequest, OptimizeWorker
from deepvis.optimize import presets
from deepvis.optimize.recipe import Recipe
from tests.helpers.networks import small_model
from tests.helpers.pictures import FakeClock


def test_at_most_half_as_many_iterations_as_passes():
    clock = FakeClock()
    share = CoreShare(clock)
    share.source_moves = True
    turns, iterations = Turns(share), 0
    for passes in range(1, 101):
        share.count_pass()
        iterations += sum(turns.take() for _ in range(5))
        assert iterations <= passes / 2
    assert iterations == 49  # the first pass that is counted is the one after the first look
    share.source_moves = False
    assert all(turns.take() for _ in range(50)), "a still picture leaves all of them"
    share.source_moves = True
    assert not turns.take(), "what was made meanwhile is no credit, nor a debt"
    share.count_pass(), share.count_pass()
    assert turns.take() and not turns.take()


def test_a_source_that_gives_no_frames_holds_nothing_up():
    clock = FakeClock()
    share = CoreShare(clock)
    share.source_moves = True
    turns = Turns(share)
    assert not turns.take()
    clock.now += STALLED
    assert turns.take() and turns.take()


def test_passes_of_three_seconds_have_their_half_too():
    clock = FakeClock()
    share = CoreShare(clock)
    share.source_moves = True
    turns, iterations = Turns(share), 0
    for passes in range(1, 21):
        share.idle.clear()
        for _ in range(30):  # of the optimizer's questions while the pass is on its way
            clock.now += 0.1
            iterations += turns.take()
        share.count_pass()
        share.idle.set()
        iterations += turns.take()
        assert iterations <= passes / 2
    assert iterations == 10
    clock.now += STALLED
    assert turns.take(), "after the last pass the source has stalled"


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Driven by hand: its thread is not started."""
    monkeypatch.setenv("DEEPVIS_PRESETS", str(tmp_path / "presets.yaml"))
    presets.keep_preset("long", Recipe({}, "constant", {"lr": 1}, 1000), tmp_path / "presets.yaml")
    model = small_model(tmp_path)
    share = CoreShare(FakeClock())
    return share, OptimizeWorker(lambda: model, folder=tmp_path / "own", share=share)


def test_the_climb_never_takes_more_than_half_of_the_passes_of_a_video(worker):
    import torch

    share, optimizer = worker
    share.source_moves = True
    all_cores = torch.get_num_threads()
    rests = [optimizer.handle(OptimizeRequest(1, Unit("conv1", 1), "long"))]
    for passes in range(1, 31):
        share.count_pass()
        rests += [optimizer.handle(None) for _ in range(4)]
        assert optimizer._run_now.climb.iteration <= passes / 2
    assert optimizer._run_now.climb.iteration == 15
    assert rests.count(UNTIL_TURN) == len(rests) - 15 and min(rests) > 0
    assert torch.get_num_threads() == 1
    share.source_moves = False
    assert optimizer.handle(None) == 0.0 and optimizer._run_now.climb.iteration == 16
    assert torch.get_num_threads() == all_cores


def test_the_history_has_the_picture_of_every_iteration(worker):
    _, optimizer = worker
    optimizer.handle(OptimizeRequest(7, Unit("conv1", 1), "long"))
    for _ in range(11):
        optimizer.handle(None)
    optimizer.handle(OptimizeRequest(8, None))
    last = optimizer.outbox.peek().value
    assert last.run == 7 and [picture.iteration for picture in last.past] == list(range(1, 13))
    assert last.value == last.objective and last.title == "Preferred input"
    assert not last.past[0].rgb.flags.writeable
