"""A unit that noise does not reach: other seeds are tried, then the window's picture, and each is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepvis.core.types import Unit
from deepvis.formats.caffe.weights import write_weights
from deepvis.models.zoo import load_model
from deepvis.optimize import live_run
from deepvis.optimize.ascent_network import ascent_net_of
from deepvis.optimize.live_run import FRAME, SEEDS, LiveRun, onward, progress_of, start
from deepvis.optimize.optimize_error import OptimizeError
from tests.helpers.networks import small_model

UNIT = Unit("pool1", 0)
WHITE, BLACK = np.full((16, 16, 3), 255, np.uint8), np.zeros((16, 16, 3), np.uint8)


@pytest.fixture
def begun(tmp_path: Path):
    """Starts unit 0 of pool1, which only pictures much brighter than the mean reach."""
    nodes = small_model(tmp_path).graph.nodes
    weights = {node.name: [np.array(array) for array in node.weights] for node in nodes if node.weights}
    weights["conv1"][0][0], weights["conv1"][1][0] = 0.2, -500.0
    write_weights(tmp_path / "dark.caffemodel", weights)
    model = load_model(
        prototxt=tmp_path / "small.prototxt", weights=tmp_path / "dark.caffemodel", mean=(90.0, 100.0, 110.0)
    )
    ascent_net = ascent_net_of(model)
    return lambda **pictures: start(ascent_net, model, UNIT, "3", **pictures)


def test_other_seeds_are_tried_then_the_windows_picture(begun) -> None:
    run, said = begun(shown_rgb=WHITE), []
    while run.climb.iteration == 0:
        said.append((run.climb.job.start_at, run.climb.job.seed, progress_of(run, 1).note))
        run = onward(run)
    noise = [("mean_plus_rand", seed) for seed in range(SEEDS)]
    assert [row[:2] for row in said] == [*noise, (FRAME, 0)]
    assert said[0][2] == "" and said[1][2] == "noise of seed 0 has no gradient here; trying seed 1"
    assert progress_of(run, 2).note == (
        "noise of 4 seeds has no gradient here; started from the input's picture, where it fires most (row 0, col 0)"
    )
    assert progress_of(run, 2).objective > 0


def test_a_unit_that_another_seed_reaches_goes_on_from_there(begun, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begun(shown_rgb=WHITE)

    def second(run: LiveRun) -> LiveRun:
        again = restarted(run)
        return replace(
            again, climb=live_run.begin(run.ascent_net, replace(again.climb.job, start_at=FRAME), again.shown_x)
        )

    restarted = live_run.restarted
    monkeypatch.setattr(live_run, "restarted", second)
    run = onward(onward(run))
    assert run.climb.iteration == 1 and run.climb.job.seed == 1 and "seed 1" in run.note


def test_it_starts_where_the_unit_fires_and_not_in_the_middle_of_the_map(begun) -> None:
    corner = BLACK.copy()
    corner[:5, :5] = 255
    for pictures in ({"shown_rgb": corner}, {"rgb": corner}):
        run = begun(**pictures)
        while run.climb.iteration == 0:
            run = onward(run)
        assert run.climb.job.start_at == FRAME and run.climb.job.objective.leader.place == (0, 0)
        assert run.note.endswith("started from the input's picture, where it fires most (row 0, col 0)")
        assert run.box[:2] == (0, 0) and progress_of(run, 1).objective > 0


def test_a_photo_that_is_changed_is_shown_whole_after_another_start_too(tmp_path: Path) -> None:
    model = small_model(tmp_path)
    run = start(ascent_net_of(model), model, Unit("conv1", 0), "accentuate", shown_rgb=WHITE)
    again = live_run.restarted(run)
    assert again.moved and again.box == run.box == (0, 0, *run.ascent_net.size)


def test_the_json_is_written_after_the_picture_that_it_is_of(begun, tmp_path: Path, monkeypatch) -> None:
    run, folder = onward(begun(rgb=WHITE)), tmp_path / "own"

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(live_run, "write_png", full)
        with pytest.raises(OSError):
            live_run.write_finished(run, folder)
    assert not list(folder.rglob("*.json")), "a json without its picture would be taken for that of the one before"
    assert live_run.write_finished(run, folder).with_suffix(".json").is_file()


def test_where_nothing_gives_a_gradient_the_sentence_says_so(begun) -> None:
    run = begun(shown_rgb=BLACK)
    with pytest.raises(OptimizeError, match=r"fires nowhere in the input's picture \(it was tried from noise"):
        for _ in range(SEEDS + 1):
            run = onward(run)
    with pytest.raises(OptimizeError, match="fires nowhere in the input's picture"):
        onward(begun(rgb=BLACK))
    run = begun()
    with pytest.raises(OptimizeError, match="has no gradient at its start image, so"):
        for _ in range(SEEDS):
            run = onward(run)
