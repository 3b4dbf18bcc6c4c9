"""Starting and stopping the scan of the open files, as states and effects."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.effects import Effect, StartScan, StopScan
from deepvis.core.scanning import scan_ended
from deepvis.core.state import AppState, InputState
from deepvis.core.typed import press
from deepvis.core.types import Fit, LayerInfo, NetInfo

INFO = NetInfo("tiny", (LayerInfo("conv1", "Convolution", 20, 10, 10),), (3, 32, 32))
START = AppState(INFO, input=InputState(images="/photos", fit=Fit.STRETCH))


def pressed(*keys: str, start: AppState = START) -> tuple[AppState, list[Effect]]:
    done: list[Effect] = []
    for key in keys:
        start, effects = press(start, key)
        done += effects
    return start, done


def test_the_key_scans_the_open_files_and_the_same_key_stops() -> None:
    state, done = pressed("G")
    assert done == [StartScan(1, "/photos", Fit.STRETCH)]
    assert state.live.scanning == done[0]
    state, done = pressed("G", start=state)
    assert done == [StopScan(2)]
    assert state.live.scanning is None
    assert pressed("f2")[1] == [StartScan(1, "/photos", Fit.STRETCH)]


def test_a_camera_goes_on_while_the_open_files_are_scanned() -> None:
    moving = replace(START, input=replace(START.input, moving=True))
    state, done = pressed("G", start=moving)
    assert done == [StartScan(1, "/photos", Fit.STRETCH)]
    assert state.input == moving.input


def test_esc_stops_the_scan_and_nothing_else() -> None:
    state, done = pressed("b", "x", "G", "esc", "esc")
    assert isinstance(done[-1], StopScan)
    assert state.live.scanning is None
    assert state.live.optimizing is None
    assert state.view.back_mode != "off"


def test_undo_of_a_start_stops_and_redo_goes_on() -> None:
    state, done = pressed("G", "backspace")
    assert isinstance(done[-1], StopScan) and state.live.scanning is None
    state, done = pressed("Z", start=state)
    assert done == [StartScan(3, "/photos", Fit.STRETCH)]
    assert state.live.scanning == done[0]
    state, done = pressed("G", "backspace", start=state)
    assert isinstance(done[-1], StartScan) and state.live.scanning == done[-1]


def test_undoing_what_was_done_meanwhile_leaves_the_scan_alone() -> None:
    state, _ = pressed("G", "b")
    scan = state.live.scanning
    state, done = pressed("backspace", start=state)
    assert state.live.scanning == scan and not done
    ended = scan_ended(state, scan.id) if scan else state
    assert pressed("Z", start=ended)[0].live.scanning is None


def test_the_end_of_an_older_scan_changes_nothing() -> None:
    state, _ = pressed("G", "G", "G")
    assert state.live.scanning is not None and state.live.scanning.id == 3
    assert scan_ended(state, 1) is state
    assert scan_ended(state, 3).live.scanning is None
