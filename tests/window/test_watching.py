"""What the loop does with every pass: lines in bounded memory, a clock that stands while frozen, freezing, pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import deepvis.network.back_modes  # noqa: F401  (fills the table)
from deepvis.core.over_time import STRIP_SECONDS, Follow, FreezeWhen, OverTime
from deepvis.core.state import AppState, InputState, ViewState
from deepvis.core.types import Frame, LayerInfo, NetInfo, NetRequest, Snapshot, Unit
from deepvis.live.layer_steadiness import PassPair, SteadinessWorker
from deepvis.window.watching import OverTimeWatch

INFO = NetInfo(
    "toy",
    (LayerInfo("conv", "Convolution", 4, 2, 2), LayerInfo("prob", "Softmax", 40, 1, 1)),
    (3, 8, 8),
    prob_layer="prob",
)
UNIT = Unit("conv", 1)


def state_of(**over_time: object) -> AppState:
    view = ViewState(0, 1, over_time=OverTime(**over_time))  # type: ignore[arg-type]
    return AppState(INFO, view=view, input=InputState(moving=True))


def passed(number: int, value: float, best: int = 0, *, moving: bool = True) -> Snapshot:
    conv = np.full((4, 2, 2), value, np.float32)
    prob = np.linspace(0.02, 0.01, 40, dtype=np.float32).reshape(40, 1, 1)
    prob[best] = 0.5
    frame = Frame(number, np.zeros((2, 2, 3), np.uint8), moving=moving, seconds=number / 10)
    return Snapshot(number, NetRequest(frame), {"conv": conv, "prob": prob})


class Bench:
    """Passes ten times a second."""

    def __init__(self) -> None:
        self.watch, self.now, self.number = OverTimeWatch(), 50.0, 0

    def give(self, state: AppState, value: float, best: int = 0) -> AppState:
        self.now, self.number = self.now + 0.1, self.number + 1
        return self.watch.look(state, passed(self.number, value, best), self.now)


def test_lines_of_units_are_their_values_at_their_times() -> None:
    bench, state = Bench(), state_of(show=Follow.UNITS, units=(Unit("conv", 3),))
    for number in range(20):
        state = bench.give(state, float(number))
    assert bench.watch.lines is not None
    followed, selected = bench.watch.lines.lines
    assert (followed.unit, selected.unit) == (Unit("conv", 3), UNIT) and followed.slot != selected.slot
    assert selected.values.tolist() == list(range(20))
    assert np.allclose(selected.times, np.arange(-1.9, 0.05, 0.1), atol=1e-6)


def test_time_stands_still_while_frozen() -> None:
    bench, state = Bench(), state_of(show=Follow.UNITS)
    for _ in range(10):
        bench.give(state, 1.0)
    frozen = replace(state, input=replace(state.input, frozen=True))
    for _ in range(100):
        bench.give(frozen, 9.0)
    assert bench.watch.lines is not None and bench.watch.lines.lines[0].values.max() == 1
    for _ in range(10):
        bench.give(state, 2.0)
    line = bench.watch.lines.lines[0]
    assert line.values.tolist() == [1.0] * 10 + [2.0] * 9  # the first one came at the time of the last
    assert -2.1 < line.times[0] < -1.6 and np.diff(line.times).max() < 0.3


@pytest.mark.parametrize("show", [Follow.UNITS, Follow.CLASSES])
def test_memory_is_bounded(show: Follow) -> None:
    bench, state = Bench(), state_of(show=show)
    for number in range(3000):
        bench.number, bench.now = number, 50 + number / 50  # a minute, 50 passes a second
        bench.watch.look(state, passed(number, 1.0), bench.now)
    assert bench.watch.lines is not None
    times = bench.watch.lines.lines[0].times
    assert len(times) <= STRIP_SECONDS * 30 / 0.9 + 2 and times[0] >= -STRIP_SECONDS
    off = replace(state, view=replace(state.view, over_time=OverTime()))
    bench.watch.look(off, passed(9999, 1.0), bench.now + 1)
    assert bench.watch.lines is None


def test_the_five_strongest_classes_keep_their_colours() -> None:
    bench, state = Bench(), state_of(show=Follow.CLASSES)
    bench.give(state, 1.0)
    lines = bench.watch.lines
    assert lines is not None and [line.unit.channel for line in lines.lines] == [0, 1, 2, 3, 4]
    before = {line.unit: line.slot for line in lines.lines}
    bench.give(state, 1.0, best=30)
    lines = bench.watch.lines
    assert lines is not None and [line.unit.channel for line in lines.lines] == [30, 0, 1, 2, 3]
    assert lines.lines[0].values.tolist() == pytest.approx([passed(0, 1).activations["prob"][30, 0, 0], 0.5])
    slots = {line.unit: line.slot for line in lines.lines}
    assert len(set(slots.values())) == 5 and all(before[unit] == slot for unit, slot in slots.items() if unit in before)


def test_the_source_freezes_at_the_very_frame_and_once_for_each_rise() -> None:
    bench, state = Bench(), state_of(freeze_when=FreezeWhen(UNIT, 12.0))
    for value in (3.0, 11.9, 12.0):
        state = bench.give(state, value)
        assert not state.input.frozen and not bench.watch.said
    state = bench.give(state, 12.5)
    assert state.input.frozen and state.input.held is not None and state.input.held.id == bench.number
    assert bench.watch.said == "frozen at 0:00.4: conv · 1 is 12.5, above 12; f goes on, ^ frees"
    assert len(state.history.past) == 1  # undo lets it go on
    state = bench.give(state, 14.0)
    assert not bench.watch.said
    state = replace(state, input=replace(state.input, frozen=False))
    assert bench.give(state, 14.0) == state and bench.watch.over.startswith("frozen at")
    for value in (14.0, 15.0, 2.0):  # still above: it goes on until the next rise
        state = bench.give(state, value)
        assert not state.input.frozen
    assert bench.give(state, 13.0).input.frozen


def test_autoplay_stops_at_a_photo() -> None:
    bench, state = Bench(), state_of(freeze_when=FreezeWhen(UNIT, 12.0))
    playing = replace(state.input.autoplay, is_on=True)
    state = replace(state, input=InputState(autoplay=playing))
    state = bench.give(bench.give(state, 1.0), 20.0)
    assert not state.input.autoplay.is_on and "autoplay stopped" in bench.watch.said


def test_nothing_is_kept_and_nothing_compared_while_all_is_off() -> None:
    bench, state = Bench(), state_of()
    for _ in range(3):
        assert bench.give(state, 1.0) is state
    assert bench.watch.lines is None and bench.watch.pair is None and bench.watch._before is None


def test_passes_that_follow_each_other_are_compared_and_averaged_over_a_second() -> None:
    bench, state, worker = Bench(), state_of(steadiness=True), SteadinessWorker()
    for number in range(40):
        bench.give(state, 1.0 if number < 20 else 1.0 + (number % 2))
        if number:
            pair = bench.watch.pair
            assert pair is not None and pair.after.id - pair.before.id == 1
            worker.handle(pair)
    found = worker.outbox.peek()
    assert found is not None and found.value is not None
    assert found.value.changes["conv"] == pytest.approx(2 / 3, rel=1e-5) and found.value.changes["prob"] == 0
    frozen = replace(state, input=replace(state.input, frozen=True))
    before = bench.watch.pair
    bench.give(frozen, 5.0)
    assert bench.watch.pair is before


def test_a_change_leaves_the_mean_after_a_second() -> None:
    worker = SteadinessWorker()
    steady, other = passed(1, 1.0), passed(2, 3.0)
    worker.handle(PassPair(steady, other, ("conv",), 0.0))
    for tenth in range(1, 12):
        worker.handle(PassPair(steady, steady, ("conv", "absent"), tenth / 10))
    found = worker.outbox.peek()
    assert found is not None and found.value is not None and found.value.changes == {"conv": 0.0}
