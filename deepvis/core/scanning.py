"""The scan of the open files, as the user starts and stops it. Pure; live/folder_scan.py does the work.

Undo of a start stops, keeping what was found; undo of a stop goes on. A scan is of the files that were open as it
was started; when others are opened it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from deepvis.core.effects import Effect, StartScan, StopScan
from deepvis.core.state import AppState, Outcome, with_effect


def scan_begun(state: AppState) -> Outcome:
    """Scan the open files; where some of them were scanned before, go on with the others."""
    state, (start,) = with_effect(state, lambda id: StartScan(id, state.input.images, state.input.fit))
    return replace(state, live=replace(state.live, scanning=start)), (start,)


def scan_stopped(state: AppState) -> Outcome:
    """Scan no more; what was found is kept."""
    state, stop = with_effect(state, StopScan)
    return replace(state, live=replace(state.live, scanning=None)), stop


def scan_ended(state: AppState, id: int) -> AppState:
    """The state once the scan of that id has come to an end, well or not. The end of an older one changes nothing."""
    scan = state.live.scanning
    return replace(state, live=replace(state.live, scanning=None)) if scan is not None and scan.id == id else state


# how undo and redo bring about an effect that is more than its id
AGAIN: Mapping[type[Effect], Callable[[AppState], Outcome]] = {StartScan: scan_begun, StopScan: scan_stopped}
