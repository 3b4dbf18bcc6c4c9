"""What the loop does with every pass over time: the strip's lines, freezing at a value, pairs for the steadiness."""

from __future__ import annotations

import time
from dataclasses import replace

from deepvis.core.commands.over_time import has_time
from deepvis.core.history import remembered
from deepvis.core.layer_list import listed
from deepvis.core.over_time import FreezeWhen, Lines, OverTime
from deepvis.core.playing import clock_words
from deepvis.core.state import AppState
from deepvis.core.types import Snapshot, Unit
from deepvis.live.layer_steadiness import PassPair
from deepvis.window.histories import Histories, RunningClock, value_of_unit
from deepvis.window.ui.readings import number


class OverTimeWatch:
    """``look`` once a turn of the loop, before the state is acted upon.

    lines: of the strip, None while it is off. pair: two passes to compare, for whoever takes it; None: nothing new.
    said: a sentence on why the source was frozen, "". over: the one of before, once the source goes on.
    """

    def __init__(self) -> None:
        self.lines: Lines | None = None
        self.pair: PassPair | None = None
        self.said = self.over = ""
        self._frozen_by = ""  # what was said of it
        self._clock, self._histories = RunningClock(), Histories()
        self._of: tuple[OverTime, Unit] | None = None
        self._snapshot: Snapshot | None = None  # the newest that was looked at
        self._before: Snapshot | None = None  # the one before it, while layers are compared
        self._watched: FreezeWhen | None = None
        self._was_above = False

    def look(self, state: AppState, snapshot: Snapshot | None, now: float) -> AppState:
        """The state, frozen where the watched unit has exceeded its limit."""
        wanted, self.said, self.over = state.view.over_time, "", ""
        if self._frozen_by and not state.input.frozen and has_time(state):
            self.over, self._frozen_by = self._frozen_by, ""
        if wanted == OverTime():
            self._forget(snapshot)
            return state
        runs = has_time(state) and not state.input.frozen
        self._clock.tick(now, runs=runs)
        is_new = snapshot is not None and snapshot is not self._snapshot
        self._snapshot = snapshot
        passed = snapshot if is_new and runs else None
        if passed is not None or self._of != (wanted, state.unit):
            self._of = wanted, state.unit
            self._histories.take(state, passed, self._clock.seconds)
            self.lines = self._histories.lines
        if passed is None:
            return state
        self._compare(state, passed)
        return self._frozen(state, passed)

    def _forget(self, snapshot: Snapshot | None) -> None:
        if self._of is not None:
            self.lines, self.pair, self._before, self._of = None, None, None, None
            self._histories, self._watched = Histories(), None
        self._snapshot = snapshot

    def _compare(self, state: AppState, passed: Snapshot) -> None:
        """Keep the pass for the next, and give the pair; only frames that follow each other are compared."""
        before, self._before = self._before, passed if state.view.over_time.steadiness else None
        if before is None or self._before is None or not (before.request.frame.moving and passed.request.frame.moving):
            return
        layers = tuple(state.info.layers[index].name for index in listed(state.info, state.view))
        layers = tuple(name for name in layers if name not in state.info.missing)
        self.pair = PassPair(before, passed, layers, self._clock.seconds)

    def _frozen(self, state: AppState, passed: Snapshot) -> AppState:
        watched = state.view.over_time.freeze_when
        if watched != self._watched:
            self._watched, self._was_above = watched, False
        value = None if watched is None else value_of_unit(passed, watched.unit)
        if watched is None or value is None:
            return state
        was_above, self._was_above = self._was_above, value > watched.limit
        if was_above or not self._was_above:
            return state
        self.said = self._frozen_by = frozen_words(state, watched, value, passed)
        source = replace(state.input, autoplay=replace(state.input.autoplay, is_on=False))
        if state.input.moving:
            source = replace(source, frozen=True, held=passed.request.frame)
        return remembered(state, replace(state, input=source))


def frozen_words(state: AppState, watched: FreezeWhen, value: float, passed: Snapshot) -> str:
    """ "frozen at 0:12.3: conv5 · 151 is 13.2, above 12; f goes on, ^ frees"; of a camera the time of day."""
    seconds = passed.request.frame.seconds
    at = clock_words(seconds, tenths=True) if seconds is not None else time.strftime("%H:%M:%S")
    what, on = ("frozen", "f goes on") if state.input.moving else ("autoplay stopped", "ctrl+a goes on")
    unit = watched.unit
    return f"{what} at {at}: {unit.name} is {number(value)}, above {watched.limit:g}; {on}, ^ frees"
