"""What a run measured of itself, as ``--stats`` writes it."""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.core.files import written_beside
from deepvis.core.types import Snapshot

VERSION = 1
MOST_TIMES = 20_000  # the latest of each kind that are kept, some minutes' worth: a window may stay open for weeks
IMPORTED = time.monotonic()


def process_started() -> float:
    """When this process began, on the clock of ``time.monotonic``, to 10 ms; where unknown, when it imported this."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return IMPORTED
    return time.monotonic() - age


def resident_bytes() -> int | None:
    """The memory that this process holds now; None where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _latest_times() -> deque[float]:
    """The newest of many durations; the oldest make room."""
    return deque(maxlen=MOST_TIMES)


@dataclass
class PassLog:
    """Follows the network in its thread: how many passes there were, when, and the seconds of the latest."""

    count: int = 0
    forward_seconds: deque[float] = field(default_factory=_latest_times)
    back_seconds: deque[float] = field(default_factory=_latest_times)
    first_at: float = 0.0
    last_at: float = 0.0

    def __call__(self, snapshot: Snapshot) -> None:
        self.last_at = time.monotonic()
        self.first_at = self.first_at or self.last_at
        self.count += 1
        if snapshot.seconds.forward:
            self.forward_seconds.append(snapshot.seconds.forward)
        if snapshot.seconds.back:
            self.back_seconds.append(snapshot.seconds.back)

    @property
    def span(self) -> float:
        """Seconds from the first pass to the last."""
        return self.last_at - self.first_at


@dataclass
class Stats:
    """Collects as the run goes; all times in seconds on the clock of ``time.monotonic``."""

    started: float = field(default_factory=process_started)
    first_frame: float | None = None
    first_activations: float | None = None
    frames_shown: int = 0
    snapshots_shown: int = 0
    compose_seconds: deque[float] = field(default_factory=_latest_times)
    key_seconds: deque[float] = field(default_factory=_latest_times)
    _shown_id: int | None = None

    def shown(self, compose: float, has_frame: bool, snapshot_id: int | None) -> None:
        """A picture of the window was shown. compose: seconds that drawing took."""
        now = time.monotonic()
        self.frames_shown += 1
        self.compose_seconds.append(compose)
        if has_frame and self.first_frame is None:
            self.first_frame = now - self.started
        if snapshot_id is not None:
            if self.first_activations is None:
                self.first_activations = now - self.started
            if snapshot_id != self._shown_id:
                self.snapshots_shown += 1
                self._shown_id = snapshot_id

    def as_json(self, passes: PassLog, model: str, device: str) -> dict[str, Any]:
        """The facts with their units in their names; null where nothing was measured."""
        return {
            "version": VERSION,
            "model": model,
            "device": device,
            "first_frame_seconds": _rounded(self.first_frame),
            "first_activations_seconds": _rounded(self.first_activations),
            "seconds": _rounded(time.monotonic() - self.started),
            "passes": passes.count,
            "passes_per_second": _per_second(passes.count, passes.span),
            "passes_shown": self.snapshots_shown,
            "passes_shown_per_second": _per_second(self.snapshots_shown, passes.span),
            "frames_shown": self.frames_shown,
            "key_to_pixel_ms": {
                "p50": _percentile_ms(self.key_seconds, 50),
                "p95": _percentile_ms(self.key_seconds, 95),
                "n": len(self.key_seconds),
            },
            "pass_ms": {
                "forward": _percentile_ms(passes.forward_seconds, 50),
                "back": _percentile_ms(passes.back_seconds, 50),
            },
            "compose_ms": _percentile_ms(self.compose_seconds, 50),
            "compose_ms_p95": _percentile_ms(self.compose_seconds, 95),
            "resident_bytes": resident_bytes(),
        }

    def write(self, path: Path, passes: PassLog, model: str, device: str) -> None:
        with written_beside(path) as file:
            file.write((json.dumps(self.as_json(passes, model, device), indent=2) + "\n").encode())


def _per_second(count: int, span: float) -> float:
    """The rate of events of which the first and the last lie ``span`` seconds apart; 0 where that says nothing."""
    return round((count - 1) / span, 3) if count > 1 and span > 0 else 0.0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _percentile_ms(seconds: Collection[float], percent: float) -> float | None:
    return round(float(np.percentile(list(seconds), percent)) * 1e3, 3) if seconds else None
