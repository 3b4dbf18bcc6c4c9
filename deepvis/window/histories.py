"""The values of units and classes over the last seconds of the source's running time, in bounded memory."""

from __future__ import annotations

import itertools
from collections import deque
from typing import TypeVar

import numpy as np

from deepvis.core.over_time import CLASSES, MOST_FOLLOWED, STRIP_SECONDS, Follow, Line, Lines
from deepvis.core.state import AppState
from deepvis.core.types import Snapshot, Unit

MOST_A_SECOND = 30  # samples
MOST_BYTES = 8 << 20  # of the classes' samples

_versions = itertools.count(1)
S = TypeVar("S")


class RunningClock:
    """Seconds for which the source ran: they stand still while it is frozen, and for a photo that stands."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._before: float | None = None

    def tick(self, now: float, *, runs: bool) -> None:
        if runs and self._before is not None:
            self.seconds += max(now - self._before, 0.0)
        self._before = now if runs else None


class Histories:
    """``take`` adds what a pass gives; ``lines`` are what the strip shows."""

    def __init__(self) -> None:
        self._of: Follow = Follow.OFF
        self._units: deque[tuple[float, dict[Unit, float]]] = deque()
        self._classes: deque[tuple[float, np.ndarray]] = deque()
        self._slots: dict[int, int] = {}  # class -> its colour
        self.lines: Lines | None = None

    def take(self, state: AppState, snapshot: Snapshot | None, seconds: float) -> None:
        """Take in a pass at so many running seconds; None: only what is followed has changed."""
        show = state.view.over_time.show
        if show is Follow.OFF:
            self._units.clear()
            self._classes.clear()
            self.lines = None
            return
        if show is Follow.UNITS:
            self._take_units(state, snapshot, seconds)
        else:
            self._take_classes(state, snapshot, seconds)

    def _take_units(self, state: AppState, snapshot: Snapshot | None, seconds: float) -> None:
        units, chosen = self._units, units_of(state)
        if snapshot is not None and _is_due(units, seconds):
            found = {unit: value for unit in chosen if (value := value_of_unit(snapshot, unit)) is not None}
            units.append((seconds, found))
        _trim(units, seconds)
        times = np.array([at for at, _ in units])
        shown = []
        for unit in chosen:
            values = np.array([found.get(unit, np.nan) for _, found in units], np.float64)
            slot = state.view.over_time.units.index(unit) if unit in state.view.over_time.units else MOST_FOLLOWED
            shown.append(Line(unit, slot, times - seconds, values))
        self.lines = Lines(next(_versions), tuple(shown))

    def _take_classes(self, state: AppState, snapshot: Snapshot | None, seconds: float) -> None:
        layer, classes = state.info.prob_layer, self._classes
        maps = snapshot.activations.get(layer) if snapshot is not None else None
        if maps is not None:
            values = maps.reshape(len(maps), -1).max(axis=1)
            most = max(min(int(STRIP_SECONDS * MOST_A_SECOND), MOST_BYTES // (4 * len(values))), 2)
            if _is_due(classes, seconds, STRIP_SECONDS / most):
                classes.append((seconds, values.copy()))
        _trim(classes, seconds)
        if not classes:
            self.lines = Lines(next(_versions))
            return
        times = np.array([at for at, _ in classes])
        best = np.argsort(-classes[-1][1], kind="stable")[:CLASSES].tolist()
        self._slots = {each: slot for each, slot in self._slots.items() if each in best}
        for each in best:
            if each not in self._slots:
                self._slots[each] = min(set(range(CLASSES)) - set(self._slots.values()))
        shown = [
            Line(Unit(layer, each), self._slots[each], times - seconds, np.array([row[each] for _, row in classes]))
            for each in best
        ]
        self.lines = Lines(next(_versions), tuple(shown))


def units_of(state: AppState) -> tuple[Unit, ...]:
    """Those in the strip: the followed ones, and the selected one."""
    names = {layer.name for layer in state.info.live}
    chosen = dict.fromkeys((*state.view.over_time.units, state.unit))
    return tuple(unit for unit in chosen if unit.layer in names)


def value_of_unit(snapshot: Snapshot, unit: Unit) -> float | None:
    """The largest value of the unit's map; None where the pass has none."""
    maps = snapshot.activations.get(unit.layer)
    return None if maps is None or unit.channel >= len(maps) else float(maps[unit.channel].max())


def _is_due(samples: deque[tuple[float, S]], seconds: float, apart: float = 1 / MOST_A_SECOND) -> bool:
    """So much time has gone by since the newest sample."""
    return not samples or seconds - samples[-1][0] >= 0.9 * apart


def _trim(samples: deque[tuple[float, S]], seconds: float) -> None:
    while samples and samples[0][0] < seconds - STRIP_SECONDS:
        samples.popleft()
